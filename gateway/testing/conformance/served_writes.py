"""Writes of an adapter over its own transport, with faults put between the effect and the answer.

class TestOrders(Acme, ServedOrders, KeylessWriteConformance):
    writes = (b"createOrder",)
    looks = (b"findOrder",)

    def effects(self, reference: str) -> int: ...   # counted by the sandbox itself
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, cast

import pytest
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.model.context import CallContext
from gateway.model.customers import EnsureCustomer
from gateway.model.money import Money
from gateway.model.orders import PlaceOrder, PlaceOrderLine
from gateway.model.stock import CommitStock, GoodsSold, Restock, StockCommitted
from gateway.ports.customer import ENSURE_CUSTOMER
from gateway.ports.manifest import AdapterEnvironment, Manifest
from gateway.ports.order import PLACE_ORDER
from gateway.ports.stock import COMMIT_STOCK, RESTOCK, StockCommitPort
from gateway.ports.transport import Request, Response, Transport
from gateway.testing.conformance.base import given
from gateway.testing.conformance.facts import Adapter, ConformanceFacts
from gateway.testing.conformance.people_writes import ensure
from gateway.testing.conformance.writes import TIMEOUT, WriteControl, WriteFault
from gateway.testing.connecting import whole


class FaultyWrites:
    """A transport that knows a write and a look-up by what their requests say."""

    def __init__(self, writes: tuple[bytes, ...], looks: tuple[bytes, ...], late: float) -> None:
        self._late = late
        self._writes = writes
        self._looks = looks
        self.fault: WriteFault | None = None
        self.blind = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.inner: Transport | None = None

    async def send(self, request: Request, call: CallContext) -> Response:
        assert self.inner is not None
        said = request.path.encode() + b" " + (request.body or b"")
        if not any(word in said for word in self._writes):
            if self.blind and any(word in said for word in self._looks):
                raise Unavailable
            return await self.inner.send(request, call)
        await self.gate.wait()
        if self.fault is WriteFault.REFUSED:
            refused = Unavailable()
            refused.unsent = True
            raise refused
        answer = await self.inner.send(request, call)
        if self.fault is WriteFault.LATE:
            await asyncio.sleep(self._late)
        elif self.fault is WriteFault.RESET:
            raise Unavailable
        elif self.fault is WriteFault.ERROR_500:
            return Response(500, {"content-type": "text/html"}, b"<html>error</html>")
        return answer


class _Owner:
    """WriteControl over a sandbox behind `FaultyWrites`."""

    def __init__(self, transport: FaultyWrites, effects: Callable[[str], int]) -> None:
        self._transport = transport
        self._effects = effects

    def effects(self, reference: str) -> int:
        return self._effects(reference)

    @asynccontextmanager
    async def faulty(self, fault: WriteFault) -> AsyncGenerator[None]:
        self._transport.fault = fault
        yield
        self._transport.fault = None

    @asynccontextmanager
    async def blind(self) -> AsyncGenerator[None]:
        self._transport.blind = True
        yield
        self._transport.blind = False

    @asynccontextmanager
    async def lagging(self, seconds: float | None) -> AsyncGenerator[None]:
        raise NotImplementedError("this owner's look-up does not lag")
        yield

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[Callable[[], None]]:
        self._transport.gate.clear()
        yield self._transport.gate.set
        self._transport.gate.set()


class ServedWrites:
    """Inherit it between `Served` and a suite of writes. `writes` and `looks` are words of the requests that write and
    that look up."""

    writes: ClassVar[tuple[bytes, ...]] = ()
    looks: ClassVar[tuple[bytes, ...]] = ()
    under_test: ClassVar[Manifest]
    timeout: ClassVar[float] = TIMEOUT

    @pytest.fixture
    def faults(self) -> FaultyWrites:
        return FaultyWrites(self.writes, self.looks, self.timeout * 3)

    @pytest.fixture
    def manifest(self) -> Manifest:
        return self.under_test

    @pytest.fixture
    def adapter(self, connected: Any, faults: FaultyWrites) -> Any:
        """The same adapter once more, over a transport with faults."""
        environment: AdapterEnvironment[Any] = connected.environment
        faults.inner = environment.transport
        return whole(self.under_test.create(replace(environment, transport=faults)), environment.name)

    @pytest.fixture
    def effects(self) -> Callable[[str], int]:
        """How many records bear a reference, counted by the owner itself."""
        raise NotImplementedError("override the `effects` fixture")

    @pytest.fixture
    def owner(self, faults: FaultyWrites, effects: Callable[[str], int]) -> WriteControl:
        return _Owner(faults, effects)


class ServedOrders(ServedWrites):
    operation = PLACE_ORDER

    @pytest.fixture
    def sku(self) -> tuple[str, Money]:
        """One that is sold, and its price."""
        return "MUG-01-S", Money(Decimal("10.50"), "GBP")

    @pytest.fixture
    def commands(self, sku: tuple[str, Money]) -> Callable[[str, int], PlaceOrder]:
        def command(reference: str, number: int) -> PlaceOrder:
            return PlaceOrder(reference, (PlaceOrderLine(sku[0], Decimal(number), sku[1]),))

        return command


class ServedCustomers(ServedWrites):
    """Each reference has an email of its own: `email_of`."""

    operation = ENSURE_CUSTOMER

    @pytest.fixture
    def commands(self) -> Callable[[str, int], EnsureCustomer]:
        return lambda reference, number: ensure(email_of(reference), reference, given_name=f"Grace {number}")


class ServedStock(ServedWrites):
    """Goods given to an order elsewhere: `goods` names a SKU and one of the places that count it."""

    operation = COMMIT_STOCK

    @pytest.fixture
    def goods(self, facts: ConformanceFacts) -> tuple[str, str]:
        return given(facts.skus, "skus", facts)[0], given(facts.locations, "locations", facts)[0]

    @pytest.fixture
    def commands(self, goods: tuple[str, str]) -> Callable[[str, int], CommitStock]:
        def command(reference: str, number: int) -> CommitStock:
            return CommitStock(reference=reference, goods=(GoodsSold(*goods, number),), order=f"W{number}")

        return command


class ServedRestock(ServedWrites):
    """Goods that go back: they were committed before, under the same reference. `at`: when, by the owner's clock."""

    operation = RESTOCK

    @pytest.fixture
    def goods(self, facts: ConformanceFacts) -> tuple[str, str]:
        return given(facts.skus, "skus", facts)[0], given(facts.locations, "locations", facts)[0]

    @pytest.fixture
    def at(self) -> datetime:
        return datetime.now(UTC)

    @pytest.fixture(autouse=True)
    async def taken(
        self, adapter: Adapter, manifest: Manifest, facts: ConformanceFacts, goods: tuple[str, str], reference: str
    ) -> StockCommitted:
        here = facts.context.only(manifest.writes[COMMIT_STOCK.name].vary_on)
        command = CommitStock(reference=reference, goods=(GoodsSold(*goods, 1),), order="W1")
        return await cast("StockCommitPort", adapter).commit_stock(command, here, CallContext.within(30.0))

    @pytest.fixture
    def commands(self, goods: tuple[str, str], taken: StockCommitted, at: datetime) -> Callable[[str, int], Restock]:
        def command(reference: str, number: int) -> Restock:
            told = (GoodsSold(*goods, 1),)
            return Restock(reference=reference, record=taken.ref, committed=at, goods=told, order=f"W{number}")

        return command


def email_of(reference: str) -> str:
    return f"{reference.lower()}@example.com"
