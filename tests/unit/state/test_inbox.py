"""Facts that must not be lost: stored before the vendor is answered, dealt with in order, over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import structlog
from sqlalchemy import update

from gateway.ports.webhooks import Received
from gateway.state.database import Database
from gateway.state.inbox import SET_ASIDE_TASK, TRIES, Inbox
from gateway.state.outbox import Outbox
from gateway.state.tables import inbox as rows
from gateway.state.tasks import StoredTasks


def fact(identity: str, subject: str = "payment-1", kind: str = "payment.captured") -> Received:
    return Received(identity=identity, backend="pay", kind=kind, subject=subject, facts={"state": identity})


class Handled:
    """Remembers what it dealt with; fails as often as it is told to."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.fails: dict[str, int] = {}

    async def __call__(self, event: Received) -> None:
        state = event.facts["state"]
        if self.fails.get(state, 0) > 0:
            self.fails[state] -= 1
            raise ConnectionError("ada@example.com cannot be reached")
        self.states.append(state)


def inbox_of(database: Database, handled: Handled) -> Inbox:
    tasks = StoredTasks(database, Outbox(database))
    return Inbox(database, tasks, {"payment.captured": handled})


async def all_due(database: Database) -> None:
    """As if every pause were over."""
    async with database.write() as connection:
        await connection.execute(update(rows).values(due=0.0, leased_until=0.0))


async def drained(inbox: Inbox) -> None:
    while await inbox.handle_one():
        pass


async def test_what_is_stored_twice_is_dealt_with_once(database: Database) -> None:
    handled = Handled()
    inbox = inbox_of(database, handled)
    assert await inbox.store([fact("a"), fact("b")]) == 2
    assert await inbox.store([fact("a"), fact("b"), fact("c")]) == 1
    await drained(inbox)
    assert handled.states == ["a", "b", "c"]
    assert await inbox.store([fact("a")]) == 0
    await drained(inbox)
    assert handled.states == ["a", "b", "c"]


async def test_two_backends_may_use_one_event_id(database: Database) -> None:
    inbox = inbox_of(database, Handled())
    other = Received(identity="a", backend="other", kind="payment.captured", subject="p", facts={"state": "x"})
    assert await inbox.store([fact("a"), other]) == 2


async def test_a_subject_waits_for_its_earlier_event_and_others_do_not_wait_for_it(database: Database) -> None:
    handled = Handled()
    handled.fails["first"] = 1
    inbox = inbox_of(database, handled)
    await inbox.store([fact("first"), fact("second"), fact("other", subject="payment-2")])
    await drained(inbox)
    assert handled.states == ["other"]
    await all_due(database)
    await drained(inbox)
    assert handled.states == ["other", "first", "second"]


async def test_what_cannot_be_dealt_with_is_set_aside_with_a_task_and_what_follows_goes_on(database: Database) -> None:
    handled = Handled()
    handled.fails["poison"] = 1_000
    inbox = inbox_of(database, handled)
    tasks = StoredTasks(database, Outbox(database))
    await inbox.store([fact("poison"), fact("after")])
    with structlog.testing.capture_logs() as told:
        for _ in range(TRIES):
            assert handled.states == []
            await all_due(database)
            await drained(inbox)
    assert handled.states == ["after"]
    (task,) = await tasks.list()
    assert (task.kind, task.subject, task.facts["reason"]) == (SET_ASIDE_TASK, "pay:payment-1", "ConnectionError")
    assert "ada@example.com" not in str(told) + str(task)
    assert await inbox.depths() == {"done": 1, "set_aside": 1}
    handled.fails.clear()
    assert await inbox.again(int(task.facts["entry"]))
    assert not await inbox.again(int(task.facts["entry"]))
    await drained(inbox)
    assert handled.states == ["after", "poison"]


async def test_a_fact_that_nobody_handles_is_not_lost(database: Database) -> None:
    inbox = inbox_of(database, Handled())
    await inbox.store([fact("a", kind="moon.rose")])
    with structlog.testing.capture_logs():
        for _ in range(TRIES):
            await all_due(database)
            await drained(inbox)
    (task,) = await StoredTasks(database, Outbox(database)).list()
    assert (task.facts["kind"], task.facts["reason"]) == ("moon.rose", "no handler")


async def test_ten_processes_deal_with_each_fact_once(database: Database) -> None:
    handled = Handled()
    inboxes = [inbox_of(database, handled) for _ in range(10)]
    await inboxes[0].store([fact(str(number), subject=f"s{number % 7}") for number in range(100)])
    await asyncio.gather(*(drained(inbox) for inbox in inboxes))
    while await inboxes[0].handle_one():  # whoever found a subject taken went away
        pass
    assert sorted(handled.states, key=int) == [str(number) for number in range(100)]
    for subject in range(7):
        mine = [int(state) for state in handled.states if int(state) % 7 == subject]
        assert mine == sorted(mine)


async def test_what_another_process_left_half_done_is_taken_up_when_its_lease_ends(database: Database) -> None:
    started: list[str] = []

    async def never(event: Received) -> None:
        started.append(event.facts["state"])
        await asyncio.Event().wait()

    tasks = StoredTasks(database, Outbox(database))
    dead = Inbox(database, tasks, {"payment.captured": never})
    await dead.store([fact("a")])
    dying = asyncio.create_task(dead.handle_one())
    while not started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    handled = Handled()
    alive = inbox_of(database, handled)
    assert not await alive.handle_one()
    await all_due(database)
    assert await alive.handle_one()
    assert handled.states == ["a"]


async def test_a_started_inbox_handles_what_was_stored_before_it_was_there(database: Database) -> None:
    handled = Handled()
    await inbox_of(database, handled).store([fact("a")])
    inbox = inbox_of(database, handled)
    inbox.start()
    await inbox.store([fact("b")])
    async with asyncio.timeout(5):
        while handled.states != ["a", "b"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await inbox.close()


@pytest.mark.parametrize("old", [True, False])
async def test_what_was_dealt_with_is_swept_after_a_week_and_nothing_else(database: Database, old: bool) -> None:
    inbox = inbox_of(database, Handled())
    await inbox.store([fact("a"), fact("waits", kind="moon.rose", subject="other")])
    await drained(inbox)
    if old:
        async with database.write() as connection:
            await connection.execute(update(rows).values(received=1.0))
    assert await inbox.sweep() == (1 if old else 0)
    left: Sequence[str] = sorted(await inbox.depths())
    assert left == (["waiting"] if old else ["done", "waiting"])
