"""What the steps of a checkout are given, and how they ask an owner to do something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Row

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes, had_no_effect
from gateway.checkout.bounds import CheckoutBounds
from gateway.checkout.claims import Claims
from gateway.checkout.engine import Runs
from gateway.checkout.journal import Checkouts
from gateway.checkout.tenders import tenders_of
from gateway.checkout.turns import CustomerTurns
from gateway.errors import AdapterError, OutcomeUnknown, RequestRefused, StateUnavailable
from gateway.model.cart_answers import CartAnswer
from gateway.model.carts import Cart
from gateway.model.checkouts import Failure, FailureReason
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.ownership import Ownership
from gateway.ports.agreement import bearer
from gateway.ports.domain import Command, PagedOperation, ReadOperation, WriteOperation
from gateway.ports.order import OrderWriting
from gateway.ports.state import Tasks
from gateway.ports.writes import FindKind
from gateway.settings import CheckoutSection
from gateway.state.carts import StoredCarts
from gateway.state.further_orders import further_orders_of
from gateway.state.kits import Kits
from gateway.state.ledger import Ledger
from gateway.state.outbox import Outbox

R = TypeVar("R", bound=Struct)
V = TypeVar("V")

Evaluate = Callable[[Cart, str], Awaitable[CartAnswer]]
"""What all owners say of a cart, fresh, in a language; never raises for what one of them does."""

BuyerAt = Callable[[Cart, str], Awaitable[NativeRef | None]]
"""The buyer's own record at an owner of orders, where they are linked to one; a guest has none."""

Recognise = Callable[[str, NativeRef], Awaitable[None]]
"""That a person (`Principal.key`) has this record, by an e-mail that is proven theirs."""

FORWARD_SECONDS = 25.0
"""How long a forward step asks an owner before the run turns back."""
_ATTEMPT_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_PERSON_AFTER = 300.0
"""Seconds after which a compensation that cannot be done is a person's task too; it is tried on."""
UNDO_TASK = "checkout.not_undone"


class Unanswered(Enum):
    """What a forward step could not have."""

    REFUSED = "REFUSED"
    """The owner said no: nothing was changed there."""
    UNAVAILABLE = "UNAVAILABLE"
    """It could not be asked: nothing was changed there."""
    UNKNOWN = "UNKNOWN"
    """It was asked, and nobody knows."""


FAILURES: Mapping[Unanswered, FailureReason] = {
    Unanswered.REFUSED: FailureReason.ORDER_REFUSED,
    Unanswered.UNAVAILABLE: FailureReason.OWNER_UNAVAILABLE,
    Unanswered.UNKNOWN: FailureReason.OUTCOME_UNKNOWN,
}


async def _guest(cart: Cart, owner: str) -> NativeRef | None:
    return None


async def _unlinked(person: str, record: NativeRef) -> None:
    return None


class Frozen(Struct, frozen=True):
    """A run's row with the cart it froze, which nobody changes until it has ended; and what it is paid with, in order,
    once that is fixed."""

    row: Row[Any]
    cart: Cart
    tenders: Sequence[Row[Any]] = ()
    further: Sequence[Row[Any]] = ()
    """Its orders beside the first."""

    @property
    def commerce(self) -> CommerceContext:
        cart = self.cart
        return CommerceContext(cart.country, cart.currency, self.row.language, cart.channel, cart.store)

    def money(self, amount: str) -> Money:
        return Money(Decimal(amount), self.row.currency)


