"""What the mutations of carts take, and how it is read: raises `Refused` with the fault where it makes no sense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

import msgspec
import strawberry
from msgspec import UNSET, UnsetType

from gateway.context import OperationContext
from gateway.errors import MalformedId
from gateway.graph.enums import described
from gateway.model.cart_faults import InvalidInput
from gateway.model.carts import Buyer, ExpectedPrice, HandOffMode, MergeRule, PostalAddress
from gateway.model.currencies import is_currency
from gateway.model.identity import NativeRef, VariantKey, canonical_key, is_plain
from gateway.model.money import Money
from gateway.model.stock import Fulfilment
from gateway.services.carts import Refused, wishes
from gateway.services.carts.wishes import FIELD_BYTES, DeliveryWish, LinePart, LineUpdate, LineWish, Path
from gateway.services.ids import NodeType, decode_as

described(
    HandOffMode,
    description="What becomes of the device that gives a cart.",
    values={
        HandOffMode.MOVE: "Its secret dies when the code is claimed: the cart is the other's.",
        HandOffMode.SHARE: "Both hold the cart, and each may revoke the other.",
    },
)
described(
    MergeRule,
    name="CartMergeRule",
    description="What becomes of a line that both carts have.",
    values={
        MergeRule.SUM: "The pieces of both are added.",
        MergeRule.KEEP_NEWEST: "The line that was changed last is kept.",
        MergeRule.REPLACE: "Nothing of the customer's cart is kept: the other's lines take the place of all of its.",
    },
)


@strawberry.input(name="CartEntryInput", description="One option or attribute.")
class CartEntryInput:
    name: str = strawberry.field(description="1 to 64 bytes.")
    value: str = strawberry.field(description="At most 500 bytes.")


@strawberry.input(name="CartAttributeInput", description="One attribute to be set, or taken away.")
class CartAttributeInput:
    name: str = strawberry.field(description="1 to 64 bytes.")
    value: str | None = strawberry.field(default=None, description="At most 500 bytes; null takes it away.")


@strawberry.input(
    name="CartVariantBy",
    one_of=True,
    description="Exactly one way to name a variant. One that was scanned is looked up first: see `variant`.",
)
class CartVariantBy:
    sku: str | None = strawberry.field(default=strawberry.UNSET, description="The business key.")
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The id of a variant.")


@strawberry.input(name="ExpectedPriceInput", description="What a shopper was shown: a difference is a warning.")
class ExpectedPriceInput:
    amount: Decimal = strawberry.field(description="One piece, as it was shown: with or without tax.")
    currency_code: str = strawberry.field(description="ISO 4217; the cart's.")
    observed_at: datetime = strawberry.field(description="When it was shown.")


@strawberry.input(name="CartLineInput", description="One more line.")
class CartLineInput:
    variant: CartVariantBy = strawberry.field(description="What.")
    quantity: Decimal = strawberry.field(default=Decimal(1), description="Whole pieces, at least 1.")
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="The delivery group it goes with. Default: the cart's first."
    )
    options: list[CartEntryInput] = strawberry.field(
        default_factory=list, description="What is chosen with it, such as an engraving. At most 20."
    )
    attributes: list[CartEntryInput] = strawberry.field(
        default_factory=list, description="The frontend's own. At most 20."
    )
    note: str | None = strawberry.field(default=None, description="At most 2,000 bytes.")
    expected_price: ExpectedPriceInput | None = strawberry.field(default=None, description="What was shown.")


@strawberry.input(name="CartLineUpdateInput", description="What changes of a line; what is left out stays.")
class CartLineUpdateInput:
    line_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Whole pieces, at least 1; to have none, remove the line."
    )
    options: list[CartEntryInput] | None = strawberry.field(
        default=strawberry.UNSET, description="In place of all there are."
    )
    attributes: list[CartEntryInput] | None = strawberry.field(
        default=strawberry.UNSET, description="In place of all there are."
    )
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Null takes it away.")
    expected_price: ExpectedPriceInput | None = strawberry.field(
        default=strawberry.UNSET, description="What was shown; null forgets it."
    )


@strawberry.input(name="CartBuyerInput", description="Who buys.")
class CartBuyerInput:
    email: str | None = strawberry.field(default=None, description="An email address.")
    phone: str | None = strawberry.field(default=None, description="International, or national of the cart's country.")
    given_name: str | None = strawberry.field(default=None, description="At most 200 bytes.")
    family_name: str | None = strawberry.field(default=None, description="At most 200 bytes.")
    company: str | None = strawberry.field(default=None, description="At most 200 bytes.")


@strawberry.input(name="PostalAddressInput", description="Where goods go. Each part has at most 200 bytes.")
class PostalAddressInput:
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    lines: list[str] = strawberry.field(default_factory=list, description="Street and house number; at most 4 lines.")
    name: str = strawberry.field(default="", description="Who receives it.")
    company: str = strawberry.field(default="", description="May be left out.")
    city: str = strawberry.field(default="", description="May be left out.")
    region: str = strawberry.field(default="", description="The part behind the hyphen of ISO 3166-2, such as CA.")
    postal_code: str = strawberry.field(default="", description="May be left out.")
    phone: str = strawberry.field(default="", description="For the carrier.")


@strawberry.input(name="CartLinePartInput", description="A line, or some pieces of it.")
class CartLinePartInput:
    line_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: Decimal | None = strawberry.field(
        default=None, description="So many pieces: the rest stays where it is, as a line of its own. Default: all."
    )


@strawberry.input(name="CartDeliveryInput", description="How some lines go.")
class CartDeliveryInput:
    group_id: strawberry.ID | None = strawberry.field(default=None, description="A delivery group. Default: a new one.")
    fulfilment: Fulfilment | None = strawberry.field(default=None, description="Default: as it is, else DELIVERY.")
    store_id: strawberry.ID | None = strawberry.field(default=None, description="Where it is collected, for PICKUP.")
    option_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="One of the group's `options`; null chooses none. Default: as it is."
    )
    lines: list[CartLinePartInput] = strawberry.field(
        default_factory=list, description="What goes this way from now on, beside what does already. At most 100."
    )


def entries(given: Sequence[CartEntryInput], what: str, path: Path) -> dict[str, str]:
    """Raises Refused for a name that stands twice."""
    names = [entry.name for entry in given]
    if len(set(names)) < len(names):
        raise Refused(InvalidInput(message=f"An {what} stands twice.", path=path))
    return {entry.name: entry.value for entry in given}


def line_wishes(given: Sequence[CartLineInput], ctx: OperationContext) -> list[LineWish]:
    found: list[LineWish] = []
    for place, line in enumerate(given):
        path = ("input", "lines", str(place))
        variant, product = _variant(line.variant, ctx, (*path, "variant"))
        found.append(
            LineWish(
                variant=variant,
                product=product,
                quantity=line.quantity,
                group=None if line.group_id is None else str(line.group_id),
                options=entries(line.options, "option", (*path, "options")),
                attributes=entries(line.attributes, "attribute", (*path, "attributes")),
                note=line.note,
                expected=_expected(line.expected_price, (*path, "expectedPrice")),
            )
        )
    return found


def line_updates(given: Sequence[CartLineUpdateInput]) -> list[LineUpdate]:
    found: list[LineUpdate] = []
    for place, line in enumerate(given):
        path = ("input", "lines", str(place))
        options = _given(line.options)
        attributes = _given(line.attributes)
        expected: ExpectedPrice | UnsetType | None = UNSET
        if line.expected_price is not strawberry.UNSET:
            expected = _expected(line.expected_price, (*path, "expectedPrice"))
        found.append(
            LineUpdate(
                line=str(line.line_id),
                quantity=UNSET if line.quantity is strawberry.UNSET or line.quantity is None else line.quantity,
                options=UNSET if options is None else entries(options, "option", (*path, "options")),
                attributes=UNSET if attributes is None else entries(attributes, "attribute", (*path, "attributes")),
                note=UNSET if line.note is strawberry.UNSET else line.note,
                expected=expected,
            )
        )
    return found


def buyer_of(given: CartBuyerInput | None, ctx: OperationContext) -> Buyer | None:
    if given is None:
        return None
    path = ("input", "buyer")
    parts = {name: _part(getattr(given, name), name, path) for name in ("given_name", "family_name", "company")}
    email = None
    if given.email is not None:
        email = given.email.strip().lower()
        if not 3 <= len(email) <= 254 or email.count("@") != 1 or not is_plain(email) or " " in email:
            raise Refused(InvalidInput(message="This is no email address.", path=(*path, "email")))
    return Buyer(email=email, phone=_phone(given.phone, ctx.commerce.country, (*path, "phone")), **parts)


def address_of(given: PostalAddressInput | None) -> PostalAddress | None:
    if given is None:
        return None
    path = ("input", "address")
    country = given.country.strip().upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise Refused(InvalidInput(message="A country is a code of two letters.", path=(*path, "country")))
    if len(given.lines) > 4:
        raise Refused(InvalidInput(message="At most 4 lines.", path=(*path, "lines")))
    names = ("name", "company", "city", "region", "postal_code", "phone")
    parts = {name: _part(getattr(given, name), name, path) or "" for name in names}
    lines = tuple(_part(line, "line", path) or "" for line in given.lines)
    return PostalAddress(country=country, lines=tuple(line for line in lines if line), **parts)


def deliveries(given: Sequence[CartDeliveryInput]) -> list[DeliveryWish]:
    if len(given) > wishes.GROUPS:
        raise Refused(InvalidInput(message=f"At most {wishes.GROUPS} at once.", path=("input", "deliveries")))
    found: list[DeliveryWish] = []
    for place, one in enumerate(given):
        path = ("input", "deliveries", str(place))
        if len(one.lines) > wishes.LINES_AT_ONCE:
            raise Refused(InvalidInput(message=f"At most {wishes.LINES_AT_ONCE} lines.", path=(*path, "lines")))
        found.append(
            DeliveryWish(
                group=None if one.group_id is None else str(one.group_id),
                fulfilment=one.fulfilment,
                store=store_of(one.store_id, (*path, "storeId")),
                option=UNSET if one.option_id is strawberry.UNSET else one.option_id,
                lines=tuple(LinePart(str(part.line_id), part.quantity) for part in one.lines),
            )
        )
    return found


def store_of(given: strawberry.ID | None, path: Path) -> str | None:
    """The configured name in a store's id."""
    if given is None:
        return None
    try:
        return decode_as(str(given), NodeType.STORE).value
    except MalformedId:
        raise Refused(InvalidInput(message="This is not the id of a store.", path=path)) from None


