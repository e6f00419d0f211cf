"""An order placed once and known everywhere: written into one system by us, expected in another from a connector, and
cancelled where it was mirrored.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from sqlalchemy import text, update

from gateway.checkout.aside import RunsAside
from gateway.checkout.cancelled import order_cancelled
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.mirrors import LATE_TASK, Mirrors
from gateway.checkout.reconcile.findings import FindingKind, NamedFinding
from gateway.checkout.reconcile.repairs import Outcome, Repairs
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.steps.mirror import LEFT_TASK, REFUSED_TASK
from gateway.errors import RequestRefused, Unavailable
from gateway.model.checkouts import Checkout, CheckoutState, Submission
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderOrigin, OrderStatus
from gateway.model.syncing import OrderSync, SyncRole, SyncState
from gateway.ports.order import CANCEL_ORDER, PLACE_ORDER
from gateway.state.ledger import HoldState
from gateway.state.mirrors import StoredMirrors
from gateway.state.tables import checkouts, order_mirrors
from gateway.testing.reference import ReferenceAdapter

from .conftest import both_stores
from .retail import EMAIL, Retail

Opened = Callable[..., Awaitable[Retail]]


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    made: list[Retail] = []

    async def make(**knobs: Any) -> Retail:
        made.append(await Retail.open(url, **knobs))
        return made[0]

    yield make
    for retail in made:
        await retail.close()


@pytest.fixture
async def retail(opened: Opened) -> Retail:
    return await opened(mirror=("wms",))


async def bought(retail: Retail, **asked: Any) -> Checkout:
    checkout = await retail.buy(await retail.cart(("MUG", 2)), quoted="24.00", **asked)
    assert checkout.state is CheckoutState.COMPLETED, checkout
    return checkout


async def stands(retail: Retail, checkout: Checkout) -> list[OrderSync]:
    assert checkout.order is not None
    return list((await StoredMirrors(retail.database).standing([checkout.order]))[checkout.order])


def states(adapter: ReferenceAdapter) -> list[OrderStatus]:
    return [adapter.order_states[order.number] for _, order, _ in adapter.placed]


class Looking:
    """Everything that looks at mirrors, of one retailer."""

    def __init__(self, retail: Retail) -> None:
        self.retail = retail
        self.registry = CollectorRegistry()
        figures = CheckoutFigures(self.registry)
        self.mirrors = Mirrors(retail.given, figures)
        aside = RunsAside(retail.database)
        self.reconciler = Reconciler(
            retail.database,
            aside,
            ownership=retail.ownership,
            caller=retail.caller,
            tasks=retail.tasks,
            figures=figures,
            pause=0.0,
            cancelled=partial(order_cancelled, retail.database),
        )
        self.repairs = Repairs(
            retail.database,
            aside,
            self.reconciler,
            ownership=retail.ownership,
            writes=retail.writes,
            carts=retail.carts,
        )

    async def aged(self, seconds: float) -> None:
        """So much later."""
        moved = {"moved": checkouts.c.moved - seconds, "created": checkouts.c.created - seconds, "look_at": None}
        table = order_mirrors.c
        async with self.retail.database.write() as connection:
            await connection.execute(update(checkouts).values(**moved))
            older = {name: table[name] - seconds for name in ("created", "since", "due", "look_at")}
            await connection.execute(update(order_mirrors).values(**older))

    async def found(self) -> list[tuple[FindingKind, str]]:
        await self.aged(120)
        return [(each.kind, each.facts["backend"]) for each in (await self.reconciler.whole()).findings]

    async def name(self) -> NamedFinding:
        (finding,) = (await self.reconciler.whole()).findings
        named = NamedFinding.of(finding.name)
        assert named is not None
        return named

    async def tasks(self) -> list[str]:
        return [task.kind for task in await self.retail.tasks.list()]

    def late(self, state: str, backend: str = "wms") -> float | None:
        return self.registry.get_sample_value("gateway_order_mirrors_late", {"backend": backend, "state": state})


@both_stores
async def test_a_mirror_is_the_owners_order_and_says_whose_it_was_first(retail: Retail) -> None:
    checkout = await bought(retail)
    assert retail.others["wms"].placed == []  # nobody waits for it
    await retail.followed()
    ((reference, placed, _),) = retail.others["wms"].placed
    assert reference == checkout.id
    assert states(retail.others["wms"]) == [OrderStatus.CONFIRMED]
    (owners,) = [ask.keys[0] for ask in retail.erp.asked if ask.operation == PLACE_ORDER.name]
    (mirrors,) = [ask.keys[0] for ask in retail.others["wms"].asked if ask.operation == PLACE_ORDER.name]
    assert mirrors.origin == OrderOrigin(checkout.number or "", "erp")  # type: ignore[attr-defined]
    assert owners.origin is None  # type: ignore[attr-defined]
    for part in ("unit", "total", "discounts"):
        assert [getattr(line, part) for line in mirrors.lines] == [getattr(line, part) for line in owners.lines]  # type: ignore[attr-defined]
    assert (mirrors.total, mirrors.buyer) == (owners.total, owners.buyer)  # type: ignore[attr-defined]
    assert mirrors.payment.payment == "pay_1000"  # type: ignore[attr-defined]
    owner, mirror = await stands(retail, checkout)
    assert (owner.backend, owner.role, owner.number) == ("erp", SyncRole.OWNER, checkout.number)
    assert (mirror.backend, mirror.role, mirror.state) == ("wms", SyncRole.MIRROR, SyncState.THERE)
    assert (mirror.order, mirror.number, mirror.reference) == (placed.ref, placed.number, checkout.id)
    read = await retail.others["wms"].get_by_origin([OrderOrigin(checkout.number or "", "erp")], *ask())
    assert [order.ref for order in read.values()] == [placed.ref]  # type: ignore[union-attr]


def ask() -> Any:
    from gateway.model.context import CallContext, CommerceContext

    return CommerceContext("GB", "GBP", "en").only(frozenset()), CallContext.within(5.0)


async def test_without_a_mirror_nothing_is_written_down(opened: Opened) -> None:
    retail = await opened()
    checkout = await bought(retail)
    assert [sync.role for sync in await stands(retail, checkout)] == [SyncRole.OWNER]
    assert "order.mirror_due" not in await retail.events()


async def test_a_lost_answer_of_a_mirror_makes_no_second_one(retail: Retail) -> None:
    lost: list[int] = []

    async def lose() -> None:
        lost.append(1)
        if len(lost) == 1:
            raise Unavailable(source="wms", domain="order")

    retail.others["wms"].after_placing = lose
    await bought(retail)
    await retail.followed()
    assert states(retail.others["wms"]) == [OrderStatus.CONFIRMED]


@pytest.mark.parametrize("proven", [True, False])
async def test_a_buyer_is_ensured_at_the_mirror_where_their_email_is_proven(retail: Retail, proven: bool) -> None:
    cart = await retail.cart()
    asked: Submission = replace(retail.asked(cart), email_proven=proven)
    checkout = await retail.desk.submit(asked, 15.0)
    assert isinstance(checkout, Checkout)
    await retail.followed()
    wms = retail.others["wms"]
    assert [record.emails for _, record in wms.ensured] == ([(EMAIL,)] if proven else [])
    ((_, placed, _),) = wms.placed
    customer = wms.order_records[placed.number].customer
    assert customer == (wms.ensured[0][1].ref if proven else None)


async def test_a_refused_mirror_undoes_nothing_and_is_a_persons(retail: Retail) -> None:
    looking = Looking(retail)
    retail.others["wms"].failing[PLACE_ORDER.name] = RequestRefused(detail="unknown")
    checkout = await bought(retail)
    await retail.followed()
    assert retail.orders() == [OrderStatus.CONFIRMED]
    _, mirror = await stands(retail, checkout)
    assert (mirror.state, mirror.reason) == (SyncState.REFUSED, RequestRefused.code)
    await looking.mirrors.late()
    assert await looking.tasks() == [REFUSED_TASK]
    assert looking.late("REFUSED") == 1.0
    assert await looking.found() == [(FindingKind.MIRROR_MISSING, "wms")]
    retail.others["wms"].failing.clear()
    assert (await looking.repairs.repair(await looking.name(), "ada"))[0] is Outcome.DONE
    await retail.given.claims.start_forgotten() if await claims_age(retail) else None
    await retail.followed()
    _, mirror = await stands(retail, checkout)
    assert mirror.state is SyncState.THERE
    await looking.mirrors.late()
    assert REFUSED_TASK not in await looking.tasks()
    assert await looking.found() == []


async def claims_age(retail: Retail) -> bool:
    """So long after a claim that it counts as forgotten."""
    async with retail.database.write() as connection:
        await connection.execute(text("UPDATE claims SET claimed = claimed - 10"))
    return True


async def test_a_mirror_that_is_down_is_late_until_it_is_written(retail: Retail) -> None:
    looking, wms = Looking(retail), retail.others["wms"]
    down = Unavailable(source="wms", domain="order")
    down.unsent = True
    wms.failing[PLACE_ORDER.name] = down
    checkout = await bought(retail)
    while await retail.outbox.deliver_one("checkout"):
        pass
    await looking.mirrors.late()
    assert await looking.tasks() == []
    await looking.aged(1_000)
    await looking.mirrors.late()
    assert await looking.tasks() == [LATE_TASK]
    assert looking.late("WAITING") == 1.0
    assert (await stands(retail, checkout))[1].overdue
    wms.failing.clear()
    await retail.followed()
    await looking.mirrors.late()
    assert await looking.tasks() == []
    assert looking.late("WAITING") is None
    assert states(wms) == [OrderStatus.CONFIRMED]


@both_stores
async def test_a_hold_ends_when_the_stocks_owner_has_the_mirror(opened: Opened) -> None:
    retail = await opened(mirror=("wms",), counts="wms")
    checkout = await bought(retail)
    assert await retail.free() == 8  # the order's owner has it, and the one who counts does not
    assert {hold.state for hold in await retail.ledger.of_run(checkout.id)} == {HoldState.HANDED_OVER}
    await retail.followed()
    assert await retail.free() == 8
    assert {hold.state for hold in await retail.ledger.of_run(checkout.id)} == {HoldState.GONE}
    assert retail.others["wms"].sold["MUG", "LON"] == 2


async def test_a_mirror_that_cannot_do_otherwise_moves_its_own_uncounted_stock(retail: Retail) -> None:
    await bought(retail)
    await retail.followed()
    (mirrors,) = [each.keys[0] for each in retail.others["wms"].asked if each.operation == PLACE_ORDER.name]
    assert mirrors.moves_stock  # type: ignore[attr-defined]  # this owner cannot do otherwise (`stockless`)


@both_stores
async def test_a_cancelled_order_is_cancelled_at_its_mirrors(retail: Retail) -> None:
    looking = Looking(retail)
    checkout = await bought(retail)
    await retail.followed()
    retail.erp.order_states[checkout.number or ""] = OrderStatus.CANCELLED
    await looking.aged(120)
    await looking.reconciler.round()
    assert not [kind for kind in await looking.tasks() if "mirror" in kind]
    await claims_age(retail)
    await retail.given.claims.start_forgotten()
    await retail.followed()
    assert states(retail.others["wms"]) == [OrderStatus.CANCELLED]
    assert (await stands(retail, checkout))[1].state is SyncState.CANCELLED


async def test_an_order_cancelled_before_it_is_mirrored_is_not(retail: Retail) -> None:
    checkout = await bought(retail)
    assert await order_cancelled(retail.database, checkout.id) == 1
    await retail.followed()
    await claims_age(retail)
    await retail.given.claims.start_forgotten()
    await retail.followed()
    assert retail.others["wms"].placed == []
    assert (await stands(retail, checkout))[1].state is SyncState.CANCELLED


async def test_one_cancelled_while_it_is_being_mirrored_does_not_stand_there(retail: Retail) -> None:
    checkout = await bought(retail)

    async def cancel() -> None:
        retail.others["wms"].after_placing = nothing
        await order_cancelled(retail.database, checkout.id)

    async def nothing() -> None:
        return None

    retail.others["wms"].after_placing = cancel
    await retail.followed()
    assert states(retail.others["wms"]) == [OrderStatus.CANCELLED]
    assert (await stands(retail, checkout))[1].state is SyncState.CANCELLED


async def test_a_mirror_that_cannot_be_cancelled_is_a_persons(retail: Retail) -> None:
    looking = Looking(retail)
    checkout = await bought(retail)
    await retail.followed()
    retail.others["wms"].failing[CANCEL_ORDER.name] = RequestRefused(detail="too late")
    retail.erp.order_states[checkout.number or ""] = OrderStatus.CANCELLED
    await order_cancelled(retail.database, checkout.id)
    await claims_age(retail)
    await retail.given.claims.start_forgotten()
    await retail.followed()
    assert LEFT_TASK in await looking.tasks()
    assert (FindingKind.MIRROR_STANDING, "wms") in await looking.found()
    retail.others["wms"].failing.clear()
    named = next(
        NamedFinding.of(each.name)
        for each in (await looking.reconciler.whole()).findings
        if each.kind is FindingKind.MIRROR_STANDING
    )
    assert named is not None
    assert (await looking.repairs.repair(named, "ada"))[0] is Outcome.DONE
    assert states(retail.others["wms"]) == [OrderStatus.CANCELLED]
    assert (await stands(retail, checkout))[1].state is SyncState.CANCELLED


class TestReconciling:
    """A mirror that is gone, there twice, or another than its owner's order."""

    async def mirrored(self, retail: Retail) -> tuple[Looking, Checkout, ReferenceAdapter]:
        checkout = await bought(retail)
        await retail.followed()
        looking = Looking(retail)
        assert await looking.found() == []
        return looking, checkout, retail.others["wms"]

    async def test_one_that_is_gone_is_written_again(self, retail: Retail) -> None:
        looking, checkout, wms = await self.mirrored(retail)
        wms.placed.clear()
        wms.order_records.clear()
        assert await looking.found() == [(FindingKind.MIRROR_MISSING, "wms")]
        assert (await looking.repairs.repair(await looking.name(), "ada"))[0] is Outcome.DONE
        await claims_age(retail)
        await retail.given.claims.start_forgotten()
        await retail.followed()
        assert [reference for reference, _, _ in wms.placed] == [checkout.id]
        assert await looking.found() == []

    async def test_a_second_one_is_cancelled_and_ours_remains(self, retail: Retail) -> None:
        looking, checkout, wms = await self.mirrored(retail)
        ((_, first, at),) = wms.placed
        second = replace(first, ref=NativeRef("wms", "77777"), number="77777")
        wms.placed.append((checkout.id, second, at))
        wms.order_states["77777"] = OrderStatus.CONFIRMED
        wms.order_goods["77777"] = type(wms.sold)()
        assert await looking.found() == [(FindingKind.MIRROR_DOUBLE, "wms")]
        assert (await looking.repairs.repair(await looking.name(), "ada"))[0] is Outcome.DONE
        assert [wms.order_states[each] for each in (first.number, "77777")] == [
            OrderStatus.CONFIRMED,
            OrderStatus.CANCELLED,
        ]

    async def test_another_total_is_a_persons(self, retail: Retail) -> None:
        retail.others["wms"].surcharge = Decimal("0.01")
        checkout = await bought(retail)
        await retail.followed()
        assert checkout.state is CheckoutState.COMPLETED
        looking = Looking(retail)
        assert await looking.found() == [(FindingKind.MIRROR_DIFFERENT, "wms")]
        assert (await looking.repairs.repair(await looking.name(), "ada"))[0] is Outcome.BY_HAND

    async def test_what_is_not_heard_is_not_judged(self, retail: Retail) -> None:
        looking, _, wms = await self.mirrored(retail)
        wms.placed.clear()
        wms.down = True
        await looking.aged(120)
        looked = await looking.reconciler.whole()
        assert looked.findings == []
        assert len(looked.missed) == 1


