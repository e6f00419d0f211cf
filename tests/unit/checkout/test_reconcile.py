"""Our rows against what owners have: what was planted is found, all of it and nothing else; what a person orders to be
mended is, once, and written down.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from sqlalchemy import text, update

from gateway.checkout.aside import RunsAside
from gateway.checkout.desk import STUCK_TASK
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.reconcile.findings import TASK_PREFIX, Finding, FindingKind, NamedFinding
from gateway.checkout.reconcile.repairs import REPAIR, Outcome, Repairs
from gateway.checkout.reconcile.rounds import BY, Reconciler
from gateway.checkout.tenders import change
from gateway.errors import AdapterError, Unavailable
from gateway.model.checkouts import Checkout, CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderStatus
from gateway.model.payments import Authorise, DeclineReason, PaymentState
from gateway.state.ledger import HoldState, StockSpot
from gateway.state.tables import checkouts, holds, stock_ledger
from tests.unit.services.retailer import gbp

from .fleet import until
from .retail import NUMBER, TOKEN, Retail

SPOT = StockSpot("erp", "MUG", "LON")


class Bench:
    """A retailer whose checkouts are compared with their owners."""

    def __init__(self, retail: Retail) -> None:
        self.retail = retail
        self.registry = CollectorRegistry()
        self.aside = RunsAside(retail.database)
        self.reconciler = Reconciler(
            retail.database,
            self.aside,
            ownership=retail.ownership,
            caller=retail.caller,
            tasks=retail.tasks,
            figures=CheckoutFigures(self.registry),
            pause=0.0,
        )
        self.repairs = Repairs(
            retail.database,
            self.aside,
            self.reconciler,
            ownership=retail.ownership,
            writes=retail.writes,
            carts=retail.carts,
        )

    async def bought(self) -> Checkout:
        checkout = await self.retail.buy(await self.retail.cart(("MUG", 1)), quoted="12.00")
        assert checkout.state is CheckoutState.COMPLETED, checkout
        return checkout

    async def taken(self) -> None:
        """All that is bought is paid for."""

        while await self.retail.outbox.deliver_one("checkout"):
            pass

        async def still() -> bool:
            return not await self.retail.runs.pending()

        await until(20.0, still)

    async def failed(self) -> Checkout:
        self.retail.pay.book.declined["bad"] = DeclineReason.INSUFFICIENT_FUNDS
        checkout = await self.retail.buy(await self.retail.cart(("MUG", 1)), quoted="12.00", token="bad")
        assert checkout.state is CheckoutState.FAILED, checkout
        return checkout

    async def later(self, seconds: float = 120.0) -> None:
        """As if all that happened had happened so long ago."""
        async with self.retail.database.write() as connection:
            for change in (
                f"UPDATE checkouts SET moved = moved - {seconds}, ended = ended - {seconds}, look_at = NULL",
                f"UPDATE holds SET since = since - {seconds}",
            ):
                await connection.execute(text(change))

    async def found(self) -> Counter[FindingKind]:
        looked = await self.reconciler.whole()
        assert looked.missed == []
        return Counter(finding.kind for finding in looked.findings)

    async def set(self, run: str, **values: object) -> None:
        async with self.retail.database.write() as connection:
            await connection.execute(update(checkouts).where(checkouts.c.run == run).values(**values))

    async def set_tender(self, run: str, position: int = 0, **values: object) -> None:
        async with self.retail.database.write() as connection:
            await change(connection, run, position, **values)

    async def tasks(self) -> Counter[str]:
        return Counter(task.kind for task in await self.retail.tasks.list(limit=1000))


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    retail = await Retail.open(url, pieces=1_000)
    bench = Bench(retail)
    yield bench
    bench.aside.close()
    await retail.close()


# --- what is planted ------------------------------------------------------------------------------------------------


async def money_for_nothing(bench: Bench) -> None:
    """A processor that holds money for a checkout that failed: an answer that came back after the void."""
    run = (await bench.failed()).id
    book = bench.retail.pay.book
    held = next(held for held in book.payments.values() if held.purchase == run)
    held.state, held.authorised = PaymentState.AUTHORISED, Decimal("12.00")


async def another_payment(bench: Bench) -> None:
    """Asked twice under one reference: the look-up shows one, our row names the other."""
    run = (await bench.bought()).id
    await bench.taken()
    book = bench.retail.pay.book
    first = next(held for held in book.payments.values() if held.purchase == run)
    second = book.begin(Authorise(first.reference, run, gbp("12.00"), token=TOKEN))
    second.state, second.authorised = PaymentState.CAPTURED, Decimal("12.00")
    second.captured, first.captured = Decimal("12.00"), Decimal("12.00")
    await bench.set_tender(run, payment_id=second.id)


async def too_little(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    held = next(held for held in bench.retail.pay.book.payments.values() if held.purchase == run)
    held.authorised = held.captured = Decimal("11.99")


async def other_currency(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    book = bench.retail.pay.book
    held = next(held for held in book.payments.values() if held.purchase == run)
    held.asked = replace(held.asked, currency="EUR")


async def never_taken(bench: Bench) -> None:
    """What should have started the run that takes it was lost."""
    await bench.taken()
    await bench.bought()
    async with bench.retail.database.write() as connection:
        await connection.execute(text("DELETE FROM outbox_deliveries"))


async def order_for_nobody(bench: Bench) -> None:
    run = (await bench.failed()).id
    number = next(order.number for known, order, _ in bench.retail.erp.placed if known == run)
    bench.retail.erp.order_states[number] = OrderStatus.CONFIRMED


async def two_orders(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    erp = bench.retail.erp
    _, order, at = next(each for each in erp.placed if each[0] == run)
    number = str(10_000 + len(erp.placed))
    erp.placed.append((run, replace(order, ref=NativeRef("erp", number), number=number), at))
    erp.order_states[number] = OrderStatus.CONFIRMED
    erp.order_goods[number] = Counter()


async def no_order(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    erp = bench.retail.erp
    gone = next(each for each in erp.placed if each[0] == run)
    erp.placed[erp.placed.index(gone)] = ("SOMEBODY" + "A" * 18, *gone[1:])
    del erp.order_records[gone[1].number]


async def still_pending(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    number = next(order.number for known, order, _ in bench.retail.erp.placed if known == run)
    bench.retail.erp.order_states[number] = OrderStatus.OPEN


async def other_total(bench: Bench) -> None:
    run = (await bench.bought()).id
    await bench.taken()
    erp = bench.retail.erp
    place, (known, order, at) = next((n, each) for n, each in enumerate(erp.placed) if each[0] == run)
    erp.placed[place] = (known, replace(order, total=gbp("12.01")), at)


async def hold_of_nobody(bench: Bench) -> None:
    await bench.retail.free("MUG")
    async with bench.retail.database.write() as connection:
        run = f"NOBODY{time.monotonic_ns():020}"
        assert await bench.retail.ledger.reserve(connection, run, {SPOT: 1}) == []


async def hold_of_one_that_failed(bench: Bench) -> None:
    run = (await bench.failed()).id
    async with bench.retail.database.write() as connection:
        await connection.execute(update(holds).where(holds.c.run == run).values(state=HoldState.HELD.value))
        await connection.execute(update(stock_ledger).values(held=stock_ledger.c.held + 1))


async def run_that_is_gone(bench: Bench) -> None:
    """Restored from a backup in which the engine's file is older than ours."""
    run = (await bench.failed()).id
    await bench.retail.runs.delete([run])
    await bench.set(run, state="PROCESSING", ended=None, reason=None)


