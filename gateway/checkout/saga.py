"""A checkout as a durable run: prepare, reserve, name the buyer, place, pay, confirm, in the order that the order's
owner allows; and back, in reverse, of what this run has made. It branches on nothing but what steps answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import structlog
from msgspec.structs import replace

from gateway.checkout.apart import OrderShare
from gateway.checkout.cancelled import UNCOMMIT, UNMIRROR
from gateway.checkout.given import Given, answered, failure_of
from gateway.checkout.references import of_order, of_tender, position_of
from gateway.checkout.shapes import MoveTable
from gateway.checkout.steps.another import Another
from gateway.checkout.steps.capture import Captured
from gateway.checkout.steps.commit import Committed
from gateway.checkout.steps.customer import Ensure
from gateway.checkout.steps.finish import Finish
from gateway.checkout.steps.left import ORDER, Left
from gateway.checkout.steps.mirror import MirrorSteps
from gateway.checkout.steps.order import Ordered, OrderSteps
from gateway.checkout.steps.payment import GOOD, WAITING, Pay
from gateway.checkout.steps.prepare import Prepare
from gateway.checkout.steps.reserve import Reserve
from gateway.checkout.steps.uncommit import Uncommitted
from gateway.errors import places_of
from gateway.model.checkouts import PARTIAL, Failure, FailureReason, declined
from gateway.model.payments import PaymentState

SHAPE = "checkout-1"
"""Of the sequence of steps below: a release that changes it takes the next number, and says in `MOVES` where runs of
the ones before go on (README, "A release that changes the saga"). Steps that ask for another tender (`another`,
`offered`) took none: a run has them only where its `gate` said so, which none did that was begun before, and none does
until a client profile says so; that is to be set when every gateway knows them. Nor did those of a checkout that is
several orders (`place-1`, `confirm-1`, `cancel-1`): whether it is one is what `prepare` answered, and no run from
before that could be answered so. One order has the very steps that it always had, so that runs begun by an older
release are replayed as they were. An older release is served no more by a database that knows of several."""
MOVES: MoveTable = {}
CHECKOUT, CAPTURE, COMMIT, TOPIC = "checkout", "capture", "commit", "payment"
MIRROR = "mirror"
_ROUNDS = 3
"""How often stock is counted anew when others took it between counting and holding."""
_log = structlog.get_logger("gateway.checkout")


class _Made:
    """What this run may have made at others', in order: each is set before it is asked for."""

    def __init__(self) -> None:
        self.ordered: Ordered | None = None
        self.confirmed = False
        self.undo: list[str] = []
        """Orders (`order`, `order-1`, ...), and tenders by their position."""
        self.continued = 0


