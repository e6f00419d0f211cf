"""Stock levels at places; goods that are given to an order of another system, and go back when it is none any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.stock import CommitStock, Restock, Restocked, StockCommitted, StockKey, StockLevels, StockPart
from gateway.ports.domain import DataDomain, KeyedOperation, WriteOperation


@runtime_checkable
class StockPort(Protocol):
    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """An absent key is an unknown SKU; a location absent from an answer was never counted there. What shares its
        stock with others comes with its parts and their levels, however many ask: in the same requests, or in as many
        again."""
        ...


@runtime_checkable
class StockCommitPort(Protocol):
    """Of owners of stock whose goods an order elsewhere can take."""

    async def commit_stock(self, command: CommitStock, context: ContextView, call: CallContext) -> StockCommitted:
        """All of them or none: from then on `available` leaves them out. Raises RequestRefused where the owner says no;
        that it has not so many is no reason, because they are sold already. Any other error leaves open whether it was
        done."""
        ...

    async def find_commitment(self, reference: str, context: ContextView, call: CallContext) -> StockCommitted | None:
        """The commitment under our reference; None where there is none now."""
        ...


@runtime_checkable
class RestockPort(Protocol):
    """Of those who take back what was committed."""

    async def restock(self, command: Restock, context: ContextView, call: CallContext) -> Restocked:
        """From then on `available` counts them again, but for what has left (`shipped`). Raises RequestRefused where
        the owner says no, as where nothing was ever committed under this reference. Any other error leaves open
        whether it was done."""
        ...

    async def find_restock(self, reference: str, context: ContextView, call: CallContext) -> Restocked | None:
        """What became of the commitment under our reference, where nothing of it stands any more; None where something
        does, or nothing ever did."""
        ...


def _named(key: StockKey) -> tuple[str, ...]:
    return (key.variant if isinstance(key.variant, str) else key.variant.id,)


def _made_of(levels: StockLevels) -> tuple[str, ...]:
    """Where a part changes, so does whatever is made of it."""
    return _names(levels.parts) if levels.parts else ()


def _names(parts: Sequence[StockPart]) -> tuple[str, ...]:
    return tuple(part.item if isinstance(part.item, str) else part.item.id for part in parts)


def _understands(key: StockKey, backend: str, owner: str) -> bool:
    return isinstance(key.variant, str) or key.variant.backend == backend


STOCK = DataDomain("stock", optional=False)

GET_STOCK = KeyedOperation[StockKey, StockLevels](
    STOCK, StockPort, StockPort.get_stock, StockLevels, names=_named, bears=_made_of, understands=_understands,
    essential=True,
)  # fmt: skip
COMMIT_STOCK = WriteOperation[CommitStock, StockCommitted](
    STOCK,
    StockCommitPort,
    StockCommitPort.commit_stock,
    StockCommitPort.find_commitment,
    StockCommitted,
    changes=lambda committed: (STOCK.name,),
)
RESTOCK = WriteOperation[Restock, Restocked](
    STOCK,
    RestockPort,
    RestockPort.restock,
    RestockPort.find_restock,
    Restocked,
    changes=lambda restocked: (STOCK.name,),
)
