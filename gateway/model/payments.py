"""Payments as a processor knows them. No card number ever stands here: a shopper's frontend gives it to the processor
and gets a token.

An authorisation is one payment at its processor; captures, a void and refunds are made of it. Every amount is quantised
to its currency's minor unit by the vendor's own table, which the adapter has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from msgspec import UNSET, Struct, UnsetType

from gateway.model.freshness import Freshness
from gateway.model.gift_cards import GiftCard, OfferedGiftCard
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.paging import Gap


class PaymentState(Enum):
    """REQUIRES_ACTION: the shopper must do something (3-D Secure, a redirect). PENDING: the processor does not know
    yet, and will say by webhook. DUE: nothing is held, it is paid later by the owner's terms, and the order may be
    confirmed. AUTHORISED: the money is held. CAPTURED: all that will be was taken. VOIDED: given free. FAILED: it was
    declined."""

    REQUIRES_ACTION = "REQUIRES_ACTION"
    PENDING = "PENDING"
    DUE = "DUE"
    AUTHORISED = "AUTHORISED"
    CAPTURED = "CAPTURED"
    VOIDED = "VOIDED"
    FAILED = "FAILED"


class DeclineReason(Enum):
    """Classes with a remedy each; the processor's own word is kept beside it for staff."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    EXPIRED = "EXPIRED"
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    WRONG_DETAILS = "WRONG_DETAILS"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    NOT_ALLOWED = "NOT_ALLOWED"
    """This method cannot be used for this purchase."""
    TRY_AGAIN = "TRY_AGAIN"
    OTHER = "OTHER"
    """Fraud suspected, lost, stolen and everything unsaid: never told apart to a shopper."""


class PaymentMethod(Struct, frozen=True, gc=False):
    """`id` is what `OpenSession.method` names, and `Authorise.token` where the method is `stored` (the customer's own,
    kept at the processor) or needs nothing of the shopper (`later`: paid by `terms`, such as `net 14`). `label` is fit
    to show (`Visa **** 4242`), `expires` the month a card ends in (`2031-04`), `brand` as the processor writes it
    (`visa`); of a card that is `stored` all of them are known."""

    id: str
    kind: str
    label: str
    stored: bool = False
    brand: str | None = None
    last_four: str | None = None
    expires: str | None = None
    later: bool = False
    terms: str | None = None


class PaymentOptionsQuery(Struct, frozen=True, gc=False):
    """`customer` is the processor's own reference of the shopper, whose stored methods are listed too."""

    amount: Money
    country: str
    channel: str | None = None
    customer: NativeRef | None = None


class PaymentOptions(Struct, frozen=True, gc=False):
    methods: tuple[PaymentMethod, ...]
    freshness: Freshness


class OfferedMethod(Struct, frozen=True, gc=False):
    """A way to pay, and the processor's configured name."""

    backend: str
    method: PaymentMethod


class OfferedMethods(Struct, frozen=True, gc=False):
    """What all processors of a market offer for a cart; `gaps` are those that did not answer."""

    methods: tuple[OfferedMethod, ...] = ()
    gaps: tuple[Gap, ...] = ()
    gift_cards: tuple[OfferedGiftCard, ...] = ()


class NextAction(Struct, frozen=True, gc=False):
    """What the shopper must do. `kind`: `redirect` (to `url`; by `POST` with `fields` where it says so), `sdk` (the
    processor's own library takes `token`), or `present` (a code to show or to pay by, in `token`). Our own, and no
    processor's, is `another_tender`: choose another way to pay, for `amount`."""

    kind: str
    url: str | None = None
    token: str | None = None
    method: str = "GET"
    fields: Mapping[str, str] = {}
    amount: Money | None = None


ANOTHER_TENDER = "another_tender"
"""`NextAction.kind` where less is held than the total, and what else pays it is the shopper's to say."""


class OpenSession(Struct, frozen=True):
    """A command: prepare for a payment in the shopper's own frontend, under our reference. `return_url` was checked
    against the profile's origins. `method` is one of the `customer`'s own where it is `stored`; `store`: the customer
    agreed that what they pay with is kept for their next purchase."""

    reference: str
    amount: Money
    country: str
    return_url: str | None = None
    method: str | None = None
    customer: NativeRef | None = None
    stored: bool = False
    store: bool = False


