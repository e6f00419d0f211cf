"""The lines and delivery groups of a cart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.context import OperationContext
from gateway.errors import AdapterError
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import carts as model
from gateway.model.baskets import ShippingOption
from gateway.model.cart_answers import AppliedDiscount, LineAnswer
from gateway.model.catalog import Variant
from gateway.model.money import TaxedMoney
from gateway.model.pricing import Price
from gateway.model.principal import Touchpoint
from gateway.model.stock import Availability, Fulfilment
from gateway.model.stores import Store
from gateway.services.carts import Shown
from schema.availability.types import AvailabilityView
from schema.cart.answers import CartDiscountView, ShippingOptionView
from schema.catalog.types import VariantView
from schema.pricing.types import PriceView
from schema.stores.types import StoreView
from schema.values import MoneyView, TaxedMoneyView

described(
    model.ChangeKind,
    name="CartChangeKind",
    description="What became of a line, code or gift card when carts were merged, or one was moved to another market.",
    values={
        model.ChangeKind.ADDED: "The line came from the other cart.",
        model.ChangeKind.QUANTITY_CHANGED: "Both carts had the line; how many pieces it has now is `after`.",
        model.ChangeKind.KEPT: "The line is as it was, though both carts had it.",
        model.ChangeKind.REMOVED: "The line is gone.",
        model.ChangeKind.PRICE_CHANGED: "The line costs something else now: `priceBefore`, `priceAfter`.",
        model.ChangeKind.NOT_SOLD_THERE: "The line stays, and cannot be bought in the new market.",
        model.ChangeKind.CODE_LOST: "The promotion code does nothing in the new market, and was taken out.",
        model.ChangeKind.GIFT_CARD_LOST: "The gift card can pay nothing in the new market, and was taken out.",
        model.ChangeKind.DELIVERY_RESET: (
            "The way of delivery that was chosen is not offered there; another is to be chosen."
        ),
    },
)


def entries(named: Mapping[str, str]) -> list[model.CartEntry]:
    return [model.CartEntry(name, value) for name, value in named.items()]


def may_see(by: str | None, cart: model.Cart, ctx: OperationContext) -> bool:
    """Whether what somebody typed is shown: on a shared device only what was typed on it, and no more to whoever bears
    a kiosk's secret elsewhere."""
    lent = cart.holder_touchpoint == Touchpoint.KIOSK.value and ctx.profile.touchpoint is not Touchpoint.KIOSK
    return (ctx.profile.personal_data and not lent) or (by is not None and by == cart.holder)


@strawberry.type(name="CartEntry", description="One option or attribute, as it was typed.")
class CartEntryView:
    is_type_of = records(model.CartEntry)

    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(name="ExpectedPrice", description="What a shopper was shown before they took it.")
class ExpectedPriceView:
    is_type_of = records(model.ExpectedPrice)

    amount: MoneyView = strawberry.field(description="One piece.")
    observed: datetime = strawberry.field(name="observedAt", description="When it was shown (UTC).")


