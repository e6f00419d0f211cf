"""Prices, and the price contexts of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.pricing import Price, PriceKey
from gateway.ports.domain import DataDomain, KeyedOperation


@runtime_checkable
class PricePort(Protocol):
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """An absent key is "not sold here". A price in another currency than the context's is CurrencyNotSold; a rule
        that cannot be evaluated is UnsupportedPriceRule, never the list price. `call.fresh` asks the system itself."""
        ...


@runtime_checkable
class PriceContextPort(Protocol):
    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """Which of this backend's price contexts (price list, customer group) each of its customers is in; absent:
        none of their own."""
        ...


class PriceDrift(Struct, frozen=True):
    """One price or total by the adapter's own evaluation of the rules, and by the system's own calculation. `what` says
    which amount of what; `cause` what explains it, as far as is known."""

    sku: str
    evaluated: str
    charged: str
    what: str = "one piece"
    cause: str = "a customisation decides this price"


class PriceAudit(Struct, frozen=True):
    """`skus` were priced on each of `lists`, which made `compared` pairs of amounts."""

    skus: tuple[str, ...]
    lists: tuple[str, ...]
    compared: int
    drift: tuple[PriceDrift, ...] = ()


@runtime_checkable
class PriceAuditPort(Protocol):
    async def price_drift(self, sample: int, call: CallContext, skus: Sequence[str] = ()) -> PriceAudit:
        """Prices the chosen SKUs, or `sample` random ones, both ways, unit and total, and lists what differs: a setting
        that the configuration does not know, a customisation, or our mistake."""
        ...


def _named(key: PriceKey) -> tuple[str, ...]:
    return (key.variant if isinstance(key.variant, str) else key.variant.id,)


def _understands(key: PriceKey, backend: str, owner: str) -> bool:
    known = isinstance(key.variant, str) or key.variant.backend == backend
    return known and (key.unit is None or backend == owner)


PRICE = DataDomain("price", optional=False, people=True)

GET_PRICES = KeyedOperation[PriceKey, Price](
    PRICE, PricePort, PricePort.get_prices, Price, names=_named, understands=_understands, essential=True
)
PRICE_CONTEXT = KeyedOperation[NativeRef, str](
    PRICE,
    PriceContextPort,
    PriceContextPort.price_context,
    str,
    names=lambda ref: (ref.id,),
    understands=lambda ref, backend, owner: ref.backend == backend,
    personal=True,
)
