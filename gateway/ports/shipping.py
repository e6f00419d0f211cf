"""Shipping: who carries a basket where, for how much and until when."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.baskets import Basket, ShippingOptions
from gateway.model.context import CallContext, ContextView
from gateway.ports.domain import DataDomain, PagedOperation


@runtime_checkable
class ShippingPort(Protocol):
    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        """For a basket with a destination; without one, an owner that needs it answers none, as for a basket of which
        nothing is shipped, unasked. Raises RequestRefused for a line it does not know: what that weighs decides."""
        ...


SHIPPING = DataDomain("shipping", people=True)

LIST_OPTIONS = PagedOperation[Basket, ShippingOptions](
    SHIPPING, ShippingPort, ShippingPort.list_options, ShippingOptions, personal=True, essential=True
)
