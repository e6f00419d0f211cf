"""The process that goes on with a dead one's run dies too, at each point that is left: while it replays what was
recorded, while it looks up what the first had sent, and at everything that follows. A third one finishes it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from msgspec import Struct

from .conftest import both_stores, sqlite_alone
from .fleet import Worker, until
from .retail import Retail
from .test_kill_matrix import BACKWARD, DIFFERENT, FORWARD, Fleet, points
from .vendors import Vendors
from .worker import Station

FINDS = {
    "mid:place_order": "mid:find_order", "mid:authorise": "mid:find_payment", "mid:confirm_order": "mid:find_confirmed",
    "mid:void": "mid:find_void", "mid:cancel_order": "mid:find_cancelled",
}  # fmt: skip
"""A write whose answer died with the first process is not sent again by the second: it is looked up."""


class TwoDeaths(Struct, frozen=True):
    """Cannot be reached, and is not listed: `record` of a local step that the first process has committed, whose body
    does not run again."""

    pending: bool
    what: str
    first: str
    second: str


def of(pending: bool, what: str, sequence: Sequence[str]) -> list[TwoDeaths]:
    found: list[TwoDeaths] = []
    for place, first in enumerate(sequence):
        for second in sequence[place:]:
            if first == second and first.startswith("record:"):
                continue
            found.append(TwoDeaths(pending, what, first, FINDS.get(second, second) if first == second else second))
    return [each for each in found if each.second != "claimed"]


def every_two() -> list[TwoDeaths]:
    found: list[TwoDeaths] = []
    for pending in (True, False):
        found += of(pending, "bought", ["claimed", *points(FORWARD[pending])])
        found += of(pending, "declined", ["after:authorise", *points(BACKWARD[pending])])
        found += of(pending, "different", ["after:place", *points(DIFFERENT[pending])])
        back = ("look", "void", "cancel", "fail*") if pending else ("look", "void", "fail*")
        found += of(pending, "gone back", list(points(back)))
        woken = list(points(("woken*",)))
        found += of(pending, "challenged", [*woken, "before:continue", "after:continue"])
    return list(dict.fromkeys(found))


class Rescue(Fleet):
    """No process lives on: whoever takes over is started for it."""

    async def killed_twice(self, two: TwoDeaths) -> list[str]:
        cart = await self.cart(two.what)
        async with self.worker(two.pending, two.first) as first, self.worker(two.pending, two.second) as second:
            submitted = ("submit", cart.id, "key", "12.00")
            asked = asyncio.create_task(first.ask(*submitted))
            await self._dead(first, two, cart.id)
            await asked
            if two.first == "claimed":  # the client comes back
                asked = asyncio.create_task(second.ask(*submitted))
            await self._dead(second, two, cart.id)
            await asked
        async with self.worker(two.pending) as third:
            return [f"{two}: {fault}" for fault in await self.finished(third, two.what, cart.id)]

    async def finished(self, living: Worker, what: str, cart: str) -> Sequence[str]:
        async def over() -> tuple[str, str] | None:
            now = await self._nudged(living, what, cart)
            return now if now is not None and now[1] in ("COMPLETED", "FAILED") else None

        run, state = await until(60.0, over)
        async with self.books.database.read() as connection:
            found = await self.books.carts.load(connection, cart)
        assert found is not None
        return await self.judged(found, what, run, state)

    async def _dead(self, victim: Worker, two: TwoDeaths, cart: str) -> None:
        async def died() -> bool:
            if victim.lives:
                await self._nudged(victim, two.what, cart)
            return not victim.lives

        try:
            await until(45.0, died)
        except TimeoutError:
            raise AssertionError(f"{two}: not reached") from None

    async def _nudged(self, living: Worker, what: str, cart: str) -> tuple[str, str] | None:
        """Whoever was told to come back comes back, to any process that lives."""
        now = await self.standing(cart)
        if now is not None and now[1] == "ACTION" and living.lives:
            await living.ask("cancel" if what == "gone back" else "continue", now[0])
        return now


async def rescued(url: str, chosen: Sequence[TwoDeaths]) -> list[str]:
    books = await Retail.books(url, pieces=10_000)
    problems: list[str] = []
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            for two in chosen:
                problems += await Rescue(url, vendors, books).killed_twice(two)
    finally:
        await books.close_books()
    return problems


def taking_turns(url: str, count: int) -> list[TwoDeaths]:
    """Others each day, and others at each store; `GATEWAY_SEED` brings a day's back."""
    seed = os.environ.get("GATEWAY_SEED") or datetime.now(UTC).date().isoformat()
    return random.Random(f"rescue {seed} {url.partition(':')[0]}").sample(every_two(), count)


async def test_a_rescuer_dies_too(url: str) -> None:
    chosen = taking_turns(url, 1)
    assert await rescued(url, chosen) == [], chosen


@pytest.mark.parametrize("what", ["challenged", "gone back"])
async def test_what_a_shopper_said_survives_who_heard_it(url: str, what: str) -> None:
    """Written, and dead before the run was woken: it waits for the shopper, who has come back already."""
    books = await Retail.books(url, pieces=10)
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            fleet = Rescue(url, vendors, books)
            cart = await fleet.cart(what)
            other = Worker(Station(url, vendors, serves=True), "tests.unit.checkout.worker")
            async with other, fleet.worker(True, "send") as victim:
                run = await other.ask("submit", cart.id, "key", "12.00")

                async def shown() -> bool:
                    return await fleet.standing(cart.id) == (run, "ACTION")

                await until(20.0, shown)
                asked = asyncio.create_task(victim.ask("continue" if what == "challenged" else "cancel", run))
                await victim.died()
                await asked

                async def over() -> str:
                    _, state = await fleet.standing(cart.id) or ("", "")
                    return state if state in ("COMPLETED", "FAILED") else ""

                assert await fleet.judged(cart, what, run, await until(20.0, over)) == []
    finally:
        await books.close_books()


@pytest.mark.full
@pytest.mark.timeout(900)
@both_stores
async def test_five_rescuers_die_too(url: str) -> None:
    chosen = taking_turns(url, 5)
    assert await rescued(url, chosen) == [], chosen


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("pending", [True, pytest.param(False, marks=pytest.mark.soak)])
@sqlite_alone
async def test_every_process_dies_at_the_next_point_of_one_run(url: str, pending: bool) -> None:
    """As many deaths as there are points, and one checkout."""
    books = await Retail.books(url, pieces=10)
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            fleet = Rescue(url, vendors, books)
            cart = await fleet.cart("bought")
            asked = None
            for point in points(FORWARD[pending]):
                async with fleet.worker(pending, point) as victim:
                    if asked is None:
                        asked = asyncio.create_task(victim.ask("submit", cart.id, "key", "12.00"))
                    async with asyncio.timeout(45.0):
                        await victim.process.wait()
            async with fleet.worker(pending) as last:
                assert await fleet.finished(last, "bought", cart.id) == []
    finally:
        await books.close_books()


@pytest.mark.soak
@pytest.mark.timeout(6 * 3_600)
@both_stores
async def test_every_two_deaths(url: str) -> None:
    assert await rescued(url, every_two()) == []