def canonical(value: object) -> object:
    """An input as it is compared: equal numbers are written alike, and what is left out is not what is null."""
    if isinstance(value, Decimal):
        return str(value.normalize() + 0)
    if isinstance(value, msgspec.Struct):
        given = {name: getattr(value, name) for name in value.__struct_fields__}
        return {name: canonical(one) for name, one in given.items() if one is not UNSET}
    if isinstance(value, dict):
        return {name: canonical(one) for name, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [canonical(one) for one in cast("Sequence[object]", value)]
    return [] if value is UNSET or value is strawberry.UNSET else value


def _variant(by: CartVariantBy, ctx: OperationContext, path: Path) -> tuple[VariantKey, NativeRef | None]:
    if isinstance(by.sku, str):
        sku = canonical_key(by.sku)
        if not sku or not is_plain(sku):
            raise Refused(InvalidInput(message="This is no SKU.", path=(*path, "sku")))
        return sku, None
    try:
        node = decode_as(str(by.id), NodeType.VARIANT)
    except MalformedId:
        raise Refused(InvalidInput(message="This is not the id of a variant.", path=(*path, "id"))) from None
    if node.scheme == "sku":
        return node.value, None
    ref = ctx.services.ids.ref(node)
    if ref is None:
        raise Refused(InvalidInput(message="There is no such variant here.", path=(*path, "id")))
    product, variant = ctx.services.ids.parts(ref)
    return variant, product


def _expected(given: ExpectedPriceInput | None, path: Path) -> ExpectedPrice | None:
    if given is None:
        return None
    currency = given.currency_code.strip().upper()
    if not is_currency(currency):
        raise Refused(InvalidInput(message="This is no currency in use.", path=(*path, "currencyCode")))
    return ExpectedPrice(Money(given.amount, currency), given.observed_at)


def _given(value: list[CartEntryInput] | None) -> list[CartEntryInput] | None:
    return None if value is strawberry.UNSET else value


def _part(written: str | None, name: str, path: Path) -> str | None:
    stripped = (written or "").strip()
    return wishes.text(stripped, name, FIELD_BYTES, path) if stripped else None


def _phone(written: str | None, country: str, path: Path) -> str | None:
    stripped = _part(written, "phone", path)
    if stripped is None:
        return None
    from gateway.kit.people import e164  # 60 modules that only who gives a number needs

    number = e164(stripped, country)
    if number is None:
        raise Refused(InvalidInput(message="This is no phone number.", path=path))
    return number
