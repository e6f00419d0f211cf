"""Pieces that an owner goes on counting until they are shipped: they are kept back until it says so of their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.checkout.orders_now import A_ROUND, orders_now
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderStatus

if TYPE_CHECKING:
    from gateway.checkout.given import Given

_OVER = (OrderStatus.FULFILLED, OrderStatus.CANCELLED, OrderStatus.RETURNED)


class Unshipped:
    """Goes through all of them in turn, some at each `round`. One of which an owner has no order is a person's
    (`order.missing`)."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._after = ""

    async def round(self) -> int:
        """How many checkouts' pieces need not be kept back any more. Raises StateUnavailable."""
        given, ended = self._given, 0
        rows = await given.ledger.unshipped(self._after, A_ROUND)
        self._after = rows[-1][0] if len({run for run, _ in rows}) == A_ROUND else ""
        refs = [_order(reference) for _, reference in rows]
        found = await orders_now(given, refs)
        for (run, reference), ref in zip(rows, refs, strict=True):
            order = found.get(ref)
            if order is not None and order.status in _OVER:
                async with given.checkouts.database.write() as connection:
                    ended += 1 if await given.ledger.fulfilled(connection, run, reference) else 0
                    await given.checkouts.note(connection, run, "shipped", order.status.value, ref.backend)
        return ended


def _order(reference: str) -> NativeRef:
    backend, _, number = reference.partition(":")
    return NativeRef(backend, number)
