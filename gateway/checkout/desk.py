"""Where checkouts are asked for: submitted, gone on with, cancelled, looked at. Client, webhook and poll are signals to
one run, in any order: each writes what it knows into our row and wakes the run, which asks for the truth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.claims import run_of
from gateway.checkout.engine import RunState, UnknownRun
from gateway.checkout.given import Given
from gateway.checkout.journal import choice_at
from gateway.checkout.references import derived, of_tender
from gateway.checkout.saga import CAPTURE, CHECKOUT, COMMIT, MIRROR, TOPIC
from gateway.checkout.steps.finish import CAPTURE_EVENT, COMMIT_EVENT, MIRROR_EVENT
from gateway.checkout.steps.payment import WAITING
from gateway.checkout.tenders import add, change, of_payment, tenders_of
from gateway.errors import IdempotencyConflict, Unavailable
from gateway.model.cart_faults import AnyCartFault, CartFault, KeyConflict, TooManyAttempts
from gateway.model.checkouts import Checkout, CheckoutState, JournalEntry, PaymentChoice, Submission
from gateway.model.payments import PaymentState
from gateway.model.requesters import Requester
from gateway.ports.payment import GET_PAYMENTS
from gateway.ports.webhooks import Received
from gateway.state.outbox import Event
from gateway.state.tables import checkouts

WAIT_SECONDS = 8.0
STUCK_SECONDS = 60.0
STUCK_TASK = "checkout.stuck"
HOLD_SECONDS = 900.0
"""A hold this old, whose run is gone, is nobody's."""
MOST_WAITING = 64
"""Callers who wait in one process: while an owner is slow, all who buy would else take the places of those who only
look. Whoever comes then is told how it stands, and asks again."""
MOST_CONTINUED = 20
"""So often one payment goes on with what came back of a challenge; then it is only looked at."""
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 0.5
_UNHEARD, _AT_ONCE = 3.0, 100
"""Seconds after which a waiting run should have heard of what our row has for it."""
CONTINUE_STAGE = "continue"
CONSENT = "store_method"
"""What the journal calls the shopper's word that their method is kept; it says when, and never whose."""
_OPEN = (CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value)
_ENDED = (CheckoutState.FAILED, CheckoutState.COMPLETED)
_FOLLOWS = {CAPTURE_EVENT: CAPTURE, COMMIT_EVENT: COMMIT}
_STATES = {
    "payment.authorised": PaymentState.AUTHORISED,
    "payment.failed": PaymentState.FAILED,
    "payment.captured": PaymentState.CAPTURED,
    "payment.voided": PaymentState.VOIDED,
    "payment.expired": PaymentState.VOIDED,
}
"""What a webhook says of a payment, where nothing but webhooks does."""
_log = structlog.get_logger("gateway.checkout")


