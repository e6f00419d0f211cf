"""Events out: true when they are written, delivered at least once, in order per subject, holding nobody up."""

from __future__ import annotations

import asyncio
import random

import pytest
import structlog
from sqlalchemy import text, update

from gateway.state.database import Database
from gateway.state.log import START
from gateway.state.outbox import TRIES, Event, Outbox
from gateway.state.tables import outbox as entries
from gateway.state.tables import outbox_deliveries


class Taken:
    """A receiver that remembers; while `broken` it takes nothing."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = False

    async def __call__(self, event: Event) -> None:
        if self.broken:
            raise ConnectionError
        self.events.append(event)

    @property
    def keys(self) -> list[str]:
        return [event.facts["key"] for event in self.events]


async def write(outbox: Outbox, database: Database, key: str, subject: str = "order-1") -> bool:
    async with database.write() as connection:
        return await outbox.write(connection, "order.placed", subject, {"key": key}, key=key)


async def drained(outbox: Outbox, receiver: str) -> None:
    while await outbox.deliver_one(receiver):
        pass


async def all_due(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(update(outbox_deliveries).values(due=0.0, leased_until=0.0))


async def test_an_event_reaches_every_receiver_under_one_id(database: Database) -> None:
    one, two = Taken(), Taken()
    outbox = Outbox(database, {"one": one, "two": two})
    assert await write(outbox, database, "a")
    assert not await write(outbox, database, "a")
    assert await write(outbox, database, "b")
    await drained(outbox, "one")
    await drained(outbox, "two")
    assert one.keys == two.keys == ["a", "b"]
    assert [event.id for event in one.events] == [event.id for event in two.events]


async def test_what_was_rolled_back_was_never_told(database: Database) -> None:
    taken = Taken()
    outbox = Outbox(database, {"one": taken})

    async def fails_later() -> None:
        async with database.write() as connection:
            await outbox.write(connection, "order.placed", "order-1", {"key": "a"}, key="a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails_later()
    await drained(outbox, "one")
    assert taken.events == []
    assert await outbox.read(START) == []


async def test_a_dead_receiver_holds_up_nobody_else_and_gets_all_in_order_when_it_is_back(database: Database) -> None:
    dead, alive = Taken(), Taken()
    dead.broken = True
    outbox = Outbox(database, {"dead": dead, "alive": alive})
    for number in range(5):
        await write(outbox, database, str(number), subject=f"order-{number % 2}")
    await drained(outbox, "alive")
    await drained(outbox, "dead")
    assert alive.keys == ["0", "1", "2", "3", "4"]
    dead.broken = False
    for _ in range(5):
        await all_due(database)
        await drained(outbox, "dead")
    assert [key for key in dead.keys if int(key) % 2 == 0] == ["0", "2", "4"]
    assert [key for key in dead.keys if int(key) % 2 == 1] == ["1", "3"]


async def test_a_delivery_tried_often_enough_is_set_aside_and_told(database: Database) -> None:
    dead = Taken()
    dead.broken = True
    outbox = Outbox(database, {"dead": dead})
    told: list[tuple[str, int, str]] = []

    async def aside(receiver: str, number: int, event: Event) -> None:
        told.append((receiver, number, event.kind))

    outbox.on_set_aside = aside
    await write(outbox, database, "a")
    with structlog.testing.capture_logs():
        for _ in range(TRIES):
            assert told == []
            await all_due(database)
            await drained(outbox, "dead")
    ((receiver, number, kind),) = told
    assert (receiver, kind) == ("dead", "order.placed")
    dead.broken = False
    assert await outbox.again(number)
    await drained(outbox, "dead")
    assert dead.keys == ["a"]


async def test_a_started_outbox_delivers_what_another_process_wrote(database: Database) -> None:
    taken = Taken()
    writer = Outbox(database, {"one": Taken()})
    await write(writer, database, "a")
    outbox = Outbox(database, {"one": taken})
    outbox.start()
    await write(outbox, database, "b")
    await write(writer, database, "c")
    async with asyncio.timeout(10):
        while len(taken.events) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await outbox.close()
    assert taken.keys == ["a", "b", "c"]


async def test_events_go_after_a_week_but_not_before_a_known_receiver_has_them(database: Database) -> None:
    dead = Taken()
    dead.broken = True
    outbox = Outbox(database, {"dead": dead})
    await write(outbox, database, "a")
    async with database.write() as connection:
        await connection.execute(update(entries).values(written=1.0))
    assert await outbox.sweep() == 0
    dead.broken = False
    await drained(outbox, "dead")
    assert await outbox.sweep() == 1
    await write(outbox, database, "b")
    async with database.write() as connection:
        await connection.execute(update(entries).values(written=1.0))
    assert await Outbox(database, {"another": Taken()}).sweep() == 1


@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "rounds", [300, pytest.param(2_000, marks=pytest.mark.full), pytest.param(10_000, marks=pytest.mark.soak)]
)
async def test_a_reader_of_all_subjects_misses_nothing_of_a_writer_asleep_before_its_commit(
    postgres_database: Database, rounds: int
) -> None:
    """Two writers, one of which keeps its transaction open while the other commits later numbers."""
    outbox = Outbox(postgres_database)
    position, finished = START, asyncio.Event()
    read: list[str] = []
    chance = random.Random(7)

    async def writer(name: str, pause: float) -> None:
        for number in range(rounds):
            async with postgres_database.write() as connection:
                await outbox.write(connection, "kind", name, {"key": f"{name}{number}"}, key=f"{name}{number}")
                if chance.random() < pause:
                    await asyncio.sleep(chance.random() * 0.004)

    async def reader() -> None:
        nonlocal position
        while True:
            done = finished.is_set()
            for event in await outbox.read(position):
                read.append(event.facts["key"])
                position = event.position
            if done and len(read) >= 2 * rounds:
                return
            await asyncio.sleep(0)

    reading = asyncio.create_task(reader())
    await asyncio.gather(writer("a", 0.5), writer("b", 0.0))
    finished.set()
    async with asyncio.timeout(20):
        await reading
    assert sorted(read) == sorted(f"{name}{number}" for name in "ab" for number in range(rounds))


@pytest.mark.postgres
async def test_numbers_alone_would_have_missed_one(postgres_database: Database) -> None:
    """What the order by transaction is for: 2 is committed and seen while 1 is not."""
    outbox = Outbox(postgres_database)
    async with postgres_database.write() as early:
        await outbox.write(early, "kind", "a", {"key": "1"}, key="1")
        await write(outbox, postgres_database, "2", subject="b")
        async with postgres_database.read() as connection:
            seen = (await connection.execute(text("SELECT subject FROM outbox"))).scalars().all()
        assert seen == ["b"]
        assert await outbox.read(START) == []
    assert [event.facts["key"] for event in await outbox.read(START)] == ["1", "2"]
