"""What a payment processor knows, in memory: payments, what was made of them, and what a test lets happen to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from gateway.errors import RequestRefused
from gateway.model.gift_cards import GiftCard, GiftCardKind
from gateway.model.money import Money
from gateway.model.payments import (
    Authorise,
    DeclineReason,
    DeleteMethod,
    EnsurePayer,
    OpenSession,
    PaymentMethod,
    PaymentState,
)
from gateway.ports.webhooks import WebhookFact

Kind = Literal["authorise", "capture", "void", "refund"]
FACT_OF: dict[tuple[Kind, bool], str] = {
    ("authorise", False): "payment.authorised",
    ("authorise", True): "payment.failed",
    ("capture", False): "payment.captured",
    ("capture", True): "payment.capture_failed",
    ("void", False): "payment.voided",
    ("void", True): "payment.void_failed",
    ("refund", False): "payment.refunded",
    ("refund", True): "payment.refund_failed",
}
ZERO = Decimal(0)
_OPEN = (PaymentState.AUTHORISED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING)
_HOLDING = (PaymentState.AUTHORISED, PaymentState.CAPTURED)


async def _at_once() -> None:
    return None


class ValueCard(Struct):
    """A gift card: what is on it, and nothing that is ever negative."""

    pin: str
    balance: Money
    most: Money | None = None


class Held(Struct):
    """One payment, as it stands. `reference` is of the command that made it; `card` the number of the gift card it is
    taken from."""

    id: str
    reference: str
    purchase: str
    asked: Money
    state: PaymentState
    authorised: Decimal = ZERO
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    reason: DeclineReason | None = None
    expires: datetime | None = None
    card: str | None = None
    together: str | None = None
    keeps: str | None = None
    """The customer for whom what it is paid with is stored, once it is authorised."""


class Entry(Struct):
    """One effect. `at` in the loop's seconds."""

    kind: Kind
    reference: str
    id: str
    payment: str
    amount: Money
    at: float
    settled: bool = True
    failed: bool = False


class Note(Struct, frozen=True):
    """A customer that was made known, or a stored method of theirs that was deleted; once each time it was asked for.
    `at` in the loop's seconds."""

    kind: Literal["ensure_payer", "delete_method"]
    reference: str
    customer: str
    at: float


