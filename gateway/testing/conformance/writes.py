"""The suite of writes: whatever happens between the sending and the answer, one effect remains at the owner, and
whoever asked is told the truth. It drives `gateway.calls.operation.writes` as production does, over a journal of its
own.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.writes import DOUBLED_TASK, WriteRoute, Writes
from gateway.errors import AdapterError, ConfigurationError, IdempotencyConflict, OutcomeUnknown
from gateway.model.context import CallContext, CommerceContext
from gateway.ports.backend import Backend
from gateway.ports.domain import WriteOperation
from gateway.ports.manifest import Manifest
from gateway.ports.writes import WriteSpec
from gateway.state.database import Database
from gateway.state.outbox import Outbox
from gateway.state.tables import writes as journal
from gateway.state.tasks import StoredTasks
from gateway.state.writes import StoredWrites
from gateway.testing.conformance.facts import Adapter

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
TIMEOUT = 0.4
SETTLES = 0.8
"""Seconds, in place of the declared ones: nothing is asserted about speed, and nobody waits for a minute."""
PAUSES = (0.05, 0.1, 0.2)
HERE = CommerceContext("GB", "GBP", "en")


class WriteFault(Enum):
    """What befalls the answer of a write that has had its effect."""

    LATE = "late"
    """It comes after the write's own time."""
    RESET = "reset"
    """The connection breaks."""
    ERROR_500 = "error 500"
    """The owner answers that it failed."""
    REFUSED = "refused"
    """Before any effect: nobody listens."""


class WriteControl(Protocol):
    """The hand on the owner, and its effect log."""

    def effects(self, reference: str) -> int:
        """How many records exist under a reference, counted by the owner itself."""
        ...

    def faulty(self, fault: WriteFault) -> AbstractAsyncContextManager[None]:
        """While entered, every write meets it; looking up does not."""
        ...

    def blind(self) -> AbstractAsyncContextManager[None]:
        """While entered, looking up fails."""
        ...

    def lagging(self, seconds: float | None) -> AbstractAsyncContextManager[None]:
        """While entered, a record is found so many seconds after it was made; None: never."""
        ...

    def held(self) -> AbstractAsyncContextManager[Callable[[], None]]:
        """While entered, a write waits on its way out, as in a process that is stopped; the value lets it go on."""
        ...


def _bound(name: str, adapter: Adapter, manifest: Manifest) -> BoundBackend:
    return BoundBackend(name=name, alias=name, backend=Backend(ports=(adapter,), probe=adapter), manifest=manifest)


class Performer:
    """One process's way to the owner, over a journal that it shares with others."""

    def __init__(self, database: Database, adapter: Adapter, manifest: Manifest) -> None:
        self.tasks = StoredTasks(database, Outbox(database))
        self.changes: list[tuple[str, tuple[str, ...]]] = []
        bound = _bound(adapter.name, adapter, manifest)
        self.writes = Writes({adapter.name: bound}, StoredWrites(database), self._changed, self.tasks, pauses=PAUSES)

    async def _changed(self, backend: str, tags: Sequence[str]) -> None:
        self.changes.append((backend, tuple(tags)))


