"""A person's order to mend one finding, written down before it is carried out and after. It is looked for afresh first,
so that an order repeated, or given for what is mended already, changes nothing; and again afterwards, because what an
owner answered is not yet how it stands there.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import update

from gateway.calls.operation.writes import Writes
from gateway.checkout.apart import amounts_of, paid_of
from gateway.checkout.cancelled import give_back_again
from gateway.checkout.mirrors import write_again
from gateway.checkout.reconcile.findings import BY_HAND, Finding, FindingKind, NamedFinding
from gateway.checkout.reconcile.judging import left
from gateway.checkout.reconcile.rounds import ACCEPT, Reconciler
from gateway.checkout.reconcile.rows import RunStates
from gateway.checkout.references import derived, of_tender
from gateway.checkout.saga import CHECKOUT
from gateway.checkout.steps.order import paid_elsewhere
from gateway.errors import AdapterError, IdempotencyConflict, RequestRefused
from gateway.model.checkouts import CheckoutState
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import CancelOrder, ConfirmOrder, OrderStatus
from gateway.model.payments import Capture, Payment, PaymentState, Refund, Void
from gateway.model.syncing import SyncRole, SyncState
from gateway.model.tenders import TenderKind
from gateway.ownership import Ownership
from gateway.ports.domain import Command, WriteOperation
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER
from gateway.ports.payment import CAPTURE, REFUND, VOID
from gateway.ports.stock import RESTOCK
from gateway.ports.writes import WritePlace
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.ledger import Ledger
from gateway.state.mirrors import StoredMirrors
from gateway.state.tables import checkouts, claims

REPAIR = "reconcile.repair"
WRITE_SECONDS = 30.0


class Outcome(Enum):
    DONE = "done"
    """It was found, and is not there any more; or a process that serves goes on with it."""
    NOTHING = "nothing"
    """There was nothing (any more) to mend."""
    BY_HAND = "by_hand"
    """No program mends this."""
    REFUSED = "refused"
    """The owner says no."""
    LEFT = "left"
    """The owner accepted it, and it still stands there: look again later."""
    UNKNOWN = "unknown"
    """It was sent, or could not be; nobody knows yet. The same order again is the same write."""


ENDED = (Outcome.DONE.value, Outcome.REFUSED.value, Outcome.LEFT.value)
"""After one of these the next order is a write of its own; after any other it is the same one."""


class RunsToMend(RunStates, Protocol):
    async def go_on(self, run: str) -> bool: ...


class Repairs:
    def __init__(
        self,
        database: Database,
        runs: RunsToMend,
        reconciler: Reconciler,
        *,
        ownership: Ownership,
        writes: Writes,
        carts: StoredCarts | None,
    ) -> None:
        self._database = database
        self._runs = runs
        self._reconciler = reconciler
        self._ownership = ownership
        self._writes = writes
        self._carts = carts
        self._ledger = Ledger(database)
        self._mend: Mapping[FindingKind, Callable[[Finding, int], Awaitable[Outcome]]] = {
            FindingKind.PAYMENT_ORPHAN: self._give_back,
            FindingKind.PAYMENT_UNTAKEN: self._take,
            FindingKind.ORDER_ORPHAN: self._cancel,
            FindingKind.ORDER_DOUBLE: self._cancel,
            FindingKind.ORDER_UNCONFIRMED: self._confirm,
            FindingKind.MIRROR_MISSING: self._write_again,
            FindingKind.MIRROR_DOUBLE: self._cancel,
            FindingKind.MIRROR_STANDING: self._cancel_too,
            FindingKind.GOODS_STANDING: self._restock,
            FindingKind.HOLD_ORPHAN: self._release,
            FindingKind.RUN_OPEN: self._go_on,
        }

    async def repair(self, named: NamedFinding, by: str) -> tuple[Outcome, Finding | None]:
        """What became of it, and what was found before. Raises StateUnavailable, and AdapterError where its owner could
        not be asked whether there is anything to mend."""
        finding = await self._found(named)
        if finding is None:
            return Outcome.NOTHING, None
        if finding.kind in BY_HAND or (finding.ref is not None and finding.facts.get("payment") == ""):
            return Outcome.BY_HAND, finding
        audit, name = self._reconciler.audit, finding.name
        number = await audit.count(REPAIR, name, ENDED)
        await audit.write(by, REPAIR, name, "begun", finding.told)
        outcome = await self._mended(finding, number)
        if outcome is Outcome.DONE and finding.kind is not FindingKind.RUN_OPEN:
            outcome = await self._checked(named)
        await audit.write(by, REPAIR, name, outcome.value, {"checkout": finding.run})
        if outcome is Outcome.DONE:
            await self._reconciler.closed(finding, by)
        return outcome, finding

    async def accept(self, named: NamedFinding, by: str) -> Finding | None:
        """As it stands: it is not told again unless it changes. None: there is no such finding."""
        finding = await self._found(named)
        if finding is not None:
            await self._reconciler.audit.write(by, ACCEPT, finding.name, "done", finding.told)
            await self._reconciler.closed(finding, by)
        return finding

    async def _found(self, named: NamedFinding) -> Finding | None:
        looked = await self._reconciler.again(named.run)
        if looked.missed:
            raise AdapterError("its owner does not answer", source=next(iter(looked.unheard), None))
        found = (each for each in looked.findings if each.kind is named.kind and each.subject == named.subject)
        return next(found, None)

    async def _checked(self, named: NamedFinding) -> Outcome:
        try:
            return Outcome.DONE if await self._found(named) is None else Outcome.LEFT
        except AdapterError:
            return Outcome.UNKNOWN

    async def _mended(self, finding: Finding, number: int) -> Outcome:
        try:
            return await self._mend[finding.kind](finding, number)
        except RequestRefused:
            return Outcome.REFUSED
        except (AdapterError, IdempotencyConflict):
            return Outcome.UNKNOWN

    # --- money ------------------------------------------------------------------------------------------------------

    async def _give_back(self, finding: Finding, number: int) -> Outcome:
        """What is held is given free; what was taken, less what the processor has given back already, is returned."""
        ref, row, payment = _about(finding), await self._row(finding.run), await self._payment(finding)
        if payment is None:
            return Outcome.BY_HAND
        taken = left(payment)
        if taken and payment.captured is not None:
            refund = Refund(
                derived(finding.run, f"repair.refund.{ref.id}", number), ref, Money(taken, payment.captured.currency)
            )
            return _answered(await self._write(finding, REFUND, refund))
        if payment.state is PaymentState.CAPTURED:
            return Outcome.BY_HAND  # the processor does not say how much was taken
        held, tender = payment.authorised, await self._tender(finding)
        asked = row.total or row.quoted if tender is None else tender.asked or tender.amount
        amount = held if held is not None and held.amount else Money(Decimal(asked), row.currency)
        void = Void(
            derived(finding.run, f"repair.void.{ref.id}", number),
            ref,
            amount,
            stored_value=tender is not None and tender.kind == TenderKind.GIFT_CARD.value,
        )
        return _answered(await self._write(finding, VOID, void))

    async def _take(self, finding: Finding, number: int) -> Outcome:
        """The first order is the very write of the run that should have done it."""
        row, tender = await self._row(finding.run), await self._tender(finding)
        if tender is None:
            return Outcome.BY_HAND
        amount = Money(Decimal(tender.amount), row.currency)
        reference = derived(finding.run, of_tender("capture", tender.position), number)
        command = Capture(reference, _about(finding), amount)
        return _answered(await self._write(finding, CAPTURE, command))

    async def _payment(self, finding: Finding) -> Payment | None:
        seen = await self._reconciler.payments(finding.run)
        return seen.get(_about(finding))

    # --- orders -----------------------------------------------------------------------------------------------------

    async def _cancel(self, finding: Finding, number: int) -> Outcome:
        """Under the order's own reference, because owners find it by that."""
        backend = _about(finding).backend
        if CANCEL_ORDER.name not in self._ownership.backends[backend].manifest.writes:
            return Outcome.BY_HAND
        reference = finding.facts.get("reference", finding.run)
        await self._writes.journal.reopen(WritePlace(backend, CANCEL_ORDER.name, reference))
        await self._write(finding, CANCEL_ORDER, CancelOrder(reference=reference, order=_about(finding)))
        return Outcome.DONE

    async def _confirm(self, finding: Finding, number: int) -> Outcome:
        row, ref = await self._row(finding.run), _about(finding)
        paid, tenders = None, await self._tenders(row)
        if tenders and tenders[-1].payment_id is not None:
            total, last = Money(Decimal(row.total or row.quoted), row.currency), tenders[-1]
            due, further = last.payment_state == PaymentState.DUE.value, await self._further(row)
            if further:
                position = next((each.position for each in further if each.order_id == ref.id), 0)
                amounts = amounts_of(str(total.amount), further)
                paid = paid_of(tenders, amounts, position, row.currency, last.payment_id, due=due)
            else:
                paid = paid_elsewhere(tenders, total, last.payment_id, due=due)
        reference = finding.facts.get("reference", finding.run)
        await self._writes.journal.reopen(WritePlace(ref.backend, CONFIRM_ORDER.name, reference))
        await self._write(finding, CONFIRM_ORDER, ConfirmOrder(reference=reference, order=ref, payment=paid))
        return Outcome.DONE

    async def _write_again(self, finding: Finding, number: int) -> Outcome:
        """By whoever serves. What a connector writes, and what was cancelled there by somebody's hand, is a
        person's."""
        backend, facts = _about(finding).backend, finding.facts
        if facts["role"] != SyncRole.MIRROR.value or facts["state"] == OrderStatus.CANCELLED.value:
            return Outcome.BY_HAND
        for operation in (PLACE_ORDER, CONFIRM_ORDER) if facts["state"] == "GONE" else ():  # else what is done is done
            await self._writes.journal.reopen(WritePlace(backend, operation.name, finding.run))
        async with self._database.write() as connection:
            begun = await write_again(self._database, connection, finding.run, backend)
        return Outcome.DONE if begun else Outcome.NOTHING

    async def _cancel_too(self, finding: Finding, number: int) -> Outcome:
        outcome = await self._cancel(finding, number)
        if outcome is Outcome.DONE:
            mirrors, backend = StoredMirrors(self._database), _about(finding).backend
            async with self._database.write() as connection:
                await mirrors.moved(
                    connection, finding.run, backend, SyncState.CANCELLED, cancel_asked=self._database.now
                )
                await self._ledger.dropped(connection, finding.run, backend)
        return outcome

    async def _restock(self, finding: Finding, number: int) -> Outcome:
        """By whoever serves: a run of its own, which looks what became of them before it asks."""
        backend = _about(finding).backend
        if RESTOCK.name not in self._ownership.backends[backend].manifest.writes:
            return Outcome.BY_HAND
        async with self._database.write() as connection:
            begun = await give_back_again(self._database, connection, finding.run, backend)
        return Outcome.DONE if begun else Outcome.NOTHING

    # --- our own ----------------------------------------------------------------------------------------------------

    async def _release(self, finding: Finding, number: int) -> Outcome:
        row = await self._reconciler.rows.one(finding.run)
        further = () if row is None else await self._further(row)
        async with self._database.write() as connection:
            if row is not None and row.state == CheckoutState.COMPLETED.value:
                ordering = self._ownership.backends[row.order_backend].manifest.ordering
                counted = ordering is None or ordering.counted
                order, others = (row.order_backend, row.order_id), await self._awaiting(finding.run)
                apart = {each.place: each.order_id for each in further}
                await self._ledger.hand_over(
                    connection, finding.run, *order, counted=counted, awaiting=others, apart=apart
                )
            else:
                await self._ledger.release(connection, finding.run)
        return Outcome.DONE

    async def _awaiting(self, run: str) -> list[str]:
        """Systems that are to know its order and do not yet."""
        rows = (await StoredMirrors(self._database).of([run])).get(run, [])
        return [row.backend for row in rows if row.state != SyncState.THERE.value]

    async def _go_on(self, finding: Finding, number: int) -> Outcome:
        """A run that is gone is begun anew under its own reference by whoever serves: every step looks before it
        repeats. The claim of one that is gone too no longer knows what was asked, so that its key answers nobody."""
        run, database = finding.run, self._database
        if finding.facts["run"] == "GONE":
            row = {"run": run, "workflow": CHECKOUT, "digest": "", "ids": f'["{run}"]', "claimed": database.now}
            async with database.write() as connection:
                await connection.execute(database.insert_once(claims, row))
                await connection.execute(update(claims).where(claims.c.run == run).values(ended=None))
        elif not await self._runs.go_on(run):
            return Outcome.REFUSED
        async with database.write() as connection:  # from now on it has its minute
            await connection.execute(update(checkouts).where(checkouts.c.run == run).values(moved=database.now))
        return Outcome.DONE

    async def _row(self, run: str) -> Any:
        row = await self._reconciler.rows.one(run)
        if row is None:
            raise LookupError("the checkout of a finding is gone")
        return row

    async def _further(self, row: Any) -> Sequence[Any]:
        return (await self._reconciler.rows.further([row])).get(row.run, ())

    async def _tenders(self, row: Any) -> Sequence[Any]:
        return (await self._reconciler.rows.tenders([row])).get(row.run, ())

    async def _tender(self, finding: Finding) -> Any | None:
        """Of the payment it is about, by its id; a second payment, which no row has, is of the one at its processor
        where there is but one."""
        ref = _about(finding)
        mine = [each for each in await self._tenders(await self._row(finding.run)) if each.backend == ref.backend]
        own = next((each for each in mine if each.payment_id == ref.id), None)
        return mine[0] if own is None and len(mine) == 1 else own

    async def _write(self, finding: Finding, operation: WriteOperation[Any, Any], command: Command) -> Any:
        backend = _about(finding).backend
        commerce = await self._commerce(finding.run)
        call = CallContext(time.monotonic() + WRITE_SECONDS, Priority.CHECKOUT, finding.run, fresh=True)
        return await self._writes.perform(backend, operation, command, commerce, call)

    async def _commerce(self, run: str) -> CommerceContext:
        """The cart's market, as long as the cart is kept; without it, what our row knows."""
        row = await self._row(run)
        cart = None
        if self._carts is not None:
            async with self._database.read() as connection:
                cart = await self._carts.load(connection, row.cart)
        if cart is None:
            return CommerceContext("", row.currency, row.language)
        return CommerceContext(cart.country, cart.currency, row.language, cart.channel, cart.store)


def _about(finding: Finding) -> NativeRef:
    if finding.ref is None:
        raise ValueError(f"a finding of kind {finding.kind.value} is about a record of an owner's")
    return finding.ref


def _answered(effect: Any) -> Outcome:
    """Of a `PaymentEffect`."""
    if effect.failed:
        return Outcome.REFUSED
    return Outcome.DONE if effect.settled else Outcome.LEFT
