"""The members of `UserError` that carts bring."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from gateway.execution import records
from gateway.graph.enums import described
from gateway.model import cart_faults as model
from schema.contributed import member
from schema.user_errors import UserErrorView

described(
    model.AttemptKind,
    description="What an address, a device or a customer has had too much of.",
    values={
        model.AttemptKind.CARTS_MADE: "Carts were made here; use the one there is.",
        model.AttemptKind.CODES_GUESSED: "Codes of a hand-off that were none, or devices that one cart was handed to.",
        model.AttemptKind.CODES_REFUSED: "Promotion codes that did nothing.",
        model.AttemptKind.GIFT_CARDS_GUESSED: "Numbers and PINs of gift cards that were none.",
        model.AttemptKind.CHECKOUTS_OPEN: "Checkouts under way, not paid yet; finish or cancel one.",
        model.AttemptKind.PIECES_HELD: "Pieces of one item, held by checkouts under way.",
        model.AttemptKind.HOLD_LAPSED: (
            "Pieces that were held and not paid for, while others were told to come again: those come first."
        ),
        model.AttemptKind.PAYMENTS_FAILED: "Payments that were declined, or begun and not finished.",
    },
)


@member
@strawberry.type(name="CartNotFound", description="No such cart, or not yours: the two read the same.")
class CartNotFoundView(UserErrorView):
    is_type_of = records(model.CartNotFound)


@member
@strawberry.type(name="CartChanged", description="The cart is not at `expectedVersion` any more; it is in the answer.")
class CartChangedView(UserErrorView):
    is_type_of = records(model.CartChanged)

    version: int = strawberry.field(description="The cart's version now.")


@member
@strawberry.type(name="CheckoutInProgress", description="A checkout of this cart is under way; finish or cancel it.")
class CheckoutInProgressView(UserErrorView):
    is_type_of = records(model.CheckoutInProgress)

    checkout: strawberry.ID = strawberry.field(name="checkoutId", description="The checkout that has it.")


@member
@strawberry.type(name="CartClosed", description="The cart was ordered, merged into another, or abandoned.")
class CartClosedView(UserErrorView):
    is_type_of = records(model.CartClosed)

    state: str = strawberry.field(description="ORDERED, MERGED or ABANDONED.")
    merged_into: strawberry.ID | None = strawberry.field(
        name="mergedIntoId", description="The cart that has its lines now; null unless it was merged."
    )


@member
@strawberry.type(name="IdempotencyConflict", description="The key was used for another input; the first one stands.")
class KeyConflictView(UserErrorView):
    is_type_of = records(model.KeyConflict)


@member
@strawberry.type(name="LineNotFound", description="There is no such line in this cart (any more).")
class LineNotFoundView(UserErrorView):
    is_type_of = records(model.LineNotFound)

    line: str = strawberry.field(name="lineId", description="As it was asked for.")


@member
@strawberry.type(name="InvalidQuantity", description="Not a whole number of pieces within the bounds.")
class InvalidQuantityView(UserErrorView):
    is_type_of = records(model.InvalidQuantity)

    quantity: Decimal = strawberry.field(description="What would have come of it.")
    minimum: int = strawberry.field(description="Pieces; to have none, remove the line.")
    maximum: int = strawberry.field(description="Pieces.")


@member
@strawberry.type(name="CartTooLarge", description="More than a cart may hold.")
class CartTooLargeView(UserErrorView):
    is_type_of = records(model.CartTooLarge)

    what: str = strawberry.field(description="What is bounded, such as `lines` or `note`.")
    limit: int = strawberry.field(description="A count; of a text, bytes in UTF-8.")


@member
@strawberry.type(name="CurrencyMismatch", description="An amount in another currency than the cart's.")
class CurrencyMismatchView(UserErrorView):
    is_type_of = records(model.CurrencyMismatch)

    expected: str = strawberry.field(name="currencyCode", description="The cart's currency, ISO 4217.")


@member
@strawberry.type(name="InvalidInput", description="A value that makes no sense; `path` says which.")
class InvalidInputView(UserErrorView):
    is_type_of = records(model.InvalidInput)


@member
@strawberry.type(name="MarketNotSold", description="This client does not sell in that market.")
class MarketNotSoldView(UserErrorView):
    is_type_of = records(model.MarketNotSold)


@member
@strawberry.type(name="MarketDiffers", description="The cart belongs to another market. It is never converted.")
class MarketDiffersView(UserErrorView):
    is_type_of = records(model.MarketDiffers)

    country: str = strawberry.field(description="The cart's, ISO 3166-1 alpha-2.")
    channel: str | None = strawberry.field(description="The cart's; null where there are no channels.")


@member
@strawberry.type(
    name="HandOffCodeInvalid", description="Never given, used, over, or of another store or account: all read the same."
)
class HandOffCodeInvalidView(UserErrorView):
    is_type_of = records(model.HandOffCodeInvalid)


@member
@strawberry.type(name="TooManyAttempts", description="Too many of these from here, for now.")
class TooManyAttemptsView(UserErrorView):
    is_type_of = records(model.TooManyAttempts)

    kind: model.AttemptKind = strawberry.field(description="Of what.")
    retry_after: int = strawberry.field(description="Seconds to wait.")


described(
    model.GiftCardRefusal,
    description="Why a gift card can pay nothing here.",
    values={
        model.GiftCardRefusal.INVALID: "There is no such card, or its PIN is another; the two read the same.",
        model.GiftCardRefusal.EMPTY: "Nothing is left on it.",
        model.GiftCardRefusal.OTHER_CURRENCY: "Its value is in another currency than the cart's; nothing is converted.",
    },
)


@member
@strawberry.type(name="GiftCardRefused", description="The gift card can pay nothing here. The cart is as it was.")
class GiftCardRefusedView(UserErrorView):
    is_type_of = records(model.GiftCardRefused)

    reason: model.GiftCardRefusal = strawberry.field(description="Why.")


@member
@strawberry.type(name="GiftCardNotFound", description="There is no such gift card in this cart (any more).")
class GiftCardNotFoundView(UserErrorView):
    is_type_of = records(model.GiftCardNotFound)

    gift_card: str = strawberry.field(name="giftCardId", description="As it was asked for.")
