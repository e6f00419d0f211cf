"""Money that is taken once its order is fulfilled: each order is looked at until its owner says so, and a person hears
of those whose money cannot be held for much longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, exists, select

from gateway.checkout.orders_now import A_ROUND, orders_now
from gateway.checkout.references import derived
from gateway.checkout.saga import CAPTURE
from gateway.model.checkouts import CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderStatus
from gateway.model.payments import PaymentState
from gateway.state.further_orders import further_orders_of
from gateway.state.tables import checkout_tenders, checkouts

if TYPE_CHECKING:
    from gateway.checkout.given import Given

AGEING_TASK = "checkout.authorisation_ageing"
"""Money is held for an order that is not fulfilled, and processors hold it for about a week."""
AGEING_SECONDS = 5 * 86_400.0
_BY = "checkout"


class Unfulfilled:
    """Goes through all of them in turn, some at each `round`."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._after = ""

    async def round(self) -> int:
        """How many captures are begun, or were. Raises StateUnavailable."""
        given, begun = self._given, 0
        rows = await self._rows()
        self._after = rows[-1].run if len(rows) == A_ROUND else ""
        async with given.checkouts.database.read() as connection:
            further = await further_orders_of(connection, [row.run for row in rows])
        refs = [NativeRef(row.order_backend, row.order_id) for row in rows]
        others = [[NativeRef(each.backend, each.order_id) for each in further.get(row.run, ())] for row in rows]
        found = await orders_now(given, [*refs, *(ref for some in others for ref in some)])
        for row, ref, beside in zip(rows, refs, others, strict=True):
            if _shipped([found.get(each) for each in (ref, *beside)]):
                await given.runs.start(CAPTURE, derived(row.run, CAPTURE), row.run)
                await given.tasks.close_subject(AGEING_TASK, row.run, _BY)
                begun += 1
            elif row.age > AGEING_SECONDS:
                facts = {"checkout": row.run, "backend": ref.backend, "order": ref.id}
                await given.tasks.open(AGEING_TASK, row.run, facts)
        return begun

    async def _rows(self) -> list[Row[Any]]:
        """With how long ago each was bought, in seconds."""
        table, tender = checkouts.c, checkout_tenders.c
        age = (self._given.checkouts.database.now - table.ended).label("age")
        held = exists().where(tender.run == table.run, tender.payment_state == PaymentState.AUTHORISED.value)
        bought = (table.state == CheckoutState.COMPLETED.value, table.taken_later.is_(True))
        chosen = select(table.run, table.order_backend, table.order_id, age).where(*bought, held)
        async with self._given.checkouts.database.read() as connection:
            rows = await connection.execute(chosen.where(table.run > self._after).order_by(table.run).limit(A_ROUND))
            return list(rows)


def _shipped(orders: Sequence[Order | None]) -> bool:
    """All that is left of a checkout: of several orders some may be cancelled."""
    if any(order is None for order in orders):
        return False
    left = [order for order in orders if order is not None and order.status is not OrderStatus.CANCELLED]
    return bool(left) and all(order.status is OrderStatus.FULFILLED for order in left)
