"""What backends know of stores and other places."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gateway.model.context import CallContext, ContextView
from gateway.model.stores import StoreRecord
from gateway.ports.domain import DataDomain, PagedOperation


@runtime_checkable
class StorePort(Protocol):
    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        """All places, inactive ones too."""
        ...


STORE = DataDomain("store", optional=False)

LIST_STORES = PagedOperation[None, tuple[StoreRecord, ...]](
    STORE, StorePort, StorePort.list_stores, tuple[StoreRecord, ...], essential=True
)
