"""One process of a gateway with a real checkout, killed where it is told to.
`python -m tests.unit.checkout.worker '<Station as JSON>'` takes on its standard input `submit <cart> <key> <quoted>
[token version]`, `continue <run>`, `rest <run>` (paid with another card), `cancel <run>`, `follow`, `undo <run>`,
`heard <payment>` (a webhook), `takeovers` (how many processes it called dead), `moved` (how many runs it moved), `open`
(how many runs are) and `clock` (what time it is for it, and for its database). At SIGUSR1 its SQLite files are full, at
SIGUSR2 there is room again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import structlog
from dbos import DBOSClient
from msgspec import Struct
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from gateway.checkout.cancelled import order_cancelled
from gateway.checkout.claims import FORGOTTEN_SECONDS
from gateway.checkout.engine import Runs
from gateway.checkout.moving import RunsMoving
from gateway.checkout.sealed import AWAY
from gateway.model.checkouts import PaymentChoice, VerifiedBuyer
from gateway.model.money import Money
from gateway.ports.webhooks import Received
from gateway.state.sweep import Sweep

from .retail import REST, TOKEN, Retail
from .vendors import RemoteAdapter


class Station(Struct):
    url: str
    vendors: str
    pending: bool = True
    kill: str = ""
    mirror: tuple[str, ...] = ()
    counts: str = "erp"
    """Who owns the stock."""
    action: float = 600.0
    another: bool = False
    """Another tender may pay what is not approved."""
    apart: bool = False
    serves: bool = False
    """With its timers and its outbox: what was forgotten is begun, and money is captured."""
    moves: bool = False
    """Runs of older shapes, with no other timer."""


class Room:
    """How many pages a SQLite file may have: none more while it is full."""

    def __init__(self) -> None:
        self._full = False
        event.listen(Pool, "checkout", self._given_out)

    def fill(self) -> None:
        self._full = True

    def empty(self) -> None:
        self._full = False

    def _given_out(self, connection: Any, record: object, proxy: object) -> None:
        if not hasattr(connection, "create_function"):  # PostgreSQL
            return
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count={1 if self._full else 1_073_741_823}")
        cursor.close()


def hooked(runs: Runs, at: Callable[[str], None]) -> None:
    """`before` and `after` each step, `mid` a local one's transaction, `record` when it is committed and the engine has
    not heard of it; of a local one `mid:gate#2` is the second time."""
    local, remote = runs.local, runs.remote
    committed: list[str] = []
    seen = Counter[str]()

    def after_commit(session: Any) -> None:
        while committed:
            name = committed.pop()
            at(f"record:{name}")
            at(f"record:{name}#{seen[name]}")

    event.listen(Session, "after_commit", after_commit)

    async def hooked_local(name: str, body: Any, *ids: str) -> Any:
        async def inside(connection: AsyncConnection, *given: str) -> Any:
            answer = await body(connection, *given)
            at(f"mid:{name}")
            at(f"mid:{name}#{seen[name]}")
            committed.append(name)
            return answer

        seen[name] += 1
        at(f"before:{name}")
        at(f"before:{name}#{seen[name]}")
        answer = await local(name, inside, *ids)
        at(f"after:{name}")
        at(f"after:{name}#{seen[name]}")
        return answer

    async def hooked_remote(name: str, act: Any, *ids: str) -> Any:
        at(f"before:{name}")
        answer = await remote(name, act, *ids)
        at(f"after:{name}")
        return answer

    runs.local, runs.remote = hooked_local, hooked_remote


def hooked_moving(moving: RunsMoving, at: Callable[[str], None]) -> None:
    """`before` and `after` what is done to a run that is moved, `mid` where it is half done."""
    within: list[str] = []

    def committing(connection: object) -> None:
        for point in within:
            at(point)

    event.listen(Engine, "commit", committing)

    def around(name: str, act: Any) -> Any:
        async def hooked_act(*given: Any) -> Any:
            at(f"before:{name}")
            within[:] = [f"mid:{name}"] if name == "move.cancel" else []
            answer = await act(*given)
            within.clear()
            at(f"after:{name}")
            return answer

        return hooked_act

    for name in ("cancel", "plan", "rewind", "wake"):
        setattr(moving, f"_{name}", around(f"move.{name}", getattr(moving, f"_{name}")))
    rewind = DBOSClient.rewind_workflow_async

    async def rewound(*given: Any, **named: Any) -> Any:
        at("mid:move.rewind")
        return await rewind(*given, **named)

    DBOSClient.rewind_workflow_async = rewound  # type: ignore[method-assign]


class Takeovers:
    """Counted where they are told to the log; and runs that were moved."""

    def __init__(self) -> None:
        self.count = 0
        self.moved = 0

    def __call__(self, logger: object, method: str, told: Any) -> Any:
        self.count += told["event"] == "runs_taken_over"
        self.moved += told["event"] == "run_moved"
        return told


def timers(retail: Retail) -> list[Sweep]:
    """As often as a gateway has them, or oftener."""
    return [
        Sweep({"forgotten": retail.given.claims.start_forgotten, "waiting": retail.desk.wake_waiting}, every=2.0),
        Sweep({"writes": retail.writes.settle, "orphans": retail.desk.release_orphans}, every=5.0),
    ]


async def live(station: Station, retailer: type[Retail] = Retail) -> None:
    takeovers, room = Takeovers(), Room()
    structlog.configure(
        processors=[takeovers, *structlog.get_config()["processors"]],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

    def at(point: str) -> None:
        if point == station.kill:
            os.kill(os.getpid(), signal.SIGKILL)

    RemoteAdapter.address = station.vendors

    seen = Counter[str]()

    def answered(method: str) -> None:
        """`mid:authorise#2` is the second one's."""
        seen[method] += 1
        at(f"mid:{method}")
        at(f"mid:{method}#{seen[method]}")

    RemoteAdapter.answered = staticmethod(answered)
    retail = await retailer.open(
        station.url,
        pending=station.pending,
        dry_run=not station.pending,
        kind=RemoteAdapter,
        hook=lambda it: hooked(it, at),
        mirror=station.mirror,
        counts=station.counts,
        action=station.action,
        apart=station.apart,
    )
    retail.another_tender = station.another
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, room.fill)
    loop.add_signal_handler(signal.SIGUSR2, room.empty)
    hooked_moving(retail.moving, at)
    running = timers(retail) if station.serves else []
    if station.moves:
        running.append(Sweep({"moved": retail.moving.round}, every=0.5))
    for timer in running:
        timer.start()
    if station.serves:
        retail.outbox.start()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    start = retail.runs.start

    async def started(name: str, run: str, *ids: str) -> None:
        at("claimed")
        await start(name, run, *ids)

    send = retail.runs.send

    async def sent(run: str, topic: str, key: str) -> None:
        at("send")
        await send(run, topic, key)

    retail.runs.start, retail.runs.send = started, sent
    print("ready", flush=True)
    while line := (await reader.readline()).decode().split():
        if line[0] in ("takeovers", "moved"):
            print(takeovers.count if line[0] == "takeovers" else takeovers.moved, flush=True)
            continue
        try:
            print(await answer(retail, line), flush=True)
        except AWAY:
            print("unavailable", flush=True)


