"""A release with another sequence of steps: beside the one before, and over what that one leaves when it is gone. Each
run ends bought, or not with everything taken back, whoever dies meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from dbos import DBOS
from msgspec import Struct
from sqlalchemy import select

from gateway.checkout.engine import RunState
from gateway.checkout.moves import RunMoves
from gateway.checkout.shapes import BACK, NEXT, Finished, Onwards, older_than, onwards
from gateway.model.checkouts import CheckoutState
from gateway.state.database import Database
from gateway.state.tables import run_moves

from .checker import faults
from .conftest import Opened, both_stores, sqlite_alone
from .evidence import evidence
from .fleet import Worker, until
from .retail import TOKEN, Retail
from .test_kill_matrix import BACKWARD, DIFFERENT, FORWARD, Fleet, points
from .vendors import Vendors
from .worker import Station, buyer_of

ON_POSTGRES = "soak"

QUIET = 3.0
"""Seconds in which whoever does not beat would have been called dead."""


class Shapes(Struct, frozen=True):
    """Two sagas by name; `forward`: whether what was going to be bought is, after it was moved."""

    old: str
    new: str
    forward: bool = True


MORE, FEWER = Shapes("Saga", "Assessing"), Shapes("Assessed", "Shorter")
REFUSED, FOREIGN = Shapes("Saga", "Refusing", forward=False), Shapes("Saga", "Foreign", forward=False)


class Case(Struct, frozen=True):
    shapes: Shapes
    pending: bool
    what: str
    point: str


class Releases(Fleet):
    def of(self, name: str, pending: bool, kill: str = "", *, moves: bool = False) -> Worker:
        station = Station(self.url, self.vendors, pending, kill, moves=moves)
        return Worker(station, "tests.unit.checkout.sequences", more=(name,))

    async def left_at(self, case: Case, other: Worker) -> Sequence[str]:
        """The last process of the older release dies there; `other` is of the newer one."""
        cart = await self.cart(case.what)
        async with self.of(case.shapes.old, case.pending, case.point) as victim:
            asked = asyncio.create_task(victim.ask("submit", cart.id, case.point, "12.00"))

            async def nudged() -> tuple[str, str] | None:
                """Whoever was told to come back comes back, to whoever lives on."""
                now = await self.standing(cart.id)
                if now is not None and now[1] == "ACTION":
                    await other.ask("cancel" if case.what == "gone back" else "continue", now[0])
                return now

            async def dead() -> bool:
                await nudged()
                return not victim.lives

            await until(60.0, dead)
            await asked

        async def over() -> tuple[str, str] | None:
            now = await nudged()
            return now if now is not None and now[1] in ("COMPLETED", "FAILED") else None

        run, state = await until(90.0, over)
        told = f"{case.shapes.old} to {case.shapes.new}, pending {case.pending}, {case.what} at {case.point}"
        wanted = case.what in ("bought", "challenged")
        if state == "COMPLETED" and not wanted:
            return [f"{told}: {state}"]
        if state == "FAILED" and wanted and case.shapes.forward:
            return [f"{told}: {state}"]
        cart_state = (await self.books.cart_now(cart)).state.value
        found = faults(run, state, cart_state, await evidence(self.books, self.cards), buyer_of(cart.id).email)
        return [f"{told}: {fault}" for fault in found]

    async def waiting(self, worker: Worker, key: str) -> tuple[str, str]:
        """A checkout that waits for its shopper: its cart and run."""
        cart = await self.cart("challenged")
        run = await worker.ask("submit", cart.id, key, "12.00")

        async def shown() -> bool:
            return await self.standing(cart.id) == (run, "ACTION")

        await until(40.0, shown)
        return cart.id, run

    async def bought(self, cart: str, run: str) -> Sequence[str]:
        async def over() -> str:
            _, state = await self.standing(cart) or ("", "")
            return state if state in ("COMPLETED", "FAILED") else ""

        state = await until(60.0, over)
        async with self.books.database.read() as connection:
            found = await self.books.carts.load(connection, cart)
        assert found is not None
        return await self.judged(found, "challenged", run, state)

    async def moves(self) -> list[str]:
        async with self.books.database.read() as connection:
            return list((await connection.execute(select(run_moves.c.run))).scalars())


@asynccontextmanager
async def releases(url: str) -> AsyncGenerator[Releases]:
    books = await Retail.books(url, pieces=10_000)
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            yield Releases(url, vendors, books)
    finally:
        await books.close_books()


def every_case() -> list[Case]:
    found: list[Case] = []
    for shapes in (MORE, FEWER, REFUSED, FOREIGN):
        for pending in (True, False):
            forward = list(FORWARD[pending])
            found += [Case(shapes, pending, "bought", point) for point in points(tuple(forward))]
            found += [Case(shapes, pending, "declined", point) for point in points(BACKWARD[pending])]
            found += [Case(shapes, pending, "different", point) for point in points(DIFFERENT[pending])]
            found += [Case(shapes, pending, "challenged", point) for point in points(("woken*", "continue"))]
            found += [Case(shapes, pending, "gone back", point) for point in points(("look", "void"))]
    return list(dict.fromkeys(found))


async def left(url: str, chosen: Sequence[Case]) -> list[str]:
    problems: list[str] = []
    async with releases(url) as both:
        for shapes, pending in dict.fromkeys((case.shapes, case.pending) for case in chosen):
            async with both.of(shapes.new, pending, moves=True) as other:
                for case in chosen:
                    if (case.shapes, case.pending) == (shapes, pending):
                        problems += await both.left_at(case, other)
    return problems


def taking_turns(url: str, count: int) -> list[Case]:
    """Others each day, and others at each store; `GATEWAY_SEED` brings a day's back."""
    seed = os.environ.get("GATEWAY_SEED") or datetime.now(UTC).date().isoformat()
    return random.Random(f"moving {seed} {url.partition(':')[0]}").sample(every_case(), count)


