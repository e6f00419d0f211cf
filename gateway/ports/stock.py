"""Stock levels at places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.stock import StockKey, StockLevels
from gateway.ports.domain import DataDomain, KeyedOperation


@runtime_checkable
class StockPort(Protocol):
    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """An absent key is an unknown SKU; a location absent from an answer was never counted there."""
        ...


def _named(key: StockKey) -> tuple[str, ...]:
    return (key.variant if isinstance(key.variant, str) else key.variant.id,)


def _understands(key: StockKey, backend: str, owner: str) -> bool:
    return isinstance(key.variant, str) or key.variant.backend == backend


STOCK = DataDomain("stock", optional=False)

GET_STOCK = KeyedOperation[StockKey, StockLevels](
    STOCK, StockPort, StockPort.get_stock, StockLevels, names=_named, understands=_understands, essential=True
)
