"""Virtual time, and backends in it: the real transport with all its policies, whose waits take no time, so that minutes
of load are tried in seconds and come to the same every run."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar
from unittest.mock import patch

from gateway.calls.attempt.transport import AioTransport
from gateway.calls.metrics import CallMetrics
from gateway.errors import AdapterError, DeadlineExceeded
from gateway.model.context import CallContext, Priority
from gateway.model.operation import OperationSpec
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.transport import Request, Response
from gateway.settings import PolicyNumbers

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Does not sleep: moves the clock on instead."""

    now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.now += timeout
        return super().select(0)


def in_virtual_time(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs it in a loop of its own, in which `time.monotonic` and every wait are virtual."""
    selector = _Selector()
    with patch.object(time, "monotonic", lambda: selector.now):
        loop = asyncio.SelectorEventLoop(selector)
        try:
            return loop.run_until_complete(work())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


class Backend(Protocol):
    async def serve(self, request: Request) -> None: ...


class Independent:
    """Answers that take what they take, however many are under way."""

    def __init__(self, seconds: Callable[[Request], float]) -> None:
        self._seconds = seconds

    async def serve(self, request: Request) -> None:
        await asyncio.sleep(self._seconds(request))


class Pool:
    """So many workers, first come first served. Whoever gave up is served all the same, as by a server that does not
    notice."""

    def __init__(self, workers: int, seconds: Callable[[Request], float]) -> None:
        self._free = [0.0] * workers
        self._seconds = seconds

    async def serve(self, request: Request) -> None:
        now = time.monotonic()
        done = max(now, heapq.heappop(self._free)) + self._seconds(request)
        heapq.heappush(self._free, done)
        await asyncio.sleep(done - now)


def lognormal(median: float, ratio: float, generator: random.Random) -> Callable[[Request], float]:
    """`ratio`: the 95th percentile over the median."""
    sigma = math.log(ratio) / 1.645
    return lambda request: generator.lognormvariate(math.log(median), sigma)


def mean_of(median: float, ratio: float) -> float:
    return median * math.exp((math.log(ratio) / 1.645) ** 2 / 2)


class SimulatedWire:
    """Implements `gateway.calls.wire.Wire` over a simulated backend."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.flying = self.requests = 0
        self.most_in: dict[int, int] = {}

    def begin(self, request: Request, call: CallContext, seconds: float, cap: int) -> None:
        """No connection is ever kept."""

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        self.requests += 1
        self.flying += 1
        second = int(time.monotonic())
        self.most_in[second] = max(self.most_in.get(second, 0), self.flying)
        try:
            async with asyncio.timeout(min(seconds, call.remaining())):
                await self.backend.serve(request)
        except TimeoutError as error:
            raise DeadlineExceeded(detail="no answer in time") from error
        finally:
            self.flying -= 1
        return Response(200, {}, b"{}" * 50)

    async def close(self) -> None:
        return None


class Load:
    """One transport over one simulated backend, and what became of those who asked."""

    def __init__(
        self,
        backend: Backend,
        numbers: PolicyNumbers | None = None,
        operations: Mapping[str, OperationSpec] | None = None,
    ) -> None:
        self.wire = SimulatedWire(backend)
        manifest = Manifest(
            name="x",
            title="X",
            api_version="1",
            config=AdapterConfig,
            create=lambda _: None,  # type: ignore[arg-type,return-value]
            operations=operations or {},
            errands=("price.get_prices", "price.tables", "order.export", "order.list_orders"),
        )
        self.metrics = CallMetrics()
        self.transport = AioTransport("erp", self.wire, manifest, numbers or PolicyNumbers(), metrics=self.metrics)
        self.outcomes: dict[Priority, dict[str, int]] = {priority: {} for priority in Priority}
        self.answered: list[tuple[float, float]] = []
        self.began = time.monotonic()

    def forget(self) -> None:
        """What came of those who asked so far; what the transport learnt stays."""
        self.outcomes = {priority: {} for priority in Priority}
        self.answered = []
        self.began = time.monotonic()
        self.wire.most_in.clear()

    def most_by_second(self) -> list[int]:
        """The most attempts under way in each second."""
        return [most for _, most in sorted(self.wire.most_in.items())]

    @property
    def limit(self) -> float:
        value = self.metrics.registry.get_sample_value("gateway_backend_concurrency_limit", {"backend": "erp"})
        assert value is not None
        return value

    @property
    def in_flight(self) -> float:
        return self.metrics.registry.get_sample_value("gateway_backend_in_flight", {"backend": "erp"}) or 0.0

    @property
    def waiting(self) -> float:
        return self.metrics.registry.get_sample_value("gateway_backend_waiting", {"backend": "erp"}) or 0.0

    def policy(self, policy: str, outcome: str) -> float:
        labels = {"backend": "erp", "policy": policy, "outcome": outcome}
        return self.metrics.registry.get_sample_value("gateway_backend_policy_total", labels) or 0.0

    def count(self, outcome: str, priority: Priority | None = None) -> int:
        lanes = self.outcomes.values() if priority is None else [self.outcomes[priority]]
        return sum(lane.get(outcome, 0) for lane in lanes)

    @property
    def asked(self) -> int:
        return sum(sum(lane.values()) for lane in self.outcomes.values())

    async def ask(
        self, patience: float = 10.0, priority: Priority = Priority.BROWSE, request: Request | None = None
    ) -> str:
        request = request or Request(method="POST", path="/", operation="price.get_prices", body=b"x" * 100)
        began, outcome = time.monotonic(), "ok"
        try:
            await self.transport.send(request, CallContext.within(patience, priority=priority))
        except AdapterError as error:
            outcome = error.code
        else:
            self.answered.append((began, time.monotonic() - began))
        lane = self.outcomes[priority]
        lane[outcome] = lane.get(outcome, 0) + 1
        return outcome

    async def arrivals(
        self, rate: float, seconds: float, generator: random.Random, ask: Callable[[], Awaitable[Any]] | None = None
    ) -> None:
        """Open loop: so many a second, whatever becomes of them."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < until:
                group.create_task(_awaited((ask or self.ask)()))
                await asyncio.sleep(generator.expovariate(rate))

    async def clients(self, count: int, seconds: float, think: Callable[[], float] = lambda: 0.0) -> None:
        """Closed loop: each asks when it was answered and has thought."""

        async def one() -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await self.ask()
                await asyncio.sleep(think())

        await asyncio.gather(*(one() for _ in range(count)))

    async def close(self) -> None:
        await self.transport.close()


async def _awaited(work: Awaitable[Any]) -> None:
    await work
