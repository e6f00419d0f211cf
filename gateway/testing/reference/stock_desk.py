"""Goods given to orders of other systems by the reference adapter, and taken back; it knows no idempotency keys."""

from __future__ import annotations

import asyncio

from gateway.errors import RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, Restock, Restocked, StockCommitted
from gateway.ports.stock import COMMIT_STOCK, RESTOCK
from gateway.testing.reference.places import Places


class StockDesk(Places):
    """StockCommitPort and RestockPort. `committed` and `restocked` are its effect logs, by our reference. Goods of a
    commitment in `shipped` have left. `after_placing` and `lag` as at the order desk."""

    async def commit_stock(self, command: CommitStock, context: ContextView, call: CallContext) -> StockCommitted:
        await self._written(COMMIT_STOCK.name, command, call)
        if not command.goods or any(each.pieces <= 0 for each in command.goods):
            raise RequestRefused(detail="a commitment has goods, each in pieces", source=self.name, domain="stock")
        for each in command.goods:
            if not self.counts(each.variant, each.place):
                raise RequestRefused(detail="not counted there", source=self.name, domain="stock")
        done = StockCommitted(NativeRef(self.name, str(20_000 + len(self.committed))))
        self.committed.append((command.reference, command, done, asyncio.get_running_loop().time()))
        for each in command.goods:
            self.sold.update(self.goods(each.variant, each.place, each.pieces))
        await self.after_placing()
        return done

    async def find_commitment(self, reference: str, context: ContextView, call: CallContext) -> StockCommitted | None:
        await self._request("stock.find_commitment", (reference,))
        now = asyncio.get_running_loop().time()
        for known, _, done, at in self.committed:
            if known == reference and now - at >= self.lag:
                back = any(again == reference for again, *_ in self.restocked)
                return None if back and reference not in self.shipped else done
        return None

    async def restock(self, command: Restock, context: ContextView, call: CallContext) -> Restocked:
        """Sent twice it gives back twice."""
        await self._written(RESTOCK.name, command, call)
        taken = [each for known, each, _, _ in self.committed if known == command.reference]
        if not taken:
            raise RequestRefused(detail="nothing was committed", source=self.name, domain="stock")
        shipped = (command.record,) if command.reference in self.shipped else ()
        done = Restocked(NativeRef(self.name, str(30_000 + len(self.restocked))), shipped)
        self.restocked.append((command.reference, command, done, asyncio.get_running_loop().time()))
        for each in taken[0].goods if not shipped else ():
            self.sold.subtract(self.goods(each.variant, each.place, each.pieces))
        await self.after_placing()
        return done

    async def find_restock(self, reference: str, context: ContextView, call: CallContext) -> Restocked | None:
        await self._request("stock.find_restock", (reference,))
        now = asyncio.get_running_loop().time()
        for known, _, done, at in self.restocked:
            if known == reference and now - at >= self.lag:
                return done
        return None