async def run_that_is_over(bench: Bench) -> None:
    run = (await bench.failed()).id
    await bench.set(run, state="PROCESSING", ended=None, reason=None)


Plant = Callable[[Bench], Awaitable[None]]
PLANTS: dict[Plant, FindingKind] = {
    money_for_nothing: FindingKind.PAYMENT_ORPHAN,
    another_payment: FindingKind.PAYMENT_ORPHAN,
    too_little: FindingKind.PAYMENT_DIFFERENT,
    other_currency: FindingKind.PAYMENT_DIFFERENT,
    never_taken: FindingKind.PAYMENT_UNTAKEN,
    order_for_nobody: FindingKind.ORDER_ORPHAN,
    two_orders: FindingKind.ORDER_DOUBLE,
    no_order: FindingKind.ORDER_MISSING,
    still_pending: FindingKind.ORDER_UNCONFIRMED,
    other_total: FindingKind.ORDER_DIFFERENT,
    hold_of_nobody: FindingKind.HOLD_ORPHAN,
    hold_of_one_that_failed: FindingKind.HOLD_ORPHAN,
    run_that_is_gone: FindingKind.RUN_OPEN,
    run_that_is_over: FindingKind.RUN_OPEN,
}
named = pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)


# --- finding --------------------------------------------------------------------------------------------------------


