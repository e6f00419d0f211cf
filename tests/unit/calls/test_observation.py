"""What an operation's observer is told of its backend calls: chunks, attempts, their cost, keys that needed none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.calls.attempt.transport import AioTransport
from gateway.calls.metrics import CallMetrics
from gateway.calls.observation import OBSERVER, TALLY, BackendCall
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, ContextView
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.ports.backend import Backend
from gateway.ports.price import GET_PRICES
from gateway.ports.transport import Request, Response, ThrottleSignal
from gateway.settings import PolicyNumbers

from .conftest import GB, SPEC, Shop, bound, keys, price

ALONE = OperationSpec(vary_on=frozenset({"currency"}), max_keys=3)
SEVEN = [f"S{number}" for number in range(1, 8)]


@pytest.fixture
def told() -> Iterator[list[BackendCall]]:
    calls: list[BackendCall] = []
    token = OBSERVER.set(calls.append)
    yield calls
    OBSERVER.reset(token)


def soon(**parts: Any) -> CallContext:
    return CallContext.within(5.0, **parts)


def places(calls: Sequence[BackendCall]) -> list[tuple[int, int, int]]:
    return [(call.chunk, call.chunks, call.keys) for call in calls]


def spared(calls: Sequence[BackendCall]) -> list[tuple[str, int]]:
    return [(call.outcome, call.keys) for call in calls]


# --- chunks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "policy"),
    [
        (SPEC, PolicyNumbers()),
        (ALONE, PolicyNumbers()),
        (ALONE, PolicyNumbers(coalesce=False)),
        (replace(ALONE, idempotent=False), PolicyNumbers()),
    ],
    ids=["cached", "joined", "alone", "write"],
)
async def test_a_call_says_which_chunk_it_is(
    shop: Shop, told: list[BackendCall], spec: OperationSpec, policy: PolicyNumbers
) -> None:
    caller = BackendCaller({"shop": bound(shop, policy, get_prices=spec)})
    await caller.keyed("shop", GET_PRICES, keys(*SEVEN), GB, soon())
    assert sorted(places(told)) == [(1, 3, 3), (2, 3, 3), (3, 3, 1)]
    await caller.keyed("shop", GET_PRICES, keys("S8"), GB, soon())
    assert places(told)[-1] == (1, 1, 1), "what was not split is the only chunk of one"
    await caller.close()


async def test_only_keys_that_are_asked_are_counted_into_chunks(
    caller: BackendCaller, shop: Shop, told: list[BackendCall]
) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2", "S3"), GB, soon())
    told.clear()
    await caller.keyed("shop", GET_PRICES, keys(*SEVEN), GB, soon())
    assert spared(told[:1]) == [("cached", 3)]
    assert sorted(places(told[1:])) == [(1, 2, 3), (2, 2, 1)]


# --- keys that need no call -------------------------------------------------------------------------------------------


async def test_what_is_all_cached_is_one_hit_and_no_call(
    caller: BackendCaller, shop: Shop, told: list[BackendCall]
) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "NO"), GB, soon())
    await caller.keyed("shop", GET_PRICES, keys("S1", "NO"), GB, soon())
    assert spared(told) == [("ok", 2), ("cached", 2)], "that there is none is an answer too"
    assert (told[1].requests, told[1].attempts, told[1].cost) == (0, 0, 0.0)


async def test_what_is_partly_cached_is_a_hit_and_a_call(
    caller: BackendCaller, shop: Shop, told: list[BackendCall]
) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2", "S3"), GB, soon())
    assert spared(told) == [("ok", 2), ("cached", 2), ("ok", 1)]


async def test_a_fresh_read_hits_nothing(caller: BackendCaller, shop: Shop, told: list[BackendCall]) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon(fresh=True))
    assert spared(told) == [("ok", 1), ("ok", 1)]


async def test_keys_on_their_way_for_others_are_joined(caller: BackendCaller, shop: Shop) -> None:
    first: list[BackendCall] = []
    second: list[BackendCall] = []

    async def operation(told: list[BackendCall], *skus: str) -> None:
        OBSERVER.set(told.append)
        await caller.keyed("shop", GET_PRICES, keys(*skus), GB, soon())

    shop.gate.clear()
    tasks = [asyncio.create_task(operation(first, "S1", "S2"))]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(operation(second, "S2", "S3")))
    await asyncio.sleep(0.01)
    shop.gate.set()
    await asyncio.gather(*tasks)
    assert spared(first) == [("ok", 2)]
    assert sorted(spared(second)) == [("joined", 1), ("ok", 1)]


class Store:
    """What several gateways know."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    async def get(self, places: Sequence[bytes]) -> Sequence[bytes | None]:
        return [self.kept.get(place) for place in places]

    async def put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
        self.kept.update({place: body for place, body, _, _ in entries})

    async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
        return None


async def test_what_another_gateway_knew_is_a_hit(shop: Shop, told: list[BackendCall]) -> None:
    store = Store()
    one, other = (BackendCaller({"shop": bound(shop)}, shared=store) for _ in range(2))
    await one.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    told.clear()
    await other.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    assert spared(told) == [("shared", 2)]
    await other.keyed("shop", GET_PRICES, keys("S2", "S3"), GB, soon())
    assert spared(told[1:]) == [("cached", 1), ("ok", 1)]
    for caller in (one, other):
        await caller.close()


