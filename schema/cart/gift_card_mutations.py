"""Root fields that put gift cards into carts and take them out. Putting one in asks its processor what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.services.carts import CartOutcome, Carts
from gateway.services.gift_cards import GiftCards
from schema.cart.mutations import OfCart, changed
from schema.cart.payloads import CartPayloadView
from schema.contributed import mutation_fields
from schema.scalars import GiftCardNumber, GiftCardPin


@strawberry.input(name="CartGiftCardAddInput", description="A gift card that shall pay.")
class CartGiftCardAddInput(OfCart):
    kind_id: strawberry.ID = strawberry.field(description="One of `paymentOptions.giftCards` of the cart.")
    number: GiftCardNumber = strawberry.field(description="Kept sealed, never shown again but for its last four signs.")
    pin: GiftCardPin | None = strawberry.field(default=None, description="Default: it has none.")


@strawberry.input(name="CartGiftCardRemoveInput", description="A gift card that shall not pay.")
class CartGiftCardRemoveInput(OfCart):
    gift_card_id: strawberry.ID = strawberry.field(description="One of the cart's.")


@mutation_fields
class GiftCardMutations:
    @batched(
        CartPayloadView | None,
        cost=60,
        description="A gift card put into the cart, with what it is worth; entered again, that is asked again. A cart "
        "has at most three. Wrong numbers and PINs are counted, and after a few nobody is asked for a while.",
    )
    @staticmethod
    async def cart_gift_card_add(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartGiftCardAddInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            cards = ctx.services.of(GiftCards)
            kind, number, pin = str(input.kind_id), str(input.number), None if input.pin is None else str(input.pin)
            keyed = input.keyed("cartGiftCardAdd", [kind, cards.secret_digest(number, pin)])
            return await cards.add(cart, kind, number, pin, ctx.scope, keyed)

        return await changed(input, ctx, change)

    @batched(CartPayloadView | None, cost=20, description="A gift card taken out of the cart. Its value is untouched.")
    @staticmethod
    async def cart_gift_card_remove(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartGiftCardRemoveInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            card = str(input.gift_card_id)
            keyed = input.keyed("cartGiftCardRemove", card)
            return await ctx.services.of(GiftCards).remove(cart, card, ctx.scope, keyed)

        return await changed(input, ctx, change)