class TestExpected:
    """Written by the connector that the retailer has."""

    @pytest.fixture
    async def retail(self, opened: Opened) -> Retail:
        return await opened(expect=("tills",))

    def comes(self, retail: Retail, checkout: Checkout) -> None:
        order = retail.erp.order_records[checkout.number or ""]
        twin = replace(order, ref=NativeRef("tills", "T-1"), number="T-1", origin=OrderOrigin(checkout.number or ""))
        tills = retail.others["tills"]
        tills.order_records["T-1"], tills.order_states["T-1"] = twin, OrderStatus.CONFIRMED

    async def test_it_is_found_by_its_number_at_the_owner(self, retail: Retail) -> None:
        looking, checkout = Looking(retail), await bought(retail)
        assert await looking.mirrors.look() == 0  # nobody is asked yet
        await looking.aged(60)
        self.comes(retail, checkout)
        assert await looking.mirrors.look() == 1
        _, sync = await stands(retail, checkout)
        assert (sync.role, sync.state, sync.number) == (SyncRole.EXPECTED, SyncState.THERE, "T-1")
        assert retail.others["tills"].placed == []

    async def test_one_that_does_not_come_is_a_task_and_found_later_it_is_none(self, retail: Retail) -> None:
        looking, checkout = Looking(retail), await bought(retail)
        for _ in range(4):
            await looking.aged(240)
            assert await looking.mirrors.look() == 0
            await looking.mirrors.late()
        assert await looking.tasks() == [LATE_TASK]
        assert looking.late("WAITING", "tills") == 1.0
        assert await looking.found() == [(FindingKind.MIRROR_MISSING, "tills")]
        assert (await looking.repairs.repair(await looking.name(), "ada"))[0] is Outcome.BY_HAND
        self.comes(retail, checkout)
        await looking.aged(3_600)
        assert await looking.mirrors.look() == 1
        await looking.mirrors.late()
        assert LATE_TASK not in await looking.tasks()

    async def test_each_process_looks_for_others(self, retail: Retail) -> None:
        looking, _ = Looking(retail), await bought(retail)
        await looking.aged(60)
        stored = StoredMirrors(retail.database)
        assert len(await stored.to_look_for()) == 1
        assert await stored.to_look_for() == []

    async def test_no_run_waits_for_it(self, retail: Retail) -> None:
        checkout = await bought(retail)
        await retail.followed()  # until no run is under way
        assert (await stands(retail, checkout))[1].state is SyncState.WAITING
