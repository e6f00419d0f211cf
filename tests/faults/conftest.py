"""Five backends, one per role, each behind a fault server of its own: the adapter of the test speaks HTTP over the real
transport to a canned upstream over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from gateway.calls.attempt.transport import AioTransport, build_transport
from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, RateLimited, RequestRefused, Unavailable
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord, LoyaltyAccount
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, skus_among
from gateway.model.money import Money, TaxedMoney
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.model.text import Text
from gateway.ports.backend import Backend, Probe
from gateway.ports.customer import FIND_CUSTOMERS
from gateway.ports.domain import KeyedOperation
from gateway.ports.loyalty import FIND_ACCOUNTS
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.price import GET_PRICES
from gateway.ports.product import GET_PRODUCTS
from gateway.ports.stock import GET_STOCK
from gateway.ports.transport import Request
from gateway.settings import HttpClient, PolicyNumbers
from gateway.testing.faults import Fault, FaultProxy

GB = CommerceContext(country="GB", currency="GBP", language="en")

ROLES: Mapping[str, tuple[KeyedOperation[Any, Any], Callable[[str], Any]]] = {
    "erp": (GET_PRICES, PriceKey),
    "till": (GET_STOCK, lambda name: StockKey(name, ("berlin",))),
    "shop": (GET_PRODUCTS, lambda name: ProductKey(ProductKeyKind.SKU, name)),
    "crm": (FIND_CUSTOMERS, lambda name: CustomerKey(CustomerKeyKind.EMAIL, name)),
    "loyalty": (FIND_ACCOUNTS, lambda name: CustomerKey(CustomerKeyKind.EMAIL, name)),
}
NUMBERS = PolicyNumbers(timeout=5.0, slow_call=5.0, breaker_open_for=60.0)
IMPATIENT = PolicyNumbers(timeout=0.1, slow_call=5.0, breaker_open_for=60.0)
"""For faults that are about time, so that a test is short. The others wait as long as a busy machine needs."""
TIMELY = frozenset({Fault.HANG, Fault.SLOW_HEADERS, Fault.SLOW_DRIP})


class Item(Struct):
    """What the canned upstream says of one key."""

    key: str
    amount: Decimal
    changed: datetime
    title: str


class Answer(Struct):
    items: list[Item]


class Upstream:
    """Answers every POST with one item per key, after `pause` seconds. `version` counts up in every answer's
    `changed`."""

    def __init__(self) -> None:
        self.pause: Callable[[], float] = lambda: 0.0
        self.version = 1
        self.amount = Decimal("9.99")

    async def handle(self, request: web.Request) -> web.Response:
        keys = msgspec.json.decode(await request.read(), type=list[str])
        if seconds := self.pause():
            await asyncio.sleep(seconds)
        changed = datetime(2026, 11, 1, 0, 0, self.version, tzinfo=UTC)
        items = [Item(key, self.amount, changed, "Thing") for key in keys if not key.startswith("unknown")]
        return web.Response(body=msgspec.json.encode(Answer(items)), content_type="application/json")


class Desk:
    """One backend in one role."""

    def __init__(self, name: str, transport: AioTransport) -> None:
        self.name = name
        self._transport = transport

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1")

    async def close(self) -> None:
        return None

    async def _items(self, operation: KeyedOperation[Any, Any], keys: Sequence[str], call: CallContext) -> list[Item]:
        body = msgspec.json.encode(list(keys))
        request = Request(method="POST", path="/items", operation=operation.name, body=body)
        response = await self._transport.send(request, call)
        if response.status == 429:
            after = response.headers.get("retry-after", "")
            raise RateLimited(retry_after=float(after) if after.isdigit() else None)
        if response.status in (401, 403):
            raise CredentialsRefused
        if response.status >= 500:
            raise Unavailable(detail=f"HTTP {response.status}")
        if response.status >= 400:
            raise RequestRefused
        try:
            return msgspec.json.decode(response.body, type=Answer).items
        except msgspec.MsgspecError as error:
            raise InvalidAnswer(detail=str(error)) from error

    def _freshness(self) -> Freshness:
        return Freshness(self.name, datetime.now(UTC))

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        items = await self._items(GET_PRICES, skus_among(key.variant for key in keys), call)
        prices = {item.key: Price(TaxedMoney(gross=Money(item.amount, "GBP")), self._freshness()) for item in items}
        return {key: prices[key.sku] for key in keys if key.sku in prices}

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        items = await self._items(GET_STOCK, skus_among(key.variant for key in keys), call)
        found = {item.key: item for item in items}
        return {
            key: StockLevels(
                {
                    place: StockLevel(place, Tracking.TRACKED, self._freshness(), available=found[key.sku].amount)
                    for place in key.locations
                }
            )
            for key in keys
            if key.sku in found
        }

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        items = await self._items(GET_PRODUCTS, [key.value for key in keys], call)
        products = {
            item.key: Product(
                NativeRef(self.name, item.key), Text(item.title, "en"), self._freshness(), updated_at=item.changed
            )
            for item in items
        }
        return {key: products[key.value] for key in keys if key.value in products}

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        return ProductPage((), (), has_next=False)

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        items = await self._items(FIND_CUSTOMERS, [key.value for key in keys], call)
        found = {item.key: item for item in items}
        return {
            key: (CustomerRecord(NativeRef(self.name, found[key.value].key), self._freshness()),)
            for key in keys
            if key.value in found
        }

    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        await self._items(FIND_ACCOUNTS, [key.value for key in keys], call)
        return dict.fromkeys(keys, ())


def manifest(specs: Mapping[str, OperationSpec]) -> Manifest:
    return Manifest(
        name="desk",
        title="Desk",
        api_version="1",
        config=AdapterConfig,
        create=lambda _: (_ for _ in ()).throw(NotImplementedError),
        operations=specs,
    )


class Retailer:
    """The gateway's side: five backends over five fault servers."""

    def __init__(self, upstream: Upstream, upstream_url: str, client: HttpClient = "aiohttp") -> None:
        self.upstream = upstream
        self._client: HttpClient = client
        self.proxies = {role: FaultProxy(upstream_url) for role in ROLES}
        self.metrics = CallMetrics()
        self.backends: dict[str, BoundBackend] = {}
        self.caller = BackendCaller(self.backends, metrics=self.metrics)
        self._numbers = dict.fromkeys(ROLES, NUMBERS)
        self._spec = OperationSpec()
        self._transports: list[AioTransport] = []

    async def open(self, *, spec: OperationSpec | None = None, **numbers: PolicyNumbers) -> None:
        """Once, before the first read. The spec is that of every operation; numbers go by role."""
        self._numbers.update(numbers)
        self._spec = spec or OperationSpec()
        for role, proxy in self.proxies.items():
            await proxy.start()
            self.bind(role)

    def bind(self, role: str) -> None:
        """(Re)build one backend, with the URL its fault server has now."""
        described = manifest({operation.name: self._spec for operation, _ in ROLES.values()})
        transport = build_transport(
            role,
            self.proxies[role].url,
            described,
            replace(self._numbers[role], client=self._client),
            allow_private_network=True,
            metrics=self.metrics,
        )
        self._transports.append(transport)
        desk = Desk(role, transport)
        self.backends[role] = BoundBackend(
            name=role,
            alias=role,
            backend=Backend(ports=(desk,), probe=desk),
            manifest=described,
            policy=self._numbers[role],
            transport=transport,
        )
        self.caller.rebound(role)

    async def fault(self, role: str, fault: Fault) -> None:
        proxy = self.proxies[role]
        before = proxy.url
        await proxy.set(fault)
        if fault in TIMELY:
            self._numbers[role] = IMPATIENT
        if proxy.url != before or fault in TIMELY:
            self.bind(role)
        proxy.forget()

    async def read(self, role: str, *names: str, seconds: float = 10.0, fresh: bool = False) -> dict[str, Any]:
        """The answers by name."""
        operation, key = ROLES[role]
        call = CallContext.within(seconds, fresh=fresh, person="ann")
        answers = await self.caller.keyed(role, operation, [key(name) for name in names], GB, call)
        by_key = {key(name): name for name in names}
        return {by_key[found]: answer for found, answer in answers.items()}

    def figure(self, name: str, role: str = "erp") -> float:
        """One of the gauges of a backend, such as `in_flight`."""
        value = self.metrics.registry.get_sample_value(f"gateway_backend_{name}", {"backend": role})
        assert value is not None
        return value

    async def close(self) -> None:
        await self.caller.close()
        for transport in self._transports:
            await transport.close()
        for proxy in self.proxies.values():
            await proxy.stop()


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[Upstream, str]]:
    canned = Upstream()
    app = web.Application()
    app.router.add_post("/items", canned.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield canned, f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.fixture(params=get_args(HttpClient))
def client(request: pytest.FixtureRequest) -> HttpClient:
    """Each HTTP client the gateway has goes through the same."""
    return request.param


@pytest.fixture
async def retailer(upstream: tuple[Upstream, str], client: HttpClient) -> AsyncIterator[Retailer]:
    made = Retailer(*upstream, client)
    yield made
    await made.close()


def outcome(answer: Any) -> str:
    return answer.code if isinstance(answer, AdapterError) else "ok"