class Desk:
    def __init__(self, given: Given) -> None:
        self._given = given
        self.waiting = 0
        self.closed = False
        """No new checkout is begun; those under way go on. So is it while what was restored is compared."""

    async def submit(self, asked: Submission, wait: float = WAIT_SECONDS) -> Checkout | AnyCartFault:
        """Claimed and frozen in one transaction, then run; answered as soon as it is not under way any more, or after
        `wait` seconds. A fault is why no run was started. The same key again answers the same checkout. Raises
        StateUnavailable; Unavailable while `closed`."""
        given, run = self._given, run_of(asked.cart.id, CHECKOUT, asked.key)
        digest = asked.digest()
        try:
            async with given.checkouts.database.write() as connection:
                if not await given.claims.known(connection, run, digest):
                    if self.closed:
                        raise Unavailable("Checkouts open again in a moment: try again then.", domain="order")
                    if (fault := await given.bounds.refused(connection, asked)) is not None:
                        return fault
                    cart = await given.carts.freeze(connection, asked.cart.id, asked.version, run)
                    if isinstance(cart, CartFault):
                        return cart
                    await given.claims.claim(connection, run, CHECKOUT, digest, [run])
                    await given.checkouts.open(
                        connection, run, cart, asked.quoted, asked.choice, asked.buyer, asked.language,
                        email_proven=asked.email_proven, another_tender=asked.another_tender,
                    )  # fmt: skip
                    await given.bounds.opened(connection, run, asked)
                    await given.checkouts.note(connection, run, "claim", "done")
                    if asked.choice is not None and asked.choice.consented is not None:
                        consent = {"at": asked.choice.consented.isoformat(timespec="seconds")}
                        await given.checkouts.note(connection, run, CONSENT, "given", asked.choice.backend, consent)
        except IdempotencyConflict:
            return KeyConflict(path=("input", "idempotencyKey"))
        await given.runs.start(CHECKOUT, run, run)
        return await self.settled(run, wait)

    async def settled(self, run: str, wait: float) -> Checkout:
        """As it is when it is not under way any more, or after `wait` seconds."""
        found = await self._looked(run, wait, lambda state: state is not CheckoutState.PROCESSING)
        if found is None:
            raise LookupError("no such checkout")
        return found

    async def get(self, run: str) -> Checkout | None:
        return await self._given.checkouts.get(run)

    async def begun(self, cart: str, key: str) -> bool:
        """Whether this cart was submitted under this key before."""
        return await self._given.checkouts.get(run_of(cart, CHECKOUT, key)) is not None

    async def failed_too_often(self, cart: str, requesters: Sequence[Requester]) -> TooManyAttempts | None:
        return await self._given.bounds.failed_too_often(cart, requesters)

    async def standing(self, runs: Sequence[str]) -> Mapping[str, CheckoutState]:
        return await self._given.checkouts.standing(runs)

    async def history(self, run: str) -> Sequence[JournalEntry]:
        return await self._given.checkouts.history(run)

    async def go_on(self, run: str, details: Mapping[str, str], wait: float = WAIT_SECONDS) -> Checkout | None:
        """The shopper is back from what the payment asked of them, with what came back. None: no such checkout."""
        given, database = self._given, self._given.checkouts.database
        if await given.checkouts.get(run) is None:
            return None
        async with database.write() as connection:
            row = await given.checkouts.row(connection, run, lock=True)
            waiting = row.state == CheckoutState.ACTION_REQUIRED.value and row.rest is None
            number = row.continued
            if number >= MOST_CONTINUED:
                details = {}
            values: dict[str, Any] = {"state": CheckoutState.PROCESSING.value}  # until the run has looked
            if waiting and details:
                number += 1
                sealed = await given.checkouts.sealed(connection, row, "details", dict(details))
                values |= {"details": sealed, "continued": number}
            if waiting:
                await given.checkouts.move(connection, run, CONTINUE_STAGE, **values)
        if waiting:
            await self._wake(run, f"continue-{number}-{0 if details else time.time_ns()}")
        return await self.settled(run, wait)

    async def pay_rest(
        self, run: str, choice: PaymentChoice, requesters: Sequence[Requester], wait: float = WAIT_SECONDS
    ) -> Checkout | TooManyAttempts | None:
        """What the shopper pays the rest with, where another tender is asked for. Otherwise, and where it was chosen
        already, nothing but how it stands. A fault is why no processor is asked. None: no such checkout."""
        given, database, offered = self._given, self._given.checkouts.database, None
        if await given.checkouts.get(run) is None:
            return None
        async with database.write() as connection:
            row = await given.checkouts.row(connection, run, lock=True)
            tenders = (await tenders_of(connection, [run])).get(run, ())
            if await self._asks_for(connection, row, tenders, choice):
                if (fault := await given.bounds.too_often(connection, row.cart, requesters)) is not None:
                    return fault
                offered = len(tenders)
                sealed = await given.checkouts.sealed(connection, row, choice_at(offered), choice)
                await add(database, connection, run, offered, row.rest, choice.backend, sealed)
                stage, processing = of_tender(CONTINUE_STAGE, offered), CheckoutState.PROCESSING.value
                await given.checkouts.move(connection, run, stage, state=processing, rest=None)
                facts = {"amount": row.rest}
                await given.checkouts.note(connection, run, of_tender("chosen", offered), "done", choice.backend, facts)
        if offered is not None:
            await self._wake(run, f"offered-{offered}")
        return await self.settled(run, wait)

    async def _asks_for(
        self, connection: AsyncConnection, row: Row[Any], tenders: Sequence[Row[Any]], choice: PaymentChoice
    ) -> bool:
        """Whether another tender is asked for still, and this is none that was chosen before: whoever asks again for
        want of an answer is declined once."""
        over = row.cancel_asked is not None or row.expires is None or row.expires <= row.now
        if row.state != CheckoutState.ACTION_REQUIRED.value or row.rest is None or over:
            return False
        before = [each for each in tenders if each.choice is not None]
        return choice not in [await self._given.checkouts.choice_of(connection, row, each) for each in before]

    async def cancel(self, run: str, wait: float = WAIT_SECONDS) -> tuple[Checkout, bool] | None:
        """Whether it can still be gone back on: until the money was asked for, and while the shopper is asked for
        something. Never the engine's cancellation, which compensates nothing. None: no such checkout."""
        given, database = self._given, self._given.checkouts.database
        if await given.checkouts.get(run) is None:
            return None
        async with database.write() as connection:
            row = await given.checkouts.row(connection, run, lock=True)
            early = row.state == CheckoutState.PROCESSING.value and row.payment_asked is None
            possible = early or row.state == CheckoutState.ACTION_REQUIRED.value
            if possible and row.cancel_asked is None:
                change = update(checkouts).where(checkouts.c.run == run)
                await connection.execute(change.values(cancel_asked=database.now))
                await given.checkouts.note(connection, run, "cancel_asked", "noted")
        if possible:
            await self._wake(run, "cancel")
            found = await self._looked(run, wait, lambda state: state in _ENDED)  # not before it has ended
        else:
            found = await given.checkouts.get(run)
        if found is None:
            return None
        return found, possible or row.cancel_asked is not None

    async def heard(self, event: Received) -> None:
        """A webhook about a payment (an inbox handler): noted for processors that have no other way to tell, and the
        run is woken. One that is not of a checkout is somebody else's. Raises UnknownRun while its run is not there."""
        given, database = self._given, self._given.checkouts.database
        tender = await of_payment(database, event.backend, event.subject, event.facts.get("reference"))
        if tender is None:
            return
        run, position = tender
        state = _STATES.get(event.kind)
        if state is not None and not given.ownership.offers(event.backend, GET_PAYMENTS.name):
            async with database.write() as connection:
                row = await given.checkouts.row(connection, run, lock=True)
                told = _told(event, state, row, (await tenders_of(connection, [run]))[run][position])
                if told:
                    await change(connection, run, position, **told)
        found = await given.checkouts.get(run)
        if found is not None and found.state in (CheckoutState.PROCESSING, CheckoutState.ACTION_REQUIRED):
            await given.runs.send(run, TOPIC, f"webhook-{event.identity}"[:200])

    async def followed(self, event: Event) -> None:
        """An outbox receiver: what goes on after an order is a run of its own."""
        run, runs = event.facts.get("checkout", ""), self._given.runs
        if (follows := _FOLLOWS.get(event.kind)) is not None:
            await runs.start(follows, derived(run, follows), run)
        elif event.kind == MIRROR_EVENT:
            backend = event.facts["backend"]
            await runs.start(MIRROR, derived(run, f"{MIRROR}.{backend}"), run, backend)

    async def watch_stuck(self, seconds: float = STUCK_SECONDS) -> list[str]:
        """Checkouts without progress while nobody is waited for: a line in the log and a person's task each."""
        given = self._given
        rows = await given.checkouts.stuck(seconds)
        states = await given.runs.states([row.run for row in rows])
        for row in rows:
            state = states.get(row.run)
            if state is None:  # claimed and never begun: the sweep of claims starts it
                continue
            facts = {"checkout": row.run, "stage": row.stage, "run": state.value}
            _log.error("checkout_stuck", **facts)
            await given.tasks.open(STUCK_TASK, row.run, facts)
        return [row.run for row in rows]

    async def wake_waiting(self) -> int:
        """Runs that wait although our row has something for them: whoever wrote it died before the signal, or the
        shopper's time is over by the database's clock (the engine's timer ends by a process's, which may be an hour
        behind). One signal for each of these."""
        given, table = self._given, checkouts.c
        now = given.checkouts.database.now
        told = and_(table.stage.startswith(CONTINUE_STAGE), table.moved < now - _UNHEARD)
        left = or_(told, table.cancel_asked < now - _UNHEARD, table.expires < now - _UNHEARD)
        waiting = and_(table.state.in_(_OPEN), table.expires.is_not(None), left)
        chosen = select(table.run, table.expires, table.continued, table.cancel_asked, table.stage).where(waiting)
        async with given.checkouts.database.read() as connection:
            rows = (await connection.execute(chosen.order_by(table.moved).limit(_AT_ONCE))).all()
        for row in rows:
            known = (row.continued, row.cancel_asked is not None, row.expires, row.stage)
            await self._wake(row.run, "-".join(("left", *map(str, known))))
        return len(rows)

    async def release_orphans(self, seconds: float = HOLD_SECONDS) -> int:
        """Holds whose run is gone: nothing else ends a hold by a clock."""
        given = self._given
        held = await given.ledger.held_since(seconds)
        runs = list(dict.fromkeys(hold.run for hold in held))
        states = await given.runs.states(runs)
        gone = 0
        for run in runs:
            if states.get(run) in (RunState.MOVING, RunState.BROKEN):  # a broken one is a person's: money may be held
                continue
            async with given.checkouts.database.write() as connection:
                if not await given.claims.open_still(connection, run):
                    gone += await given.ledger.release(connection, run)
        return gone

    async def _looked(self, run: str, wait: float, enough: Callable[[CheckoutState], bool]) -> Checkout | None:
        """As it is when that is enough, or after `wait` seconds; at once where too many wait already."""
        patience = wait if self.waiting < MOST_WAITING else 0.0
        ends, pause = time.monotonic() + patience, _FIRST_LOOK
        self.waiting += 1
        try:
            while True:
                found = await self._given.checkouts.get(run)
                if found is None or enough(found.state) or time.monotonic() + pause > ends:
                    return found
                await asyncio.sleep(pause)
                pause = min(_LONGEST_LOOK, pause * 1.3)
        finally:
            self.waiting -= 1

    async def _wake(self, run: str, key: str) -> None:
        try:
            await self._given.runs.send(run, TOPIC, key)
        except UnknownRun:  # claimed and not begun: it reads our row when it begins
            return


def _told(event: Received, state: PaymentState, row: Any, tender: Any) -> dict[str, str]:
    """Of one tender. What is held, or is not, is news of one that is waited for: such an event may come late, and what
    was taken or given free meanwhile is so. How it ends is told after its checkout has ended, too."""
    if state not in (PaymentState.AUTHORISED, PaymentState.FAILED):
        return {"payment_state": state.value, "payment_id": event.subject}
    if row.state not in _OPEN or tender.payment_state not in (None, *WAITING):
        return {}
    told = {"payment_state": state.value, "payment_id": event.subject}
    if state is PaymentState.AUTHORISED and event.facts.get("currency") == row.currency and "amount" in event.facts:
        told["authorised"] = event.facts["amount"]
    return told
