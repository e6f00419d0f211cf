"""What is made of others is bought with them: a pair of mugs takes two mugs off the shelf that mugs are sold from, in
one basket and between buyers, and is given back as mugs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.cart_faults import AttemptKind, TooManyAttempts
from gateway.model.checkouts import Checkout, CheckoutState, FailureReason
from gateway.model.orders import OrderStatus
from gateway.model.requesters import Requester, RequesterKind
from gateway.model.stock import CommitStock
from gateway.settings import CheckoutSection
from gateway.state.held_stock import HeldStock
from gateway.state.ledger import StockSpot
from gateway.testing.sandbox import SeedKit

from .conftest import both_stores
from .retail import Retail

ON_POSTGRES = "soak"

PAIR = SeedKit("PAIR", (("MUG", Decimal(2)),))
SETTING = SeedKit("SETTING", (("MUG", Decimal(1)), ("PLATE", Decimal(1))))
MUG = StockSpot("erp", "MUG", "LON")

Opened = Callable[..., Awaitable[Retail]]


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    made: list[Retail] = []

    async def open_it(**options: Any) -> Retail:
        options.setdefault("kits", (PAIR, SETTING))
        made.append(await Retail.open(url, **options))
        return made[0]

    yield open_it
    for retail in made:
        await retail.close()


def why(checkout: Checkout) -> tuple[FailureReason, str | None] | None:
    return None if checkout.failure is None else (checkout.failure.reason, checkout.failure.detail)


async def held(retail: Retail, run: str) -> dict[StockSpot, int]:
    return {hold.spot: hold.quantity for hold in await retail.ledger.of_run(run)}


@pytest.mark.parametrize("pending", [True, False])
async def test_medusa_16502_a_kit_beside_its_part_with_pieces_for_one_of_them(opened: Opened, pending: bool) -> None:
    """Each is there by itself, both are not: the line that comes second is short, and nothing is held."""
    retail = await opened(pieces=2, pending=pending)
    for lines, short in (((("PAIR", 1), ("MUG", 1)), "1"), ((("MUG", 1), ("PLATE", 1), ("PAIR", 1)), "2")):
        cart = await retail.cart(*lines)
        failed = await retail.buy(cart, quoted="99.00")
        assert why(failed) == (FailureReason.OUT_OF_STOCK, short)
    assert (retail.orders(), retail.payments()) == ([], [])
    bought = await retail.buy(await retail.cart(("PAIR", 1)))
    assert bought.state is CheckoutState.COMPLETED
    assert await retail.free() == 0


async def test_a_kit_is_held_ordered_and_given_back_as_its_parts(opened: Opened) -> None:
    retail = await opened(pieces=5)
    bought = await retail.buy(await retail.cart(("SETTING", 2), ("MUG", 1)), quoted="36.00")
    assert bought.state is CheckoutState.COMPLETED
    assert await held(retail, bought.id) == {MUG: 3, StockSpot("erp", "PLATE", "LON"): 2}
    assert retail.erp.sold == {("MUG", "LON"): 3, ("PLATE", "LON"): 2}
    assert (await retail.free(), await retail.free("PLATE")) == (2, 98)  # once, by its owner alone
    assert (await retail.buy(await retail.cart(("PAIR", 1)))).state is CheckoutState.COMPLETED
    assert await retail.free() == 0


@both_stores
@pytest.mark.parametrize("pending", [True, False])
async def test_two_buyers_race_for_the_last_pieces_by_the_kit_and_by_the_part(opened: Opened, pending: bool) -> None:
    """Exactly one of them buys, and who pays slowly is not overtaken."""
    retail = await opened(pieces=2, pending=pending)
    for round_ in range(3):
        retail.erp.sold.clear()
        carts = [await retail.cart(("PAIR", 1)), await retail.cart(("MUG", 2))]
        told = await asyncio.gather(
            *(
                retail.buy(cart, quoted="24.00", key=f"{round_}-{number}", wait=30.0)
                for number, cart in enumerate(carts)
            )
        )
        states = sorted(each.state.value for each in told)
        assert states == ["COMPLETED", "FAILED"], [why(each) for each in told]
        (failed,) = [each for each in told if each.failure is not None]
        assert why(failed) == (FailureReason.OUT_OF_STOCK, "0")
        assert retail.erp.sold["MUG", "LON"] == 2
    assert retail.orders().count(OrderStatus.CONFIRMED) == 3


async def test_the_part_is_shown_as_gone_while_the_kit_is_paid_for_and_comes_back(opened: Opened) -> None:
    retail = await opened(pieces=3)
    retail.pay.book.challenged = {"slow"}
    told: list[StockSpot] = []
    copy = HeldStock(retail.database, told.extend, near=3)
    paying = await retail.buy(await retail.cart(("PAIR", 1)), token="slow")
    assert paying.state is CheckoutState.ACTION_REQUIRED
    await copy.refresh()
    assert copy.spots["erp", "LON"]["MUG"].always == 2
    assert told == [MUG]  # finished answers about mugs, and about whatever is made of them, are made anew
    late = await retail.buy(await retail.cart(("MUG", 2)), quoted="24.00")
    assert why(late) == (FailureReason.OUT_OF_STOCK, "0")
    assert late.failure is not None
    assert late.failure.retry_after is not None  # what the kit holds may come back
    await retail.desk.cancel(paying.id)
    assert (await retail.buy(await retail.cart(("MUG", 3)), quoted="36.00")).state is CheckoutState.COMPLETED


async def test_of_a_kit_another_system_hears_which_parts_were_taken(opened: Opened) -> None:
    """Of its own shelf, in its own words: the order is made elsewhere."""
    retail = await opened(counts="depot")
    depot = retail.others["depot"]
    bought = await retail.buy(await retail.cart(("SETTING", 1), ("PAIR", 1), ("MUG", 1)), quoted="36.00")
    assert bought.state is CheckoutState.COMPLETED
    assert await held(retail, bought.id) == {
        StockSpot("depot", "MUG", "LON"): 4, StockSpot("depot", "PLATE", "LON"): 1,
    }  # fmt: skip
    await retail.followed()
    commands: list[CommitStock] = [command for _, command, _, _ in depot.committed]
    assert [{(each.variant, each.pieces) for each in command.goods} for command in commands] == [
        {("MUG", 4), ("PLATE", 1)}
    ]
    assert depot.sold == {("MUG", "LON"): 4, ("PLATE", "LON"): 1}
    assert await retail.free() == 6


async def test_of_what_is_sold_without_counting_nothing_is_held_also_as_a_part(opened: Opened) -> None:
    retail = await opened(pieces=0)
    retail.erp.untracked.add("MUG")
    bought = await retail.buy(await retail.cart(("MUG", 9), ("PAIR", 9), ("SETTING", 1)), quoted="228.00")
    assert bought.state is CheckoutState.COMPLETED
    assert await held(retail, bought.id) == {StockSpot("erp", "PLATE", "LON"): 1}


async def test_pieces_of_one_item_are_counted_to_a_device_whatever_they_are_sold_as(opened: Opened) -> None:
    retail = await opened(pieces=50, section=CheckoutSection(pieces_at_once=5))
    retail.pay.book.challenged = {"slow"}
    by = (Requester(RequesterKind.DEVICE, "d" * 43),)
    first = await retail.desk.submit(retail.asked(await retail.cart(("PAIR", 2)), "24.00", "a", "slow", by), 15.0)
    assert isinstance(first, Checkout)
    again = await retail.desk.submit(retail.asked(await retail.cart(("PAIR", 1)), "12.00", "b", "slow", by), 15.0)
    assert isinstance(again, TooManyAttempts)
    assert again.kind is AttemptKind.PIECES_HELD
    await retail.desk.cancel(first.id)


async def test_a_kit_that_is_none_any_more_is_an_item_again(opened: Opened) -> None:
    retail = await opened(pieces=50)
    assert (await retail.buy(await retail.cart(("PAIR", 1)))).state is CheckoutState.COMPLETED
    kits = retail.given.kits
    assert await kits.known(["PAIR", "MUG"]) != {}
    await kits.learn(await kits.known(["PAIR"]), {("erp", "PAIR"): ()})
    assert await kits.known(["PAIR", "MUG"]) == {}
