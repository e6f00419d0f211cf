"""SIGKILL between any two steps of inbox and outbox: what the vendor was told is stored is dealt with, what is dealt
with is told to the receiver, in order per subject, and the event in between exists exactly once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from gateway.ports.webhooks import Received
from gateway.state.database import Database
from gateway.state.kept import Kept
from gateway.state.outbox import Event
from gateway.state.tables import inbox, outbox, outbox_deliveries

from .servers import PostgresServer

ROOT = Path(__file__).resolve().parents[3]
SUBJECTS = 3


async def live(url: str, ledger: str, first: int) -> None:
    """One process: stores facts and says so, deals with them, delivers what came of it, until it is killed."""
    database = await Database.open(url)
    async with database.write() as connection:  # as if the leases of the dead had run out
        for table in (inbox, outbox_deliveries):
            await connection.execute(update(table).values(leased_until=0.0, due=0.0))
    file = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)  # a receiver that is always there

    async def receive(event: Event) -> None:
        os.write(file, f"{event.subject} {event.facts['number']}\n".encode())
        os.fsync(file)

    async def handle(event: Received) -> None:
        async with database.write() as connection:
            told = {"number": event.facts["number"]}
            await kept.outbox.write(connection, "order.placed", event.subject, told, key=event.facts["number"])

    kept = Kept(database, receivers={"shop": receive}, handlers={"payment.captured": handle})
    await kept.start()
    for number in range(first, first + 100_000):
        event = Received(
            identity=str(number),
            backend="pay",
            kind="payment.captured",
            subject=f"s{number % SUBJECTS}",
            facts={"number": str(number)},
        )
        await kept.inbox.store([event])
        print(number, flush=True)  # the vendor is answered
        await asyncio.sleep(0.002)


def killed_after(url: str, ledger: Path, first: int, stored: int, seconds: float) -> list[int]:
    """The facts that were acknowledged before the end, which comes a moment after so many were stored."""
    command = [sys.executable, "-m", "tests.unit.state.test_killed", url, str(ledger), str(first)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(stored)]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    return acknowledged + [int(line) for line in rest.split("\n")[:-1] if line]


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_nothing_acknowledged_is_lost_and_nothing_is_true_twice(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, ledger = f"sqlite+aiosqlite:///{tmp_path}/state.sqlite", tmp_path / "ledger"
    if store == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.url
    chance = random.Random(3)
    acknowledged: list[int] = []
    for kill in range(6):
        stored, pause = chance.randrange(5, 25), chance.random() * 0.05
        acknowledged += await asyncio.to_thread(killed_after, url, ledger, 1_000_000 * kill, stored, pause)
    assert len(acknowledged) > 50

    database = await Database.open(url)
    async with database.write() as connection:
        for table in (inbox, outbox_deliveries):
            await connection.execute(update(table).values(leased_until=0.0, due=0.0))
    delivered: list[tuple[str, int]] = [
        (subject, int(number)) for subject, number in (line.split() for line in ledger.read_text().splitlines())
    ]

    async def receive(event: Event) -> None:
        delivered.append((event.subject, int(event.facts["number"])))

    async def handle(event: Received) -> None:
        async with database.write() as connection:
            told = {"number": event.facts["number"]}
            await kept.outbox.write(connection, "order.placed", event.subject, told, key=event.facts["number"])

    kept = Kept(database, receivers={"shop": receive}, handlers={"payment.captured": handle})
    while await kept.inbox.handle_one():
        pass
    while await kept.outbox.deliver_one("shop"):
        pass
    async with database.read() as connection:
        events: list[Any] = list((await connection.execute(select(outbox.c.facts))).scalars())
    assert len(events) == len(set(events))
    arrived = {number for _, number in delivered}
    assert set(acknowledged) <= arrived
    assert await kept.inbox.depths() == {"done": len(events)}
    assert await kept.outbox.depths() == {"done": len(events)}
    for subject in range(SUBJECTS):
        mine = list(dict.fromkeys(number for name, number in delivered if name == f"s{subject}"))
        assert mine == sorted(mine)
    if store == "postgres":
        async with database.write() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
    await database.close()


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], sys.argv[2], int(sys.argv[3])))