class Saga:
    shape: ClassVar[str] = SHAPE
    moves: ClassVar[MoveTable] = MOVES

    def __init__(self, given: Given) -> None:
        self._runs = given.runs
        self._left = Left(given)
        self._prepare, self._reserve, self._ensure = Prepare(given), Reserve(given), Ensure(given)
        self._order, self._pay, self._finish = OrderSteps(given), Pay(given), Finish(given)
        self._another = Another(given)
        self._captured, self._committed, self._mirrors = Captured(given), Committed(given), MirrorSteps(given)
        self._uncommitted = Uncommitted(given, self._committed)
        given.runs.workflow(CHECKOUT, self.checkout)
        given.runs.workflow(CAPTURE, self.capture)
        given.runs.workflow(COMMIT, self.commit)
        given.runs.workflow(MIRROR, self.mirror)
        given.runs.workflow(UNMIRROR, self.unmirror)
        given.runs.workflow(UNCOMMIT, self.uncommit)

    async def checkout(self, run: str) -> None:
        made = _Made()
        try:
            failure = await self._forward(run, made)
        except Exception as error:
            if made.confirmed:  # bought is bought: a person looks at what is left to write down
                raise
            _log.error("checkout_step_failed", run=run, reason=type(error).__name__, at=places_of(error))
            failure = Failure(FailureReason.INTERNAL)
        if failure is not None:
            await self._backward(run, made, failure)

    async def capture(self, run: str) -> None:
        """A run of its own, after the order: it never undoes one."""
        await self._runs.remote("capture", self._captured.act, run)

    async def mirror(self, run: str, backend: str, claim: str = "") -> None:
        """A run of its own, after the order, for each system that is to know it too. `claim`: whose end it writes."""
        buyer = await self._runs.remote("mirror_buyer", self._mirrors.buyer, run, backend)
        answer = await self._runs.remote("mirror", self._mirrors.write, run, backend, buyer.get("customer", ""))
        noted = await self._runs.local("mirrored", self._mirrors.written, run, backend, claim, _text(answer))
        if noted.get("cancelled"):
            await self.unmirror(run, backend)

    async def unmirror(self, run: str, backend: str, claim: str = "") -> None:
        """The order is none any more."""
        answer = await self._runs.remote("unmirror", self._mirrors.cancel, run, backend)
        await self._runs.local("unmirrored", self._mirrors.cancelled, run, backend, claim, _text(answer))

    async def commit(self, run: str) -> None:
        """A run of its own, after the order: the owners of its stock hear of it."""
        await self._runs.remote("commit", self._committed.act, run)

    async def uncommit(self, run: str, backend: str, claim: str = "") -> None:
        """The order is none any more, and its goods go back."""
        answer = await self._runs.remote("uncommit", self._uncommitted.act, run, backend)
        await self._runs.local("uncommitted", self._uncommitted.noted, run, backend, claim, _text(answer))

    async def _forward(self, run: str, made: _Made) -> Failure | None:
        prepared = await self._held(run)
        if prepared.get("over"):  # moved here when nothing was left to do
            return None
        if (failure := failure_of(prepared)) is not None:
            return failure
        amount: str = prepared["amount"]
        buyer = await self._buyer(run, prepared)
        if (failure := failure_of(buyer)) is not None:
            return failure
        ordered = Ordered(
            prepared["owner"],
            prepared["priced"],
            prepared["allotments"],
            prepared["pending"],
            customer=buyer["customer"],
            mirror=tuple(prepared.get("mirror", ())),
            expect=tuple(prepared.get("expect", ())),
            parts=tuple(msgspec.json.decode(prepared.get("orders", "[]"), type=list[OrderShare])),
        )
        if ordered.pending:
            if (failure := await self._place(run, made, ordered)) is not None:
                return failure
            paid = await self._paid(run, made, amount)
            if (failure := failure_of(paid)) is not None:
                return failure
            ordered = _paid(ordered, paid)
            if (failure := await self._each("confirm", self._order.confirm, run, ordered)) is not None:
                return failure
        else:
            asks = prepared.get("preview")
            if asks and (failure := await self._each("preview", self._order.preview, run, ordered)) is not None:
                return failure
            paid = await self._paid(run, made, amount)
            if (failure := failure_of(paid)) is not None:
                return failure
            ordered = _paid(ordered, paid)
            if (failure := await self._place(run, made, ordered)) is not None:
                return failure
            # Each of several is told of its money when all of them stand: until then none is past cancelling.
            apart = bool(ordered.parts)
            if apart and (failure := await self._each("confirm", self._order.confirm, run, ordered)) is not None:
                return failure
        made.confirmed = True
        await self._runs.local("complete", self._finish.complete, run, _json(ordered))
        return None

    async def _held(self, run: str) -> dict[str, Any]:
        """Priced, counted and kept back; counted anew where somebody else was faster."""
        answer: dict[str, Any] = {}
        for _ in range(_ROUNDS):
            prepared: dict[str, Any] = await self._runs.remote("prepare", self._first, run)
            if failure_of(prepared) is not None or prepared.get("over"):
                return prepared
            asked = (prepared["allotments"], prepared["amount"])
            if "orders" in prepared:
                asked = (*asked, prepared["owner"], prepared["orders"])
            answer = await self._runs.local("reserve", self._reserve.act, run, *asked)
            if not answer["short"]:
                return prepared
        return answered(Failure(FailureReason.OUT_OF_STOCK, answer["short"][0], answer["retry_after"]))

    async def _first(self, run: str) -> dict[str, Any]:
        """A run of an older shape that does not go on in this one is told so here, and what it may have made."""
        return await self._left.act(run) or await self._prepare.act(run)

    async def _buyer(self, run: str, prepared: dict[str, Any]) -> dict[str, Any]:
        """`customer`: the record that the order names; no step where it is known, or nobody is to have one."""
        if not prepared.get("ensure"):
            return {"customer": prepared.get("customer", "")}
        return await self._runs.remote("ensure", self._ensure.act, run, prepared["owner"])

    async def _place(self, run: str, made: _Made, ordered: Ordered) -> Failure | None:
        made.ordered = ordered
        for each in ordered.orders:
            made.undo.append(of_order(ORDER, each.position))
            answer = await self._runs.remote(of_order("place", each.position), self._order.place, run, _json(each))
            if (failure := failure_of(answer)) is not None:
                return failure
        return None

    async def _each(
        self, step: str, act: Callable[[str, str], Awaitable[dict[str, Any]]], run: str, ordered: Ordered
    ) -> Failure | None:
        """A step of each order of the checkout, until one of them is refused."""
        for each in ordered.orders:
            answer = await self._runs.remote(of_order(step, each.position), act, run, _json(each))
            if (failure := failure_of(answer)) is not None:
                return failure
        return None

    async def _paid(self, run: str, made: _Made, amount: str) -> dict[str, Any]:
        """Of all tenders the last one's state and id, both empty where there is nothing to pay."""
        gate = await self._runs.local("gate", self._finish.gate, run, amount)
        if gate.get("cancelled"):
            return {"failed": FailureReason.CANCELLED.value}
        if gate.get("unpaid"):
            return answered(declined("NOTHING_CHOSEN", 0))
        paid: dict[str, Any] = {"state": "", "payment": ""}
        planned, short = gate.get("tenders", 0), ""
        for position in range(planned):
            paid = await self._held_by(run, made, position)
            if gate.get("another") and _in_part(paid):
                short = _why(_judged(paid, position))
                continue
            paid = _judged(paid, position)
            if failure_of(paid) is not None:
                return paid
        return await self._rest(run, made, amount, planned, short) if short else paid

    async def _rest(self, run: str, made: _Made, amount: str, position: int, why: str) -> dict[str, Any]:
        """What the planned tenders leave, by others that the shopper is asked for, one after another."""
        while True:
            asked = await self._runs.local("another", self._another.ask, run, amount, str(position), why)
            if failure_of(asked) is not None:
                return asked
            offered = await self._runs.local("offered", self._another.offered, run, str(position))
            while "left" in offered:
                await self._runs.receive(TOPIC, offered["left"] + 1.0)
                offered = await self._runs.local("offered", self._another.offered, run, str(position))
            if failure_of(offered) is not None:
                return offered
            paid = await self._held_by(run, made, position)
            judged = _judged(paid, position)
            if failure_of(judged) is None or not (_in_part(paid) or _holds_nothing(paid)):
                return judged
            why, position = _why(judged), position + 1

    async def _held_by(self, run: str, made: _Made, position: int) -> dict[str, Any]:
        """One tender. A challenge is waited for here, whichever tender asks for it."""
        tender = str(position)
        made.undo.append(str(position))
        seen = made.continued
        paid = await self._runs.remote(of_tender("authorise", position), self._pay.authorise, run, tender, str(seen))
        while paid.get("state") in WAITING:
            woken = await self._runs.local("woken", self._finish.woken, run)
            if woken["continued"] == seen and not woken["cancelled"] and not woken["expired"]:
                await self._runs.receive(TOPIC, woken["left"] + 1.0)
                woken = await self._runs.local("woken", self._finish.woken, run)
            if woken["continued"] > seen:
                seen = made.continued = woken["continued"]
                paid = await self._runs.remote("continue", self._pay.go_on, run, tender, str(seen))
            else:
                paid = await self._runs.remote("look", self._pay.look, run, tender, str(seen))
            if paid.get("state") in WAITING and (woken["cancelled"] or woken["expired"]):
                why = FailureReason.CANCELLED if woken["cancelled"] else FailureReason.PAYMENT_EXPIRED
                return {"failed": why.value}
        return paid

    async def _backward(self, run: str, made: _Made, failure: Failure) -> None:
        again = "" if failure.retry_after is None else str(failure.retry_after)
        told = (failure.reason.value, failure.detail or "", again)
        ordered = None if made.ordered is None else _json(made.ordered)
        await self._undone(run, made.undo, ordered)
        left = await self._runs.local("fail", self._finish.fail, run, *told, ",".join(made.undo))
        if left:  # made by an older saga, and not in this run's record
            await self._undone(run, left["undo"], left["ordered"])
            await self._runs.local("fail", self._finish.fail, run, *told, ",".join((*made.undo, *left["undo"])))

    async def _undone(self, run: str, undo: Sequence[str], ordered: str | None) -> None:
        for what in reversed(undo):
            if not what.startswith(ORDER):
                await self._runs.remote(of_tender("void", int(what)), self._pay.void, run, what)
            elif ordered is not None:
                mine = replace(msgspec.json.decode(ordered, type=Ordered), position=position_of(what))
                await self._runs.remote(of_order("cancel", mine.position), self._order.cancel, run, _json(mine))