class Given(Struct, frozen=True, kw_only=True):
    runs: Runs
    checkouts: Checkouts
    claims: Claims
    carts: StoredCarts
    turns: CustomerTurns
    ledger: Ledger
    writes: Writes
    caller: BackendCaller
    ownership: Ownership
    backends: Mapping[str, BoundBackend]
    outbox: Outbox
    tasks: Tasks
    evaluate: Evaluate
    buyer_at: BuyerAt = _guest
    recognise: Recognise = _unlinked
    forward_seconds: float = FORWARD_SECONDS
    action_seconds: float = 600.0
    """How long a shopper has for what the payment asks of them."""
    section: CheckoutSection = CheckoutSection()

    @property
    def bounds(self) -> CheckoutBounds:
        return CheckoutBounds(self.checkouts.database, self.carts.sealing, self.section, self.action_seconds)

    @property
    def kits(self) -> Kits:
        return Kits(self.checkouts.database)

    async def frozen(self, run: str) -> Frozen:
        async with self.checkouts.database.read() as connection:
            row = await self.checkouts.row(connection, run)
            cart = await self.carts.load(connection, row.cart)
            tenders = (await tenders_of(connection, [run])).get(run, ())
            further = (await further_orders_of(connection, [run])).get(run, ())
        if cart is None:
            raise LookupError("the cart of a checkout is gone")
        return Frozen(row, cart, tenders, further)

    def offers(self, backend: str, operation: ReadOperation) -> bool:
        """Whether a backend, owner of a domain or not, answers this."""
        bound = self.backends[backend]
        port = bearer(bound.backend, operation.port, operation.method)
        return operation.name in bound.manifest.operations and port is not None

    def ordering(self, backend: str) -> OrderWriting:
        return self.backends[backend].manifest.ordering or OrderWriting(cancels=False)

    def call(self, run: str, seconds: float = _ATTEMPT_SECONDS) -> CallContext:
        return CallContext(time.monotonic() + seconds, Priority.CHECKOUT, run, fresh=True)

    async def forward(
        self,
        run: str,
        backend: str,
        operation: WriteOperation[Any, R],
        command: Command,
        commerce: CommerceContext,
        *,
        says_no: tuple[type[AdapterError], ...] = (RequestRefused,),
    ) -> R | Unanswered:
        """A write on the way forward: tried for a while, then the run turns back. While our own database is away no
        time passes: an outcome of ours is not the owner's. `says_no`: what is not asked again."""
        ends = time.monotonic() + self.forward_seconds
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self.writes.perform(backend, operation, command, commerce, self.call(run))
            except StateUnavailable:
                ends = time.monotonic() + self.forward_seconds
                last = Unanswered.UNKNOWN
            except OutcomeUnknown:
                last = Unanswered.UNKNOWN
            except says_no:
                return Unanswered.REFUSED
            except AdapterError as error:
                last = Unanswered.UNAVAILABLE if had_no_effect(error) else Unanswered.UNKNOWN
            if time.monotonic() >= ends:
                return last
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 1.5)

    async def asked(
        self, run: str, backend: str, operation: PagedOperation[Any, V], query: Any, commerce: CommerceContext
    ) -> V | Unanswered:
        """A question on the way forward, past every cache: asked for a while, then the run turns back."""
        ends, pause = time.monotonic() + self.forward_seconds, _FIRST_PAUSE
        while True:
            try:
                return await self.caller.paged(backend, operation, query, commerce, self.call(run))
            except RequestRefused:
                return Unanswered.REFUSED
            except AdapterError:
                if time.monotonic() >= ends:
                    return Unanswered.UNAVAILABLE
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 1.5)

    async def backward(
        self, run: str, backend: str, operation: WriteOperation[Any, R], command: Command, commerce: CommerceContext
    ) -> R | None:
        """A write of a compensation: tried until it is done; None where the owner says no."""

        async def ask() -> R | None:
            try:
                return await self.writes.perform(backend, operation, command, commerce, self.call(run))
            except RequestRefused:
                return None

        return await self.until_known(run, operation.name, ask)

    async def settled(self, run: str, backend: str, operation: WriteOperation[Any, R], command: Command) -> R | None:
        """What became of a write that this run may have sent; None: nothing, for good."""
        return await self.until_known(run, operation.name, lambda: self.writes.resolve(backend, operation, command))

    async def learnt(
        self, run: str, backend: str, operation: WriteOperation[Any, R], command: Command, commerce: CommerceContext
    ) -> R | None:
        """As `settled`, of a write whose effect can be taken back. Where nothing but the same key again tells what
        became of it, it is asked again: what it had no effect for then, it has now, and that is known."""
        spec = self.backends[backend].manifest.writes.get(operation.name)
        if spec is None or spec.find is not FindKind.REPLAY or spec.by_key is None:
            return await self.settled(run, backend, operation, command)

        async def ask() -> R | None:
            try:
                return await self.writes.resolve(backend, operation, command)
            except OutcomeUnknown:
                try:
                    return await self.writes.perform(backend, operation, command, commerce, self.call(run))
                except RequestRefused:
                    return None

        return await self.until_known(run, operation.name, ask)

    async def until_known(self, run: str, what: str, ask: Callable[[], Awaitable[R | None]]) -> R | None:
        """As often as it takes; after a while a person hears of it."""
        begun, pause, told = time.monotonic(), _FIRST_PAUSE, False
        while True:
            try:
                return await ask()
            except (AdapterError, StateUnavailable) as error:
                if not told and time.monotonic() - begun > _PERSON_AFTER:
                    told = True
                    await self._tell(run, what, error.code)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)

    async def _tell(self, run: str, what: str, code: str) -> None:
        try:
            await self.tasks.open(UNDO_TASK, run, {"checkout": run, "operation": what, "code": code})
        except StateUnavailable:
            return  # it is tried on, and told when it can be


def answered(failure: Failure) -> dict[str, str]:
    """A failure as a step's answer."""
    told = {"failed": failure.reason.value, "detail": failure.detail or ""}
    return told if failure.retry_after is None else {**told, "retry_after": str(failure.retry_after)}


def failure_of(answer: Mapping[str, Any]) -> Failure | None:
    """What a step's answer says of failing."""
    reason, again = answer.get("failed"), answer.get("retry_after")
    if reason is None:
        return None
    return Failure(FailureReason(reason), answer.get("detail") or None, None if again is None else int(again))
