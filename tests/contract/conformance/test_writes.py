"""The suite of writes, against the reference adapter and against a vendor over a real socket behind the fault server:
one without idempotency keys, one with them, one whose look-up lags.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.calls.attempt.transport import build_transport
from gateway.errors import OutcomeUnknown, Unavailable
from gateway.model.context import CallContext
from gateway.model.customers import EnsureCustomer
from gateway.model.money import Money
from gateway.model.orders import PlaceOrder, PlaceOrderLine
from gateway.model.stock import CommitStock, GoodsSold, StockCommitted
from gateway.ports.customer import ENSURE_CUSTOMER
from gateway.ports.domain import WriteOperation
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.order import PLACE_ORDER
from gateway.ports.stock import COMMIT_STOCK, RESTOCK
from gateway.ports.transport import Request, Response, Transport
from gateway.ports.writes import FindKind, WriteSpec
from gateway.settings import PolicyNumbers
from gateway.testing.conformance import (
    KeylessWriteConformance,
    LaggingWriteConformance,
    LookedUpWriteConformance,
    ServedRestock,
    WriteConformance,
    WriteFault,
    email_of,
)
from gateway.testing.conformance.example import PLACES, example_facts, example_seed
from gateway.testing.conformance.facts import ConformanceFacts
from gateway.testing.conformance.people_writes import ensure
from gateway.testing.conformance.writes import TIMEOUT
from gateway.testing.faults.kinds import Fault
from gateway.testing.faults.proxy import FaultProxy
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST

from .order_desk import DeskAdapter, DeskServer

FOREVER = 3600.0


class Orders:
    operation = PLACE_ORDER

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        def command(reference: str, number: int) -> PlaceOrder:
            line = PlaceOrderLine("MUG", Decimal(number), Money(Decimal("14.50"), "GBP"))
            return PlaceOrder(reference, (line,))

        return command


class ReferenceDesk:
    """WriteControl over the reference adapter, of one operation."""

    def __init__(self, adapter: ReferenceAdapter, operation: WriteOperation[Any, Any] = PLACE_ORDER) -> None:
        self._adapter = adapter
        self._name = operation.name
        self._find = f"{operation.domain.name}.{operation.find}"

    def effects(self, reference: str) -> int:
        return self._adapter.effects(reference)

    @asynccontextmanager
    async def faulty(self, fault: WriteFault) -> AsyncGenerator[None]:
        async def late() -> None:
            await asyncio.sleep(TIMEOUT * 3)

        async def lost() -> None:
            raise Unavailable(detail=fault.value)

        before = self._adapter.after_placing
        if fault is WriteFault.REFUSED:
            refused = Unavailable()
            refused.unsent = True
            self._adapter.failing[self._name] = refused
        else:
            self._adapter.after_placing = late if fault is WriteFault.LATE else lost
        yield
        self._adapter.failing.pop(self._name, None)
        self._adapter.after_placing = before

    @asynccontextmanager
    async def blind(self) -> AsyncGenerator[None]:
        self._adapter.failing[self._find] = Unavailable()
        yield
        del self._adapter.failing[self._find]

    @asynccontextmanager
    async def lagging(self, seconds: float | None) -> AsyncGenerator[None]:
        self._adapter.lag = FOREVER if seconds is None else seconds
        yield
        self._adapter.lag = 0.0

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[Callable[[], None]]:
        gate = asyncio.Event()
        ask = self._adapter._request  # pyright: ignore[reportPrivateUsage] # where a vendor's adapter would send

        async def wait(operation: str, keys: Any = ()) -> None:
            if operation == self._name:
                await gate.wait()
            await ask(operation, keys)

        self._adapter._request = wait  # type: ignore[method-assign] # pyright: ignore[reportPrivateUsage]
        yield gate.set
        self._adapter._request = ask  # type: ignore[method-assign] # pyright: ignore[reportPrivateUsage]


class TestReference(Orders, LaggingWriteConformance):
    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        return replace(MANIFEST, writes={PLACE_ORDER.name: WriteSpec(find=FindKind.LAGGING, find_after=30.0)})

    @pytest.fixture
    def owner(self, adapter: ReferenceAdapter) -> ReferenceDesk:
        return ReferenceDesk(adapter)


class EnsuringDesk(ReferenceDesk):
    def effects(self, reference: str) -> int:
        return sum(1 for known, _ in self._adapter.ensured if known == reference)


class TestEnsuring(KeylessWriteConformance):
    operation = ENSURE_CUSTOMER

    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def owner(self, adapter: ReferenceAdapter) -> EnsuringDesk:
        return EnsuringDesk(adapter, ENSURE_CUSTOMER)

    @pytest.fixture
    def commands(self) -> Callable[[str, int], EnsureCustomer]:
        return lambda reference, number: ensure(email_of(reference), reference, given_name=f"Grace {number}")


class StockDeskOwner(ReferenceDesk):
    def effects(self, reference: str) -> int:
        return sum(1 for known, *_ in self._adapter.committed if known == reference)


class TestCommitting(KeylessWriteConformance):
    operation = COMMIT_STOCK

    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def owner(self, adapter: ReferenceAdapter) -> StockDeskOwner:
        return StockDeskOwner(adapter, COMMIT_STOCK)

    @pytest.fixture
    def commands(self) -> Callable[[str, int], CommitStock]:
        def command(reference: str, number: int) -> CommitStock:
            return CommitStock(reference=reference, goods=(GoodsSold("MUG-01-S", PLACES[0], number),))

        return command

    async def test_whoever_asks_while_what_was_left_is_looked_up_is_told_what_became_of_it(
        self, adapter: Any, owner: StockDeskOwner, performer: Any, commands: Any, reference: str, database: Any
    ) -> None:
        one = performer()
        async with owner.faulty(WriteFault.RESET), owner.blind():
            with pytest.raises(OutcomeUnknown):
                await self.perform(one, adapter, commands(reference, 1), patience=1.0)
            await one.writes.close(0.0)
        await self.lease_over(database)
        adapter.delays["stock.find_commitment"] = 0.3
        looking = asyncio.create_task(one.writes.settle())
        while not one.writes.under_way:  # noqa: ASYNC110  a row is read first
            await asyncio.sleep(0.005)
        answer = await self.perform(one, adapter, commands(reference, 1))
        await looking
        assert isinstance(answer, StockCommitted)
        assert owner.effects(reference) == 1


class RestockOwner(ReferenceDesk):
    def effects(self, reference: str) -> int:
        return sum(1 for known, *_ in self._adapter.restocked if known == reference)


class TestRestocking(ServedRestock, LaggingWriteConformance):
    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        lagging = WriteSpec(find=FindKind.LAGGING, find_after=30.0)
        return replace(MANIFEST, writes={**MANIFEST.writes, RESTOCK.name: lagging})

    @pytest.fixture
    def facts(self) -> ConformanceFacts:
        return example_facts("reference")

    @pytest.fixture
    def goods(self) -> tuple[str, str]:
        return "MUG-01-S", PLACES[0]

    @pytest.fixture
    def owner(self, adapter: ReferenceAdapter) -> RestockOwner:
        return RestockOwner(adapter, RESTOCK)


class Gated:
    """A transport that can be held right before the sending."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, request: Request, call: CallContext) -> Response:
        if request.method == "POST":
            await self.gate.wait()
        return await self._inner.send(request, call)


