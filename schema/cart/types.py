"""A cart as a frontend sees it. What is stored is there at once; what owners say is asked for when it is selected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import carts as model
from gateway.model.baskets import RefusedCode
from gateway.model.cart_answers import AppliedDiscount, CartProblem, CartTotals, PartAnswer, Quote
from gateway.model.carts import CartState
from gateway.model.fulfilment import FulfilmentPlans
from gateway.model.paging import CartEdge, CartList
from gateway.model.payments import OfferedMethods
from gateway.model.text import SpeakableText
from gateway.services.carts import Carts, Shown
from gateway.services.carts.problems import blocking, warning
from gateway.services.fulfilment.plans import FulfilmentPlanning
from gateway.services.paying import Paying
from schema.arguments import per_parent
from schema.cart.answers import (
    CartDiscountView,
    CartPartAnswerView,
    CartProblemView,
    CartQuoteView,
    CartTotalsView,
    RefusedCodeView,
)
from schema.cart.gift_cards import CartGiftCardView
from schema.cart.lines import CartEntryView, CartLineView, DeliveryGroupView, entries, may_see
from schema.cart.plans import FulfilmentAddressInput, FulfilmentPlansView, destination_of
from schema.catalog.arguments import near_point
from schema.node import Node
from schema.payment.types import CartPaymentOptionsView
from schema.values import NearInput, PageInfoView, SpeakableTextView

described(
    CartState,
    description="What can be done with a cart.",
    values={
        CartState.OPEN: "It can be changed and bought.",
        CartState.FROZEN: "A checkout runs: nothing is changed until it has ended, in ORDERED or OPEN.",
        CartState.ORDERED: "It was bought, and can be read.",
        CartState.MERGED: "Its lines went into another cart.",
        CartState.ABANDONED: "It was given up.",
    },
)


@strawberry.type(name="CartBuyer", description="Who buys, as it was typed.")
class CartBuyerView:
    is_type_of = records(model.Buyer)

    email: str | None = strawberry.field(description="Lower-cased; null where nobody said.")
    phone: str | None = strawberry.field(description="E.164 where it could be read as one; null where nobody said.")
    given_name: str | None = strawberry.field(description="Null where nobody said.")
    family_name: str | None = strawberry.field(description="Null where nobody said.")
    company: str | None = strawberry.field(description="Null where nobody said.")


@strawberry.type(name="CartHolder", description="A device that holds the cart's secret.")
class CartHolderView:
    is_type_of = records(model.CartHolder)

    id: strawberry.ID = strawberry.field(description="To revoke it with `cartHolderRevoke`.")
    touchpoint: str = strawberry.field(description="`web`, `app`, `voice`, `kiosk`, `pos` or `agent`.")
    store: str | None = strawberry.field(description="Key of the store it stands in; null elsewhere.")
    since: datetime = strawberry.field(description="Since when (UTC).")


@strawberry.type(
    name="Cart",
    description="What somebody wants to buy, in a market of its own: country, channel and currency stay the cart's "
    "whatever the operation's context is; only the language is the operation's. It is opened by its customer's token, "
    "or by whoever bears a secret of it in the header `Commerce-Cart-Secret`.",
)
class CartView(Node):
    is_type_of = records(model.Cart)

    version: int = strawberry.field(description="Grows with every change; pass it as `expectedVersion`.")
    state: CartState = strawberry.field(description="Whether it can be changed.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    channel: str | None = strawberry.field(description="Sales channel; null where there are none.")
    currency: str = strawberry.field(name="currencyCode", description="ISO 4217. A cart has one.")
    created: datetime = strawberry.field(name="createdAt", description="UTC.")
    changed: datetime = strawberry.field(name="changedAt", description="UTC.")
    codes: list[str] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="As they were entered, in capitals; whether they count says "
        "`refusedCodes`."
    )  # fmt: skip
    checkout: strawberry.ID | None = strawberry.field(
        name="checkoutId", description="The checkout that has it; null while it is open."
    )
    order: str | None = strawberry.field(name="orderReference", description="Our reference once it is ordered.")
    merged_into: strawberry.ID | None = strawberry.field(
        name="mergedIntoId", description="The cart that has its lines now; null unless it was merged."
    )

    @computed(strawberry.ID, description="Random. Of no use without a token or secret.")
    @staticmethod
    def id(record: model.Cart) -> str:
        return record.id

    @computed(
        list[CartLineView], directives=[ListSize(assumed_size=10)], description="What is bought, in the order it came."
    )
    @staticmethod
    def lines(record: model.Cart) -> list[model.LineOfCart]:
        return [model.LineOfCart(record, line) for line in record.active]

    @computed(list[CartLineView], directives=[ListSize(assumed_size=3)], description="What is saved for later.")
    @staticmethod
    def saved_lines(record: model.Cart) -> list[model.LineOfCart]:
        return [model.LineOfCart(record, line) for line in record.lines if line.saved]

    @computed(int, description="Pieces of all lines that are bought.")
    @staticmethod
    def item_count(record: model.Cart) -> int:
        return min(sum(int(line.quantity) for line in record.active), 2**31 - 1)

    @computed(
        list[DeliveryGroupView],
        directives=[ListSize(assumed_size=2)],
        description="Which lines go which way; a cart has at least one.",
    )
    @staticmethod
    def delivery_groups(record: model.Cart) -> list[model.GroupOfCart]:
        return [model.GroupOfCart(record, group) for group in record.groups]

    @computed(
        CartBuyerView | None,
        description="Who buys; null where nobody said, and on a shared device it was not typed on.",
    )
    @staticmethod
    def buyer(record: model.Cart, ctx: OperationContext) -> model.Buyer | None:
        return record.buyer if record.buyer is not None and may_see(record.buyer.by, record, ctx) else None

    @computed("str | None", description="As it was typed; null where none was, or not on this shared device.")
    @staticmethod
    def note(record: model.Cart, ctx: OperationContext) -> str | None:
        return record.note if may_see(record.written_by, record, ctx) else None

    @computed(
        list[CartEntryView],
        directives=[ListSize(assumed_size=3)],
        description="The frontend's own. Empty on a shared device they were not typed on.",
    )
    @staticmethod
    def attributes(record: model.Cart, ctx: OperationContext) -> list[model.CartEntry]:
        return entries(record.attributes) if may_see(record.written_by, record, ctx) else []

    @computed(
        list[CartGiftCardView],
        directives=[ListSize(assumed_size=1)],
        description="Gift cards that pay for it, in this order. Empty on a shared device they were not typed on.",
    )
    @staticmethod
    def gift_cards(record: model.Cart, ctx: OperationContext) -> list[model.GiftCardOfCart]:
        return [model.GiftCardOfCart(record, card) for card in record.gift_cards if may_see(card.by, record, ctx)]

    @batched(
        list[CartHolderView],
        key="id",
        directives=[ListSize(assumed_size=2)],
        description="Every device that bears a secret of it.",
    )
    @staticmethod
    async def holders(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[model.CartHolder]]:
        return [await ctx.services.of(Carts).holders(cart) for cart in parents]

    @batched(
        CartTotalsView | None,
        key="id",
        cost=5,
        description="All of it; null where nobody can say, or the lines' taxes do not add up to anything.",
    )
    @staticmethod
    async def totals(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[CartTotals | None]:
        return [answer.totals for answer in await ctx.services.of(Shown).answers(parents, ctx.scope)]

    @batched(
        list[CartPartAnswerView],
        key="id",
        cost=5,
        directives=[ListSize(assumed_size=4)],
        description="How each part of the total was had, with its source and age. Nothing of parts that nobody serves.",
    )
    @staticmethod
    async def parts(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[PartAnswer]]:
        return [list(answer.parts) for answer in await ctx.services.of(Shown).answers(parents, ctx.scope)]

    @batched(
        list[CartDiscountView],
        key="id",
        cost=5,
        directives=[ListSize(assumed_size=3)],
        description="What promotions take off, over all lines and shipping.",
    )
    @staticmethod
    async def discounts(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[AppliedDiscount]]:
        return [list(answer.discounts) for answer in await ctx.services.of(Shown).answers(parents, ctx.scope)]

    @batched(
        list[RefusedCodeView],
        key="id",
        cost=5,
        directives=[ListSize(assumed_size=2)],
        description="The codes that do nothing; empty where nobody serves promotions.",
    )
    @staticmethod
    async def refused_codes(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[RefusedCode]]:
        return [list(answer.refused) for answer in await ctx.services.of(Shown).answers(parents, ctx.scope)]

    @batched(CartQuoteView | None, key="id", cost=5, description="What a checkout of the cart as it is now costs.")
    @staticmethod
    async def quote(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Quote]:
        return [await ctx.services.of(Shown).quote(cart, ctx.scope) for cart in parents]

    @batched(
        CartPaymentOptionsView | None,
        key="id",
        cost=10,
        description="How it can be paid for what it costs now, with what the customer has stored.",
    )
    @staticmethod
    async def payment_options(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[OfferedMethods]:
        return [await ctx.services.of(Paying).options(cart, ctx.scope) for cart in parents]

    @batched(
        list[CartProblemView],
        key="id",
        cost=8,
        directives=[ListSize(assumed_size=3)],
        description="What keeps it from being bought as it is, each with its remedy.",
    )
    @staticmethod
    async def problems(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[CartProblem]]:
        return [list(blocking(await ctx.services.of(Shown).problems(cart, ctx.scope))) for cart in parents]

    @batched(
        list[CartProblemView],
        key="id",
        cost=8,
        directives=[ListSize(assumed_size=3)],
        description="What should be said before it is bought.",
    )
    @staticmethod
    async def warnings(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[Sequence[CartProblem]]:
        return [list(warning(await ctx.services.of(Shown).problems(cart, ctx.scope))) for cart in parents]

    @batched(
        FulfilmentPlansView | None,
        key="id",
        cost=30,
        description="How all of it can be had: collected, sent, sent by a store, or some of each. One question to each "
        "system that counts, whatever the number of stores. Null with an error where none of them could be heard.",
    )
    @staticmethod
    async def fulfilment_plans(
        parents: Sequence[model.Cart],
        ctx: OperationContext,
        near: Annotated[
            NearInput | None,
            strawberry.argument(description="Collected at the market's stores nearest to this point, at most five."),
        ] = None,
        address: Annotated[
            FulfilmentAddressInput | None,
            strawberry.argument(description="Where it would go. Default: the cart's own, else its country."),
        ] = None,
    ) -> Sequence[FulfilmentPlans | GatewayError]:
        point, place = near_point(near), destination_of(address)
        planning = ctx.services.of(FulfilmentPlanning)
        return await per_parent(planning.of(cart, point, place, ctx.scope) for cart in parents)

    @batched(
        SpeakableTextView | None,
        key="id",
        cost=25,
        description="How many items, and what they cost together, as a voice assistant says it.",
    )
    @staticmethod
    async def speakable(parents: Sequence[model.Cart], ctx: OperationContext) -> Sequence[SpeakableText]:
        told: list[SpeakableText] = []
        for answer, cart in zip(await ctx.services.of(Shown).answers(parents, ctx.scope), parents, strict=True):
            pieces = sum(int(line.quantity) for line in cart.active)
            total = answer.totals.total.gross if answer.totals is not None and answer.complete else None
            told.append(ctx.services.speech.cart(pieces, total, ctx.language))
        return told


@strawberry.type(name="CartEdge", description="A cart in a list, with the position after it.")
class CartEdgeView:
    is_type_of = records(CartEdge)

    node: CartView = strawberry.field(description="The cart.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this cart.")


@strawberry.type(name="CartConnection", description="A page of carts, those changed last first.")
class CartConnectionView:
    is_type_of = records(CartList)

    @computed(list[CartView], description="The carts of this page, without their cursors.")
    @staticmethod
    def nodes(record: CartList) -> list[model.Cart]:
        return [edge.node for edge in record.edges]

    edges: list[CartEdgeView] = strawberry.field(description="The carts of this page, each with its cursor.")
    page_info: PageInfoView = strawberry.field(description="Where this page ends.")