async def test_a_renewal_is_told_apart_because_nobody_waits_for_it(shop: Shop, told: list[BackendCall]) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=replace(SPEC, time_to_live=0.01))})
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())
    await asyncio.sleep(0.02)
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())
    await asyncio.sleep(0.01)
    assert [(call.outcome, call.background) for call in told] == [("ok", False), ("cached", False), ("ok", True)]
    await caller.close()


# --- attempts and what they cost --------------------------------------------------------------------------------------


class Wire:
    """Answers with these statuses in turn, then with 200; `slow` never answers."""

    def __init__(self, *statuses: int, slow: bool = False) -> None:
        self.statuses = list(statuses)
        self.slow = slow
        self.tallied: list[bool] = []

    def begin(self, request: Request, call: CallContext, seconds: float, cap: int) -> None:
        """No connection is ever kept."""

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        self.tallied.append(TALLY.get() is not None)
        await asyncio.sleep(3600 if self.slow else 0)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise Unavailable(detail="no connection")
        return Response(status, {}, b"")

    async def close(self) -> None:
        return None


class Vendor(Shop):
    """A shop over HTTP: one request for the list and one for each key, all at once."""

    def __init__(self, transport: AioTransport, costs: Sequence[float]) -> None:
        super().__init__()
        self.transport = transport
        self.costs = costs

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        requests = [
            Request(method="GET", path=f"/{number}", operation=GET_PRICES.name, cost=cost)
            for number, cost in enumerate(self.costs)
        ]
        await asyncio.gather(*(self.transport.send(request, call) for request in requests))
        return {key: price(Decimal(1)) for key in keys}


def counts_three(response: Response) -> ThrottleSignal | None:
    """A vendor that counts three units for each answer, and refuses with 429 what it then does not count."""
    return ThrottleSignal(limited=response.status == 429, retry_after=0.01, cost=3.0)


def says_nothing(response: Response) -> None:
    return None


def vendor(
    wire: Wire,
    costs: Sequence[float],
    throttle: Callable[[Response], ThrottleSignal | None] = says_nothing,
    unit: str = "request",
    numbers: PolicyNumbers | None = None,
) -> BoundBackend:
    shop = Shop()
    manifest = replace(bound(shop).manifest, throttle=throttle, cost_unit=unit)
    transport = AioTransport("shop", wire, manifest, numbers or PolicyNumbers(), metrics=CallMetrics())
    seller = Vendor(transport, costs)
    backend = Backend(ports=(seller,), probe=seller)
    return replace(bound(shop), backend=backend, manifest=manifest, transport=transport)


async def ask(backend: BoundBackend) -> None:
    caller = BackendCaller({"shop": backend})
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    await caller.close()


async def test_every_attempt_is_counted_retries_too(told: list[BackendCall]) -> None:
    await ask(vendor(Wire(503), [1.0]))
    (call,) = told
    assert (call.requests, call.attempts, call.cost, call.unit, call.counted) == (1, 2, 2.0, "request", None)


async def test_an_attempt_without_an_answer_is_counted(told: list[BackendCall]) -> None:
    await ask(vendor(Wire(0, 0), [1.0]))
    assert [(call.attempts, call.outcome) for call in told] == [(2, "BACKEND_UNAVAILABLE")]


async def test_requests_at_once_are_summed_in_the_units_of_the_vendor(told: list[BackendCall]) -> None:
    await ask(vendor(Wire(), [12.0, 7.5, 0.0], unit="point"))
    (call,) = told
    assert (call.attempts, call.cost, call.unit, call.counted) == (3, 19.5, "point", None)


async def test_what_the_vendor_counted_is_told_but_not_for_what_it_refused(told: list[BackendCall]) -> None:
    await ask(vendor(Wire(429), [10.0], counts_three, "point"))
    (call,) = told
    assert (call.attempts, call.cost, call.counted) == (2, 20.0, 3.0)


async def test_what_a_policy_refused_was_no_attempt(told: list[BackendCall]) -> None:
    backend = vendor(Wire(503), [1.0], numbers=PolicyNumbers(breaker_minimum=1, breaker_window=1, retries=0))
    await ask(backend)
    await ask(backend)
    assert (told[0].attempts, told[0].cost) == (1, 1.0)
    assert (told[1].attempts, told[1].cost, told[1].outcome) == (0, 0.0, "BACKEND_CIRCUIT_OPEN")


async def test_chunks_are_counted_apart(told: list[BackendCall]) -> None:
    caller = BackendCaller({"shop": vendor(Wire(503), [2.0], unit="point")})
    await caller.keyed("shop", GET_PRICES, keys(*SEVEN), GB, soon())
    assert sorted((call.attempts, call.cost) for call in told) == [(1, 2.0), (1, 2.0), (2, 4.0)]
    await caller.close()


async def test_a_call_that_was_cancelled_did_not_go_well(told: list[BackendCall]) -> None:
    caller = BackendCaller({"shop": vendor(Wire(slow=True), [1.0])})
    task = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert [(call.outcome, call.attempts) for call in told] == [("CANCELLED", 1)]
    await caller.close()


async def test_a_tally_ends_with_its_call(told: list[BackendCall]) -> None:
    wire = Wire()
    await ask(vendor(wire, [1.0], numbers=PolicyNumbers(cache=False, coalesce=False)))
    assert wire.tallied == [True]
    assert TALLY.get() is None