class ServedDesk:
    """WriteControl over a server behind the fault server."""

    def __init__(self, server: DeskServer, proxy: FaultProxy, transport: Gated) -> None:
        self.server = server
        self.proxy = proxy
        self.transport = transport
        proxy.only = "/orders"

    def effects(self, reference: str) -> int:
        return self.server.effects(reference)

    @asynccontextmanager
    async def faulty(self, fault: WriteFault) -> AsyncGenerator[None]:
        kinds = {WriteFault.LATE: Fault.SLOW, WriteFault.RESET: Fault.RESET, WriteFault.ERROR_500: Fault.ERROR_500}
        self.proxy.delay, self.proxy.after = TIMEOUT * 3, True
        await self.proxy.set(kinds.get(fault, Fault.REFUSE))
        yield
        await self.proxy.set(Fault.NONE)

    @asynccontextmanager
    async def blind(self) -> AsyncGenerator[None]:
        self.server.blind = True
        yield
        self.server.blind = False

    @asynccontextmanager
    async def lagging(self, seconds: float | None) -> AsyncGenerator[None]:
        before, self.server.lag = self.server.lag, seconds
        yield
        self.server.lag = before

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[Callable[[], None]]:
        self.transport.gate.clear()
        yield self.transport.gate.set
        self.transport.gate.set()


class Served(Orders):
    spec_of: WriteSpec = WriteSpec()
    client: str = "aiohttp"

    @pytest.fixture
    def manifest(self) -> Manifest:
        return Manifest(
            name="desk",
            title="Desk",
            api_version="1",
            config=AdapterConfig,
            create=lambda _: (_ for _ in ()).throw(NotImplementedError),
            operations={},
            writes={PLACE_ORDER.name: self.spec_of},
        )

    @pytest.fixture
    async def desk(self, manifest: Manifest) -> AsyncIterator[tuple[ServedDesk, DeskAdapter]]:
        server = DeskServer(knows_keys=self.spec_of.by_key is not None)
        proxy = FaultProxy(await server.start())
        await proxy.start()
        numbers = PolicyNumbers(client=self.client, breaker_minimum=10_000)  # type: ignore[arg-type]
        real = build_transport("desk", proxy.url, manifest, numbers, allow_private_network=True)
        gated = Gated(real)
        yield ServedDesk(server, proxy, gated), DeskAdapter(gated)
        await real.close()
        await proxy.stop()
        await server.stop()

    @pytest.fixture
    def adapter(self, desk: tuple[ServedDesk, DeskAdapter]) -> DeskAdapter:
        return desk[1]

    @pytest.fixture
    def owner(self, desk: tuple[ServedDesk, DeskAdapter]) -> ServedDesk:
        return desk[0]


class TestServedWithoutKeys(Served, KeylessWriteConformance):
    spec_of = WriteSpec(find=FindKind.EXACT)


@pytest.mark.full
class TestServedWithoutKeysByTheLeanClient(Served, KeylessWriteConformance):
    spec_of = WriteSpec(find=FindKind.EXACT)
    client = "lean"


class TestServedWithKeys(Served, LookedUpWriteConformance):
    spec_of = WriteSpec(find=FindKind.EXACT, by_key=86_400.0)


class TestServedByReplay(Served, WriteConformance):
    spec_of = WriteSpec(find=FindKind.REPLAY, by_key=86_400.0)


@pytest.mark.full
class TestServedWithAnIndexThatLags(Served, LaggingWriteConformance):
    spec_of = WriteSpec(find=FindKind.LAGGING, find_after=30.0)


class TestServedWithAnIndexThatNeverShowsInTime(Served, LaggingWriteConformance):
    """The vendor's look-up is a webhook of its own; until its deadline nobody knows."""

    spec_of = WriteSpec(find=FindKind.BY_WEBHOOK, find_after=60.0)
