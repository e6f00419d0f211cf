"""How many may ask at once, over real sockets: a backend that answers unevenly keeps every reader, one that is asked
for more than it can do keeps being useful."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from collections.abc import Callable

import pytest

from gateway.settings import PolicyNumbers
from gateway.testing.faults import Fault

from .conftest import Retailer, outcome

PATIENT = PolicyNumbers(timeout=10.0, slow_call=10.0)


def uneven(median: float, ratio: float) -> Callable[[], float]:
    """`ratio`: the 95th percentile over the median."""
    dice = random.Random(5)
    return lambda: dice.lognormvariate(math.log(median), math.log(ratio) / 1.645)


def busy(workers: int, service: float) -> Callable[[], float]:
    """First come first served: so long until a worker has had time for it."""
    ready = [0.0] * workers

    def wait() -> float:
        now = asyncio.get_running_loop().time()
        done = max(now, heapq.heappop(ready)) + service
        heapq.heappush(ready, done)
        return done - now

    return wait


async def reading(retailer: Retailer, clients: int, seconds: float, think: float = 0.0) -> list[str]:
    """Closed loop; the outcomes of all reads, each of a key nobody asked before."""
    found: list[str] = []
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    dice = random.Random(1)

    async def one(client: int) -> None:
        number = 0
        await asyncio.sleep(dice.random() * think)
        while loop.time() < until:
            number += 1
            name = f"k{client}-{number}"
            found.append(outcome((await retailer.read("erp", name))[name]))
            await asyncio.sleep(dice.random() * 2 * think)

    await asyncio.gather(*(one(client) for client in range(clients)))
    return found


@pytest.mark.parametrize(("clients", "think"), [(1, 0.0), (16, 0.0), (60, 0.5)])
async def test_a_backend_that_answers_unevenly_keeps_all_its_readers(
    retailer: Retailer, clients: int, think: float
) -> None:
    await retailer.open(erp=PATIENT)
    retailer.upstream.pause = uneven(0.01, 5.0)
    found = await reading(retailer, clients, 1.5, think)
    assert set(found) == {"ok"}
    assert retailer.figure("concurrency_limit") == 64.0


async def test_more_readers_at_once_than_there_is_room_wait_and_are_answered(retailer: Retailer) -> None:
    await retailer.open(erp=PATIENT)
    retailer.upstream.pause = uneven(0.01, 3.0)
    answers = await asyncio.gather(*(retailer.read("erp", f"k{number}") for number in range(400)))
    assert {outcome(item) for answer in answers for item in answer.values()} == {"ok"}
    assert (retailer.figure("in_flight"), retailer.figure("waiting")) == (0, 0)


async def test_silence_after_a_fault_makes_room_again(retailer: Retailer) -> None:
    await retailer.open(erp=PolicyNumbers(timeout=5.0, breaker_open_for=0.1))
    await retailer.fault("erp", Fault.ERROR_503)
    for number in range(20):
        await retailer.read("erp", f"k{number}")
    assert retailer.figure("concurrency_limit") < 64.0, "whoever asks a backend that failed begins with few"
    await retailer.proxies["erp"].set(Fault.NONE)
    await asyncio.sleep(0.2)
    answers = await asyncio.gather(*(retailer.read("erp", f"p{number}") for number in range(1)))
    answers += await asyncio.gather(*(retailer.read("erp", f"q{number}") for number in range(100)))
    assert {outcome(item) for answer in answers for item in answer.values()} == {"ok"}


async def test_a_backend_asked_for_three_times_what_it_can_do_stays_useful(retailer: Retailer) -> None:
    workers, service, patience, seconds = 5, 0.05, 3.0, 4.0
    await retailer.open(erp=PolicyNumbers(timeout=patience))

    async def served(number: int) -> str:
        return outcome((await retailer.read("erp", f"k{number}", seconds=patience))[f"k{number}"])

    retailer.upstream.pause = busy(workers, service)
    capacity = workers / service
    loop = asyncio.get_running_loop()
    began = loop.time()
    tasks: list[asyncio.Task[str]] = []
    while (now := loop.time()) - began < seconds:
        while len(tasks) < (now - began) * 3 * capacity:
            tasks.append(loop.create_task(served(len(tasks))))
        await asyncio.sleep(0.005)
    found = await asyncio.gather(*tasks)
    assert set(found) <= {"ok", "BACKEND_OVERLOADED"}
    assert found.count("ok") >= 0.9 * seconds * capacity