async def test_where_all_agree_nothing_is_found(bench: Bench) -> None:
    for _ in range(3):
        await bench.bought()
        await bench.failed()
    await bench.taken()
    await bench.later(3600.0)
    assert await bench.found() == Counter()
    assert await bench.reconciler.round() == 0
    assert await bench.tasks() == Counter()


@named
async def test_what_is_planted_is_found_and_is_a_task_once(bench: Bench, plant: Plant) -> None:
    await bench.bought()
    await bench.failed()
    await bench.taken()
    await plant(bench)
    await bench.later(3600.0)
    kind = PLANTS[plant]
    task = STUCK_TASK if kind is FindingKind.RUN_OPEN else f"{TASK_PREFIX}{kind.value}"
    for _ in range(2):
        assert await bench.found() == {kind: 1}
        assert await bench.tasks() == {task: 1}
    assert bench.registry.get_sample_value("gateway_reconcile_open", {"kind": kind.value}) == 1
    assert bench.registry.get_sample_value("gateway_reconcile_findings_total", {"kind": kind.value}) == 2


async def test_some_of_each_are_found_and_nothing_else(bench: Bench) -> None:
    await planted(bench, 3)


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_all_of_twenty_of_each_are_found(bench: Bench) -> None:
    await planted(bench, 20)


async def planted(bench: Bench, often: int) -> None:
    kinds: dict[FindingKind, Plant] = {kind: plant for plant, kind in PLANTS.items()}
    for _ in range(3):
        await bench.bought()
        await bench.failed()
    await bench.taken()
    for plant in kinds.values():
        for _ in range(often):
            await plant(bench)
    await bench.later(3600.0)
    assert await bench.found() == dict.fromkeys(kinds, often)
    assert sum((await bench.tasks()).values()) == often * len(kinds)


async def test_rounds_of_a_few_find_the_same_and_come_back_to_what_is_wrong(bench: Bench) -> None:
    await two_orders(bench)
    for _ in range(3):
        await bench.bought()
    await bench.taken()
    await bench.later()
    found = [await bench.reconciler.round(limit=2) for _ in range(3)]
    assert sorted(found) == [0, 0, 1]  # four checkouts, each looked at once
    async with bench.retail.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET look_at = look_at - 400"))
    assert await bench.reconciler.round() == 1


async def test_two_processes_never_look_at_the_same_ones(bench: Bench) -> None:
    for _ in range(4):
        await bench.failed()
    await bench.later()
    rows = bench.reconciler.rows
    one, other = await asyncio.gather(rows.due(2, 7.0), rows.due(2, 7.0))
    assert len({row.run for row in (*one, *other)}) == 4
    assert await rows.due(2, 7.0) == []


async def test_what_moved_within_the_last_minute_is_left_alone(bench: Bench) -> None:
    await two_orders(bench)
    await hold_of_one_that_failed(bench)
    await run_that_is_over(bench)
    async with bench.retail.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET moved = moved + 5"))
    assert await bench.found() == Counter()


async def test_a_shopper_who_is_waited_for_is_nobodys_finding(bench: Bench) -> None:
    bench.retail.pay.book.challenged.add(TOKEN)
    checkout = await bench.retail.buy(await bench.retail.cart())
    assert checkout.state is CheckoutState.ACTION_REQUIRED
    await bench.later()
    assert await bench.found() == Counter()
    await bench.retail.desk.cancel(checkout.id)


