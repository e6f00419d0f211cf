"""Goods of a system that is not the order's owner: they are not taken for an order that is none any more, and go back
once where they were; the ledger never offers what their owner does not count, and keeps nothing for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update

from gateway.checkout.aside import RunsAside
from gateway.checkout.cancelled import order_cancelled
from gateway.checkout.reconcile.findings import FindingKind, NamedFinding
from gateway.checkout.reconcile.repairs import Outcome, Repairs
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.steps.commit import REFUSED_TASK
from gateway.checkout.steps.uncommit import LEFT_TASK
from gateway.checkout.unheard import Unheard
from gateway.errors import RequestRefused, Unavailable
from gateway.model.checkouts import Checkout, CheckoutState
from gateway.model.orders import OrderStatus
from gateway.ports.stock import COMMIT_STOCK, RESTOCK
from gateway.state.commitments import CommitmentState, StoredCommitments
from gateway.state.ledger import HoldState, StockSpot
from gateway.state.tables import checkouts, stock_commitments
from gateway.testing.reference import ReferenceAdapter

from .conftest import both_stores
from .fleet import until
from .retail import Retail

ON_POSTGRES = "soak"

SHELF = StockSpot("till", "MUG", "LON")


class Shop:
    """A retailer whose till counts what its ERP sells, and all that looks at its orders afterwards."""

    def __init__(self, retail: Retail) -> None:
        self.retail = retail
        self.till: ReferenceAdapter = retail.others["till"]
        self.cancelled = partial(order_cancelled, retail.database)
        aside = RunsAside(retail.database)
        self.reconciler = Reconciler(
            retail.database,
            aside,
            ownership=retail.ownership,
            caller=retail.caller,
            tasks=retail.tasks,
            pause=0.0,
            cancelled=self.cancelled,
        )
        self.repairs = Repairs(
            retail.database,
            aside,
            self.reconciler,
            ownership=retail.ownership,
            writes=retail.writes,
            carts=retail.carts,
        )

    async def bought(self, pieces: int = 2) -> Checkout:
        checkout = await self.retail.buy(await self.retail.cart(("MUG", pieces)), quoted=f"{12 * pieces}.00")
        assert checkout.state is CheckoutState.COMPLETED, checkout
        return checkout

    def cancel_at_its_owner(self, checkout: Checkout) -> None:
        self.retail.erp.order_states[checkout.number or ""] = OrderStatus.CANCELLED

    async def state(self, checkout: Checkout) -> CommitmentState:
        row = await StoredCommitments(self.retail.database).one(checkout.id, "till")
        assert row is not None
        return CommitmentState(row.state)

    async def holds(self, checkout: Checkout) -> set[HoldState]:
        return {hold.state for hold in await self.retail.ledger.of_run(checkout.id)}

    async def offered(self) -> int:
        """What may be sold by the last reading, without another."""
        return (await self.retail.ledger.free([SHELF]))[SHELF][0]

    async def aged(self, seconds: float) -> None:
        moved = {"moved": checkouts.c.moved - seconds, "created": checkouts.c.created - seconds, "look_at": None}
        asked = stock_commitments.c.cancel_asked
        async with self.retail.database.write() as connection:
            await connection.execute(update(checkouts).values(**moved))
            await connection.execute(update(stock_commitments).values(cancel_asked=asked - seconds))
            await connection.execute(text("UPDATE claims SET claimed = claimed - 10"))

    async def gone_on(self) -> None:
        """What was noted and not begun is."""
        await self.aged(1)
        await self.retail.given.claims.start_forgotten()
        await self.retail.followed()

    async def found(self) -> list[NamedFinding]:
        await self.aged(120)
        named = [NamedFinding.of(each.name) for each in (await self.reconciler.whole()).findings]
        return [each for each in named if each is not None and each.kind is FindingKind.GOODS_STANDING]

    async def tasks(self) -> list[str]:
        return [task.kind for task in await self.retail.tasks.list()]

    def writes(self) -> Any:
        """What the till's adapter declares."""
        return self.retail.backends["till"].manifest.writes

    def told(self) -> list[int]:
        """Pieces of each commitment."""
        return [each.pieces for _, command, _, _ in self.till.committed for each in command.goods]

    def given_back(self) -> list[int]:
        return [each.pieces for _, command, _, _ in self.till.restocked for each in command.goods]


@pytest.fixture
async def shop(url: str) -> AsyncIterator[Shop]:
    retail = await Retail.open(url, counts="till")
    yield Shop(retail)
    await retail.close()


