"""What is known of variants, by SKU or by id: how they are asked for and told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from adapters.vendure.client import GUARD
from adapters.vendure.ids import ids_among
from adapters.vendure.rows import Camel, Page
from adapters.vendure.shop import PAGE, Shop
from gateway.kit.keyed import ByVariant
from gateway.model.context import CallContext
from gateway.model.identity import KeyRule, VariantKey, natives_among, skus_among, stored_forms
from gateway.model.operation import MEBIBYTE

VARIANTS_BYTES = 4 * MEBIBYTE


class WireEnabled(Camel, frozen=True):
    enabled: bool


class WireSku(Camel, frozen=True):
    """Of every variant."""

    id: str
    sku: str
    enabled: bool
    product: WireEnabled


R = TypeVar("R")
S = TypeVar("S", bound=WireSku)


class VariantsData(Camel, Generic[R], frozen=True):
    product_variants: Page[R]


def variants_query(fields: str = "") -> str:
    return f"""query Variants($options: ProductVariantListOptions!) {{
  {GUARD}
  productVariants(options: $options) {{ totalItems items {{ id sku enabled product {{ enabled }} {fields} }} }}
}}"""


class Variants:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def named(self, variants: Iterable[VariantKey]) -> Mapping[str, object] | None:
        """A filter for variants by SKU and by id; None where there is nothing to ask for."""
        asked, env = list(dict.fromkeys(variants)), self._shop.env
        skus, ids = written(skus_among(asked), env.key_rule), ids_among(natives_among(asked, env.name))
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}} for field, found in (("sku", skus), ("id", ids)) if found
        ]
        if len(wanted) < 2:
            return wanted[0] if wanted else None
        return {"_or": wanted}

    async def read(
        self,
        document: str,
        answer: type[VariantsData[S]],
        wanted: Mapping[str, object],
        call: CallContext,
        *,
        channel: str | None = None,
        currency: str | None = None,
    ) -> tuple[S, ...]:
        variables = {"options": {"filter": wanted, "take": PAGE}}
        data = await self._shop.client.ask(
            document, answer, call, variables, channel=channel, currency=currency, max_response_bytes=VARIANTS_BYTES
        )
        return data.product_variants.items

    def by_key(self, items: Iterable[S]) -> ByVariant[S]:
        env = self._shop.env
        return ByVariant(env.name, env.key_rule, ((item.id, item.sku, item) for item in items))


def written(skus: Sequence[str], rule: KeyRule) -> list[str]:
    """As Vendure compares them, exactly: with the blanks people left at their ends."""
    return [form for sku in skus for form in stored_forms(rule.written(sku))]


def on_sale(item: WireSku) -> bool:
    """Vendure has no unique constraint on SKUs: what is for sale comes first, what is disabled, itself or with its
    product, second."""
    return item.enabled and item.product.enabled