async def test_an_owner_that_is_silent_keeps_only_its_own_from_being_judged(bench: Bench) -> None:
    await two_orders(bench)
    await hold_of_nobody(bench)
    await bench.later()
    bench.retail.erp.failing["order.find_orders"] = Unavailable(source="erp", domain="order")
    looked = await bench.reconciler.whole()
    assert [finding.kind for finding in looked.findings] == [FindingKind.HOLD_ORPHAN]
    assert (len(looked.missed), looked.unheard) == (1, ["erp"])
    bench.retail.erp.failing.clear()
    assert await bench.found() == {FindingKind.HOLD_ORPHAN: 1, FindingKind.ORDER_DOUBLE: 1}


async def test_an_owner_that_is_down_is_not_asked_for_each(bench: Bench) -> None:
    for _ in range(6):
        await bench.failed()
    await bench.later()
    erp = bench.retail.erp
    erp.failing["order.find_orders"] = Unavailable(source="erp", domain="order")
    before = erp.requests["order.find_orders"]
    looked = await bench.reconciler.whole()
    assert len(looked.missed) == 6
    assert erp.requests["order.find_orders"] - before == 3


async def test_a_task_whose_finding_is_gone_is_closed(bench: Bench) -> None:
    await two_orders(bench)
    await hold_of_nobody(bench)
    await bench.later()
    await bench.found()
    erp = bench.retail.erp
    erp.order_states[erp.placed[-1][1].number] = OrderStatus.CANCELLED  # somebody did it in the owner's back office
    await bench.later()
    assert await bench.found() == {FindingKind.HOLD_ORPHAN: 1}
    assert await bench.tasks() == {"reconcile.hold.orphan": 1}
    (closed,) = await bench.retail.tasks.list(done=True)
    assert (closed.kind, closed.done_by) == ("reconcile.order.double", BY)


# --- mending --------------------------------------------------------------------------------------------------------

BY_HAND = (too_little, other_currency, no_order, other_total)
mended = pytest.mark.parametrize("plant", [each for each in PLANTS if each not in BY_HAND], ids=lambda it: it.__name__)


async def planted_once(bench: Bench, plant: Plant) -> Finding:
    await plant(bench)
    await bench.later(3600.0)
    (finding,) = (await bench.reconciler.whole()).findings
    return finding


def name_of(finding: Finding) -> NamedFinding:
    named = NamedFinding.of(finding.name)
    assert named is not None
    return named


@mended
async def test_what_is_mended_is_not_there_any_more_and_is_mended_once(bench: Bench, plant: Plant) -> None:
    finding = await planted_once(bench, plant)
    outcome, before = await bench.repairs.repair(name_of(finding), "ada")
    assert (outcome, before) == (Outcome.DONE, finding)
    assert await bench.tasks() == Counter()
    effects = (len(bench.retail.pay.book.entries), list(bench.retail.erp.order_states.items()))
    assert await bench.repairs.repair(name_of(finding), "ada") == (Outcome.NOTHING, None)
    assert (len(bench.retail.pay.book.entries), list(bench.retail.erp.order_states.items())) == effects
    begun, done = reversed(await bench.reconciler.audit.list())
    assert [(entry.by, entry.action, entry.subject) for entry in (begun, done)] == [("ada", REPAIR, finding.name)] * 2
    assert (begun.outcome, done.outcome) == ("begun", "done")
    if finding.kind is not FindingKind.RUN_OPEN:
        assert await bench.found() == Counter()


async def test_a_run_that_is_gone_on_with_ends(bench: Bench) -> None:
    for plant in (run_that_is_over, run_that_is_gone):
        finding = await planted_once(bench, plant)
        assert (await bench.repairs.repair(name_of(finding), "ada"))[0] is Outcome.DONE

        async def ended(run: str = finding.run) -> bool:
            await bench.retail.given.claims.start_forgotten()
            found = await bench.retail.desk.get(run)
            return found is not None and found.state is CheckoutState.FAILED

        async with bench.retail.database.write() as connection:
            await connection.execute(text("UPDATE claims SET claimed = claimed - 10"))
        await until(20.0, ended)


