"""Goods given to orders of other systems by the reference adapter, which knows no idempotency keys."""

from __future__ import annotations

import asyncio

from gateway.errors import RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef, sku_of
from gateway.model.stock import CommitStock, StockCommitted
from gateway.ports.stock import COMMIT_STOCK
from gateway.testing.reference.places import Places


class StockDesk(Places):
    """StockCommitPort. `committed` is its effect log, by our reference. `after_placing` and `lag` as at the order
    desk."""

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
            self.sold[sku_of(each.variant) or "", each.place] += each.pieces
        await self.after_placing()
        return done

    async def find_commitment(self, reference: str, context: ContextView, call: CallContext) -> StockCommitted | None:
        await self._request("stock.find_commitment", (reference,))
        now = asyncio.get_running_loop().time()
        for known, _, done, at in self.committed:
            if known == reference and now - at >= self.lag:
                return done
        return None