class PaymentSession(Struct, frozen=True):
    """`client_token` is the secret with which the frontend speaks to the processor: shown once, kept and logged
    nowhere. `publishable_key` names the merchant, and is public."""

    ref: NativeRef
    client_token: str
    publishable_key: str | None = None
    expires: datetime | None = None


class Authorise(Struct, frozen=True):
    """A command: hold `amount`, take nothing yet. `token` is what the frontend got of the processor (a payment method,
    the result of a session), None where `session` is enough. `purchase` is the checkout's reference, shown to staff.

    `customer` is whose stored method the token is, or who agreed that it is kept (`store`); None otherwise: nobody is
    told who pays for nothing.

    With `payment` it goes on with one that required an action: a command of its own, under another reference, whose
    `amount` is the first one's. The processor, and its webhooks, keep calling the payment by the first reference."""

    reference: str
    purchase: str
    amount: Money
    token: str | None = None
    session: NativeRef | None = None
    return_url: str | None = None
    customer: NativeRef | None = None
    payment: NativeRef | None = None
    details: Mapping[str, str] = {}
    """What came back from a redirect (`checkoutContinue`), as the processor calls it."""
    gift_card: GiftCard | None = None
    """Paid with this instead of `token`. Of all a command says this alone is not what tells it from another."""
    whole: Money | None = None
    """What this processor is to hold in several payments together, of which this is one; None: this is all."""
    together: str | None = None
    """`Payment.together` of the payment before, where there is one."""
    store: bool | UnsetType = UNSET
    """Unset, not false: what is unset is in no digest, and a command of a release without it is this one."""


class Payment(Struct, frozen=True):
    """`authorised`, `captured` and `refunded` are totals so far. `authorised` below what was asked is a partial
    approval. `reason` where it FAILED, `raw` the processor's own word for it. `action` is told once and kept
    nowhere. `expires`: when the hold ends by itself. `due`: by when it is to be paid, where it is DUE and the terms say
    so."""

    ref: NativeRef
    state: PaymentState
    authorised: Money | None = None
    captured: Money | None = None
    refunded: Money | None = None
    reason: DeclineReason | None = None
    raw: str | None = None
    action: NextAction | None = None
    expires: datetime | None = None
    due: datetime | None = None
    together: str | None = None
    """What the next payment of the same whole must bring, where the processor keeps several together: opaque, no
    shopper's secret."""


class Capture(Struct, frozen=True):
    """A command: take `amount` of what is held; `final` gives the rest free."""

    reference: str
    payment: NativeRef
    amount: Money
    final: bool = True


class Void(Struct, frozen=True):
    """A command: give all that is held free, or end a payment that was not finished. `stored_value`: it was paid with
    a gift card, of which some are taken from at once; the value goes back onto it either way. `together` is the last
    that was told of the whole it belongs to."""

    reference: str
    payment: NativeRef
    amount: Money
    stored_value: bool = False
    together: str | None = None


class Refund(Struct, frozen=True):
    """A command: give captured money back."""

    reference: str
    payment: NativeRef
    amount: Money


class PaymentEffect(Struct, frozen=True):
    """What became of a capture, a void or a refund. `settled` False: the processor accepted it, and says by webhook
    whether it was done."""

    ref: NativeRef
    payment: NativeRef
    amount: Money
    settled: bool = True
    failed: bool = False


class EnsurePayer(Struct, frozen=True):
    """A command: a record of this person, at a processor that makes one for each. `payer` is what we call them: ours
    alone, and says nothing of who they are. `email` was verified by their issuer. What bears the e-mail and not the
    `payer` is somebody else's: cards lie there."""

    reference: str
    payer: str
    email: str


class Payer(Struct, frozen=True):
    ref: NativeRef


class DeleteMethod(Struct, frozen=True):
    """A command: the processor forgets a method of its customer's (`PaymentMethod.id`)."""

    reference: str
    customer: NativeRef
    method: str


class MethodDeleted(Struct, frozen=True):
    """It is not the customer's any more, whoever took it away."""

    customer: NativeRef
