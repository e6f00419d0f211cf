"""Goods that go back to the system that counts them, because the order that took them is none any more. A run of its
own: tried until it is done. The ledger keeps back what is not known to have come back: a hold that its owner's reading
has not ended yet stays until one that was asked for after the goods went back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.given import Frozen, Given
from gateway.checkout.references import derived
from gateway.checkout.steps.commit import CLOSED_BY, Committed
from gateway.model.identity import NativeRef
from gateway.model.stock import GoodsSold, Restock
from gateway.ports.stock import RESTOCK
from gateway.state.commitments import CommitmentState, StoredCommitments

LEFT_TASK = "checkout.goods_left"
"""Goods stand committed, or have left, for an order that was cancelled: a person brings them back."""
_NAMED = 20
"""Goods that a task names."""
_DONE = (CommitmentState.RETURNED.value, CommitmentState.LEFT.value)


class Uncommitted:
    """Each takes the checkout and the system; what each answers is JSON."""

    def __init__(self, given: Given, committed: Committed) -> None:
        self._given = given
        self._committed = committed
        self._stored = StoredCommitments(given.checkouts.database)

    async def act(self, run: str, backend: str) -> dict[str, Any]:
        """`record` of the commitment, and what `became` of it; nothing where its owner never heard, or it is over."""
        given = self._given
        row = await self._stored.one(run, backend)
        if row is None or row.state in _DONE:
            return {}
        frozen = await given.frozen(run)
        record = await self._committed.became(frozen, row)
        await self._committed.noted(frozen, row, record, goes_on=True)
        row = await self._stored.one(run, backend)
        if record is None or row is None:
            return {}
        if not restocks(given, backend):
            return await self._left(frozen, row, "UNSUPPORTED")
        done = await given.backward(run, backend, RESTOCK, await self._command(frozen, row), frozen.commerce)
        if done is None:
            return await self._left(frozen, row, "REFUSED")
        if done.shipped:
            await self._left(frozen, row, "SHIPPED", *done.shipped)
        else:
            await given.tasks.close_subject(LEFT_TASK, f"{run}:{backend}", CLOSED_BY)
        return {"record": record, "became": CommitmentState.RETURNED.value}

    async def noted(self, connection: AsyncConnection, run: str, backend: str, claim: str, answer: str) -> None:
        given, told = self._given, msgspec.json.decode(answer, type=dict[str, str])
        row = await self._stored.locked(connection, run, backend)
        await given.claims.ended(connection, claim)
        if row is None or "became" not in told:
            return
        state = CommitmentState(told["became"])
        if row.state == CommitmentState.RETURNED.value:  # by another run, or a person
            return
        await self._stored.moved(connection, run, backend, state)
        if state is CommitmentState.RETURNED:
            await given.ledger.committed(connection, run, backend, told["record"])
        await given.checkouts.note(connection, run, f"uncommit.{backend}"[:40], state.value.lower(), backend)

    async def _command(self, frozen: Frozen, row: Row[Any]) -> Restock:
        return restock_of(row, await self._committed.goods(frozen, row), frozen.row.order_number)

    async def _left(self, frozen: Frozen, row: Row[Any], why: str, *shipped: NativeRef) -> dict[str, Any]:
        run, backend = frozen.row.run, row.backend
        facts = {
            "checkout": run,
            "backend": backend,
            "order": frozen.row.order_number or "",
            "record": ", ".join(ref.id for ref in shipped) or str(row.record),
            "goods": _named(await self._committed.goods(frozen, row)),
            "code": why,
        }
        await self._given.tasks.open(LEFT_TASK, f"{run}:{backend}", facts)
        return {"record": str(row.record), "became": CommitmentState.LEFT.value}


def restocks(given: Given, backend: str) -> bool:
    return backend in given.backends and RESTOCK.name in given.backends[backend].manifest.writes


def restock_of(row: Row[Any], goods: tuple[GoodsSold, ...], order: str | None) -> Restock:
    """Of a commitment whose owner has heard: the same at each repetition."""
    return Restock(
        reference=derived(row.run, f"commit.{row.backend}"),
        record=NativeRef(row.backend, row.record),
        committed=datetime.fromtimestamp(row.committed, UTC),
        goods=goods,
        order=order,
    )


def _named(goods: tuple[GoodsSold, ...]) -> str:
    """Pieces, and where they are to lie again."""
    told = [
        f"{each.pieces} {each.variant if isinstance(each.variant, str) else each.variant.id} at {each.place}"
        for each in goods[:_NAMED]
    ]
    return "; ".join(told) + (f"; and {len(goods) - _NAMED} more" if len(goods) > _NAMED else "")