def _judged(paid: dict[str, Any], position: int) -> dict[str, Any]:
    if failure_of(paid) is not None:
        return paid
    state = paid.get("state")
    if state == PaymentState.DUE.value or (state in GOOD and paid["whole"]):
        return paid
    reason = PARTIAL if state in GOOD else paid.get("reason") or "OTHER"
    return answered(declined(reason, position))


def _in_part(paid: dict[str, Any]) -> bool:
    """Something is held, in the currency of the checkout, and it is less than was asked for."""
    return paid.get("state") in GOOD and not paid["whole"] and Decimal(paid.get("part") or 0) > 0


def _holds_nothing(paid: dict[str, Any]) -> bool:
    """It was declined, or refused before it had an effect."""
    failure = failure_of(paid)
    if failure is not None:
        return failure.reason is FailureReason.PAYMENT_DECLINED
    return paid.get("state") in (PaymentState.FAILED.value, PaymentState.VOIDED.value)


def _why(judged: dict[str, Any]) -> str:
    return judged.get("detail", "")


def _paid(ordered: Ordered, paid: dict[str, Any]) -> Ordered:
    return replace(ordered, paid=paid["payment"], due=paid["state"] == PaymentState.DUE.value)


def _text(answer: Mapping[str, Any]) -> str:
    return msgspec.json.encode(answer).decode()


def _json(ordered: Ordered) -> str:
    return msgspec.json.encode(ordered).decode()