class PaymentBook:
    """Knobs: `methods` are offered to all, `stored` to a customer by their id; `declined` by token (an empty one is a
    payment without); `challenged` tokens require an action, which `answer` ends; `approves` at most so much of any
    payment; `kinds` of gift cards are taken, of which `cards` are there by their number, and taken from `at_once` or
    when they are captured; `unsettled`: what is made of a payment is accepted only, until `settle`; an entry is found
    `lag` seconds after it was made; `after` is awaited between an effect and its answer, and a test loses the answer
    there. `payers` are customers by what we call them, `deleted` the stored methods that were taken away. `entries` is
    the effect log: nobody is asked twice without two of them. `facts` is all that webhooks would tell, in order."""

    def __init__(self) -> None:
        self.methods: tuple[PaymentMethod, ...] = (PaymentMethod("card", "card", "Card"),)
        self.stored: dict[str, tuple[PaymentMethod, ...]] = {}
        self.declined: dict[str, DeclineReason] = {}
        self.challenged: set[str] = set()
        self.approves: Decimal | None = None
        self.kinds: tuple[GiftCardKind, ...] = (GiftCardKind("mug_card", "Mug Card"),)
        self.cards: dict[str, ValueCard] = {}
        self.at_once = False
        self.wholes: dict[str, Money] = {}
        self.unsettled = False
        self.lag = 0.0
        self.after: Callable[[], Awaitable[None]] = _at_once
        self.payments: dict[str, Held] = {}
        self.entries: list[Entry] = []
        self.sessions: dict[str, str] = {}
        self.opened: dict[str, OpenSession] = {}
        self.payers: dict[str, str] = {}
        self.notes: list[Note] = []
        self.deleted: list[str] = []
        self.facts: list[WebhookFact] = []

    def effects(self, reference: str) -> int:
        """How many effects were had under a reference."""
        return sum(1 for entry in (*self.entries, *self.notes) if entry.reference == reference)

    def answer(self, payment: str, *, approved: bool = True) -> None:
        """The shopper has done what was required of them, or failed to."""
        held = self.payments[payment]
        if held.state is not PaymentState.REQUIRES_ACTION:
            raise ValueError(f"nothing is required of the shopper for {payment}")
        self._decide(held, None if approved else DeclineReason.AUTHENTICATION_FAILED)

    def card(self, asked: GiftCard) -> ValueCard | None:
        """None for one that is not there, or whose PIN is another."""
        known = self.cards.get(asked.number)
        brands = {kind.brand for kind in self.kinds}
        return known if known is not None and known.pin == (asked.pin or "") and asked.brand in brands else None

    def expire(self, payment: str) -> None:
        """The hold ends by itself."""
        held = self.payments[payment]
        self._put_back(held, held.authorised - held.captured)
        held.state, held.authorised = PaymentState.VOIDED, held.captured
        self._tell("payment.expired", held.reference, held, held.asked)

    def settle(self, reference: str, *, failed: bool = False) -> None:
        """What was only accepted becomes true, or fails."""
        for entry in self.entries:
            if entry.reference == reference and not entry.settled:
                entry.settled, entry.failed = True, failed
                held = self.payments[entry.payment]
                if failed:
                    self._undo(held, entry)
                self._tell(FACT_OF[entry.kind, failed], reference, held, entry.amount)

    def begin(self, command: Authorise) -> Held:
        """A new payment, decided unless its token is challenged."""
        held = Held(
            f"pay_{1000 + len(self.payments)}",
            command.reference,
            command.purchase,
            command.amount,
            PaymentState.REQUIRES_ACTION,
        )
        self._check_stored(command)
        held.together = self._joined(command)
        held.keeps = command.customer.id if command.store and command.customer is not None else None
        self.payments[held.id] = held
        token = command.token or ""
        if command.gift_card is not None:
            self._draw(held, command.gift_card)
        elif token not in self.challenged and (token or command.session is None):
            self._decide(held, self.declined.get(token))
        self._enter("authorise", command.reference, held.id, held, command.amount)
        return held

    def payer(self, command: EnsurePayer) -> str:
        """The customer of that name, made where there is none."""
        known = self.payers.setdefault(command.payer, f"payer_{1000 + len(self.payers)}")
        self.notes.append(Note("ensure_payer", command.reference, known, asyncio.get_running_loop().time()))
        return known

    def forget(self, command: DeleteMethod) -> None:
        mine = self.stored.get(command.customer.id, ())
        if any(each.id == command.method for each in mine):
            self.deleted.append(command.method)
            self.stored[command.customer.id] = tuple(each for each in mine if each.id != command.method)
        now = asyncio.get_running_loop().time()
        self.notes.append(Note("delete_method", command.reference, command.customer.id, now))

    def capture(self, reference: str, payment: str, amount: Money, *, final: bool) -> Entry:
        held = self._open(payment, amount, (PaymentState.AUTHORISED,))
        if held.captured + amount.amount > held.authorised:
            raise RequestRefused(detail="more than is held")
        held.captured += amount.amount
        if final or held.captured == held.authorised:
            held.state = PaymentState.CAPTURED
        return self._enter("capture", reference, "", held, amount)

    def void(self, reference: str, payment: str, amount: Money) -> Entry:
        drawn = self.payments[payment].card is not None if payment in self.payments else False
        held = self._open(payment, amount, (*_OPEN, PaymentState.CAPTURED) if drawn else _OPEN)
        if held.captured and not drawn:
            raise RequestRefused(detail="a part was captured")
        self._put_back(held, held.authorised)
        held.state = PaymentState.VOIDED
        return self._enter("void", reference, "", held, amount)

    def refund(self, reference: str, payment: str, amount: Money) -> Entry:
        held = self._open(payment, amount, (PaymentState.AUTHORISED, PaymentState.CAPTURED))
        if held.refunded + amount.amount > held.captured:
            raise RequestRefused(detail="more than was captured")
        held.refunded += amount.amount
        self._put_back(held, amount.amount)
        return self._enter("refund", reference, "", held, amount)

    def found(self, kind: Kind, reference: str) -> Entry | None:
        """An entry that the look-up shows already."""
        now = asyncio.get_running_loop().time()
        for entry in self.entries:
            if entry.kind == kind and entry.reference == reference and now - entry.at >= self.lag:
                return entry
        return None

    def noted(self, kind: str, reference: str) -> Note | None:
        """What the look-up of a customer or a deletion shows already."""
        now = asyncio.get_running_loop().time()
        mine = (each for each in self.notes if (each.kind, each.reference) == (kind, reference))
        return next((each for each in mine if now - each.at >= self.lag), None)

    def _check_stored(self, command: Authorise) -> None:
        """A stored method pays for its customer alone; what is to be stored is somebody's."""
        whose = None if command.customer is None else command.customer.id
        for customer, methods in self.stored.items():
            if customer != whose and any(each.id == command.token for each in methods):
                raise RequestRefused(detail="a stored method of another customer's")
        if command.token in self.deleted:
            raise RequestRefused(detail="a method that was deleted")
        if command.store and whose not in self.payers.values():
            raise RequestRefused(detail="no customer for whom it could be stored")

    def _keep(self, customer: str) -> None:
        number = 1000 + len(self.deleted) + sum(map(len, self.stored.values()))
        made = PaymentMethod(
            f"card_{number}", "card", "Visa **** 4242", stored=True, brand="visa", last_four="4242", expires="2031-04"
        )
        self.stored[customer] = (*self.stored.get(customer, ()), made)

    def _joined(self, command: Authorise) -> str | None:
        """Payments of one whole are told of each other: the first opens it, each next brings what the last was told,
        and no more is held together than the whole."""
        if command.whole is None:
            return None
        together = command.together or f"whole_{command.purchase}"
        if command.together is None and together in self.wholes:
            raise RequestRefused(detail="this whole was begun: bring what was told")
        if command.together is not None and together not in self.wholes:
            raise RequestRefused(detail="no such whole")
        self.wholes.setdefault(together, command.whole)
        mine = (each for each in self.payments.values() if each.together == together)
        held = sum((each.authorised for each in mine if each.state in _HOLDING), ZERO)
        if held + command.amount.amount > self.wholes[together].amount:
            raise RequestRefused(detail="more than the whole")
        return together

    def _draw(self, held: Held, asked: GiftCard) -> None:
        """Value leaves the card with the authorisation, and comes back onto it with a void or a refund."""
        card = self.card(asked)
        held.card = asked.number
        if card is None:
            self._decide(held, DeclineReason.WRONG_DETAILS)
        elif card.balance.currency != held.asked.currency:
            self._decide(held, DeclineReason.NOT_ALLOWED)
        elif card.balance.amount < held.asked.amount:
            self._decide(held, DeclineReason.INSUFFICIENT_FUNDS)
        else:
            self._decide(held, None)
            card.balance = Money(card.balance.amount - held.authorised, card.balance.currency)
            if self.at_once:
                held.state, held.captured = PaymentState.CAPTURED, held.authorised

    def _put_back(self, held: Held, amount: Decimal) -> None:
        card = None if held.card is None else self.cards.get(held.card)
        if card is not None:
            card.balance = Money(card.balance.amount + amount, card.balance.currency)

    def _decide(self, held: Held, reason: DeclineReason | None) -> None:
        held.reason = reason
        if reason is not None:
            held.state = PaymentState.FAILED
        else:
            held.state = PaymentState.AUTHORISED
            held.authorised = held.asked.amount if self.approves is None else min(held.asked.amount, self.approves)
            if held.keeps is not None:
                self._keep(held.keeps)
        self._tell(FACT_OF["authorise", reason is not None], held.reference, held, held.asked)

    def _open(self, payment: str, amount: Money, states: tuple[PaymentState, ...]) -> Held:
        held = self.payments.get(payment)
        if held is None:
            raise RequestRefused(detail="no such payment")
        if amount.currency != held.asked.currency or amount.amount <= 0:
            raise RequestRefused(detail="no amount of this payment")
        if held.state not in states:
            raise RequestRefused(detail=f"the payment is {held.state.value}")
        return held

    def _enter(self, kind: Kind, reference: str, known: str, held: Held, amount: Money) -> Entry:
        number = known or f"{kind}_{1000 + len(self.entries)}"
        settled = kind == "authorise" or not self.unsettled
        entry = Entry(kind, reference, number, held.id, amount, asyncio.get_running_loop().time(), settled)
        self.entries.append(entry)
        if settled and kind != "authorise":
            self._tell(FACT_OF[kind, False], reference, held, amount)
        return entry

    def _undo(self, held: Held, entry: Entry) -> None:
        if entry.kind == "capture":
            held.captured -= entry.amount.amount
            held.state = PaymentState.AUTHORISED
        elif entry.kind == "void":
            held.state = PaymentState.AUTHORISED
        elif entry.kind == "refund":
            held.refunded -= entry.amount.amount

    def _tell(self, kind: str, reference: str, held: Held, amount: Money) -> None:
        facts = {"reference": reference, "amount": f"{amount.amount:f}", "currency": amount.currency}
        if held.reason is not None:
            facts["reason"] = held.reason.value
        self.facts.append(WebhookFact(kind, held.id, facts))
