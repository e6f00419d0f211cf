"""Our rows against what owners have: what was planted is found, all of it and nothing else; what a person orders to be
mended is, once, and written down.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy import text, update

from gateway.checkout.aside import RunsAside
from gateway.checkout.desk import STUCK_TASK
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.reconcile.findings import TASK_PREFIX, Finding, FindingKind, Named
from gateway.checkout.reconcile.repairs import REPAIR, Outcome, Repairs
from gateway.checkout.reconcile.rounds import BY, Reconciler
from gateway.errors import AdapterError, Unavailable
from gateway.model.checkouts import Checkout, CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderStatus
from gateway.model.payments import Authorise, PaymentState
from gateway.state.ledger import HoldState, StockSpot
from gateway.state.tables import checkouts
from tests.unit.services.retailer import gbp

from .fleet import until
from .retail import TOKEN, Retail

SPOT = StockSpot("erp", "PLATE", "LON")
ALL = {kind: 1 for kind in FindingKind}


class Bench:
    """A retailer whose checkouts are compared with their owners."""

    def __init__(self, retail: Retail) -> None:
        self.retail = retail
        self.figures = CheckoutFigures()
        self.aside = RunsAside(retail.database)
        self.reconciler = Reconciler(
            retail.database,
            self.aside,
            ownership=retail.ownership,
            caller=retail.caller,
            tasks=retail.tasks,
            figures=self.figures,
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
        checkout = await self.retail.buy(await self.retail.cart(("PLATE", 1)), quoted="12.00")
        assert checkout.state is CheckoutState.COMPLETED, checkout
        return checkout

    async def taken(self) -> None:
        """All that is bought is paid for."""

        async def captured() -> bool:
            await self.retail.outbox.deliver_one("checkout")
            return "AUTHORISED" not in self.retail.payments()

        await until(20.0, captured)

    async def failed(self) -> Checkout:
        self.retail.pay.book.declined["bad"] = next(iter(DECLINES))
        checkout = await self.retail.buy(await self.retail.cart(("PLATE", 1)), quoted="12.00", token="bad")
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

    async def tasks(self) -> Counter[str]:
        return Counter(task.kind for task in await self.retail.tasks.list(limit=1000))


from gateway.model.payments import DeclineReason  # noqa: E402

DECLINES = (DeclineReason.INSUFFICIENT_FUNDS,)


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    retail = await Retail.open(url, pieces=100)
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
    await bench.set(run, payment_id=second.id)


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
    run = (await bench.bought()).id
    await bench.taken()
    held = next(held for held in bench.retail.pay.book.payments.values() if held.purchase == run)
    held.state, held.captured = PaymentState.AUTHORISED, Decimal(0)


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
    async with bench.retail.database.write() as connection:
        run = f"NOBODY{id(connection) % 10**9:020}"
        assert await bench.retail.ledger.reserve(connection, run, {SPOT: 1}) == []


async def hold_of_one_that_failed(bench: Bench) -> None:
    run = (await bench.failed()).id
    async with bench.retail.database.write() as connection:
        assert await bench.retail.ledger.reserve(connection, run, {SPOT: 1}) == []


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
    await plant(bench)
    await bench.taken() if plant is not never_taken else None
    await bench.later(3600.0)
    kind = PLANTS[plant]
    task = STUCK_TASK if kind is FindingKind.RUN_OPEN else f"{TASK_PREFIX}{kind.value}"
    for _ in range(2):
        assert await bench.found() == {kind: 1}
        assert await bench.tasks() == {task: 1}
    value = bench.figures._open.labels(kind.value)._value.get()  # pyright: ignore[reportPrivateUsage]
    assert value == 1