def once(adapter: ReferenceAdapter, act: Callable[[], Awaitable[None]]) -> None:
    """Between the next effect and its answer."""

    async def nothing() -> None:
        return None

    async def first() -> None:
        adapter.after_placing = nothing
        await act()

    adapter.after_placing = first


async def lose() -> None:
    raise Unavailable(source="till", domain="stock")


async def test_what_a_cancelled_order_took_goes_back_once_a_round_has_seen_it(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    assert (shop.told(), await shop.retail.free()) == ([2], 8)
    shop.cancel_at_its_owner(checkout)
    await shop.aged(120)
    await shop.reconciler.round()
    assert shop.given_back() == []  # noted, and not done by who noted it
    await shop.gone_on()
    assert (shop.given_back(), await shop.state(checkout)) == ([2], CommitmentState.RETURNED)
    assert await shop.offered() == 8  # their owner was not read since
    assert (await shop.retail.free(), await shop.holds(checkout)) == (10, {HoldState.GONE})
    await shop.aged(120)
    await shop.reconciler.round()
    await shop.gone_on()
    assert (shop.given_back(), await shop.found()) == ([2], [])


async def test_a_hold_that_no_reading_has_ended_stays_until_one_that_has_the_goods_again(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    assert (await shop.offered(), await shop.holds(checkout)) == (8, {HoldState.HANDED_OVER})
    await shop.cancelled(checkout.id)
    await shop.gone_on()
    assert shop.given_back() == [2]
    assert (await shop.offered(), await shop.holds(checkout)) == (8, {HoldState.HANDED_OVER})
    assert (await shop.retail.free(), await shop.holds(checkout)) == (10, {HoldState.GONE})


async def test_an_order_that_its_owner_says_is_cancelled_is_told_to_nobody(shop: Shop) -> None:
    checkout = await shop.bought()
    shop.cancel_at_its_owner(checkout)
    await shop.retail.followed()
    assert (shop.told(), await shop.state(checkout)) == ([], CommitmentState.DROPPED)
    assert (await shop.offered(), await shop.holds(checkout)) == (10, {HoldState.GONE})
    await shop.gone_on()
    assert (shop.told(), shop.given_back(), await shop.found()) == ([], [], [])


async def test_an_order_that_our_row_says_is_cancelled_is_told_to_nobody(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.cancelled(checkout.id)
    await shop.retail.followed()
    assert (shop.told(), await shop.state(checkout)) == ([], CommitmentState.DROPPED)
    await shop.gone_on()
    assert (shop.told(), shop.given_back(), await shop.offered()) == ([], [], 10)


async def test_an_owner_of_orders_that_is_silent_delays_nobody(shop: Shop) -> None:
    await shop.bought()
    shop.retail.erp.down = True
    await shop.retail.followed()
    assert shop.told() == [2]


@both_stores
async def test_one_cancelled_while_it_is_told_goes_back(shop: Shop) -> None:
    checkout = await shop.bought()

    async def cancel() -> None:
        await shop.cancelled(checkout.id)

    once(shop.till, cancel)
    await shop.retail.followed()
    await shop.gone_on()
    await shop.gone_on()
    assert (shop.told(), shop.given_back()) == ([2], [2])
    assert (await shop.retail.free(), await shop.state(checkout)) == (10, CommitmentState.RETURNED)


async def test_what_was_told_without_an_answer_before_it_was_cancelled_goes_back_too(shop: Shop) -> None:
    """It is looked up, and not taken as never told."""
    checkout = await shop.bought()

    async def cancelled_and_lost() -> None:
        await shop.cancelled(checkout.id)
        shop.till.failing["stock.find_commitment"] = Unavailable()
        await lose()

    once(shop.till, cancelled_and_lost)
    while await shop.retail.outbox.deliver_one("checkout"):
        pass

    async def told() -> bool:
        return bool(shop.told())

    await until(10.0, told)
    await shop.aged(1)
    await shop.retail.given.claims.start_forgotten()
    await asyncio.sleep(1.5)  # for a run that would let go of them
    assert await shop.holds(checkout) == {HoldState.HANDED_OVER}
    shop.till.failing.clear()
    await shop.gone_on()
    await shop.gone_on()
    assert (shop.told(), shop.given_back(), await shop.retail.free()) == ([2], [2], 10)
    assert await shop.state(checkout) is CommitmentState.RETURNED


async def test_a_lost_answer_gives_back_once(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    once(shop.till, lose)
    await shop.cancelled(checkout.id)
    await shop.gone_on()
    assert (shop.given_back(), await shop.retail.free()) == ([2], 10)


async def test_a_till_that_is_down_is_asked_until_it_has_them_back(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    assert await shop.retail.free() == 8
    down = Unavailable(source="till", domain="stock")
    down.unsent = True
    shop.till.failing[RESTOCK.name] = down
    await shop.cancelled(checkout.id)
    await shop.aged(1)
    await shop.retail.given.claims.start_forgotten()

    async def asked() -> bool:
        return shop.till.requests[RESTOCK.name] > 1

    await until(10.0, asked)
    assert (await shop.state(checkout), await shop.retail.free()) == (CommitmentState.COMMITTED, 8)
    shop.till.failing.clear()
    await shop.retail.followed()
    assert (shop.given_back(), await shop.retail.free()) == ([2], 10)


@pytest.mark.parametrize("why", ["REFUSED", "UNSUPPORTED", "SHIPPED"])
async def test_what_does_not_come_back_is_a_persons_who_is_told_pieces_and_place(shop: Shop, why: str) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    if why == "REFUSED":
        shop.till.failing[RESTOCK.name] = RequestRefused(detail="no")
    elif why == "UNSUPPORTED":
        del shop.writes()[RESTOCK.name]
    else:
        shop.till.shipped.add(shop.till.committed[0][0])
    await shop.cancelled(checkout.id)
    await shop.gone_on()
    (task,) = await shop.retail.tasks.list(kind=LEFT_TASK)
    told = {name: task.facts[name] for name in ("backend", "order", "goods", "code")}
    assert told == {"backend": "till", "order": checkout.number, "goods": "2 MUG at LON", "code": why}
    assert await shop.retail.free() == 8


async def test_what_a_till_never_took_is_free_once_the_order_is_cancelled(shop: Shop) -> None:
    """It said no: until then the pieces are kept back, and a person has a task."""
    checkout = await shop.bought()
    shop.till.failing[COMMIT_STOCK.name] = RequestRefused(detail="no")
    await shop.retail.followed()
    assert (await shop.retail.free(), await shop.tasks()) == (8, [REFUSED_TASK])
    shop.till.failing.clear()
    await shop.cancelled(checkout.id)
    await shop.gone_on()
    assert (shop.told(), await shop.retail.free(), await shop.tasks()) == ([], 10, [])
    assert await Unheard(shop.retail.given).round() == 0


async def plant(shop: Shop, checkout: Checkout) -> None:
    """The order is cancelled, and the run that should have given its goods back is gone."""
    shop.cancel_at_its_owner(checkout)
    async with shop.retail.database.write() as connection:
        await StoredCommitments(shop.retail.database).cancel_asked(connection, checkout.id)


async def test_goods_that_stand_for_a_cancelled_order_are_found_and_given_back_by_command(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    assert await shop.found() == []  # the order stands
    await plant(shop, checkout)
    (named,) = await shop.found()
    assert named.subject == f"{checkout.id}:till:{shop.till.committed[0][2].ref.id}"
    assert "reconcile.goods.standing" in await shop.tasks()
    assert (await shop.repairs.repair(named, "ada"))[0] is Outcome.DONE
    assert (await shop.repairs.repair(named, "ada"))[0] is Outcome.NOTHING  # a run is at it
    await shop.gone_on()
    assert (shop.given_back(), await shop.retail.free(), await shop.found()) == ([2], 10, [])
    assert "reconcile.goods.standing" not in await shop.tasks()
    assert (await shop.repairs.repair(named, "ada"))[0] is Outcome.NOTHING


async def test_goods_that_a_person_gave_back_at_the_till_are_not_found(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    await plant(shop, checkout)
    assert await shop.found() != []
    shop.till.committed.clear()
    assert await shop.found() == []


async def test_a_till_that_is_not_heard_of_its_goods_is_not_judged(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    await plant(shop, checkout)
    await shop.aged(120)
    shop.till.down = True
    looked = await shop.reconciler.whole()
    assert (looked.missed, looked.unheard) == ([checkout.id], ["till"])


async def test_goods_of_a_till_that_takes_nothing_back_are_by_hand(shop: Shop) -> None:
    checkout = await shop.bought()
    await shop.retail.followed()
    del shop.writes()[RESTOCK.name]
    await plant(shop, checkout)
    (named,) = await shop.found()
    assert (await shop.repairs.repair(named, "ada"))[0] is Outcome.BY_HAND
