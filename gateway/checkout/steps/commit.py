"""Goods that lie at other systems than the order's: those are told, after the order, until they have heard, and the
goods are kept back here meanwhile. Never a reason to undo the order.
"""

from __future__ import annotations

from typing import Any

from gateway.checkout.given import Frozen, Given
from gateway.checkout.references import derived
from gateway.model.identity import VariantKey, canonical_key
from gateway.model.stock import CommitStock, GoodsSold
from gateway.ports.stock import COMMIT_STOCK
from gateway.state.ledger import Hold

CLOSED_BY = "checkout"
REFUSED_TASK = "checkout.commit_refused"
"""A system does not take off its stock what was sold: until a person has seen to it the goods are kept back here."""


class Committed:
    def __init__(self, given: Given) -> None:
        self._given = given

    async def act(self, run: str) -> dict[str, Any]:
        """By system, whether it has heard."""
        frozen = await self._given.frozen(run)
        held: dict[str, list[Hold]] = {}
        for hold in await self._given.ledger.uncommitted(run):
            held.setdefault(hold.spot.backend, []).append(hold)
        return {backend: await self._told(run, frozen, backend, holds) for backend, holds in sorted(held.items())}

    async def _told(self, run: str, frozen: Frozen, backend: str, holds: list[Hold]) -> bool:
        given = self._given
        variants = {_item(line.variant): line.variant for line in frozen.cart.active}
        goods = tuple(GoodsSold(variants[each.spot.item], each.spot.place, each.quantity) for each in holds)
        reference = derived(run, f"commit.{backend}")
        command = CommitStock(reference=reference, goods=goods, order=frozen.row.order_number)
        done = None
        if backend in given.backends and COMMIT_STOCK.name in given.backends[backend].manifest.writes:
            done = await given.backward(run, backend, COMMIT_STOCK, command, frozen.commerce)
        if done is None:
            facts = {"checkout": run, "backend": backend, "order": frozen.row.order_number or ""}
            await given.tasks.open(REFUSED_TASK, f"{run}:{backend}", facts)
            await given.checkouts.noted(run, "completed", "commit_refused", backend, facts)
            return False
        async with given.checkouts.database.write() as connection:
            await given.ledger.committed(connection, run, backend, done.ref.id)
            await given.checkouts.note(connection, run, "commit", "done", backend, {"record": done.ref.id})
        await given.tasks.close_subject(REFUSED_TASK, f"{run}:{backend}", CLOSED_BY)
        return True


def _item(variant: VariantKey) -> str:
    """As the ledger calls it."""
    return canonical_key(variant) if isinstance(variant, str) else variant.id
