"""Orders of one checkout beside its first, where their owner fulfils each from one place: a row for each, from the
moment on at which its goods are held. Ids, states and amounts only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, and_, delete, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.identity import NativeRef
from gateway.state.database import Database
from gateway.state.tables import checkout_orders, checkouts

_T = checkout_orders.c


class FurtherState(Enum):
    PLANNED = "PLANNED"
    """Nobody knows that it was made: it may be all the same."""
    PLACED = "PLACED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class FurtherOrder(Struct, frozen=True, kw_only=True):
    """As it is planned. `amount` is in the checkout's currency."""

    position: int
    backend: str
    place: str
    reference: str
    amount: str


class Together(Struct, frozen=True):
    """What one checkout bought: its first order, and the others with their numbers and amounts (a decimal's text)."""

    first: NativeRef
    others: tuple[tuple[NativeRef, str, str], ...]


class FurtherOrders:
    """Methods with a connection belong to the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, connection: AsyncConnection, run: str, planned: Iterable[FurtherOrder]) -> None:
        """In place of what was planned before, when the goods were counted and not had."""
        await connection.execute(delete(checkout_orders).where(_T.run == run))
        for each in planned:
            row = {"run": run, "position": each.position, "backend": each.backend, "place": each.place}
            told = {"reference": each.reference, "amount": each.amount, "state": FurtherState.PLANNED.value}
            await connection.execute(checkout_orders.insert().values(**row, **told))

    async def change(
        self, connection: AsyncConnection, run: str, position: int, state: FurtherState, **values: Any
    ) -> None:
        mine = update(checkout_orders).where(_T.run == run, _T.position == position)
        await connection.execute(mine.values(state=state.value, **values))

    async def together(self, orders: Sequence[NativeRef]) -> Mapping[NativeRef, Together]:
        """By each of these orders that a checkout bought with others, first or not: all that it bought."""
        if not orders:
            return {}
        mine = select(_T.run).where(_named(_T.backend, _T.order_id, orders))
        table = checkouts.c
        first = select(table.run).where(_named(table.order_backend, table.order_id, orders))
        chosen = (
            select(checkout_orders, table.order_backend, table.order_id.label("first_id"))
            .join(checkouts, table.run == _T.run)
            .where(or_(_T.run.in_(mine), _T.run.in_(first)), table.order_id.is_not(None), _T.order_id.is_not(None))
            .order_by(_T.run, _T.position)
        )
        async with self._database.read() as connection:
            rows = list(await connection.execute(chosen))
        by_run: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            by_run[row.run].append(row)
        found: dict[NativeRef, Together] = {}
        for some in by_run.values():
            others = tuple((NativeRef(row.backend, row.order_id), row.order_number or "", row.amount) for row in some)
            together = Together(NativeRef(some[0].order_backend, some[0].first_id), others)
            found |= dict.fromkeys((together.first, *(ref for ref, _, _ in others)), together)
        return found


async def further_orders_of(connection: AsyncConnection, runs: Collection[str]) -> Mapping[str, Sequence[Row[Any]]]:
    """By run, in the order in which they are placed."""
    chosen = select(checkout_orders).where(_T.run.in_(list(runs))).order_by(_T.run, _T.position)
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(chosen):
        found[row.run].append(row)
    return found


def _named(backend: Any, identifier: Any, orders: Sequence[NativeRef]) -> ColumnElement[bool]:
    return or_(false(), *(and_(backend == ref.backend, identifier == ref.id) for ref in orders))
