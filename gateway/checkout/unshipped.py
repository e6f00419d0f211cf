"""Pieces that an owner goes on counting until they are shipped: they are kept back until it says so of their order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderStatus
from gateway.ports.order import GET_ORDERS

if TYPE_CHECKING:
    from gateway.checkout.given import Given

_AT_ONCE = 20
"""Orders asked for in one call."""
_CALLS = 5
"""Calls of one round."""
_SECONDS = 10.0
_OVER = (OrderStatus.FULFILLED, OrderStatus.CANCELLED, OrderStatus.RETURNED)
_NOWHERE = CommerceContext(country="", currency="", language="")


class Unshipped:
    """Goes through all of them in turn, some at each `round`. One of which an owner has no order is a person's
    (`order.missing`)."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._after = ""

    async def round(self) -> int:
        """How many checkouts' pieces need not be kept back any more. Raises StateUnavailable."""
        rows = await self._given.ledger.unshipped(self._after, _AT_ONCE * _CALLS)
        self._after = rows[-1][0] if len(rows) == _AT_ONCE * _CALLS else ""
        orders: dict[str, list[tuple[str, NativeRef]]] = {}
        for run, reference in rows:
            backend, _, number = reference.partition(":")
            known = backend in self._given.backends
            if known and self._given.ownership.offers(backend, GET_ORDERS.name):
                orders.setdefault(backend, []).append((run, NativeRef(backend, number)))
        ended = 0
        for backend, mine in orders.items():
            for begin in range(0, len(mine), _AT_ONCE):
                ended += await self._ended(backend, mine[begin : begin + _AT_ONCE])
        return ended

    async def _ended(self, backend: str, mine: list[tuple[str, NativeRef]]) -> int:
        given, ended = self._given, 0
        call = CallContext(time.monotonic() + _SECONDS, Priority.BACKGROUND, "unshipped", fresh=True)
        keys = [ref for _, ref in mine]
        found: Mapping[NativeRef, Order | AdapterError] = await given.caller.keyed(
            backend, GET_ORDERS, keys, _NOWHERE, call
        )
        for run, ref in mine:
            order = found.get(ref)
            if isinstance(order, Order) and order.status in _OVER:
                async with given.checkouts.database.write() as connection:
                    ended += 1 if await given.ledger.fulfilled(connection, run, f"{backend}:{ref.id}") else 0
                    await given.checkouts.note(connection, run, "shipped", order.status.value, backend)
        return ended
