"""Root fields that hand a cart on: to a customer who signed in, to another market, to another device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.model.carts import HandOffMode, MergeRule
from gateway.services.carts import CartMade, CartOutcome, Carts, HandOffOffered, Keyed, Refused, canonical_digest
from schema.cart.inputs import store_of
from schema.cart.mutations import KEY, OfCart, changed
from schema.cart.payloads import CartHandOffPayloadView, CartPayloadView, CartSecretPayloadView
from schema.contributed import mutation_fields


@strawberry.input(name="CartMergeInput", description="A cart whose secret is borne, to be the signed-in customer's.")
class CartMergeInput:
    cart_id: strawberry.ID = strawberry.field(description="The cart that is given up.")
    into_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="One of the customer's. Default: the one of the same market that was changed last; where there is "
        "none, the cart itself becomes the customer's.",
    )
    rule: MergeRule = strawberry.field(default=MergeRule.SUM, description="What becomes of lines that both have.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(name="CartMoveInput", description="Another market.")
class CartMoveInput(OfCart):
    country: str = strawberry.field(description="ISO 3166-1 alpha-2, within what the client profile lists.")
    channel: str | None = strawberry.field(default=None, description="Default: the one that sells there.")


@strawberry.input(name="CartHandOffCreateInput", description="A cart to be handed on.")
class CartHandOffCreateInput:
    cart_id: strawberry.ID = strawberry.field(description="The cart.")
    mode: HandOffMode = strawberry.field(description="Whether the giver keeps it too.")
    store_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="In which store it may be taken over. Default: the store of the operation, else the account "
        "that is signed in.",
    )


@strawberry.input(name="CartHandOffClaimInput", description="A cart to be taken over.")
class CartHandOffClaimInput:
    code: str = strawberry.field(description="As it was shown; blanks and hyphens do not matter.")
    store_id: strawberry.ID | None = strawberry.field(
        default=None, description="In which store. Default: the store of the operation, else the account signed in."
    )
    accept_market: bool = strawberry.field(
        default=False,
        description="Whether to take it over though it belongs to another market, within what the client profile "
        "lists. It stays in that market: `cartMove` moves it.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(name="CartHolderRevokeInput", description="A device that shall hold the cart no longer.")
class CartHolderRevokeInput:
    cart_id: strawberry.ID = strawberry.field(description="The cart.")
    holder_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="One of its `holders`. Default: this device itself, which gives it back to where it came from.",
    )


@mutation_fields
class CartHandingMutations:
    @batched(
        CartPayloadView | None,
        cost=25,
        description="What was put into a cart before signing in, put into the customer's. Every change is listed; "
        "doing it again changes nothing. The secret of the cart that is given up dies.",
    )
    @staticmethod
    async def cart_merge(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartMergeInput, strawberry.argument(description="Which, and how.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        into = None if input.into_id is None else str(input.into_id)
        keyed = Keyed(
            key=input.idempotency_key,
            digest=canonical_digest("cartMerge", [str(input.cart_id), into, input.rule.value]),
        )
        return [await ctx.services.of(Carts).merge(str(input.cart_id), into, input.rule, ctx.scope, keyed)]

    @batched(
        CartPayloadView | None,
        cost=50,
        description="To another market: every line priced there, what changed listed. Lines that are not sold there "
        "stay, codes that do nothing there go, and delivery is chosen anew.",
    )
    @staticmethod
    async def cart_move(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartMoveInput, strawberry.argument(description="Where to.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            keyed = input.keyed("cartMove", [input.country, input.channel])
            return await carts.move(cart, input.country, input.channel, ctx.scope, keyed)

        return await changed(input, ctx, change)

    @batched(
        CartHandOffPayloadView | None,
        cost=25,
        description="A code by which another device takes the cart over within three minutes, in one store or for one "
        "account. An earlier code of the cart is over.",
    )
    @staticmethod
    async def cart_hand_off_create(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartHandOffCreateInput, strawberry.argument(description="Which, and how.")],  # noqa: A002
    ) -> Sequence[HandOffOffered]:
        try:
            store = store_of(input.store_id, ("input", "storeId"))
        except Refused as refused:
            return [HandOffOffered(faults=(refused.fault,))]
        return [await ctx.services.of(Carts).offer(str(input.cart_id), input.mode, store, ctx.scope)]

    @batched(
        CartSecretPayloadView | None,
        cost=25,
        description="A cart taken over by its code, with a secret of one's own. A code is good once.",
    )
    @staticmethod
    async def cart_hand_off_claim(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartHandOffClaimInput, strawberry.argument(description="The code.")],  # noqa: A002
    ) -> Sequence[CartMade]:
        try:
            store = store_of(input.store_id, ("input", "storeId"))
        except Refused as refused:
            return [CartMade(faults=(refused.fault,))]
        digest = canonical_digest("cartHandOffClaim", [store, input.accept_market])  # the code is in the key's scope
        keyed = Keyed(key=input.idempotency_key, digest=digest)
        carts = ctx.services.of(Carts)
        return [await carts.claim(input.code, store, input.accept_market, ctx.scope, keyed)]

    @batched(
        CartPayloadView | None,
        cost=20,
        description="From now on that device's secret opens nothing. A cart is never deleted by it: a kiosk that is "
        "left alone gives the cart back so.",
    )
    @staticmethod
    async def cart_holder_revoke(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartHolderRevokeInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        holder = None if input.holder_id is None else str(input.holder_id)
        return [await ctx.services.of(Carts).revoke(str(input.cart_id), holder, ctx.scope)]