async def test_the_money_goes_back_once_and_the_right_order_stands(bench: Bench) -> None:
    await another_payment(bench)
    await two_orders(bench)
    await bench.later()
    for finding in (await bench.reconciler.whole()).findings:
        assert (await bench.repairs.repair(name_of(finding), "ada"))[0] is Outcome.DONE
    held = list(bench.retail.pay.book.payments.values())
    assert [(each.captured, each.refunded) for each in held] == [
        (Decimal(12), Decimal(12)),
        (Decimal(12), Decimal(0)),
        (Decimal(12), Decimal(0)),
    ]
    assert bench.retail.orders() == [OrderStatus.CONFIRMED, OrderStatus.CONFIRMED, OrderStatus.CANCELLED]


@pytest.mark.parametrize("plant", BY_HAND, ids=lambda it: it.__name__)
async def test_what_no_program_mends_is_accepted_until_it_changes(bench: Bench, plant: Plant) -> None:
    finding = await planted_once(bench, plant)
    assert (await bench.repairs.repair(name_of(finding), "ada"))[0] is Outcome.BY_HAND
    assert await bench.repairs.accept(name_of(finding), "ada") == finding
    assert await bench.tasks() == Counter()
    assert await bench.found() == Counter()
    if plant is too_little:
        held = next(iter(bench.retail.pay.book.payments.values()))
        held.captured = held.authorised = Decimal("5.00")
        assert await bench.found() == {finding.kind: 1}


async def test_an_owner_that_refuses_is_told_so(bench: Bench) -> None:
    finding = await planted_once(bench, two_orders)
    bench.retail.erp.uncancellable = True
    assert (await bench.repairs.repair(name_of(finding), "ada"))[0] is Outcome.REFUSED
    assert sum((await bench.tasks()).values()) == 1
    bench.retail.erp.uncancellable = False
    assert (await bench.repairs.repair(name_of(finding), "ada"))[0] is Outcome.DONE


async def test_nothing_is_mended_of_what_cannot_be_looked_at(bench: Bench) -> None:
    finding = await planted_once(bench, two_orders)
    bench.retail.erp.failing["order.find_orders"] = Unavailable(source="erp", domain="order")
    with pytest.raises(AdapterError):
        await bench.repairs.repair(name_of(finding), "ada")
    assert await bench.reconciler.audit.list() == []


@pytest.mark.parametrize("written", ["", "payment.orphan", "payment.orphan:", "nonsense:RUN", "hold.orphan::"])
def test_what_names_no_finding_is_none(written: str) -> None:
    assert NamedFinding.of(written) is None


# --- of several tenders ---------------------------------------------------------------------------------------------


async def test_each_tender_of_an_order_is_compared_and_taken_by_itself(bench: Bench) -> None:
    retail = bench.retail
    bought = await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"}))
    await bench.later(1_200.0)
    assert await bench.found() == {FindingKind.PAYMENT_UNTAKEN: 2}
    for finding in (await bench.reconciler.again(bought.id)).findings:
        named = NamedFinding.of(finding.name)
        assert named is not None
        assert (await bench.repairs.repair(named, "ada"))[0] is Outcome.DONE
    assert [held.captured for held in retail.pay.book.payments.values()] == [Decimal(5), Decimal(7)]
    assert await bench.found() == {}
    _, card = retail.pay.book.payments.values()
    card.authorised = card.captured = Decimal("6.99")
    assert await bench.found() == {FindingKind.PAYMENT_DIFFERENT: 1}


async def test_value_that_a_failed_checkout_holds_goes_back_onto_its_gift_card(bench: Bench) -> None:
    retail = bench.retail
    retail.pay.book.declined[TOKEN] = DeclineReason.EXPIRED
    failed = await retail.buy(await retail.cart(gift_cards={NUMBER: "5.00"}))
    held = next(iter(retail.pay.book.payments.values()))
    for state, captured in ((PaymentState.AUTHORISED, "0"), (PaymentState.CAPTURED, "5.00")):
        held.state, held.authorised, held.captured = state, Decimal("5.00"), Decimal(captured)
        held.refunded = Decimal(0)
        retail.pay.book.cards[NUMBER].balance = gbp("0.00")
        await bench.later()
        assert await bench.found() == {FindingKind.PAYMENT_ORPHAN: 1}
        named = NamedFinding.of((await bench.reconciler.again(failed.id)).findings[0].name)
        assert named is not None
        assert (await bench.repairs.repair(named, "ada"))[0] is Outcome.DONE
        assert retail.worth(NUMBER) == Decimal("5.00")
