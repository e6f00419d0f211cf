"""The limit, in the real transport over simulated backends and virtual time: it sheds nothing while a backend only
answers unevenly, and holds goodput where work queues up in one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.calls.attempt.gradient import Gradient
from gateway.calls.attempt.usual import UsualTimes, kind_of
from gateway.model.context import Priority
from gateway.ports.transport import Request, Response
from gateway.settings import PolicyNumbers

from .simulated import Independent, Load, Pool, in_virtual_time, lognormal, mean_of


def numbers(ceiling: int = 64, **others: float) -> PolicyNumbers:
    return PolicyNumbers(concurrency_limit=ceiling, connections=ceiling, timeout=10.0, slow_call=10.0, **others)  # type: ignore[arg-type]


def jittery(ratio: float, rho: float, ceiling: int, seed: int, *, mean: float = 0.1, attempts: int = 1_200) -> Load:
    """`rho`: rate times mean time, in parts of the ceiling."""
    generator = random.Random(seed)

    async def run() -> Load:
        load = Load(Independent(lognormal(mean / mean_of(1.0, ratio), ratio, generator)), numbers(ceiling))
        rate = rho * ceiling / mean
        await load.arrivals(rate, attempts / rate, generator)
        await load.close()
        return load

    return in_virtual_time(run)


# --- no queue at the backend, nobody shed -----------------------------------------------------------------------------


@given(
    ratio=st.floats(1.0, 5.0),
    rho=st.floats(0.05, 0.9),
    ceiling=st.sampled_from([4, 8, 20, 64, 200]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=12, deadline=None)
def test_however_uneven_a_healthy_backend_answers_nobody_is_shed(
    ratio: float, rho: float, ceiling: int, seed: int
) -> None:
    load = jittery(ratio, rho, ceiling, seed)
    assert load.count("ok") == load.asked, load.outcomes


@pytest.mark.parametrize("ratio", [1.4, 1.9, 5.0])
@pytest.mark.parametrize("rho", [0.3, 0.6, 0.89])
def test_the_limit_stays_where_it_was(ratio: float, rho: float) -> None:
    load = jittery(ratio, rho, 64, 3, attempts=2_000)
    assert load.count("ok") == load.asked
    assert load.limit == 64.0


@pytest.mark.parametrize("rho", [0.95, 1.0, 1.1])
def test_near_the_ceiling_attempts_wait_inside_their_deadline(rho: float) -> None:
    load = jittery(3.0, rho, 64, 5, attempts=3_000)
    assert load.count("ok") == load.asked
    assert load.policy("limit", "waited") > 300
    assert max(took for _, took in load.answered) < 10.0


def test_beyond_the_ceiling_whoever_is_answered_is_answered_in_time_and_the_others_know_soon() -> None:
    generator = random.Random(4)
    told: list[float] = []

    async def run() -> Load:
        load = Load(Independent(lognormal(0.07, 3.0, generator)), numbers(32))
        loop = asyncio.get_running_loop()

        async def ask() -> None:
            began = loop.time()
            if await load.ask(2.0) == "BACKEND_OVERLOADED" and began > loop_began + 4.0:
                told.append(loop.time() - began)

        loop_began = loop.time()
        await load.arrivals(2 * 32 / mean_of(0.07, 3.0), 8.0, generator, ask)
        return load

    load = in_virtual_time(run)
    assert set(load.outcomes[Priority.BROWSE]) == {"ok", "BACKEND_OVERLOADED"}
    assert sum(took <= 2.0 for _, took in load.answered) == load.count("ok")
    assert sorted(told)[int(len(told) * 0.9)] < 0.001, "told at once, not after a wait for nothing"


def closed_loop(clients: int, think: float, seconds: float = 8.0, *, seed: int = 1) -> Load:
    generator = random.Random(seed)

    async def run() -> Load:
        load = Load(Independent(lognormal(0.02, 2.5, generator)), numbers())
        await load.clients(clients, seconds, lambda: generator.expovariate(1 / think) if think else 0.0)
        return load

    return in_virtual_time(run)


@pytest.mark.parametrize(("clients", "think"), [(1, 0.0), (16, 0.0), (60, 1.0)])
def test_a_few_clients_never_lower_the_limit(clients: int, think: float) -> None:
    load = closed_loop(clients, think)
    assert load.count("ok") == load.asked
    assert load.limit == 64.0


@pytest.mark.parametrize("told_apart", [True, False])
@pytest.mark.parametrize("clients", [1, 24])
def test_kinds_of_3_and_of_67_ms_under_one_name_shed_nobody(told_apart: bool, clients: int) -> None:
    """With a mix that changes: minutes of quick ones, then of slow ones."""
    generator = random.Random(2)

    def seconds(request: Request) -> float:
        return float(request.headers["takes"]) * generator.uniform(0.9, 1.3)

    async def run() -> Load:
        load = Load(Independent(seconds), numbers())

        async def one(mix: tuple[float, ...], until: float) -> None:
            while asyncio.get_running_loop().time() < until:
                for takes in mix:
                    body = b"x" * (int(takes * 100_000) if told_apart else 100)
                    request = Request(
                        method="POST", path="/", operation="price.tables", body=body, headers={"takes": str(takes)}
                    )
                    await load.ask(request=request)

        for mix in ((0.003, 0.005, 0.006, 0.027), (0.003,), (0.067, 0.067, 0.003), (0.067,)):
            until = asyncio.get_running_loop().time() + (20.0 if clients == 1 else 1.5)
            await asyncio.gather(*(one(mix, until) for _ in range(clients)))
        return load

    load = in_virtual_time(run)
    assert load.count("ok") == load.asked
    if told_apart:
        assert load.limit == 64.0


def test_what_a_request_asks_and_what_comes_back_make_its_kind() -> None:
    def kind(keys: int, operation: str = "price.get_prices", *, by_query: bool = False) -> object:
        sent = "x" * 20 * keys
        request = Request(
            method="POST",
            path="/prices",
            operation=operation,
            body=None if by_query else sent.encode(),
            query={"skus": sent} if by_query else {},
        )
        return kind_of(request, Response(200, {}, b"y" * 100 * keys))

    assert kind(1) != kind(140)
    assert kind(1, by_query=True) != kind(140, by_query=True)
    assert kind(120) == kind(130), "about as many are of one kind"
    assert kind(1) != kind(1, "stock.get_stock")


def test_kinds_do_not_grow_without_end() -> None:
    usual = UsualTimes()
    for number in range(10_000):
        usual.meet(("price.get_prices", number, 0), 0.0)
    assert usual.get(("price.get_prices", 9_999, 0)) is not None
    assert sum(usual.get(("price.get_prices", number, 0)) is not None for number in range(10_000)) <= 2_048


# --- work queues up in the backend ------------------------------------------------------------------------------------


def uneven(service: float, generator: random.Random) -> Callable[[Request], float]:
    return lambda _: service * generator.uniform(0.8, 1.2)


def overload(
    *,
    workers: int = 20,
    service: float = 0.1,
    ceiling: int = 200,
    patience: float = 1.0,
    times: float = 3.0,
    seconds: float = 12.0,
    warm: float = 0.0,
    ratio: float | None = None,
    priority: Callable[[random.Random], Priority] = lambda _: Priority.BROWSE,
) -> Load:
    generator = random.Random(7)
    capacity = workers / service
    served = uneven(service, generator) if ratio is None else lognormal(service / mean_of(1.0, ratio), ratio, generator)

    async def run() -> Load:
        terms = PolicyNumbers(concurrency_limit=ceiling, connections=ceiling, timeout=patience)
        load = Load(Pool(workers, served), terms)
        await load.arrivals(capacity / 2, warm, generator, lambda: load.ask(patience))
        load.forget()
        await load.arrivals(times * capacity, seconds, generator, lambda: load.ask(patience, priority(generator)))
        return load

    return in_virtual_time(run)


@pytest.mark.parametrize(
    "case",
    [
        {"workers": 20, "service": 0.1, "ceiling": 200, "patience": 1.0},
        {"workers": 20, "service": 0.1, "ceiling": 200, "patience": 1.0, "ratio": 5.0},
        {"workers": 20, "service": 0.1, "ceiling": 64, "patience": 1.0, "ratio": 2.0},
        {"workers": 10, "service": 0.05, "ceiling": 64, "patience": 0.5},
        {"workers": 10, "service": 0.05, "ceiling": 64, "patience": 10.0},
        {"workers": 8, "service": 0.2, "ceiling": 64, "patience": 5.0, "ratio": 3.0},
        {"workers": 4, "service": 0.05, "ceiling": 64, "patience": 0.5, "warm": 10.0, "seconds": 40.0},
        {"workers": 20, "service": 0.1, "ceiling": 200, "patience": 1.0, "times": 8.0, "seconds": 8.0},
    ],
    ids=str,
)
def test_at_three_times_the_load_nearly_all_of_the_capacity_is_useful(case: dict[str, float]) -> None:
    load = overload(**case)  # type: ignore[arg-type]
    capacity = case["workers"] / case["service"]
    useful = sum(took <= case["patience"] for _, took in load.answered)
    assert useful / case.get("seconds", 12.0) >= 0.95 * capacity
    assert load.count("BACKEND_CIRCUIT_OPEN") == 0, "a backend that is busy is not sick"


def test_answers_stay_quick_in_an_overload() -> None:
    load = overload(workers=10, patience=10.0, ceiling=32, seconds=24.0, warm=8.0)
    late = sorted(took for began, took in load.answered if began > load.began + 15.0)
    assert late[int(len(late) * 0.99)] <= 0.45, "the backend's own 0.1 s, its queue and ours"


def test_a_long_overload_does_not_come_to_look_normal() -> None:
    load = overload(workers=5, ceiling=64, patience=2.0, seconds=240.0, warm=10.0)
    assert sum(load.most_by_second()[-60:]) / 60 < 20


def test_a_backend_that_several_gateways_overload_together_is_spared_by_all() -> None:
    generator = random.Random(3)

    async def run() -> list[Load]:
        backend = Pool(10, lambda _: 0.1 * generator.uniform(0.8, 1.2))
        loads = [Load(backend, PolicyNumbers(concurrency_limit=64, connections=64, timeout=2.0)) for _ in range(4)]
        await asyncio.gather(*(load.arrivals(8.0, 8.0, generator) for load in loads))
        for load in loads:
            load.forget()
        await asyncio.gather(*(load.arrivals(75.0, 20.0, generator, lambda load=load: load.ask(2.0)) for load in loads))
        return loads

    loads = in_virtual_time(run)
    useful = sum(took <= 2.0 for load in loads for _, took in load.answered)
    assert useful / 20.0 >= 0.93 * 100


def test_silence_restores_the_limit() -> None:
    generator = random.Random(7)

    async def run() -> tuple[float, float]:
        load = Load(Pool(5, lambda _: 0.1), PolicyNumbers(connections=64, timeout=2.0))
        await load.arrivals(200.0, 15.0, generator, lambda: load.ask(2.0))
        low = load.limit
        await asyncio.sleep(30.0)
        return low, load.limit

    low, restored = in_virtual_time(run)
    assert low < 32
    assert restored == 64.0


def test_a_little_traffic_restores_the_limit_too() -> None:
    generator = random.Random(7)

    async def run() -> float:
        load = Load(Pool(5, lambda _: 0.1), PolicyNumbers(connections=64, timeout=2.0))
        await load.arrivals(200.0, 15.0, generator, lambda: load.ask(2.0))
        await load.arrivals(5.0, 30.0, generator)
        return load.limit

    assert in_virtual_time(run) == 64.0


def test_a_backend_that_is_slower_for_another_reason_is_not_starved() -> None:
    """Three times slower from one moment on, whatever the load: what the limit tries does not help, so it goes back."""
    generator = random.Random(9)
    factor = 1.0

    async def run() -> Load:
        nonlocal factor
        load = Load(Independent(lambda _: factor * 0.1 * generator.uniform(0.7, 1.5)), numbers())
        await load.arrivals(200.0, 5.0, generator)
        factor = 3.0
        await load.arrivals(200.0, 10.0, generator)
        load.forget()
        await load.arrivals(180.0, 10.0, generator)
        return load

    load = in_virtual_time(run)
    assert load.count("ok") == load.asked
    assert load.limit > 60


def test_a_backend_that_recovers_is_used_again() -> None:
    generator = random.Random(5)

    async def run() -> Load:
        backend = Pool(5, lambda _: 0.1)
        load = Load(backend, PolicyNumbers(connections=64, timeout=2.0))
        await load.arrivals(20.0, 10.0, generator)
        await load.arrivals(300.0, 20.0, generator, lambda: load.ask(2.0))
        load.wire.backend = Pool(40, lambda _: 0.1)
        await load.arrivals(300.0, 5.0, generator, lambda: load.ask(2.0))
        load.forget()
        await load.arrivals(300.0, 10.0, generator, lambda: load.ask(2.0))
        return load

    load = in_virtual_time(run)
    assert load.count("ok") == load.asked


def test_checkouts_get_through_when_browsing_is_shed() -> None:
    def priority(generator: random.Random) -> Priority:
        return generator.choices(list(Priority), [0.1, 0.1, 0.6, 0.2])[0]

    load = overload(priority=priority, patience=2.0, ceiling=64, warm=5.0, seconds=15.0)
    useful = {lane: load.count("ok", lane) / sum(load.outcomes[lane].values()) for lane in Priority}
    assert useful[Priority.CHECKOUT] >= 0.999
    assert useful[Priority.CART] >= 0.999
    assert useful[Priority.BROWSE] < 0.5
    assert useful[Priority.BACKGROUND] < 0.05


# --- the breaker's part -----------------------------------------------------------------------------------------------


def test_a_backend_that_hangs_is_given_up_even_after_an_overload() -> None:
    generator = random.Random(5)

    async def run() -> Load:
        load = Load(Pool(10, lambda _: 0.05), PolicyNumbers(connections=64, timeout=0.5))
        await load.arrivals(600.0, 5.0, generator, lambda: load.ask(0.5))
        load.wire.backend = Independent(lambda _: 100.0)
        await load.arrivals(600.0, 4.0, generator, lambda: load.ask(0.5))
        return load

    assert in_virtual_time(run).count("BACKEND_CIRCUIT_OPEN") > 300


def test_whoever_asks_a_backend_that_is_back_begins_with_few() -> None:
    gradient = Gradient(64)
    gradient.restart(0.0)
    assert gradient.limit == 4.0
    assert gradient.grown(30.0) == 64.0
