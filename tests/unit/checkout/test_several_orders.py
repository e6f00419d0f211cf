"""One checkout as several orders, where their owner fulfils each from one place: bought together or not at all, paid
once, each order with its own goods and its own share of the money.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.checkout.references import order_reference
from gateway.model.carts import Cart
from gateway.model.checkouts import CheckoutState, FailureReason
from gateway.model.orders import ConfirmOrder, OrderStatus, PlaceOrder
from gateway.model.payments import DeclineReason
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER
from gateway.state.database import Database
from gateway.state.tables import checkout_orders, holds

from .conftest import both_stores
from .retail import NUMBER, TOKEN, Retail

ON_POSTGRES = "soak"

Opened = Callable[..., Awaitable[Retail]]
ORDERS = pytest.mark.parametrize("pending", [True, False], ids=["pending", "paid after"])


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    made: list[Retail] = []

    async def make(**more: Any) -> Retail:
        made.append(await Retail.open(url, apart=True, **more))
        return made[-1]

    yield make
    for retail in made:
        await retail.close()


async def both(retail: Retail) -> Cart:
    return await retail.cart(("MUG", 1), ("PLATE", 2))


def placed(retail: Retail) -> list[PlaceOrder]:
    return [asked.keys[0] for asked in retail.erp.asked if asked.operation == PLACE_ORDER.name]  # type: ignore[misc]


def confirmed(retail: Retail) -> list[ConfirmOrder]:
    return [asked.keys[0] for asked in retail.erp.asked if asked.operation == CONFIRM_ORDER.name]  # type: ignore[misc]


async def rows(database: Database) -> list[Any]:
    async with database.read() as connection:
        return list(await connection.execute(select(checkout_orders)))


@both_stores
@ORDERS
async def test_a_cart_whose_goods_lie_in_two_places_is_two_orders_paid_once(opened: Opened, pending: bool) -> None:
    retail = await opened(pending=pending, dry_run=not pending)
    checkout = await retail.buy(await both(retail), quoted="36.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    first, second = placed(retail)
    told = [
        (each.lines[0].sku, each.lines[0].places, str(each.total and each.total.amount)) for each in (first, second)
    ]
    assert told == [("MUG", (("LON", 1),), "12.00"), ("PLATE", (("LEE", 2),), "24.00")]
    assert [first.reference, second.reference] == [checkout.id, order_reference(checkout.id, 1)]
    assert [each.payment for each in (first, second)] == [None, None]
    paid = [each.payment and (str(each.payment.amount.amount), each.payment.payment) for each in confirmed(retail)]
    (payment,) = retail.pay.book.payments
    assert paid == [("12.00", payment), ("24.00", payment)]
    assert retail.orders() == [OrderStatus.CONFIRMED, OrderStatus.CONFIRMED]
    assert (checkout.number, checkout.order and checkout.order.id) == ("10000", "10000")
    (row,) = await rows(retail.database)
    assert (row.order_id, row.place, row.amount, row.state) == ("10001", "LEE", "24.00", "CONFIRMED")
    async with retail.database.read() as connection:
        held = {each.place: each.reference for each in await connection.execute(select(holds))}
    assert held == {"LON": "erp:10000", "LEE": "erp:10001"}


@ORDERS
async def test_the_second_is_refused_and_nothing_of_the_first_is_left(opened: Opened, pending: bool) -> None:
    retail = await opened(pending=pending, dry_run=not pending)
    retail.erp.refused_places = {"LEE"}
    cart = await both(retail)
    checkout = await retail.buy(cart, quoted="36.00")
    assert (checkout.state, checkout.failure and checkout.failure.reason) == (
        CheckoutState.FAILED, FailureReason.ORDER_REFUSED,
    )  # fmt: skip
    assert retail.orders() == [OrderStatus.CANCELLED]
    assert retail.payments() == ([] if pending else ["VOIDED"])
    assert (await retail.cart_now(cart)).state.value == "OPEN"
    async with retail.database.read() as connection:
        assert {each.state for each in await connection.execute(select(holds))} == {"GONE"}


async def test_a_decline_cancels_all_of_them_the_last_one_first(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.declined = {TOKEN: DeclineReason.INSUFFICIENT_FUNDS}
    checkout = await retail.buy(await both(retail), quoted="36.00")
    assert checkout.state is CheckoutState.FAILED
    assert retail.orders() == [OrderStatus.CANCELLED, OrderStatus.CANCELLED]
    cancelled = [asked.keys[0].reference for asked in retail.erp.asked if asked.operation == CANCEL_ORDER.name]  # type: ignore[union-attr]
    assert cancelled == [order_reference(checkout.id, 1), checkout.id]
    assert [row.state for row in await rows(retail.database)] == ["CANCELLED"]


async def test_an_amount_that_is_not_ours_undoes_all_of_them(opened: Opened) -> None:
    retail = await opened()
    retail.erp.surcharge = Decimal("0.01")
    checkout = await retail.buy(await both(retail), quoted="36.00")
    assert checkout.failure is not None
    assert (checkout.failure.reason, checkout.failure.detail) == (FailureReason.PRICE_CHANGED, "36.01")
    assert set(retail.orders()) == {OrderStatus.CANCELLED}


async def test_an_order_that_was_taken_from_another_place_than_it_was_told_is_not_left(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    retail = await opened()
    place = retail.erp.place_order

    async def elsewhere(command: PlaceOrder, *more: Any) -> Any:
        return replace(await place(command, *more), places=("LON",))

    monkeypatch.setattr(retail.erp, "place_order", elsewhere)
    checkout = await retail.buy(await both(retail), quoted="36.00")
    assert checkout.failure is not None
    assert checkout.failure.reason is FailureReason.ORDER_REFUSED
    assert retail.orders() == [OrderStatus.CANCELLED, OrderStatus.CANCELLED]


async def test_all_of_them_come_to_the_total_and_what_is_of_no_line_is_the_firsts(opened: Opened) -> None:
    retail = await opened()
    retail.discount = Decimal("0.05")
    checkout = await retail.buy(await both(retail), quoted="35.95")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    assert [str(each.total and each.total.amount) for each in placed(retail)] == ["11.95", "24.00"]


async def test_tenders_pay_the_orders_one_after_the_other(opened: Opened) -> None:
    retail = await opened()
    cart = await retail.cart(("MUG", 1), ("PLATE", 2), gift_cards={NUMBER: "15.00"})
    checkout = await retail.buy(cart, quoted="36.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    first, second = (each.payment for each in confirmed(retail))
    assert first is not None
    assert second is not None
    assert (str(first.amount.amount), first.parts) == ("12.00", ())
    assert [str(each.amount.amount) for each in second.parts] == ["3.00", "21.00"]
    assert second.payment == second.parts[-1].payment != first.payment


async def test_what_lies_together_is_one_order_with_the_steps_it_always_had(opened: Opened) -> None:
    retail = await opened()
    checkout = await retail.buy(await retail.cart(("MUG", 2)), quoted="24.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    assert await rows(retail.database) == []
    steps = [entry.step for entry in await retail.desk.history(checkout.id)]
    assert steps == ["claim", "reserve", "place", "authorise", "confirm", "complete"]
