"""Promotions: what a basket is let off, and which codes count."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.baskets import Basket, Promotions
from gateway.model.context import CallContext, ContextView
from gateway.ports.domain import DataDomain, PagedOperation


@runtime_checkable
class PromotionPort(Protocol):
    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        """What this owner takes off the basket as it stands, whatever price it has of its own for a line. It books
        nothing and uses up no code. A line it does not know takes part in nothing. Raises RequestRefused where it can
        only reckon with prices of its own, and they are others."""
        ...


PROMOTION = DataDomain("promotion", people=True)

EVALUATE = PagedOperation[Basket, Promotions](
    PROMOTION, PromotionPort, PromotionPort.evaluate, Promotions, personal=True, essential=True
)
