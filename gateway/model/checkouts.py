"""A checkout as its buyer sees it, and what it is made with. Of these only `PaymentChoice` may name a person; it is
sealed wherever it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.payments import NextAction


class CheckoutState(Enum):
    PROCESSING = "PROCESSING"
    ACTION_REQUIRED = "ACTION"
    COMPLETED = "COMPLETED"
    """The owner has confirmed the order, and the payment is known to be good."""
    FAILED = "FAILED"


class FailureReason(Enum):
    """Why nothing was bought. Money that was held is given free, or will be."""

    PRICE_CHANGED = "PRICE_CHANGED"
    QUOTE_INCOMPLETE = "QUOTE_INCOMPLETE"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    PAYMENT_EXPIRED = "PAYMENT_EXPIRED"
    CANCELLED = "CANCELLED"
    ORDER_REFUSED = "ORDER_REFUSED"
    OWNER_UNAVAILABLE = "OWNER_UNAVAILABLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    INTERNAL = "INTERNAL"


class CheckoutRemedy(Enum):
    ACCEPT_PRICE = "ACCEPT_PRICE"
    CHANGE_CART = "CHANGE_CART"
    PAY_OTHERWISE = "PAY_OTHERWISE"
    CORRECT_PAYMENT = "CORRECT_PAYMENT"
    TRY_AGAIN = "TRY_AGAIN"
    TRY_LATER = "TRY_LATER"


REMEDIES: Mapping[FailureReason, CheckoutRemedy] = {
    FailureReason.PRICE_CHANGED: CheckoutRemedy.ACCEPT_PRICE,
    FailureReason.QUOTE_INCOMPLETE: CheckoutRemedy.TRY_LATER,
    FailureReason.OUT_OF_STOCK: CheckoutRemedy.CHANGE_CART,
    FailureReason.PAYMENT_DECLINED: CheckoutRemedy.PAY_OTHERWISE,
    FailureReason.PAYMENT_EXPIRED: CheckoutRemedy.TRY_AGAIN,
    FailureReason.CANCELLED: CheckoutRemedy.TRY_AGAIN,
    FailureReason.ORDER_REFUSED: CheckoutRemedy.CHANGE_CART,
    FailureReason.OWNER_UNAVAILABLE: CheckoutRemedy.TRY_LATER,
    FailureReason.OUTCOME_UNKNOWN: CheckoutRemedy.TRY_LATER,
    FailureReason.INTERNAL: CheckoutRemedy.TRY_LATER,
}


class Failure(Struct, frozen=True):
    """`detail` is a word of ours for it (a decline's class, the items that are short), never a person's data."""

    reason: FailureReason
    detail: str | None = None


class Checkout(Struct, frozen=True, kw_only=True):
    """`id` is our reference of the order too. `total` is what is (or would have been) paid, as far as it is known;
    `action` what the shopper must do until `expires` (aware UTC) while the state is ACTION_REQUIRED; `order` and
    `number` once it is COMPLETED."""

    id: str
    cart: str
    state: CheckoutState
    created: datetime
    total: Money | None = None
    action: NextAction | None = None
    expires: datetime | None = None
    failure: Failure | None = None
    order: NativeRef | None = None
    number: str | None = None


class PaymentChoice(Struct, frozen=True, kw_only=True):
    """How the shopper pays: what their frontend got of the processor. `backend` is the processor's configured name."""

    backend: str
    token: str | None = None
    session: str | None = None
    return_url: str | None = None


class PricedLine(Struct, frozen=True):
    """A line as this run's owners price it: `unit` before, `total` (for all pieces) after discounts."""

    line: str
    unit: Money
    total: TaxedMoney
    discounts: tuple[tuple[str, Decimal, str | None], ...] = ()
    """Label, amount in the order's currency, code."""


class PricedDelivery(Struct, frozen=True):
    group: str
    option: str | None = None
    label: str | None = None
    price: TaxedMoney | None = None


class PricedCart(Struct, frozen=True):
    """What this run charges: `total` to the minor unit, with tax where the owners know it."""

    total: Money
    lines: tuple[PricedLine, ...]
    deliveries: tuple[PricedDelivery, ...] = ()
    codes: tuple[str, ...] = ()


class Allotment(Struct, frozen=True):
    """So many pieces of a line from one configured location; `held` where the ledger keeps them back, as `item` at
    `place`, both as `backend` calls them."""

    line: str
    location: str
    quantity: int
    backend: str
    item: str
    place: str
    held: bool = True