@strawberry.type(name="CartLine", description="One thing in a cart, and how many.")
class CartLineView:
    is_type_of = records(model.LineOfCart)

    @computed(strawberry.ID, description="The line's own, within its cart.")
    @staticmethod
    def id(record: model.LineOfCart) -> str:
        return record.line.id

    @computed(Decimal, description="Whole pieces.")
    @staticmethod
    def quantity(record: model.LineOfCart) -> Decimal:
        return record.line.quantity

    @computed("str | None", description="The business key; null for a variant without one.")
    @staticmethod
    def sku(record: model.LineOfCart) -> str | None:
        return record.line.sku

    @computed(bool, description="Saved for later: in no total, no delivery and no order.")
    @staticmethod
    def saved(record: model.LineOfCart) -> bool:
        return record.line.saved

    @computed(strawberry.ID, description="The delivery group it goes with.")
    @staticmethod
    def group_id(record: model.LineOfCart) -> str:
        return record.cart.group_of(record.line).id

    @computed(datetime, description="When it was added (UTC).")
    @staticmethod
    def added_at(record: model.LineOfCart) -> datetime:
        return record.line.added

    @computed(datetime, description="When it was changed last (UTC).")
    @staticmethod
    def changed_at(record: model.LineOfCart) -> datetime:
        return record.line.changed

    @computed(
        list[CartEntryView],
        directives=[ListSize(assumed_size=2)],
        description="As they were chosen, such as an engraving. Empty on a shared device they were not typed on.",
    )
    @staticmethod
    def options(record: model.LineOfCart, ctx: OperationContext) -> list[model.CartEntry]:
        return entries(record.line.options) if may_see(record.line.by, record.cart, ctx) else []

    @computed(
        list[CartEntryView],
        directives=[ListSize(assumed_size=2)],
        description="The frontend's own. Empty on a shared device they were not typed on.",
    )
    @staticmethod
    def attributes(record: model.LineOfCart, ctx: OperationContext) -> list[model.CartEntry]:
        return entries(record.line.attributes) if may_see(record.line.by, record.cart, ctx) else []

    @computed("str | None", description="As it was typed; null where none was, or not on this shared device.")
    @staticmethod
    def note(record: model.LineOfCart, ctx: OperationContext) -> str | None:
        return record.line.note if may_see(record.line.by, record.cart, ctx) else None

    @computed(ExpectedPriceView | None, description="What the shopper was shown, where the frontend told it.")
    @staticmethod
    def expected_price(record: model.LineOfCart) -> model.ExpectedPrice | None:
        return record.line.expected

    @batched(
        VariantView | None,
        key="key",
        cost=2,
        description="What it is; null where the catalogue does not have it (any more).",
    )
    @staticmethod
    async def variant(
        parents: Sequence[model.LineOfCart], ctx: OperationContext
    ) -> Sequence[Variant | AdapterError | None]:
        return await ctx.services.of(Shown).variants(parents, ctx.scope)

    @batched(
        PriceView | None,
        key="key",
        cost=2,
        description="What one piece costs at this quantity in the cart's own market, before promotions. Null with an "
        "error when its owner cannot say, without one when it is not sold there.",
    )
    @staticmethod
    async def price(
        parents: Sequence[model.LineOfCart], ctx: OperationContext
    ) -> Sequence[Price | AdapterError | None]:
        return await ctx.services.of(Shown).prices(parents, ctx.scope)

    @batched(
        AvailabilityView | None,
        key="key",
        cost=2,
        description="Whether it can be had the way it goes: delivered, or collected in the chosen store. Null for what "
        "is saved for later.",
    )
    @staticmethod
    async def availability(
        parents: Sequence[model.LineOfCart], ctx: OperationContext
    ) -> Sequence[Availability | AdapterError | None]:
        return await ctx.services.of(Shown).availabilities(parents, ctx.scope)

    @batched(
        TaxedMoneyView | None, key="key", cost=2, description="All pieces before discounts; null where the price is."
    )
    @staticmethod
    async def subtotal(parents: Sequence[model.LineOfCart], ctx: OperationContext) -> Sequence[TaxedMoney | None]:
        return [line and line.subtotal for line in await _answered(parents, ctx)]

    @batched(
        TaxedMoneyView | None,
        key="key",
        cost=2,
        description="All pieces after discounts; null where the price is, and for what is saved for later.",
    )
    @staticmethod
    async def total(parents: Sequence[model.LineOfCart], ctx: OperationContext) -> Sequence[TaxedMoney | None]:
        return [line and line.total for line in await _answered(parents, ctx)]

    @batched(
        list[CartDiscountView],
        key="key",
        cost=2,
        directives=[ListSize(assumed_size=2)],
        description="Its shares of what is taken off.",
    )
    @staticmethod
    async def discounts(
        parents: Sequence[model.LineOfCart], ctx: OperationContext
    ) -> Sequence[Sequence[AppliedDiscount]]:
        return [list(line.discounts) if line else [] for line in await _answered(parents, ctx)]


async def _answered(lines: Sequence[model.LineOfCart], ctx: OperationContext) -> list[LineAnswer | None]:
    carts = {line.cart.id: line.cart for line in lines}
    told = await ctx.services.of(Shown).answers(list(carts.values()), ctx.scope)
    by_cart = {answer.cart: {line.line: line for line in answer.lines} for answer in told}
    return [by_cart[line.cart.id].get(line.line.id) for line in lines]


