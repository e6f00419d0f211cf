"""A checkout as its buyer sees it, and what it is made with. Of these only `PaymentChoice` and `VerifiedBuyer` may name
a person; they are sealed wherever they are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum

from msgspec import Struct

from gateway.model.cart_answers import CartPart
from gateway.model.carts import Cart
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.payments import DeclineReason, NextAction, PaymentState
from gateway.model.requesters import Requester
from gateway.model.streams import StreamEnd
from gateway.model.tenders import TenderKind, TenderProcessor


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
    NOT_TOGETHER = "NOT_TOGETHER"
    """All of it is there, but in several places, and whoever takes the order fulfils one from one place."""
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
    ORDER_APART = "ORDER_APART"
    """The line that is named, in another order."""
    PAY_OTHERWISE = "PAY_OTHERWISE"
    CORRECT_PAYMENT = "CORRECT_PAYMENT"
    CHANGE_GIFT_CARD = "CHANGE_GIFT_CARD"
    """Take the gift card out of the cart, or enter it anew: what it is worth is asked again then."""
    TRY_AGAIN = "TRY_AGAIN"
    TRY_LATER = "TRY_LATER"


REMEDIES: Mapping[FailureReason, CheckoutRemedy] = {
    FailureReason.PRICE_CHANGED: CheckoutRemedy.ACCEPT_PRICE,
    FailureReason.QUOTE_INCOMPLETE: CheckoutRemedy.TRY_LATER,
    FailureReason.OUT_OF_STOCK: CheckoutRemedy.CHANGE_CART,
    FailureReason.NOT_TOGETHER: CheckoutRemedy.ORDER_APART,
    FailureReason.PAYMENT_DECLINED: CheckoutRemedy.PAY_OTHERWISE,
    FailureReason.PAYMENT_EXPIRED: CheckoutRemedy.TRY_AGAIN,
    FailureReason.CANCELLED: CheckoutRemedy.TRY_AGAIN,
    FailureReason.ORDER_REFUSED: CheckoutRemedy.CHANGE_CART,
    FailureReason.OWNER_UNAVAILABLE: CheckoutRemedy.TRY_LATER,
    FailureReason.OUTCOME_UNKNOWN: CheckoutRemedy.TRY_LATER,
    FailureReason.INTERNAL: CheckoutRemedy.TRY_LATER,
}


_OF_TENDER = "@"
PARTIAL = "PARTIAL"
"""The word of a decline where less is held than was asked for."""


class Failure(Struct, frozen=True):
    """`detail` is a word of ours for it (a decline's class, the line that is short), never a person's data.
    `retry_after`: seconds from then after which it may be otherwise; None: not by waiting."""

    reason: FailureReason
    detail: str | None = None
    retry_after: int | None = None


DECLINE_REMEDIES: Mapping[DeclineReason, CheckoutRemedy] = {
    DeclineReason.WRONG_DETAILS: CheckoutRemedy.CORRECT_PAYMENT,
    DeclineReason.AUTHENTICATION_FAILED: CheckoutRemedy.TRY_AGAIN,
    DeclineReason.TRY_AGAIN: CheckoutRemedy.TRY_AGAIN,
}
"""Where another way to pay is not what helps."""


class Tender(Struct, frozen=True, kw_only=True):
    """One of what a checkout is paid with, in order from `position` 0. `label` is fit to show, where it is a gift card
    (`Mug Card **** 7401`). `state` None: nobody was asked yet; `authorised` and `captured` as far as they are known."""

    position: int
    kind: TenderKind
    processor: TenderProcessor
    backend: str
    amount: Money
    label: str | None = None
    state: PaymentState | None = None
    authorised: Money | None = None
    captured: Money | None = None


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
    tenders: tuple[Tender, ...] = ()
    """From the moment on at which their amounts are fixed; none where there is nothing to pay."""

    @property
    def told(self) -> CheckoutTold:
        """Its state with what a client needs to go on from there."""
        if self.state is CheckoutState.ACTION_REQUIRED:
            return ActionTold(self.action, self.expires)
        if self.state is CheckoutState.COMPLETED:
            return CompletedTold(self.order, self.number)
        if self.state is CheckoutState.FAILED:
            return _failed(self.failure or Failure(FailureReason.INTERNAL), self.total, self.tenders)
        return ProcessingTold()


class CheckoutTold(Struct, frozen=True):
    """The base of what a checkout's state tells."""

    @property
    def code(self) -> str:
        return type(self).__name__.removesuffix("Told").upper()


class ProcessingTold(CheckoutTold, frozen=True):
    """Look again in `poll_after` seconds."""

    poll_after: int = 1


class ActionTold(CheckoutTold, frozen=True):
    """`action` is None where it was told already, to a process that died with it, and its processor says it once."""

    action: NextAction | None
    expires: datetime | None


class CompletedTold(CheckoutTold, frozen=True):
    """The order at its owner, and the number that people call it by."""

    order: NativeRef | None
    number: str | None


class FailedTold(CheckoutTold, frozen=True, kw_only=True):
    """`total` is what it costs now, where that is why (PRICE_CHANGED); `line` what is short (OUT_OF_STOCK) or must be
    ordered apart (NOT_TOGETHER); `may_return` whether others hold what is short and have not bought it yet, and
    `retry_after` in how many seconds to ask again; `decline` the processor's class of reason (PAYMENT_DECLINED)
    and `tender` what it is about; `missing` the part whose owner was silent (QUOTE_INCOMPLETE)."""

    reason: FailureReason
    remedy: CheckoutRemedy
    total: Money | None = None
    line: str | None = None
    may_return: bool | None = None
    retry_after: int | None = None
    decline: DeclineReason | None = None
    missing: CartPart | None = None
    tender: Tender | None = None


def declined(reason: str, position: int) -> Failure:
    """Of one tender, by the class of reason."""
    return Failure(FailureReason.PAYMENT_DECLINED, f"{reason}{_OF_TENDER}{position}" if position else reason)


def _failed(failure: Failure, total: Money | None, tenders: Sequence[Tender]) -> FailedTold:
    reason, detail = failure.reason, failure.detail or ""
    remedy = REMEDIES[reason]
    if reason is FailureReason.PRICE_CHANGED and total is not None:
        return FailedTold(reason=reason, remedy=remedy, total=_amount(detail, total.currency))
    if reason is FailureReason.OUT_OF_STOCK:
        again = failure.retry_after
        remedy = remedy if again is None else CheckoutRemedy.TRY_LATER
        line = detail or None
        return FailedTold(reason=reason, remedy=remedy, line=line, may_return=again is not None, retry_after=again)
    if reason is FailureReason.NOT_TOGETHER:
        return FailedTold(reason=reason, remedy=remedy, line=detail or None)
    if reason is FailureReason.QUOTE_INCOMPLETE and detail in CartPart.__members__:
        return FailedTold(reason=reason, remedy=remedy, missing=CartPart(detail))
    if reason is FailureReason.PAYMENT_DECLINED:
        word, _, position = detail.partition(_OF_TENDER)
        decline = DeclineReason(word) if word in DeclineReason.__members__ else DeclineReason.OTHER
        tender = next((each for each in tenders if str(each.position) == (position or "0")), None)
        remedy = DECLINE_REMEDIES.get(decline, remedy)
        if tender is not None and tender.kind is TenderKind.GIFT_CARD and decline is not DeclineReason.TRY_AGAIN:
            remedy = CheckoutRemedy.CHANGE_GIFT_CARD
        return FailedTold(reason=reason, remedy=remedy, decline=decline, tender=tender)
    return FailedTold(reason=reason, remedy=remedy)


def _amount(text: str, currency: str) -> Money | None:
    try:
        return Money(Decimal(text), currency)
    except InvalidOperation:
        return None


class PaymentChoice(Struct, frozen=True, kw_only=True):
    """How the shopper pays: what their frontend got of the processor. `backend` is the processor's configured name,
    `customer` what it calls them, where it must know whose method it is. `consented` (aware UTC): when they agreed that
    what they pay with is kept for their next purchase; None: they did not."""

    backend: str
    token: str | None = None
    session: str | None = None
    return_url: str | None = None
    customer: str | None = None
    consented: datetime | None = None


class VerifiedBuyer(Struct, frozen=True, kw_only=True):
    """Who is signed in and buys: `person` is their `Principal.key`, `email` (lower-cased) what their issuer verified.
    Never what was typed into a cart."""

    person: str
    email: str


class CheckoutNews(Struct, frozen=True):
    """One event of who follows a checkout: as it is now, or None; and the end, where this is the last."""

    checkout: Checkout | None = None
    ended: StreamEnd | None = None


class Submission(Struct, frozen=True, kw_only=True):
    """Of a cart that the caller may open. `quoted` is the total that the shopper was shown, `version` the cart's then.
    `key` is the client's own; `choice` None where there is nothing to pay; `requesters` to whom it is counted.
    `email_proven`: the buyer's email is the one that whoever asks has proven to be theirs. `buyer` None for a guest.
    `another_tender`: whether the rest of what is approved in part may be paid otherwise."""

    cart: Cart
    quoted: Money
    version: int
    key: str
    language: str
    choice: PaymentChoice | None = None
    email_proven: bool = False
    requesters: tuple[Requester, ...] = ()
    buyer: VerifiedBuyer | None = None
    another_tender: bool = False

    def digest(self) -> str:
        """Of what is asked, without its secrets: another token for the same is the same."""
        backend = None if self.choice is None else self.choice.backend
        asked = [self.cart.id, self.version, str(self.quoted.amount), self.quoted.currency, backend]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


class JournalEntry(Struct, frozen=True):
    """One line of the journal; `at` aware UTC."""

    step: str
    outcome: str
    backend: str | None
    facts: Mapping[str, str]
    at: datetime


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


class AllottedPart(Struct, frozen=True):
    """So many pieces of a stock item, as its owner calls it."""

    item: str
    pieces: int


class Allotment(Struct, frozen=True):
    """So many pieces of a line from one configured location; `held` where the ledger keeps them back, as `item` at
    `place`, both as `backend` calls them: or as the `parts` that `item` is made of, those that are counted."""

    line: str
    location: str
    quantity: int
    backend: str
    item: str
    place: str
    held: bool = True
    parts: tuple[AllottedPart, ...] = ()
