"""Gift cards of a cart as a frontend sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import batched, computed, records
from gateway.model import carts as model
from gateway.model.money import Money
from gateway.services.carts import Shown
from schema.arguments import per_parent
from schema.values import MoneyView


@strawberry.type(
    name="CartGiftCard",
    description="A gift card that pays for a cart before anything else. Of its number the last four signs are shown.",
)
class CartGiftCardView:
    is_type_of = records(model.GiftCardOfCart)

    @computed(strawberry.ID, description="To take it out with `cartGiftCardRemove`.")
    @staticmethod
    def id(record: model.GiftCardOfCart) -> str:
        return record.card.id

    @computed(str, description="Fit to show, such as `Mug Card **** 7401`.")
    @staticmethod
    def label(record: model.GiftCardOfCart) -> str:
        return record.card.shown

    @computed(MoneyView, description="What it was worth when its processor was asked.")
    @staticmethod
    def balance(record: model.GiftCardOfCart) -> Money:
        return record.card.balance

    @computed(
        MoneyView | None, description="What one purchase can take of it; null where its processor names no such bound."
    )
    @staticmethod
    def most(record: model.GiftCardOfCart) -> Money | None:
        return record.card.most

    @computed(datetime, description="When its processor was asked (UTC). Entered again, it is asked again.")
    @staticmethod
    def checked_at(record: model.GiftCardOfCart) -> datetime:
        return record.card.checked

    @computed(str, description="The public alias of its processor; staff see its configured name.")
    @staticmethod
    def source(record: model.GiftCardOfCart, ctx: OperationContext) -> str:
        return ctx.source(record.card.backend)

    @batched(
        MoneyView | None,
        cost=5,
        description="What it would pay of the cart as it is now; null where nobody can say the total.",
    )
    @staticmethod
    async def covers(
        parents: Sequence[model.GiftCardOfCart], ctx: OperationContext
    ) -> Sequence[Money | GatewayError | None]:
        return await per_parent(_covered(parent, ctx) for parent in parents)


async def _covered(of: model.GiftCardOfCart, ctx: OperationContext) -> Money | None:
    quote = await ctx.services.of(Shown).quote(of.cart, ctx.scope)
    if quote.total is None:
        return None
    mine = (each.amount for each in quote.tenders if each.card is not None and each.card.id == of.card.id)
    return next(mine, Money(quote.total.amount * 0, quote.total.currency))