@strawberry.type(name="PostalAddress", description="Where goods go, as it was typed.")
class PostalAddressView:
    is_type_of = records(model.PostalAddress)

    name: str = strawberry.field(description="Who receives it; may be empty.")
    company: str = strawberry.field(description="May be empty.")
    lines: list[str] = strawberry.field(description="Street and house number, without name and city.")
    city: str = strawberry.field(description="May be empty.")
    region: str = strawberry.field(description="The part behind the hyphen of ISO 3166-2, such as CA; may be empty.")
    postal_code: str = strawberry.field(description="May be empty.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    phone: str = strawberry.field(description="For the carrier; may be empty.")


@strawberry.type(name="DeliveryGroup", description="Lines that go one way together.")
class DeliveryGroupView:
    is_type_of = records(model.GroupOfCart)

    @computed(strawberry.ID, description="The group's own, within its cart.")
    @staticmethod
    def id(record: model.GroupOfCart) -> str:
        return record.group.id

    @computed(Fulfilment, description="Delivered, or collected in `store`.")
    @staticmethod
    def fulfilment(record: model.GroupOfCart) -> Fulfilment:
        return record.group.fulfilment

    @computed(
        list[CartLineView], directives=[ListSize(assumed_size=5)], description="What goes this way, as it was added."
    )
    @staticmethod
    def lines(record: model.GroupOfCart) -> list[model.LineOfCart]:
        cart = record.cart
        return [model.LineOfCart(cart, line) for line in cart.active if cart.group_of(line).id == record.group.id]

    @computed(
        PostalAddressView | None,
        description="Where it goes; null where nobody said, and on a shared device it was not typed on.",
    )
    @staticmethod
    def address(record: model.GroupOfCart, ctx: OperationContext) -> model.PostalAddress | None:
        address = record.group.address
        return address if address is not None and may_see(address.by, record.cart, ctx) else None

    @computed("str | None", description="The chosen option's id; null while none is chosen.")
    @staticmethod
    def option_id(record: model.GroupOfCart) -> str | None:
        return record.group.option

    @batched(StoreView | None, key="key", description="Where it is collected; null for what is delivered.")
    @staticmethod
    async def store(parents: Sequence[model.GroupOfCart], ctx: OperationContext) -> Sequence[Store | None]:
        names = list(dict.fromkeys(group.group.store for group in parents if group.group.store is not None))
        found = dict(zip(names, await ctx.services.stores.get(names, ctx.scope), strict=True)) if names else {}
        return [found.get(group.group.store or "") for group in parents]

    @batched(
        list[ShippingOptionView],
        key="key",
        cost=3,
        directives=[ListSize(assumed_size=4)],
        description="How it can be delivered, cheapest first; before there is an address, to the cart's country. Empty "
        "for what is collected, and where nobody says.",
    )
    @staticmethod
    async def options(
        parents: Sequence[model.GroupOfCart], ctx: OperationContext
    ) -> Sequence[Sequence[ShippingOption]]:
        return [list(group.options) for group in await ctx.services.of(Shown).groups(parents, ctx.scope)]

    @batched(
        TaxedMoneyView | None,
        key="key",
        cost=2,
        description="What the chosen option costs after discounts; null while none is chosen.",
    )
    @staticmethod
    async def price(parents: Sequence[model.GroupOfCart], ctx: OperationContext) -> Sequence[TaxedMoney | None]:
        carts = {group.cart.id: group.cart for group in parents}
        told = await ctx.services.of(Shown).answers(list(carts.values()), ctx.scope)
        prices = {(answer.cart, group.group): group.price for answer in told for group in answer.groups}
        return [prices.get((group.cart.id, group.group.id)) for group in parents]


@strawberry.type(name="CartChange", description="One thing that a merge or a move changed.")
class CartChangeView:
    is_type_of = records(model.CartChange)

    kind: model.ChangeKind = strawberry.field(description="What happened.")
    line: str | None = strawberry.field(
        name="lineId", description="To which line of the cart that lives on; null: none."
    )
    code: str | None = strawberry.field(description="The code that was lost; null: none.")
    gift_card: str | None = strawberry.field(description="The gift card that was lost, as it was shown; null: none.")
    before: Decimal | None = strawberry.field(description="Pieces before; null: not about a quantity.")
    after: Decimal | None = strawberry.field(description="Pieces now; null: not about a quantity.")
    price_before: MoneyView | None = strawberry.field(description="The unit price before; null: not about a price.")
    price_after: MoneyView | None = strawberry.field(description="The unit price now; null: not about a price.")
