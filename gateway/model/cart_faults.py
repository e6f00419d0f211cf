"""Why a cart's mutation did nothing: outcomes of a domain, not errors. Each is a member of the schema's `UserError` and
carries what a client needs to go on. `message` is for developers and names no person; `path` is the place in the input.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.cart_answers import CartProblem, Quote


class CartFault(Struct, frozen=True, kw_only=True):
    """The base of all members. `retryable`: whether the same input may succeed later."""

    message: str
    path: tuple[str, ...] = ("input",)


class CartNotFound(CartFault, frozen=True, kw_only=True):
    """No such cart, or not this caller's."""

    message: str = "There is no such cart."


class CartChanged(CartFault, frozen=True, kw_only=True):
    """`expectedVersion` is not the cart's version any more: somebody else changed it."""

    version: int
    message: str = "The cart was changed meanwhile. Read it again."


class CheckoutInProgress(CartFault, frozen=True, kw_only=True):
    """The cart is frozen by a checkout."""

    checkout: str
    message: str = "A checkout of this cart is under way."


class CartClosed(CartFault, frozen=True, kw_only=True):
    """The cart was ordered, merged into another (`merged_into`) or abandoned."""

    state: str
    merged_into: str | None = None
    message: str = "This cart can no longer be changed."


class KeyConflict(CartFault, frozen=True, kw_only=True):
    """The idempotency key was used for another input."""

    message: str = "This key was used for another request; the first one stands."


class LineNotFound(CartFault, frozen=True, kw_only=True):
    line: str
    message: str = "There is no such line in this cart."


class InvalidQuantity(CartFault, frozen=True, kw_only=True):
    """Not a whole number of pieces from `minimum` to `maximum`."""

    quantity: Decimal
    minimum: int = 1
    maximum: int
    message: str = "The quantity must be a whole number within the bounds."


class CartTooLarge(CartFault, frozen=True, kw_only=True):
    """More than a cart may hold: `what` is bounded by `limit` (a count, or bytes in UTF-8)."""

    what: str
    limit: int
    message: str = "That is more than a cart may hold."


class CurrencyMismatch(CartFault, frozen=True, kw_only=True):
    """An amount in another currency than the cart's. Amounts are never converted."""

    expected: str
    message: str = "The cart is in another currency."


class InvalidInput(CartFault, frozen=True, kw_only=True):
    """A value that makes no sense, or that this market does not know."""


class MarketNotSold(CartFault, frozen=True, kw_only=True):
    """This client may not buy in that market."""

    message: str = "This client does not sell there."


class MarketDiffers(CartFault, frozen=True, kw_only=True):
    """The cart belongs to another market than this device: move it (`cartMove`) or go on there."""

    country: str
    channel: str | None = None
    message: str = "The cart belongs to another market."


class HandOffCodeInvalid(CartFault, frozen=True, kw_only=True):
    """No such code: never given, used, over, or of another store or account."""

    message: str = "This code is not valid (any more)."


class AttemptKind(Enum):
    """What somebody has had too much of."""

    CARTS_MADE = "CARTS_MADE"
    CODES_GUESSED = "CODES_GUESSED"
    """Hand-off codes, or holders of one cart."""
    CODES_REFUSED = "CODES_REFUSED"
    """Promotion codes that did nothing."""
    GIFT_CARDS_GUESSED = "GIFT_CARDS_GUESSED"
    """Numbers and PINs of gift cards that were none."""
    CHECKOUTS_OPEN = "CHECKOUTS_OPEN"
    """Checkouts under way, not paid yet: finish or cancel one."""
    PIECES_HELD = "PIECES_HELD"
    """Pieces of one item, held by checkouts under way."""
    HOLD_LAPSED = "HOLD_LAPSED"
    """Pieces that were held and not paid for, while others were told to come again: those come first."""
    PAYMENTS_FAILED = "PAYMENTS_FAILED"
    """Payments that were declined, or begun and not finished."""


class TooManyAttempts(CartFault, frozen=True, kw_only=True):
    """Wait `retry_after` seconds."""

    kind: AttemptKind
    retry_after: int
    message: str = "Too many of these from here. Wait."


class GiftCardRefusal(Enum):
    """Why a gift card was not put into a cart."""

    INVALID = "INVALID"
    """There is no such card, or its PIN is another: never told apart."""
    EMPTY = "EMPTY"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    """It is worth something in a currency that is not the cart's; nothing is converted."""


class GiftCardRefused(CartFault, frozen=True, kw_only=True):
    """Its processor was asked, and it can pay nothing here."""

    reason: GiftCardRefusal
    message: str = "This gift card can pay nothing here."


class GiftCardNotFound(CartFault, frozen=True, kw_only=True):
    gift_card: str
    message: str = "There is no such gift card in this cart."


class StoringRefusal(Enum):
    """Why a way to pay is not kept for the next purchase."""

    GUEST = "GUEST"
    """Nobody is signed in whose it would be."""
    EMAIL_UNVERIFIED = "EMAIL_UNVERIFIED"
    """The processor makes a record of each person, and who is signed in has no e-mail that their issuer verified."""
    CLIENT = "CLIENT"
    """This client keeps none and shows none: a shared device, or somebody who acts for the shopper."""
    PROCESSOR = "PROCESSOR"
    """It keeps none."""


class PaymentMethodNotStored(CartFault, frozen=True, kw_only=True):
    """It was to be stored and cannot be. Nothing was begun: without `storeMethod` it can."""

    reason: StoringRefusal
    message: str = "This way to pay cannot be stored here."


class PaymentMethodNotFound(CartFault, frozen=True, kw_only=True):
    """No such stored method, or not this caller's."""

    message: str = "There is no such stored payment method."


class QuoteIncomplete(CartFault, frozen=True, kw_only=True):
    """An owner of a part of the total had not answered when it was quoted. `quote` is what is known now: complete, it
    can be bought as soon as the shopper was shown it."""

    quote: Quote
    message: str = "Not every part of the total was known. Show the new quote."


class QuoteExpired(CartFault, frozen=True, kw_only=True):
    """What was shown is good no longer. `quote` is what it costs now."""

    quote: Quote
    message: str = "The quote is over. Show the new one."


class CartNotReady(CartFault, frozen=True, kw_only=True):
    """The cart cannot be bought as it is."""

    problems: tuple[CartProblem, ...]
    message: str = "The cart cannot be bought as it is."


class CheckoutNotFound(CartFault, frozen=True, kw_only=True):
    """No such checkout, or not this caller's."""

    message: str = "There is no such checkout."


AnyCartFault = (
    CartNotFound
    | CartChanged
    | CheckoutInProgress
    | CartClosed
    | KeyConflict
    | LineNotFound
    | InvalidQuantity
    | CartTooLarge
    | CurrencyMismatch
    | InvalidInput
    | MarketNotSold
    | MarketDiffers
    | HandOffCodeInvalid
    | TooManyAttempts
    | GiftCardRefused
    | GiftCardNotFound
    | PaymentMethodNotStored
    | PaymentMethodNotFound
    | QuoteIncomplete
    | QuoteExpired
    | CartNotReady
    | CheckoutNotFound
)
