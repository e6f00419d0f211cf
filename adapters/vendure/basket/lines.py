"""A basket in Vendure's words: each variant once, in whole pieces, by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.vendure.shop import Shop
from adapters.vendure.variants import Variants, VariantsData, WireSku, on_sale, variants_query
from gateway.errors import RequestRefused
from gateway.model.baskets import BasketLine, Destination
from gateway.model.context import CallContext

VARIANTS = variants_query()
MOST_LINES = 300
"""Of one document: Vendure reads bodies of 100 KB unless it is configured otherwise."""


class Bought(Struct, frozen=True):
    """One variant and every basket line of it: Vendure makes one order line of them."""

    variant: str
    lines: tuple[BasketLine, ...]

    @property
    def quantity(self) -> int:
        return int(sum(line.quantity for line in self.lines))


async def bought(
    lines: Sequence[BasketLine], shop: Shop, variants: Variants, channel: str, call: CallContext
) -> tuple[Bought, ...]:
    """What the shop knows of the lines and sells, in their order. Raises RequestRefused for parts of a piece."""
    if any(line.quantity != line.quantity.to_integral_value() for line in lines):
        raise RequestRefused(detail="Vendure sells whole pieces only")
    wanted = variants.named(line.variant for line in lines)
    if wanted is None:
        return ()
    found = await variants.read(VARIANTS, VariantsData[WireSku], wanted, call, channel=channel)
    bearers = variants.by_key(item for item in found if on_sale(item))
    ids: dict[str, list[BasketLine]] = {}
    for line in lines:
        item = bearers.one(line.variant)
        if isinstance(item, WireSku):
            ids.setdefault(item.id, []).append(line)
    if len(ids) > MOST_LINES:
        raise RequestRefused(detail=f"more than {MOST_LINES} lines")
    return tuple(Bought(variant, tuple(theirs)) for variant, theirs in ids.items())


def address(place: Destination) -> Mapping[str, str]:
    """Vendure wants a street: nobody's stands here."""
    return {
        "countryCode": place.country,
        "streetLine1": "-",
        "city": place.city,
        "province": place.region,
        "postalCode": place.postal_code,
    }