class WriteConformance:
    """Inherit this or the one below that says what the owner is like, set `operation`, and override `adapter`,
    `manifest`, `owner` and `commands`."""

    operation: ClassVar[WriteOperation[Any, Any]]
    timeout: ClassVar[float] = TIMEOUT
    settles: ClassVar[float] = SETTLES
    """Seconds; more for an owner that answers slowly, as one that is asked several times for one order."""

    @pytest.fixture
    def adapter(self) -> Adapter:
        raise NotImplementedError("override the `adapter` fixture")

    @pytest.fixture
    def manifest(self) -> Manifest:
        raise NotImplementedError("override the `manifest` fixture")

    @pytest.fixture
    def owner(self) -> WriteControl:
        raise NotImplementedError("override the `owner` fixture")

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        """A command under a reference; another number, another content."""
        raise NotImplementedError("override the `commands` fixture")

    @pytest.fixture
    def reference(self) -> str:
        return "".join(secrets.choice(ALPHABET) for _ in range(26))

    @pytest.fixture
    async def database(self, tmp_path: Path) -> AsyncIterator[Database]:
        opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/journal.sqlite")
        yield opened
        await opened.close()

    @pytest.fixture
    def spec(self, manifest: Manifest) -> WriteSpec:
        spec = manifest.writes[self.operation.name]
        find_after = 0.0 if spec.find_after == 0 else self.settles
        return replace(spec, timeout=self.timeout, settles=self.settles, find_after=find_after)

    @pytest.fixture
    async def performer(
        self, database: Database, adapter: Adapter, manifest: Manifest, spec: WriteSpec
    ) -> AsyncIterator[Callable[[], Performer]]:
        made: list[Performer] = []

        def another() -> Performer:
            declared = replace(manifest, writes={**manifest.writes, self.operation.name: spec})
            made.append(Performer(database, adapter, declared))
            return made[-1]

        yield another
        for each in made:
            await each.writes.close(0.0)

    async def perform(self, performer: Performer, adapter: Adapter, command: Any, patience: float = 20.0) -> Any:
        call = CallContext.within(patience)
        return await performer.writes.perform(adapter.name, self.operation, command, HERE, call)

    async def lease_over(self, database: Database) -> None:
        """As if whoever was at it were dead for long enough that a look is due."""
        async with database.write() as connection:
            await connection.execute(update(journal).values(leased_until=0.0, due=0.0))

    async def settled(self, performer: Performer, database: Database) -> None:
        await self.lease_over(database)
        await performer.writes.settle()

    async def test_a_write_is_made_once_and_answers_to_its_reference_again(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        one, other = performer(), performer()
        first = await self.perform(one, adapter, commands(reference, 1))
        assert await self.perform(one, adapter, commands(reference, 1)) == first
        assert await self.perform(other, adapter, commands(reference, 1)) == first
        assert owner.effects(reference) == 1
        assert one.changes == [(adapter.name, self.operation.changes(first))]

    async def test_another_command_under_the_same_reference_is_refused(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        one = performer()
        await self.perform(one, adapter, commands(reference, 1))
        with pytest.raises(IdempotencyConflict):
            await self.perform(performer(), adapter, commands(reference, 2))
        assert owner.effects(reference) == 1

    async def test_twenty_at_once_in_three_processes_make_one(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        performers = [performer() for _ in range(3)]
        work = (self.perform(performers[number % 3], adapter, commands(reference, 1)) for number in range(20))
        answers = await asyncio.gather(*work)
        assert all(answer == answers[0] for answer in answers)
        assert owner.effects(reference) == 1

    async def test_a_reader_whose_time_is_over_is_not_told_to_try_again(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        one = performer()
        async with owner.faulty(WriteFault.LATE):
            with pytest.raises(OutcomeUnknown) as unknown:
                await self.perform(one, adapter, commands(reference, 1), patience=0.05)
        assert unknown.value.retryable is False
        assert unknown.value.extensions()["checkAfter"] > 0  # type: ignore[operator]
        await self.truth_comes_out(one, adapter, commands(reference, 1))
        assert owner.effects(reference) == 1

    async def test_a_client_that_leaves_cuts_nothing_short(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        one = performer()
        asking = asyncio.ensure_future(self.perform(one, adapter, commands(reference, 1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await one.writes.close(10.0)
        assert owner.effects(reference) == 1

    @pytest.mark.parametrize("fault", [WriteFault.LATE, WriteFault.RESET, WriteFault.ERROR_500])
    async def test_an_answer_that_is_lost_leaves_one_effect_and_an_honest_word(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str, fault: WriteFault
    ) -> None:
        one, told = performer(), None
        async with owner.faulty(fault):
            try:
                told = await self.perform(one, adapter, commands(reference, 1))
            except OutcomeUnknown:
                told = None
        answer = await self.truth_comes_out(one, adapter, commands(reference, 1))
        assert told in (None, answer)
        assert owner.effects(reference) == 1

    async def test_what_never_left_is_told_as_such_and_may_be_sent_again(
        self, adapter: Adapter, owner: WriteControl, performer: Any, commands: Any, reference: str
    ) -> None:
        one = performer()
        async with owner.faulty(WriteFault.REFUSED):
            with pytest.raises(AdapterError) as refused:
                await self.perform(one, adapter, commands(reference, 1))
        assert not isinstance(refused.value, OutcomeUnknown)
        assert owner.effects(reference) == 0
        assert await self.perform(one, adapter, commands(reference, 1)) is not None
        assert owner.effects(reference) == 1

    @pytest.mark.parametrize("fault", [None, WriteFault.LATE])
    async def test_a_process_killed_after_sending_leaves_one_effect(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
        fault: WriteFault | None,
    ) -> None:
        dead, alive = performer(), performer()
        async with owner.faulty(fault or WriteFault.LATE):
            asking = asyncio.ensure_future(self.perform(dead, adapter, commands(reference, 1)))
            async with asyncio.timeout(10):
                while owner.effects(reference) == 0:  # noqa: ASYNC110  another process's doing
                    await asyncio.sleep(0.005)
            await dead.writes.close(0.0)
            await asyncio.gather(asking, return_exceptions=True)
        await self.lease_over(database)
        await self.truth_comes_out(alive, adapter, commands(reference, 1))
        assert owner.effects(reference) == 1

    async def test_the_sweep_never_frees_a_reference_that_may_have_had_its_effect(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
    ) -> None:
        dead, alive = performer(), performer()
        async with owner.faulty(WriteFault.LATE):
            asking = asyncio.ensure_future(self.perform(dead, adapter, commands(reference, 1)))
            async with asyncio.timeout(10):
                while owner.effects(reference) == 0:  # noqa: ASYNC110  another process's doing
                    await asyncio.sleep(0.005)
            await dead.writes.close(0.0)
            await asyncio.gather(asking, return_exceptions=True)
        await self.settled(alive, database)
        with pytest.raises(IdempotencyConflict):
            await self.perform(alive, adapter, commands(reference, 2))
        assert owner.effects(reference) == 1

    def test_what_is_not_declared_is_not_performed(self, manifest: Manifest, adapter: Adapter) -> None:
        bound = _bound("x", adapter, replace(manifest, writes={}))
        with pytest.raises(ConfigurationError):
            WriteRoute(bound, self.operation)

    async def truth_comes_out(self, performer: Performer, adapter: Adapter, command: Any) -> Any:
        """Whoever asks again with the same key learns, in the end, what became of it."""
        async with asyncio.timeout(30):
            while True:
                try:
                    return await self.perform(performer, adapter, command)
                except OutcomeUnknown:
                    await asyncio.sleep(0.1)


class LookedUpWriteConformance(WriteConformance):
    """For owners that can be asked what became of a write."""

    async def test_the_sweep_finds_what_a_dead_process_wrote(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
        spec: WriteSpec,
    ) -> None:
        dead, alive = performer(), performer()
        async with owner.faulty(WriteFault.LATE):
            asking = asyncio.ensure_future(self.perform(dead, adapter, commands(reference, 1)))
            async with asyncio.timeout(10):
                while owner.effects(reference) == 0:  # noqa: ASYNC110  another process's doing
                    await asyncio.sleep(0.005)
            await dead.writes.close(0.0)
            await asyncio.gather(asking, return_exceptions=True)
        async with asyncio.timeout(20):
            while not alive.changes:
                await self.settled(alive, database)
                await asyncio.sleep(0.05)
        assert owner.effects(reference) == 1


class KeylessWriteConformance(LookedUpWriteConformance):
    """For owners that know no idempotency keys: two sendings are two effects."""

    async def test_while_looking_up_fails_nothing_is_sent_again(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
        spec: WriteSpec,
    ) -> None:
        one = performer()
        async with owner.blind():
            async with owner.faulty(WriteFault.RESET):
                with pytest.raises(OutcomeUnknown):
                    await self.perform(one, adapter, commands(reference, 1))
            await asyncio.sleep(self.settles + spec.find_after)
            await self.lease_over(database)
            with pytest.raises(OutcomeUnknown):
                await self.perform(one, adapter, commands(reference, 1))
            assert owner.effects(reference) == 1
        await self.truth_comes_out(one, adapter, commands(reference, 1))
        assert owner.effects(reference) == 1

    async def test_a_sender_stopped_between_look_and_send_sends_nothing_when_it_wakes(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
        spec: WriteSpec,
    ) -> None:
        stopped, other = performer(), performer()
        async with owner.held() as go_on:
            asking = asyncio.ensure_future(self.perform(stopped, adapter, commands(reference, 1)))
            await asyncio.sleep(self.settles + spec.find_after + self.timeout)
            await self.lease_over(database)
            go_on()
            await asyncio.gather(asking, return_exceptions=True)
        await self.lease_over(database)
        await asyncio.sleep(self.settles + spec.find_after)
        await self.truth_comes_out(other, adapter, commands(reference, 1))
        assert owner.effects(reference) == 1
        assert await other.tasks.list(kind=DOUBLED_TASK) == []


class LaggingWriteConformance(KeylessWriteConformance):
    """For owners whose look-up shows a record late."""

    async def test_an_index_that_lags_is_not_believed_before_its_time(
        self,
        adapter: Adapter,
        owner: WriteControl,
        performer: Any,
        commands: Any,
        reference: str,
        database: Database,
        spec: WriteSpec,
    ) -> None:
        one = performer()
        async with owner.lagging(self.settles + spec.find_after / 2), owner.faulty(WriteFault.RESET):
            with pytest.raises(OutcomeUnknown):
                await self.perform(one, adapter, commands(reference, 1))
            await self.lease_over(database)
            with pytest.raises(OutcomeUnknown):
                await self.perform(one, adapter, commands(reference, 1))
            assert owner.effects(reference) == 1
        await self.truth_comes_out(one, adapter, commands(reference, 1))
        assert owner.effects(reference) == 1