def buyer_of(cart: str) -> VerifiedBuyer:
    """Somebody new with each cart."""
    return VerifiedBuyer(person=f"https://issuer.example|{cart}", email=f"{cart.lower()}@canary.example")


async def answer(retail: Retail, line: list[str]) -> str:
    if line[0] == "submit":
        async with retail.database.read() as connection:
            cart = await retail.carts.load(connection, line[1])
        assert cart is not None
        quoted = Money(Decimal(line[3]), cart.currency)
        asked = retail.asked(cart, key=line[2])
        token, version = (line[4], int(line[5])) if len(line) > 5 else (TOKEN, 1)
        choice = PaymentChoice(backend="pay", token=token)
        who = buyer_of(cart.id)
        asked = msgspec.structs.replace(asked, quoted=quoted, version=version, choice=choice, buyer=who)
        found = await retail.desk.submit(asked, 0.0)
        return getattr(found, "id", type(found).__name__)
    if line[0] == "continue":
        await retail.desk.go_on(line[1], {"approved": "yes"}, 0.0)
    elif line[0] == "rest":
        await retail.desk.pay_rest(line[1], PaymentChoice(backend="pay", token=REST), (), 0.0)
    elif line[0] == "follow":  # what goes on after orders
        while await retail.outbox.deliver_one("checkout"):
            pass
    elif line[0] == "undo":  # the order is none any more
        await order_cancelled(retail.database, line[1])
        await asyncio.sleep(FORGOTTEN_SECONDS + 0.1)
        await retail.given.claims.start_forgotten()
    elif line[0] == "cancel":
        await retail.desk.cancel(line[1], 0.0)
    elif line[0] == "heard":
        facts = {"amount": "12.00", "currency": "GBP"}
        await retail.desk.heard(
            Received(
                identity=line[1], backend="pay", kind="payment.authorised", subject=line[1], facts=facts,
                at=datetime.now(UTC),
            )
        )  # fmt: skip
    elif line[0] == "open":
        return str(len(await retail.runs.pending()))
    elif line[0] == "clock":
        return f"{time.time()} {await retail.ledger.now()}"
    return "done"


if __name__ == "__main__":
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Station)))
