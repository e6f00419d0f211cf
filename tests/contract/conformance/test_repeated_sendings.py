"""A write that is sent again by its key: what its later sendings say of the first one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.errors import AdapterError, CredentialsRefused, OutcomeUnknown, RateLimited, RequestRefused, Unavailable
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import OrderStatus, PlacedOrder, PlaceOrder, PlaceOrderLine
from gateway.ports.backend import Probe
from gateway.ports.order import PLACE_ORDER
from gateway.ports.writes import FindKind, WriteSpec
from gateway.state.database import Database
from gateway.testing.conformance.writes import HERE, Performer
from gateway.testing.reference.manifest import MANIFEST

COMMAND = PlaceOrder("A" * 26, (PlaceOrderLine("MUG", Decimal(1), Money(Decimal(10), "GBP")),))
KEYED = replace(MANIFEST, writes={PLACE_ORDER.name: WriteSpec(find=FindKind.REPLAY, by_key=3600.0)})


class Desk:
    """Makes the order, loses the answer, then fails as it is told."""

    name = "desk"

    def __init__(self, *failures: AdapterError) -> None:
        self.failures = list(failures)
        self.made = 0

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1")

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        self.made = 1
        if self.failures:
            raise self.failures.pop(0)
        return PlacedOrder(NativeRef("desk", "1"), "1", OrderStatus.OPEN)


def unsent(error: AdapterError) -> AdapterError:
    error.unsent = True
    return error


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/journal.sqlite")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "later",
    [
        lambda: unsent(Unavailable()),
        lambda: unsent(RequestRefused()),
        CredentialsRefused,
        RateLimited,
    ],
    ids=["never left", "refused before it was sent", "another credential", "too fast"],
)
async def test_a_later_sending_that_nobody_looked_at_calls_nothing_absent(database: Database, later: type) -> None:
    desk = Desk(Unavailable(), *(later() for _ in range(3)))
    performer = Performer(database, desk, KEYED)
    with pytest.raises(OutcomeUnknown):
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    placed = await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    assert (placed.number, desk.made) == ("1", 1)


async def test_a_first_sending_that_never_left_is_told_as_such(database: Database) -> None:
    performer = Performer(database, Desk(unsent(Unavailable())), KEYED)
    with pytest.raises(Unavailable):
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))


async def test_an_owner_that_knows_the_key_and_says_no_has_told_of_the_first_sending(database: Database) -> None:
    performer = Performer(database, Desk(Unavailable(), RequestRefused()), KEYED)
    with pytest.raises(RequestRefused):
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))


async def test_who_has_lost_its_turn_calls_nothing_absent_that_somebody_sent(database: Database) -> None:
    desk = Desk(*(Unavailable() for _ in range(4)))
    performer = Performer(database, desk, KEYED)
    with pytest.raises(OutcomeUnknown):
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    performer.writes.fence = lambda: False
    with pytest.raises(OutcomeUnknown):
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    performer.writes.fence = lambda: True
    placed = await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    assert (placed.number, desk.made) == ("1", 1)


async def test_who_has_lost_its_turn_before_the_first_sending_has_done_nothing(database: Database) -> None:
    desk = Desk()
    performer = Performer(database, desk, KEYED)
    performer.writes.fence = lambda: False
    with pytest.raises(Unavailable) as lost:
        await performer.writes.perform("desk", PLACE_ORDER, COMMAND, HERE, CallContext.within(10))
    assert (lost.value.unsent, desk.made) == (True, 0)
