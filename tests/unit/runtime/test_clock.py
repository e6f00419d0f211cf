"""The clock: nobody is woken early, forgotten, or woken who left."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar, copy_context
from weakref import ref

from gateway.runtime.clock import TICKS, Clock, clock_of


class Sleeper:
    def __init__(self) -> None:
        self.woken: list[float] = []

    def wake(self) -> None:
        self.woken.append(time.monotonic())


async def test_everybody_is_woken_once_and_not_early() -> None:
    clock = Clock(asyncio.get_running_loop())
    now = time.monotonic()
    asleep = [(Sleeper(), now + 0.003 * number) for number in range(40)]
    for sleeper, until in asleep:
        clock.sleep(sleeper, until)
    await asyncio.sleep(0.2)
    for sleeper, until in asleep:
        assert len(sleeper.woken) == 1
        assert sleeper.woken[0] >= until - 0.002, "but for the loop's own resolution"


async def test_no_timer_keeps_what_a_request_knew() -> None:
    class Known:
        pass

    known: ContextVar[Known] = ContextVar("known")
    clock = Clock(asyncio.get_running_loop())

    def ask() -> ref[Known]:
        known.set(Known())
        clock.sleep(Sleeper(), time.monotonic() + 0.05)
        return ref(known.get())

    known_then = copy_context().run(ask)
    assert known_then() is None
    await asyncio.sleep(0.1)


async def test_who_leaves_is_not_woken() -> None:
    clock = Clock(asyncio.get_running_loop())
    stays, leaves = Sleeper(), Sleeper()
    until = time.monotonic() + 0.01
    clock.sleep(stays, until)
    clock.sleep(leaves, until).discard(leaves)
    await asyncio.sleep(0.1)
    assert (len(stays.woken), len(leaves.woken)) == (1, 0)


async def test_whoever_is_woken_may_sleep_again_or_wake_nobody_else() -> None:
    clock = Clock(asyncio.get_running_loop())

    class Again(Sleeper):
        def wake(self) -> None:
            super().wake()
            if len(self.woken) < 3:
                clock.sleep(self, time.monotonic())

    class Leaver(Sleeper):
        def wake(self) -> None:
            super().wake()
            sleeping.discard(other)

    again, leaver = Again(), Leaver()
    other = Leaver()
    until = time.monotonic() + 0.01
    clock.sleep(again, until)
    sleeping = clock.sleep(leaver, until)
    clock.sleep(other, until)
    await asyncio.sleep(0.3)
    assert len(again.woken) == 3
    assert len(leaver.woken) == 1


async def test_one_that_fails_to_wake_keeps_nobody_asleep() -> None:
    loop = asyncio.get_running_loop()
    told: list[object] = []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    clock, until = Clock(loop), time.monotonic() + 0.01

    class Failing(Sleeper):
        def wake(self) -> None:
            raise RuntimeError("no")

    asleep = [Sleeper() for _ in range(20)]
    for sleeper in (*asleep[:10], Failing(), *asleep[10:]):
        clock.sleep(sleeper, until)
    await asyncio.sleep(0.1)
    assert [len(sleeper.woken) for sleeper in asleep] == [1] * 20
    assert [str(error) for error in told] == ["no"]


async def test_what_is_past_is_woken_soon() -> None:
    sleeper = Sleeper()
    Clock(asyncio.get_running_loop()).sleep(sleeper, time.monotonic() - 5)
    await asyncio.sleep(2 / TICKS)
    assert len(sleeper.woken) == 1


def test_a_loop_has_a_clock_of_its_own() -> None:
    async def clock() -> Clock:
        loop = asyncio.get_running_loop()
        assert clock_of(loop) is clock_of(loop)
        return clock_of(loop)

    first, second = asyncio.run(clock()), asyncio.run(clock())
    assert first is not second
