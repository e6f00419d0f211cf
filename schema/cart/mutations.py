"""Root fields that change carts: what is in them, who buys, where it goes. One transaction each, and no backend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.services.carts import CartMade, CartOutcome, Carts, Keyed, Refused, canonical_digest
from gateway.services.carts.editing import writing
from gateway.services.carts.wishes import LineUpdate
from schema.cart.inputs import (
    CartAttributeInput,
    CartBuyerInput,
    CartDeliveryInput,
    CartLineInput,
    CartLineUpdateInput,
    PostalAddressInput,
    address_of,
    buyer_of,
    canonical,
    deliveries,
    line_updates,
    line_wishes,
)
from schema.cart.payloads import CartPayloadView, CartSecretPayloadView
from schema.contributed import mutation_fields

VERSION = "The version you saw: if the cart is at another one, nothing is changed. Default: whichever it is at."
KEY = (
    "Makes it happen once: within a day the same key with the same input answers what it did then, with another input "
    "`IdempotencyConflict`. 1 to 200 characters. Default: none."
)


@strawberry.input
class Guarded:
    """What every mutation of a cart takes, so that it happens to the right version, and once."""

    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def keyed(self, operation: str, content: object) -> Keyed:
        digest = canonical_digest(operation, [canonical(content), self.expected_version])
        return Keyed(expected=self.expected_version, key=self.idempotency_key, digest=digest)


@strawberry.input
class OfCart(Guarded):
    """What every mutation of a cart that is there takes."""

    cart_id: strawberry.ID = strawberry.field(description="The cart.")


async def changed(
    given: OfCart, ctx: OperationContext, change: Callable[[Carts, str], Awaitable[CartOutcome]]
) -> list[CartOutcome]:
    """What the change came to; a fault in the input with the cart as it is."""
    carts = ctx.services.of(Carts)
    try:
        return [await change(carts, str(given.cart_id))]
    except Refused as refused:
        return [await carts.refused(str(given.cart_id), refused.fault, ctx.scope)]


def made_of(outcome: CartOutcome) -> CartMade:
    """The same without a secret: there is none to tell."""
    return CartMade(cart=outcome.cart, faults=outcome.faults, changes=outcome.changes, seen=outcome.seen)


@strawberry.input(name="CartCreateInput", description="A cart to begin with, in the market of the operation.")
class CartCreateInput:
    lines: list[CartLineInput] = strawberry.field(default_factory=list, description="What is in it. At most 100.")
    codes: list[str] = strawberry.field(default_factory=list, description="Codes, in any letter case. At most 10.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description=KEY + " It counts for a signed-in customer, and for a device or client of its own token; a visitor "
        "without any has a cart of their own each time.",
    )


@strawberry.input(name="CartLinesAddInput", description="More lines.")
class CartLinesAddInput(Guarded):
    cart_id: strawberry.ID | None = strawberry.field(default=None, description="The cart. Default: a new one.")
    lines: list[CartLineInput] = strawberry.field(
        description="At most 100. What is there already, wanted in the same way, becomes more of it."
    )


@strawberry.input(name="CartLinesUpdateInput", description="Other quantities, options or notes.")
class CartLinesUpdateInput(OfCart):
    lines: list[CartLineUpdateInput] = strawberry.field(description="At most 100.")


@strawberry.input(name="CartLinesRemoveInput", description="Lines to be taken out.")
class CartLinesRemoveInput(OfCart):
    line_ids: list[strawberry.ID] = strawberry.field(description="The lines.")


@strawberry.input(name="CartLinesSaveForLaterInput", description="Lines to be kept for later, or wanted now again.")
class CartLinesSaveForLaterInput(OfCart):
    line_ids: list[strawberry.ID] = strawberry.field(description="The lines. At most 100.")
    saved: bool = strawberry.field(default=True, description="False: they are bought again.")


@strawberry.input(name="CartBuyerUpdateInput", description="Who buys.")
class CartBuyerUpdateInput(OfCart):
    buyer: CartBuyerInput | None = strawberry.field(description="In place of all there is; null forgets it.")


@strawberry.input(name="CartAddressUpdateInput", description="Where goods go.")
class CartAddressUpdateInput(OfCart):
    address: PostalAddressInput | None = strawberry.field(description="In place of what there is; null forgets it.")
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description="A delivery group. Default: all that are delivered."
    )


@strawberry.input(name="CartDeliveryUpdateInput", description="Which lines go which way.")
class CartDeliveryUpdateInput(OfCart):
    deliveries: list[CartDeliveryInput] = strawberry.field(
        description="At most 20. Groups that nothing goes with any more are gone."
    )


@strawberry.input(name="CartCodesUpdateInput", description="Codes to be entered and taken away.")
class CartCodesUpdateInput(OfCart):
    add: list[str] = strawberry.field(default_factory=list, description="In any letter case. A cart has at most 10.")
    remove: list[str] = strawberry.field(default_factory=list, description="In any letter case.")


@strawberry.input(name="CartAttributesUpdateInput", description="The cart's own note and attributes.")
class CartAttributesUpdateInput(OfCart):
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 2,000 bytes; null takes it away. Default: as it is."
    )
    attributes: list[CartAttributeInput] = strawberry.field(
        default_factory=list, description="What is not named stays. A cart has at most 20."
    )


@strawberry.input(name="CartAbandonInput", description="A cart that nobody wants any more.")
class CartAbandonInput(OfCart):
    pass


@mutation_fields
class CartMutations:
    @batched(
        CartSecretPayloadView | None,
        cost=20,
        description="A new cart in the market of the operation, which it keeps. A signed-in customer's is opened by "
        "their token; anybody else is told a secret, once.",
    )
    @staticmethod
    async def cart_create(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartCreateInput, strawberry.argument(description="What to begin with.")],  # noqa: A002
    ) -> Sequence[CartMade]:
        try:
            lines = line_wishes(input.lines, ctx)
            digest = canonical_digest("cartCreate", [canonical(lines), input.codes])
            keyed = Keyed(key=input.idempotency_key, digest=digest)
            return [await ctx.services.of(Carts).create(lines, input.codes, ctx.scope, keyed)]
        except Refused as refused:
            return [CartMade(faults=(refused.fault,))]

    @batched(
        CartSecretPayloadView | None,
        cost=20,
        description="More lines, or more of what is there. Without a cart, as after an order, a new one is made as by "
        "`cartCreate`; only then a `secret` is told.",
    )
    @staticmethod
    async def cart_lines_add(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartLinesAddInput, strawberry.argument(description="What to add.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        carts = ctx.services.of(Carts)
        cart = None if input.cart_id is None else str(input.cart_id)
        try:
            lines = line_wishes(input.lines, ctx)
            keyed = input.keyed("cartLinesAdd", lines)
            if cart is None:
                return [await carts.create(lines, (), ctx.scope, keyed)]
            return [made_of(await carts.add(cart, lines, ctx.scope, keyed))]
        except Refused as refused:
            if cart is None:
                return [CartMade(faults=(refused.fault,))]
            return [made_of(await carts.refused(cart, refused.fault, ctx.scope))]

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Other quantities, options, notes or expected prices. Lines that have become alike are one.",
    )
    @staticmethod
    async def cart_lines_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartLinesUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            lines = line_updates(input.lines)
            return await carts.update(cart, lines, ctx.scope, input.keyed("cartLinesUpdate", lines))

        return await changed(input, ctx, change)

    @batched(CartPayloadView | None, cost=20, description="Lines taken out.")
    @staticmethod
    async def cart_lines_remove(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartLinesRemoveInput, strawberry.argument(description="What to take out.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            lines = [str(line) for line in input.line_ids]
            return await carts.remove(cart, lines, ctx.scope, input.keyed("cartLinesRemove", lines))

        return await changed(input, ctx, change)

    @batched(CartPayloadView | None, cost=20, description="Lines kept for later, in no total, or wanted now again.")
    @staticmethod
    async def cart_lines_save_for_later(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartLinesSaveForLaterInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            lines = [LineUpdate(line=str(line), saved=input.saved) for line in input.line_ids]
            return await carts.update(cart, lines, ctx.scope, input.keyed("cartLinesSaveForLater", lines))

        return await changed(input, ctx, change)

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Who buys. Kept sealed; a shared device sees only what was typed on it.",
    )
    @staticmethod
    async def cart_buyer_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartBuyerUpdateInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            buyer = buyer_of(input.buyer, ctx)
            return await carts.buyer(cart, buyer, ctx.scope, input.keyed("cartBuyerUpdate", buyer))

        return await changed(input, ctx, change)

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Where goods go. Kept sealed; a shared device sees only what was typed on it.",
    )
    @staticmethod
    async def cart_address_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartAddressUpdateInput, strawberry.argument(description="Where.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            address = address_of(input.address)
            group = None if input.group_id is None else str(input.group_id)
            return await carts.address(
                cart, address, group, ctx.scope, input.keyed("cartAddressUpdate", [address, group])
            )

        return await changed(input, ctx, change)

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Which lines go which way: delivered or collected, together or apart, by which option.",
    )
    @staticmethod
    async def cart_delivery_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartDeliveryUpdateInput, strawberry.argument(description="Which way.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            choices = deliveries(input.deliveries)
            return await carts.deliver(cart, choices, ctx.scope, input.keyed("cartDeliveryUpdate", choices))

        return await changed(input, ctx, change)

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Codes entered and taken away. Whether they count says `refusedCodes`.",
    )
    @staticmethod
    async def cart_codes_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartCodesUpdateInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            codes = [input.add, input.remove]
            return await carts.codes(cart, input.add, input.remove, ctx.scope, input.keyed("cartCodesUpdate", codes))

        return await changed(input, ctx, change)

    @batched(CartPayloadView | None, cost=20, description="The cart's own note and attributes.")
    @staticmethod
    async def cart_attributes_update(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartAttributesUpdateInput, strawberry.argument(description="What to write.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            named = {one.name: one.value for one in input.attributes}
            noted = input.note is not strawberry.UNSET
            edit = writing(input.note if noted else None, noted, named)
            return await carts.write(cart, edit, ctx.scope, input.keyed("cartAttributesUpdate", [named, input.note]))

        return await changed(input, ctx, change)

    @batched(
        CartPayloadView | None,
        cost=20,
        description="Nobody wants it any more. It can still be read, and is forgotten in time.",
    )
    @staticmethod
    async def cart_abandon(
        parents: Sequence[None],
        ctx: OperationContext,
        input: Annotated[CartAbandonInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> Sequence[CartOutcome]:
        async def change(carts: Carts, cart: str) -> CartOutcome:
            return await carts.abandon(cart, ctx.scope, input.keyed("cartAbandon", None))

        return await changed(input, ctx, change)
