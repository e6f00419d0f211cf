"""The suite of writes against the reference adapter's processor, which knows no keys and whose look-up can lag."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.errors import Unavailable
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Capture, DeleteMethod, EnsurePayer, Refund, Void
from gateway.ports.domain import WriteOperation
from gateway.ports.manifest import Manifest
from gateway.ports.payment import AUTHORISE, CAPTURE, DELETE_METHOD, ENSURE_PAYER, REFUND, VOID
from gateway.ports.writes import FindKind, WriteSpec
from gateway.state.database import Database
from gateway.state.tables import writes as journal
from gateway.testing.conformance import LaggingWriteConformance, WriteFault
from gateway.testing.conformance.example import example_seed
from gateway.testing.conformance.writes import TIMEOUT
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST

FOREVER = 3600.0
HERE = CommerceContext("GB", "GBP", "en").only(frozenset())


def pounds(amount: int) -> Money:
    return Money(Decimal(amount), "GBP")


class Processor:
    """WriteControl over the reference adapter's processor, for one operation."""

    def __init__(self, adapter: ReferenceAdapter, operation: WriteOperation[Any, Any]) -> None:
        self._adapter = adapter
        self._operation = operation

    def effects(self, reference: str) -> int:
        return self._adapter.book.effects(reference)

    @asynccontextmanager
    async def faulty(self, fault: WriteFault) -> AsyncGenerator[None]:
        async def late() -> None:
            await asyncio.sleep(TIMEOUT * 3)

        async def lost() -> None:
            raise Unavailable(detail=fault.value)

        before = self._adapter.book.after
        if fault is WriteFault.REFUSED:
            refused = Unavailable()
            refused.unsent = True
            self._adapter.failing[self._operation.name] = refused
        else:
            self._adapter.book.after = late if fault is WriteFault.LATE else lost
        yield
        self._adapter.failing.pop(self._operation.name, None)
        self._adapter.book.after = before

    @asynccontextmanager
    async def blind(self) -> AsyncGenerator[None]:
        self._adapter.failing[f"payment.{self._operation.find}"] = Unavailable()
        yield
        del self._adapter.failing[f"payment.{self._operation.find}"]

    @asynccontextmanager
    async def lagging(self, seconds: float | None) -> AsyncGenerator[None]:
        self._adapter.book.lag = FOREVER if seconds is None else seconds
        yield
        self._adapter.book.lag = 0.0

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[Callable[[], None]]:
        gate = asyncio.Event()
        ask = self._adapter._request  # pyright: ignore[reportPrivateUsage] # where a vendor's adapter would send

        async def wait(operation: str, keys: Any = ()) -> None:
            if operation == self._operation.name:
                await gate.wait()
            await ask(operation, keys)

        self._adapter._request = wait  # type: ignore[method-assign] # pyright: ignore[reportPrivateUsage]
        yield gate.set
        self._adapter._request = ask  # type: ignore[method-assign] # pyright: ignore[reportPrivateUsage]


class Paying(LaggingWriteConformance):
    operation: ClassVar[WriteOperation[Any, Any]] = AUTHORISE

    @pytest.fixture
    def adapter(self) -> ReferenceAdapter:
        return ReferenceAdapter("reference", example_seed())

    @pytest.fixture
    def manifest(self) -> Manifest:
        lagging = WriteSpec(find=FindKind.LAGGING, find_after=30.0)
        return replace(MANIFEST, writes={self.operation.name: lagging})

    @pytest.fixture
    def owner(self, adapter: ReferenceAdapter) -> Processor:
        return Processor(adapter, self.operation)

    @pytest.fixture
    async def paid(self, adapter: ReferenceAdapter) -> NativeRef:
        """A payment that was authorised."""
        command = Authorise("P" * 26, "PURCHASE", pounds(100), token="tok")
        return (await adapter.authorise(command, HERE, CallContext.within(5.0))).ref


class TestAuthorise(Paying):
    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda reference, number: Authorise(reference, "PURCHASE", pounds(number), token="tok")

    async def test_an_action_is_answered_and_not_kept_in_the_journal(
        self, adapter: ReferenceAdapter, performer: Any, reference: str, database: Database
    ) -> None:
        adapter.book.challenged.add("3ds")
        one = performer()
        command = Authorise(reference, "PURCHASE", pounds(1), token="3ds")
        first = await self.perform(one, adapter, command)
        assert first.action.url.endswith(first.ref.id)
        assert await self.perform(performer(), adapter, command) == replace(first, action=None)
        async with database.read() as connection:
            kept = (await connection.execute(select(journal.c.result))).scalars().all()
        assert kept
        assert not any(b"challenge" in bytes(each) for each in kept)


@pytest.mark.full
class TestCapture(Paying):
    operation = CAPTURE

    @pytest.fixture
    def commands(self, paid: NativeRef) -> Callable[[str, int], Any]:
        return lambda reference, number: Capture(reference, paid, pounds(number), final=False)


@pytest.mark.full
class TestVoid(Paying):
    operation = VOID

    @pytest.fixture
    def commands(self, paid: NativeRef) -> Callable[[str, int], Any]:
        return lambda reference, number: Void(reference, paid, pounds(100 * number))


class TestRefund(Paying):
    operation = REFUND

    @pytest.fixture
    async def commands(self, adapter: ReferenceAdapter, paid: NativeRef) -> Callable[[str, int], Any]:
        await adapter.capture(Capture("C" * 26, paid, pounds(100)), HERE, CallContext.within(5.0))
        return lambda reference, number: Refund(reference, paid, pounds(number))


class TestEnsurePayer(Paying):
    operation = ENSURE_PAYER

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda reference, number: EnsurePayer(reference, f"PAYER{number}", "ada@example.com")


class TestDeleteMethod(Paying):
    operation = DELETE_METHOD

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        ada = NativeRef("reference", "ada")
        return lambda reference, number: DeleteMethod(reference, ada, f"card_{number}")
