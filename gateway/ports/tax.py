"""Tax, where the price owner does not know it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.baskets import BasketTax, TaxQuery
from gateway.model.context import CallContext, ContextView
from gateway.ports.domain import DataDomain, PagedOperation


@runtime_checkable
class TaxPort(Protocol):
    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        """An estimate that binds nobody and is recorded nowhere. Raises RequestRefused for a line it does not know, and
        without a destination."""
        ...


TAX = DataDomain("tax", people=True)

CALCULATE = PagedOperation[TaxQuery, BasketTax](
    TAX, TaxPort, TaxPort.calculate, BasketTax, personal=True, essential=True
)
