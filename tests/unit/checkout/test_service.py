"""What goes on around checkouts: captures that follow, runs that nobody executes, holds whose run is gone, writes of a
process that is dead to the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import text

from gateway.checkout.claims import run_of
from gateway.checkout.desk import STUCK_TASK
from gateway.checkout.journal import FAILED_KEPT_SECONDS
from gateway.checkout.service import CheckoutService
from gateway.errors import OutcomeUnknown, Unavailable
from gateway.model.checkouts import CheckoutState
from gateway.model.context import CommerceContext
from gateway.model.orders import PlaceOrder, PlaceOrderLine
from gateway.model.payments import DeclineReason
from gateway.ports.order import PLACE_ORDER
from gateway.state.ledger import StockSpot
from tests.unit.services.retailer import gbp

from .conftest import both_stores
from .fleet import until
from .retail import TOKEN, Retail

REFERENCE = "ORDER" + "A" * 21
CONTEXT = CommerceContext("GB", "GBP", "en", "web")


@pytest.fixture
async def retail(url: str) -> AsyncIterator[Retail]:
    opened = await Retail.open(url)
    yield opened
    await opened.close()


def order(pieces: int = 1) -> PlaceOrder:
    return PlaceOrder(REFERENCE, (PlaceOrderLine("MUG", Decimal(pieces), gbp("12.00")),))


@both_stores
async def test_a_gateways_checkout_begins_and_ends(url: str) -> None:
    books = await Retail.books(url, 10)
    service = await CheckoutService.open(
        books.database,
        carts=books.carts,
        writes=books.writes,
        caller=books.caller,
        ownership=books.ownership,
        outbox=books.outbox,
        tasks=books.tasks,
        evaluate=books.evaluate,
        buyer_at=books.buyer_at,
        recognise=books.recognise,
    )
    books.given, books.desk, books.runs = service.given, service.desk, service.runs
    await service.start()
    checkout = await books.buy(await books.cart())
    assert checkout.state is CheckoutState.COMPLETED
    assert await service.under_way() == {}

    async def captured() -> bool:
        await books.outbox.deliver_one("checkout")
        return books.payments() == ["CAPTURED"] and not await books.runs.pending()

    await until(10.0, captured)
    registry = books.writes.metrics.registry
    assert registry.get_sample_value("gateway_checkouts_stuck") == 0
    async with books.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET moved = moved - 120, ended = ended - 120"))
    assert await service.reconciler.round() == 0  # while the engine has its runs
    assert registry.get_sample_value("gateway_reconcile_looked_total") == 1
    await service.close()
    await books.close_books()


async def test_a_checkout_without_progress_is_a_persons_task_once(retail: Retail) -> None:
    retail.pay.book.challenged.add(TOKEN)
    checkout = await retail.buy(await retail.cart())
    assert checkout.state is CheckoutState.ACTION_REQUIRED
    async with retail.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET moved = moved - 120"))
    assert await retail.desk.watch_stuck() == []  # the shopper is waited for
    async with retail.database.write() as connection:
        await connection.execute(text("UPDATE checkouts SET expires = expires - 900"))
    for _ in range(2):
        assert await retail.desk.watch_stuck() == [checkout.id]
    tasks = await retail.tasks.list(kind=STUCK_TASK)
    assert [(task.subject, task.times) for task in tasks] == [(checkout.id, 2)]
    await retail.desk.cancel(checkout.id)


async def test_a_hold_is_released_only_when_its_run_is_gone(retail: Retail) -> None:
    retail.pay.book.challenged.add(TOKEN)
    checkout = await retail.buy(await retail.cart())
    spot = StockSpot("erp", "MUG", "LON")
    async with retail.database.write() as connection:
        assert await retail.ledger.reserve(connection, "NOBODY", {spot: 2}) == []
        claimed = run_of("cart", "checkout", "claimed")
        await retail.given.claims.claim(connection, claimed, "checkout", "digest")
        assert await retail.ledger.reserve(connection, claimed, {spot: 1}) == []
    assert await retail.desk.release_orphans(900.0) == 0
    assert await retail.desk.release_orphans(-1.0) == 1
    held = {hold.run for hold in await retail.ledger.held_since(-1.0)}
    assert held == {checkout.id, claimed}
    async with retail.database.write() as connection:
        await connection.execute(text("DELETE FROM claims WHERE digest = 'digest'"))
    await retail.desk.cancel(checkout.id)


async def test_a_process_that_is_dead_to_the_others_sends_nothing(retail: Retail) -> None:
    retail.writes.fence = lambda: False
    with pytest.raises(Unavailable) as refused:
        await retail.writes.perform("erp", PLACE_ORDER, order(), CONTEXT, retail.given.call("run"))
    assert refused.value.unsent
    retail.writes.fence = lambda: True
    placed = await retail.writes.perform("erp", PLACE_ORDER, order(), CONTEXT, retail.given.call("run"))
    assert retail.erp.effects(REFERENCE) == 1
    assert placed.number == "10000"


class TestResolved:
    """What became of a write, asked by who undoes it."""

    async def test_nothing_was_sent(self, retail: Retail) -> None:
        assert await retail.writes.resolve("erp", PLACE_ORDER, order()) is None
        assert retail.erp.requests["order.find_order"] == 0

    async def test_it_was_done(self, retail: Retail) -> None:
        placed = await retail.writes.perform("erp", PLACE_ORDER, order(), CONTEXT, retail.given.call("run"))
        assert await retail.writes.resolve("erp", PLACE_ORDER, order()) == placed

    async def test_its_answer_was_lost(self, retail: Retail) -> None:
        retail.erp.lag = 1.0  # the look-ups of the write itself see nothing yet

        async def lose() -> None:
            raise Unavailable(source="erp", domain="order")

        retail.erp.after_placing = lose
        with pytest.raises(OutcomeUnknown):
            await retail.writes.perform("erp", PLACE_ORDER, order(), CONTEXT, retail.given.call("run"))
        retail.erp.lag = 0.0
        found = await retail.writes.resolve("erp", PLACE_ORDER, order())
        assert found is not None
        assert retail.erp.effects(REFERENCE) == 1

    async def test_what_is_absent_is_not_believed_too_early(self, retail: Retail) -> None:
        retail.erp.failing[PLACE_ORDER.name] = Unavailable(source="erp", domain="order")
        with pytest.raises(OutcomeUnknown):
            await retail.writes.perform("erp", PLACE_ORDER, order(), CONTEXT, retail.given.call("run"))

        async def known() -> bool:
            try:
                return await retail.writes.resolve("erp", PLACE_ORDER, order()) is None
            except OutcomeUnknown:
                return False

        await until(10.0, known)
        assert retail.erp.effects(REFERENCE) == 0


@both_stores
async def test_what_bought_nothing_is_forgotten_with_its_cart_and_what_was_bought_is_not(retail: Retail) -> None:
    retail.pay.book.declined["poor"] = DeclineReason.INSUFFICIENT_FUNDS
    bought = await retail.buy(await retail.cart())
    failed = await retail.buy(await retail.cart(), token="poor")
    assert (bought.state, failed.state) == (CheckoutState.COMPLETED, CheckoutState.FAILED)
    checkouts = retail.given.checkouts
    assert await checkouts.sweep() == 0
    async with retail.database.write() as connection:
        await connection.execute(text(f"UPDATE checkouts SET moved = moved - {FAILED_KEPT_SECONDS + 1}"))
    assert await checkouts.sweep() == 1
    assert await checkouts.get(failed.id) is None
    assert await checkouts.history(failed.id) == []
    assert (await checkouts.history(bought.id))[-1].outcome in ("done", "captured")
    assert await checkouts.get(bought.id) is not None


async def test_while_too_many_wait_whoever_comes_is_told_how_it_stands(
    retail: Retail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.checkout.desk.MOST_WAITING", 1)
    retail.missing = True
    slow, other = await retail.cart(), await retail.cart()
    waiting = asyncio.create_task(retail.buy(slow))

    async def one_waits() -> bool:
        return retail.desk.waiting == 1

    await until(5.0, one_waits)
    begun = time.monotonic()
    told = await retail.buy(other)
    assert told.state is CheckoutState.PROCESSING
    assert time.monotonic() - begun < 1.5
    retail.missing = False
    assert (await waiting).state is CheckoutState.COMPLETED
    assert retail.desk.waiting == 0
