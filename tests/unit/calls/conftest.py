"""A small backend in memory that answers like a shop: every answer tells who was asked for what, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.operation import OperationSpec
from gateway.model.orders import OrdersPage, OrdersQuery
from gateway.model.pricing import Price, PriceKey
from gateway.ports.backend import Backend, Probe
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.order import LIST_ORDERS
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS
from gateway.settings import PolicyNumbers


class Shop:
    """`prices` by SKU; a missing one does not exist. `gate` holds answers back while it is unset."""

    def __init__(self, name: str = "shop") -> None:
        self.name = name
        self.prices: dict[str, Decimal | AdapterError] = {}
        self.failure: Exception | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.calls: list[CallContext] = []
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1")

    async def close(self) -> None:
        return None

    async def _work(self, asked: Sequence[Any], call: CallContext) -> None:
        self.asked.append(tuple(asked))
        self.calls.append(call)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None:
            raise self.failure

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        await self._work([key.sku for key in keys], call)
        found: dict[PriceKey, Price | AdapterError] = {}
        for key in keys:
            amount = self.prices.get(key.sku or "")
            if isinstance(amount, AdapterError):
                found[key] = amount
            elif amount is not None:
                found[key] = price(amount, context.currency, self.name)
        return found

    async def price_context(self, keys: Sequence[Any], context: ContextView, call: CallContext) -> Mapping[Any, str]:
        await self._work(keys, call)
        return dict.fromkeys(keys, f"group of {call.person}")

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        await self._work([query], call)
        return OrdersPage((), (), has_next=False)


def price(amount: Decimal, currency: str = "GBP", source: str = "shop") -> Price:
    money = Money(amount, currency)
    return Price(
        TaxedMoney(gross=money, treatment=TaxTreatment.INCLUDED), Freshness(source, datetime(2026, 11, 1, tzinfo=UTC))
    )


SPEC = OperationSpec(vary_on=frozenset({"currency"}), max_keys=3, time_to_live=60.0, stale_for=600.0)


def bound(adapter: Any, policy: PolicyNumbers | None = None, **specs: OperationSpec) -> BoundBackend:
    """The shop bound with these specs, by the method's name."""
    operations = {
        GET_PRICES.name: specs.get("get_prices", SPEC),
        PRICE_CONTEXT.name: specs.get("price_context", OperationSpec(personal=True, time_to_live=60.0)),
        LIST_ORDERS.name: specs.get("list_orders", OperationSpec(personal=True)),
    }
    if "get_products" in specs:
        operations[GET_PRODUCTS.name] = specs["get_products"]
    backend = Backend(ports=(adapter,), probe=adapter, webhooks=adapter if hasattr(adapter, "receive") else None)
    manifest = Manifest(
        name="shop",
        title="Shop",
        api_version="1",
        config=AdapterConfig,
        create=lambda _: backend,
        operations=operations,
    )
    return BoundBackend(
        name=adapter.name, alias=adapter.name, backend=backend, manifest=manifest, policy=policy or PolicyNumbers()
    )


GB = CommerceContext(country="GB", currency="GBP", language="en")
JP = CommerceContext(country="JP", currency="JPY", language="ja")


def keys(*skus: str) -> list[PriceKey]:
    return [PriceKey(sku) for sku in skus]


def amounts(answers: Mapping[PriceKey, Price | AdapterError]) -> dict[str, Decimal | str]:
    """Amounts and error codes by SKU."""
    return {
        key.sku or "": answer.code if isinstance(answer, AdapterError) else answer.current.stated.amount
        for key, answer in answers.items()
    }


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.prices.update({f"S{number}": Decimal(number) for number in range(1, 10)})
    return shop


@pytest.fixture
async def caller(shop: Shop) -> Any:
    made = BackendCaller({"shop": bound(shop)})
    yield made
    await made.close()
