"""An order written a second time, into a system that is to know it besides its owner; and cancelled there when it is
none any more. A run of its own, after the order: tried until it is done, and never a reason to undo the order.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.given import Frozen, Given
from gateway.checkout.references import derived
from gateway.checkout.steps.order import Ordered, OrderSteps
from gateway.errors import AdapterError, IdempotencyConflict, RequestRefused, StateUnavailable
from gateway.model.checkouts import Allotment
from gateway.model.customers import EnsureCustomer
from gateway.model.identity import NativeRef
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    OrderDelivery,
    OrderOrigin,
    OrderStatus,
    PlacedOrder,
    PlaceOrder,
)
from gateway.model.syncing import SyncState
from gateway.ports.customer import ENSURE_CUSTOMER
from gateway.ports.domain import Command, WriteOperation
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER, Placement
from gateway.ports.shipping import SHIPPING
from gateway.state.mirrors import StoredMirrors

R = TypeVar("R", bound=Struct)

REFUSED_TASK = "order.mirror_refused"
"""A system that is to know an order says no to it."""
LEFT_TASK = "order.mirror_left"
"""An order was cancelled, and stands in another system that does not let it be cancelled."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0


class MirrorSteps:
    """Each takes the checkout and the system; what each answers is JSON."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._orders = OrderSteps(given)
        self._mirrors = StoredMirrors(given.checkouts.database)

    async def buyer(self, run: str, backend: str) -> dict[str, Any]:
        """The buyer's own record there: the one they are linked to, or ensured where that is offered and their email
        was proven to be theirs. Everybody else's is a guest's order. A step of its own: the order must be the same at
        each repetition, whatever is linked meanwhile."""
        given = self._given
        row = await self._mirrors.one(run, backend)
        if row is None or row.cancel_asked is not None:
            return {}
        frozen = await given.frozen(run)
        known = await given.buyer_at(frozen.cart, backend)
        if known is not None:
            return {"customer": known.id}
        buyer = frozen.cart.buyer
        if buyer is None or not buyer.email or not frozen.row.email_proven:
            return {}
        if ENSURE_CUSTOMER.name not in given.backends[backend].manifest.writes:
            return {}
        command = EnsureCustomer(
            reference=derived(run, f"customer.{backend}"),
            email=buyer.email,
            verified=True,
            given_name=buyer.given_name,
            family_name=buyer.family_name,
        )
        ensured = await self._until(run, backend, ENSURE_CUSTOMER, command, frozen)
        if not isinstance(ensured, Struct) or ensured.ref is None:
            return {}
        return {"customer": ensured.ref.id}

    async def write(self, run: str, backend: str, customer: str) -> dict[str, Any]:
        """`order`, its `number` and `total` there; or why it was `refused`; or nothing, where the order is none any
        more."""
        given = self._given
        row = await self._mirrors.one(run, backend)
        if row is None or row.cancel_asked is not None:
            return {}
        frozen = await given.frozen(run)
        command = self.command(frozen, row, customer)
        placed = await self._until(run, backend, PLACE_ORDER, command, frozen)
        if isinstance(placed, PlacedOrder) and placed.status is OrderStatus.OPEN and command.pending:
            confirm = ConfirmOrder(reference=run, order=placed.ref, payment=command.payment)
            placed = await self._until(run, backend, CONFIRM_ORDER, confirm, frozen)
        if not isinstance(placed, PlacedOrder):
            facts = {"checkout": run, "backend": backend, "code": placed or ""}
            await given.tasks.open(REFUSED_TASK, f"{run}:{backend}", facts)
            return {"refused": placed or ""}
        total = "" if placed.total is None else str(placed.total.amount)
        return {"order": placed.ref.id, "number": placed.number, "total": total}

    async def written(
        self, connection: AsyncConnection, run: str, backend: str, claim: str, answer: str
    ) -> dict[str, Any]:
        """Noted; its stock is committed, where that system counts it. `cancelled`: the order is none any more, and what
        was written has to go."""
        given, told = self._given, msgspec.json.decode(answer, type=dict[str, str])
        row = await self._mirrors.locked(connection, run, backend)
        await given.claims.ended(connection, claim)
        if row is None:
            return {}
        step = f"mirror.{backend}"[:40]
        if "order" in told:
            values = {"order_id": told["order"], "order_number": told["number"], "total": told["total"] or None}
            await self._mirrors.moved(connection, run, backend, SyncState.THERE, **values, reason=None)
            counted, reference = given.ordering(backend).counted, f"{backend}:{told['order']}"
            await given.ledger.committed(connection, run, backend, reference, counted=counted)
            await given.checkouts.note(connection, run, step, "done", backend, {"order": told["order"]})
            return {"cancelled": row.cancel_asked is not None}
        if "refused" in told:
            await self._mirrors.moved(connection, run, backend, SyncState.REFUSED, reason=told["refused"][:200])
            await given.checkouts.note(connection, run, step, "refused", backend, {"code": told["refused"]})
            return {}
        await self._gone(connection, run, backend)
        return {}

    async def cancel(self, run: str, backend: str) -> dict[str, Any]:
        """Where it stands. One that is being written is left to the run that writes it, which looks whether it still
        shall."""
        given = self._given
        row = await self._mirrors.one(run, backend)
        if row is None or row.state == SyncState.WAITING.value or row.state == SyncState.CANCELLED.value:
            return {"left": True}
        if row.order_id is None:
            return {}
        cancelled: PlacedOrder | str | None = None
        if CANCEL_ORDER.name in given.backends[backend].manifest.writes:
            command = CancelOrder(reference=run, order=NativeRef(backend, row.order_id))
            cancelled = await self._until(run, backend, CANCEL_ORDER, command, await given.frozen(run))
        if isinstance(cancelled, PlacedOrder):
            return {}
        facts = {"checkout": run, "backend": backend, "order": row.order_id}
        await given.tasks.open(LEFT_TASK, f"{run}:{backend}", facts)
        return {"left": True}

    async def cancelled(self, connection: AsyncConnection, run: str, backend: str, claim: str, answer: str) -> None:
        await self._given.claims.ended(connection, claim)
        if "left" not in msgspec.json.decode(answer, type=dict[str, bool]):
            await self._gone(connection, run, backend)

    def command(self, frozen: Frozen, row: Row[Any], customer: str = "") -> PlaceOrder:
        """What was placed at its owner, as this system can be told it: the owner's prices, discounts and taxes, and
        whose order it is."""
        given, backend, placed = self._given, row.backend, msgspec.json.decode(row.ordered, type=Ordered)
        ordering = given.ordering(backend)
        ordered = replace(placed, owner=backend, customer=customer, pending=ordering.pending)
        command = self._orders.command(frozen, ordered)
        allotments = msgspec.json.decode(placed.allotments, type=list[Allotment])
        return replace(
            command,
            deliveries=tuple(self._told(each, frozen, backend, ordering.placement) for each in command.deliveries),
            origin=OrderOrigin(frozen.row.order_number or frozen.row.order_id, frozen.row.order_backend),
            moves_stock=not ordering.stockless or any(each.backend == backend for each in allotments),
        )

    def _told(self, delivery: OrderDelivery, frozen: Frozen, backend: str, placement: Placement) -> OrderDelivery:
        """A way of delivery by another system's id means nothing here; and where no place can be named, what is
        collected is a delivery that says so."""
        ownership = self._given.ownership
        carriers = ownership.serving(SHIPPING, frozen.cart.country) if ownership.serves(SHIPPING) else ()
        if backend not in carriers[:1]:
            delivery = replace(delivery, option=None)
        if not delivery.collected or placement is not Placement.OWNER_DECIDES:
            return delivery
        group = next(group for group in frozen.cart.groups if group.id == delivery.id)
        store = ownership.stores.get(group.store or "")
        at = delivery.label or (f"Collected: {store.section.name}" if store is not None else "Collected")
        return replace(delivery, collected=False, place=None, label=at)

    async def _gone(self, connection: AsyncConnection, run: str, backend: str) -> None:
        given = self._given
        await self._mirrors.moved(connection, run, backend, SyncState.CANCELLED)
        await given.ledger.dropped(connection, run, backend)
        await given.checkouts.note(connection, run, f"mirror.{backend}"[:40], "cancelled", backend)

    async def _until(
        self, run: str, backend: str, operation: WriteOperation[Any, R], command: Command, frozen: Frozen
    ) -> R | str:
        """As often as it takes; the code of the error where the system says no. That one is overdue is seen from its
        row."""
        given, pause = self._given, _FIRST_PAUSE
        while True:
            try:
                return await given.writes.perform(backend, operation, command, frozen.commerce, given.call(run))
            except (RequestRefused, IdempotencyConflict) as error:  # the second: the configuration has changed since
                return error.code
            except (AdapterError, StateUnavailable):
                await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)
