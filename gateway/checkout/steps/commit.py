"""Goods that lie at other systems than the order's: those are told, after the order, until they have heard, and the
goods are kept back here meanwhile. Never a reason to undo the order. Of an order that is none any more nobody is told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row

from gateway.checkout.cancelled import give_back_again, order_cancelled
from gateway.checkout.given import Frozen, Given
from gateway.checkout.orders_now import orders_now
from gateway.checkout.references import derived
from gateway.model.identity import KeyRule, NativeRef, VariantKey
from gateway.model.orders import OrderStatus
from gateway.model.stock import CommitStock, GoodsSold
from gateway.ports.stock import COMMIT_STOCK
from gateway.services.stock_items import item_of
from gateway.state.commitments import CommitmentState, StoredCommitments

CLOSED_BY = "checkout"
REFUSED_TASK = "checkout.commit_refused"
"""A system does not take off its stock what was sold: until a person has seen to it the goods are kept back here."""
_WAITING, _DROPPED = CommitmentState.WAITING.value, CommitmentState.DROPPED.value


class Committed:
    def __init__(self, given: Given) -> None:
        self._given = given
        self._stored = StoredCommitments(given.checkouts.database)

    async def act(self, run: str) -> dict[str, Any]:
        """By system, whether it has heard."""
        given = self._given
        frozen = await given.frozen(run)
        rows = await self._opened(run)
        told = [row for row in rows if row.state == _WAITING and row.cancel_asked is None]
        if told and await self._none_any_more(frozen):
            await order_cancelled(given.checkouts.database, run)
            rows = await self._opened(run)
        return {row.backend: await self._one(frozen, row) for row in rows}

    async def became(self, frozen: Frozen, row: Row[Any]) -> str | None:
        """Of an order that is none any more: the owner's record of its goods, where it heard of them all the same."""
        given = self._given
        if row.record is not None:
            return str(row.record)
        if not self._able(row.backend):
            return None
        command = await self.command(frozen, row)
        done = await given.learnt(frozen.row.run, row.backend, COMMIT_STOCK, command, frozen.commerce)
        return None if done is None else done.ref.id

    async def noted(self, frozen: Frozen, row: Row[Any], record: str | None, *, goes_on: bool) -> None:
        """What became of it: committed, or not and never. Goods that its owner took for an order that is none any more
        go back by a run of their own, unless this one `goes_on` to it."""
        given, run, backend = self._given, frozen.row.run, row.backend
        async with given.checkouts.database.write() as connection:
            now = await self._stored.locked(connection, run, backend)
            if now is None:
                return
            if record is None:
                if now.state == _WAITING:
                    await given.ledger.dropped(connection, run, backend)
                    await self._stored.moved(connection, run, backend, CommitmentState.DROPPED)
                    await given.checkouts.note(connection, run, "commit", "dropped", backend)
            elif await self._stored.committed(connection, run, backend, record):
                await given.ledger.committed(connection, run, backend, record)
                await given.checkouts.note(connection, run, "commit", "done", backend, {"record": record})
                if now.cancel_asked is not None and not goes_on:
                    await give_back_again(given.checkouts.database, connection, run, backend)
        await given.tasks.close_subject(REFUSED_TASK, f"{run}:{backend}", CLOSED_BY)

    async def command(self, frozen: Frozen, row: Row[Any]) -> CommitStock:
        reference = derived(frozen.row.run, f"commit.{row.backend}")
        return CommitStock(reference=reference, goods=await self.goods(frozen, row), order=frozen.row.order_number)

    async def goods(self, frozen: Frozen, row: Row[Any]) -> tuple[GoodsSold, ...]:
        goods: list[tuple[str, str, int]] = json.loads(row.goods)
        variants = await self._variants(frozen, row.backend, [item for item, _, _ in goods])
        return tuple(GoodsSold(variants[item], place, pieces) for item, place, pieces in goods)

    async def _opened(self, run: str) -> list[Row[Any]]:
        """Also of what was handed over by a release that kept no rows of it, or by a repair."""
        given = self._given
        if holds := await given.ledger.uncommitted(run):
            async with given.checkouts.database.write() as connection:
                await self._stored.open(connection, run, holds)
        return (await self._stored.of([run])).get(run, [])

    async def _one(self, frozen: Frozen, row: Row[Any]) -> bool:
        if row.cancel_asked is not None and row.record is None:
            await self.noted(frozen, row, await self.became(frozen, row), goes_on=False)
            return False
        return await self._told(frozen, row) if row.state == _WAITING else True

    async def _told(self, frozen: Frozen, row: Row[Any]) -> bool:
        given, run, backend = self._given, frozen.row.run, row.backend
        done = None
        if self._able(backend):
            command = await self.command(frozen, row)
            done = await given.backward(run, backend, COMMIT_STOCK, command, frozen.commerce)
        if done is None:
            facts = {"checkout": run, "backend": backend, "order": frozen.row.order_number or ""}
            await given.tasks.open(REFUSED_TASK, f"{run}:{backend}", facts)
            await given.checkouts.noted(run, "completed", "commit_refused", backend, facts)
            return False
        await self.noted(frozen, row, done.ref.id, goes_on=False)
        return True

    async def _none_any_more(self, frozen: Frozen) -> bool:
        """As its owner says, where it is asked so and answers: one that is silent delays nothing. Of several orders of
        one checkout, all of them."""
        bought = [NativeRef(frozen.row.order_backend, frozen.row.order_id)]
        bought += [NativeRef(each.backend, each.order_id) for each in frozen.further if each.order_id is not None]
        found = await orders_now(self._given, bought)
        return all(ref in found and found[ref].status is OrderStatus.CANCELLED for ref in bought)

    def _able(self, backend: str) -> bool:
        return backend in self._given.backends and COMMIT_STOCK.name in self._given.backends[backend].manifest.writes

    async def _variants(self, frozen: Frozen, backend: str, items: Collection[str]) -> Mapping[str, VariantKey]:
        """What the ledger's items are called there: as in the cart, and what a kit of the cart is made of as it is sold
        by itself."""
        plans = self._given.ownership.locations.values()
        rule = next((plan.key_rule for plan in plans if plan.backend == backend), KeyRule())
        lines: dict[str, VariantKey] = {item_of(line.variant, rule): line.variant for line in frozen.cart.active}
        parts = set(items) - lines.keys()
        native = await self._given.kits.natives(backend, parts) if parts else set[str]()
        return lines | {part: NativeRef(backend, part) if part in native else part for part in parts}