@sqlite_alone
async def test_what_the_last_process_of_an_older_release_leaves_ends(url: str) -> None:
    chosen = taking_turns(url, 2)
    assert await left(url, chosen) == [], chosen


@pytest.mark.soak
@pytest.mark.timeout(900)
@sqlite_alone
async def test_ten_points_at_which_it_dies(url: str) -> None:
    chosen = taking_turns(url, 10)
    assert await left(url, chosen) == [], chosen


@pytest.mark.soak
@pytest.mark.timeout(6 * 3_600)
@both_stores
async def test_every_point_at_which_it_dies(url: str) -> None:
    assert await left(url, every_case()) == []


async def test_old_and_new_sell_side_by_side_and_each_keeps_its_runs(url: str) -> None:
    async with (
        releases(url) as both,
        both.of("Saga", True, moves=True) as old,
        both.of("Assessing", True, moves=True) as new,
    ):
        waiting = [await both.waiting(worker, f"waits-{n}") for n, worker in enumerate((old, new))]
        cart, run = waiting[0]
        assert await new.ask("submit", cart, "waits-0", "12.00") == run  # its client tries the other one
        carts = [await both.cart("bought") for _ in range(6)]
        runs = await asyncio.gather(
            *((old, new)[n % 2].ask("submit", cart.id, f"key-{n}", "12.00") for n, cart in enumerate(carts))
        )
        for cart, run in zip(carts, runs, strict=True):
            assert await both.bought(cart.id, run) == []
        await asyncio.sleep(QUIET)
        assert await both.moves() == []
        for (cart, run), worker in zip(waiting, (new, old), strict=True):  # each is answered at the other one
            await worker.ask("continue", run)
            assert await both.bought(cart, run) == []
        assert [await worker.ask("moved") for worker in (old, new)] == ["0", "0"]


@pytest.mark.parametrize("shapes", [MORE, FEWER], ids=["one step more", "one step fewer"])
@pytest.mark.soak
async def test_an_answer_given_while_no_process_of_its_shape_lives_reaches_the_run(url: str, shapes: Shapes) -> None:
    async with releases(url) as both, both.of(shapes.new, True) as deaf:
        async with both.of(shapes.old, True) as old:
            cart, run = await both.waiting(old, "key")
        await deaf.ask("continue", run)
        await asyncio.sleep(QUIET)
        assert (await both.standing(cart) or ("", ""))[1] not in ("COMPLETED", "FAILED")
        async with both.of(shapes.new, True, moves=True):
            assert await both.bought(cart, run) == []


MOVER_DIES = [
    f"{when}:move.{what}"
    for what in ("cancel", "plan", "rewind", "wake")
    for when in ("before", "mid", "after")
    if (when, what) not in (("mid", "plan"), ("mid", "wake"))
]


async def mover_dies(both: Releases, point: str) -> Sequence[str]:
    async with both.of("Saga", True) as old:
        cart, run = await both.waiting(old, point)
    if point.startswith("before"):  # answered before it is moved, or after
        async with both.of("Assessing", True) as deaf:
            await deaf.ask("continue", run)
    async with both.of("Assessing", True, point, moves=True) as mover:
        await mover.died()
    async with both.of("Assessing", True, moves=True) as other:
        if (await both.standing(cart) or ("", ""))[1] == "ACTION":
            await other.ask("continue", run)
        return [f"{point}: {fault}" for fault in await both.bought(cart, run)]


