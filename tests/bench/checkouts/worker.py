"""One process that sells: told how on its command line, says `ready`, buys when it is told to, says what it cost."""

from __future__ import annotations

import asyncio
import logging
import statistics
import sys
import time
from itertools import count

import msgspec
import structlog
import uvloop
from msgspec import Struct

from gateway.http.collecting import look, settle
from gateway.model.carts import Cart
from gateway.model.checkouts import Checkout, CheckoutState
from gateway.ports.order import OrderWriting, Placement
from gateway.state.database import Database
from tests.bench.checkouts.runs import KINDS, EngineRuns
from tests.unit.checkout.retail import Retail

PIECES = 1_000_000
_WARM_UP = 5
_WATCHED_EVERY = 0.002


class Station(Struct):
    url: str
    kind: str
    concurrent: int
    checkouts: int


class Spent(Struct):
    """Of one process. Seconds; `stall` is the longest time in which its loop could do nothing else."""

    checkouts: int
    seconds: float
    processor: float
    p50: float
    p99: float
    stall: float
    steps: dict[str, float]
    """Of a checkout, by name."""


async def work(station: Station) -> None:
    ordering = OrderWriting(placement=Placement.PER_LINE, pending=True)
    retail = Retail(await Database.open(station.url), ordering, PIECES, 20.0, 600.0)
    await retail.launch(lambda _: None, KINDS[station.kind])
    carts = [await retail.cart() for _ in range(station.checkouts + _WARM_UP)]
    for cart in carts[:_WARM_UP]:
        await _bought(retail, cart)
    _say("ready")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    spent = await _measured(retail, carts[_WARM_UP:], station.concurrent)
    _say(msgspec.json.encode(spent).decode())
    await retail.close()


async def _measured(retail: Retail, carts: list[Cart], concurrent: int) -> Spent:
    runs = retail.runs
    assert isinstance(runs, EngineRuns)
    runs.counted.clear()
    room = asyncio.Semaphore(concurrent)
    took: list[float] = []
    stall = 0.0

    async def buy(cart: Cart) -> None:
        async with room:
            begun = time.perf_counter()
            await _bought(retail, cart)
            took.append(time.perf_counter() - begun)

    async def watch() -> None:
        nonlocal stall
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(_WATCHED_EVERY)
            stall = max(stall, time.perf_counter() - begun - _WATCHED_EVERY)

    async def ticks() -> None:
        """As a serving process does: the collector runs by the clock."""
        for tick in count(1):
            await asyncio.sleep(0.1)
            look(tick)

    settle(ticking=True)
    tasks = [asyncio.create_task(each()) for each in (watch, ticks)]
    begun, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(buy, carts))
    seconds, processor = time.perf_counter() - begun, time.process_time() - used
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    cuts = statistics.quantiles(took, n=100)
    steps = {name: count / len(carts) for name, count in runs.counted.items()}
    return Spent(len(carts), seconds, processor, cuts[49], cuts[98], stall, steps)


async def _bought(retail: Retail, cart: Cart) -> None:
    """From the submission to the end of its run; nobody polls."""
    runs = retail.runs
    assert isinstance(runs, EngineRuns)
    begun = await retail.desk.submit(retail.asked(cart), wait=0.0)
    assert isinstance(begun, Checkout), begun
    await runs.ended.setdefault(begun.id, asyncio.Event()).wait()
    del runs.ended[begun.id]
    found = await retail.desk.get(begun.id)
    assert found is not None
    assert found.state is CheckoutState.COMPLETED, found


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(work(msgspec.json.decode(sys.argv[1], type=Station)))