@pytest.mark.parametrize("point", ["after:move.cancel", "after:move.rewind"])
@pytest.mark.soak
async def test_another_process_finishes_what_one_that_moves_a_run_leaves(url: str, point: str) -> None:
    async with releases(url) as both:
        assert await mover_dies(both, point) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@sqlite_alone
async def test_at_every_point_of_the_move(url: str) -> None:
    async with releases(url) as both:
        assert [fault for point in MOVER_DIES for fault in await mover_dies(both, point)] == []


@sqlite_alone
async def test_of_several_that_would_move_a_run_one_does(url: str) -> None:
    async with releases(url) as both:
        async with both.of("Saga", True) as old:
            waiting = [await both.waiting(old, f"key-{n}") for n in range(5)]
        async with both.of("Assessing", True, moves=True) as one, both.of("Assessing", True, moves=True) as two:

            async def moved() -> bool:
                return sum([int(await worker.ask("moved")) for worker in (one, two)]) >= len(waiting)

            await until(40.0, moved)
            for cart, run in waiting:
                await one.ask("continue", run)
                assert await both.bought(cart, run) == []
            assert sum([int(await worker.ask("moved")) for worker in (one, two)]) == len(waiting)


async def test_a_run_that_a_stopped_process_cancels_once_more_goes_on(opened: Opened) -> None:
    """It had been stopped before its cancel, and another one had finished the move meanwhile."""
    retail = await opened()
    retail.pay.book.challenged = {TOKEN}
    run = (await retail.buy(await retail.cart())).id
    moves, me = RunMoves(retail.database), retail.runs.executor
    await moves.take(run, retail.runs.shape, retail.runs.shape, me, {me}, afresh=True)
    await moves.told(run, me)
    await DBOS.cancel_workflow_async(run)
    assert await retail.runs.states([run]) == {run: RunState.BROKEN}
    await until(20.0, retail.moving.round)  # as soon as it can tell that nobody else is at it
    found = await retail.desk.go_on(run, {"approved": "yes"}, 30.0)
    assert found is not None
    assert found.state is CheckoutState.COMPLETED

    async def forgotten() -> bool:
        await retail.moving.round()
        return not await moves.known()

    await until(20.0, forgotten)


@both_stores
async def test_a_move_is_of_one_process_until_that_does_not_beat(database: Database) -> None:
    moves = RunMoves(database)
    assert await moves.take("RUN", "checkout-1", "checkout-2", "one", {"one", "two"}, afresh=True) is not None
    assert await moves.take("RUN", "checkout-1", "checkout-2", "two", {"one", "two"}, afresh=True) is None
    assert await moves.planned("RUN", "one", Onwards(4), {})
    taken = await moves.take("RUN", "checkout-1", "checkout-2", "two", {"two"}, afresh=False)
    assert taken is not None
    assert taken.onwards == Onwards(4)
    assert not await moves.planned("RUN", "one", Onwards(1), {})
    assert not await moves.told("RUN", "one")


RECORD = ("prepare", "reserve", "prepare", "reserve", "place", "gate", "authorise", "authorise-1", "DBOS.sleep")


@pytest.mark.parametrize(
    ("finished", "table", "goes_on"),
    [
        (0, {}, Onwards(1)),
        (2, {"reserve": NEXT}, Onwards(3)),
        (9, {"authorise": NEXT}, Onwards(10)),
        (9, {"authorise": ("place",)}, Onwards(5, drops=True)),
        (9, {"authorise": ("assess", "gate")}, Onwards(6, drops=True)),
        (4, {"reserve": ("place",)}, Onwards(5)),
        (9, {"place": NEXT}, BACK),
        (9, {"authorise": ("prepare",)}, BACK),
        (9, {"authorise": ("reserve",)}, BACK),
    ],
)
def test_where_a_run_goes_on(finished: int, table: dict[str, tuple[str, ...]], goes_on: Onwards) -> None:
    steps = [Finished(number, name) for number, name in enumerate(RECORD[:finished], start=1)]
    assert onwards(table, steps) == goes_on


def test_a_run_that_follows_an_order_goes_on_where_it_was() -> None:
    assert onwards({}, [Finished(1, "mirror_buyer")], undone=False) == Onwards(2)


def test_shapes_are_numbered() -> None:
    assert older_than("checkout-1") == []
    assert older_than("checkout-3") == ["checkout-1", "checkout-2"]
