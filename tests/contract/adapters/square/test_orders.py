"""Receipts: pages over places and equal instants, refunds, exchanges, deleted variations, other systems' orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.square.sandbox.account import native_id
from gateway.errors import InvalidAnswer
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    Order,
    OrderKind,
    OrderLine,
    OrderOrigin,
    OrderPosition,
    OrdersPage,
    OrdersQuery,
    OrderStatus,
)
from gateway.testing.sandbox import Seed
from tests.contract.adapters.square.connected import (
    BACKEND,
    NOW,
    SEEN,
    Connect,
    Connected,
    call,
    gbp,
    seen_by,
    small_seed,
    store,
)

SEARCH, RETRIEVE, SKUS = "POST /v2/orders/search", "POST /v2/orders/batch-retrieve", "POST /v2/catalog/batch-retrieve"
ADA = NativeRef(BACKEND, native_id("CUST", "501"))


def taxed(gross: str, tax: str = "0", currency: str = "GBP") -> TaxedMoney:
    total, part = Decimal(gross), Decimal(tax)
    return TaxedMoney(
        Money(total - part, currency), Money(total, currency), Money(part, currency), TaxTreatment.INCLUDED
    )


def receipt(number: int, *lines: OrderLine, minutes: int = 0, **more: Any) -> Order:
    parts: dict[str, Any] = {
        "ref": NativeRef("seed", str(8000 + number)),
        "number": f"R-{number}",
        "kind": OrderKind.RECEIPT,
        "placed_at": NOW - timedelta(minutes=minutes),
        "status": OrderStatus.FULFILLED,
        "raw_status": "COMPLETED",
        "total": taxed("10.50", "1.75"),
        "freshness": SEEN,
        "lines": lines,
        "location": "L1",
        "customer": NativeRef("seed", "501"),
    }
    return Order(**{**parts, **more})


def line(sku: str | None = "MUG-S", quantity: str = "1", unit: str = "10.50", total: str = "10.50") -> OrderLine:
    return OrderLine("1", "Mug", Decimal(quantity), sku, taxed(unit), taxed(total, "1.75"))


def sold(*orders: Order, **more: Any) -> Seed:
    return small_seed(orders=orders, **more)


async def page(till: Connected, first: int = 50, after: OrderPosition | None = None, **more: Any) -> OrdersPage:
    query = OrdersQuery((ADA,), first, after, **more)
    return await till.adapter.list_orders(query, seen_by("order.list_orders"), call())


async def walk(till: Connected, first: int, **more: Any) -> list[str]:
    walked: list[str] = []
    after: OrderPosition | None = None
    while True:
        found = await page(till, first, after, **more)
        walked += [each.ref.id for each in found.orders]
        if not found.has_next:
            return walked
        after = found.positions[-1]


async def only(till: Connected, **more: Any) -> Order:
    (found,) = (await page(till, **more)).orders
    return found


async def test_a_receipt_as_it_was_printed(connect: Connect) -> None:
    found = await only(await connect(sold(receipt(0, line()))))
    assert (found.number, found.kind, found.status) == ("R-0", OrderKind.RECEIPT, OrderStatus.FULFILLED)
    assert (found.placed_at, found.location, found.customer, found.origin) == (NOW, "L1", ADA, None)
    assert found.total == taxed("10.50", "1.75")
    (bought,) = found.lines
    assert (bought.title, bought.sku, bought.quantity, bought.total) == (
        "Mug",
        "MUG-S",
        Decimal(1),
        taxed("10.50", "1.75"),
    )
    assert bought.unit is not None
    assert bought.unit.gross == gbp("10.50")


async def test_a_unit_price_after_a_discount(connect: Connect) -> None:
    found = await only(await connect(sold(receipt(0, line(quantity="3", unit="4.00", total="10.00")))))
    unit = found.lines[0].unit
    assert unit is not None
    assert unit.gross == gbp("3.333333")


async def test_a_fraction_of_a_piece(connect: Connect) -> None:
    found = await only(await connect(sold(receipt(0, line(quantity="1.25", unit="8.40")))))
    assert found.lines[0].quantity == Decimal("1.25")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1980"), ("KWD", "1.234")])
async def test_digits_of_the_currency(connect: Connect, currency: str, amount: str) -> None:
    total = taxed(amount, "0", currency)
    till = await connect(sold(receipt(0, OrderLine("1", "Mug", Decimal(1), "MUG-S", total, total), total=total)))
    found = await only(till)
    assert found.total.gross == found.lines[0].unit.gross == Money(Decimal(amount), currency)  # type: ignore[union-attr]


async def test_a_refund_is_an_order_of_its_own_with_negative_amounts(connect: Connect) -> None:
    refund = receipt(
        1, line(total="-10.50"), kind=OrderKind.REFUND, status=OrderStatus.RETURNED, total=taxed("-10.50", "-1.75")
    )
    found = await only(await connect(sold(refund)))
    assert (found.kind, found.status, found.raw_status) == (OrderKind.REFUND, OrderStatus.RETURNED, "COMPLETED")
    assert found.total == taxed("-10.50", "-1.75")
    (given_back,) = found.lines
    assert (given_back.sku, given_back.quantity, given_back.total) == ("MUG-S", Decimal(1), taxed("-10.50", "-1.75"))


async def test_an_exchange_shows_both_and_what_was_paid(connect: Connect) -> None:
    till = await connect(sold(receipt(0, line())))
    wire = till.sandbox.account.orders[native_id("ORDR", "8000")]
    returned = {"uid": "r", "name": "Tote", "quantity": "1", "total_money": {"amount": 800, "currency": "GBP"}}
    wire["returns"] = [{"return_line_items": [returned]}]
    wire["net_amounts"] = {"total_money": {"amount": 250, "currency": "GBP"}}
    found = await only(till)
    assert (found.kind, found.total.gross) == (OrderKind.RECEIPT, gbp("2.50"))
    assert [each.total.gross for each in found.lines if each.total] == [gbp("10.50"), gbp("-8.00")]


async def test_money_given_back_counts_once_it_went_through(connect: Connect) -> None:
    till = await connect(sold(receipt(0, line(), refunded=gbp("3.00"))))
    refunds = till.sandbox.account.orders[native_id("ORDR", "8000")]["refunds"]
    refunds.append({**refunds[0], "id": "X", "status": "PENDING"})
    assert (await only(till)).refunded == gbp("3.00")


async def test_a_line_of_a_deleted_variation_keeps_its_sku(connect: Connect) -> None:
    till = await connect(sold(receipt(0, line()), receipt(1, line("DISCONTINUED"))))
    till.sandbox.delete("MUG-S")
    assert {each.lines[0].sku for each in (await page(till)).orders} == {"MUG-S", "DISCONTINUED"}
    assert till.asked() == [SEARCH, SKUS]
    await page(till)
    assert till.asked() == [SEARCH]


async def test_a_line_without_an_item_has_no_sku(connect: Connect) -> None:
    assert (await only(await connect(sold(receipt(0, line(None)))))).lines[0].sku is None


async def test_open_cancelled_and_draft_orders_are_no_receipts(connect: Connect) -> None:
    till = await connect(
        sold(receipt(0), receipt(1, status=OrderStatus.CANCELLED), receipt(2, status=OrderStatus.OPEN), receipt(3))
    )
    till.sandbox.account.orders[native_id("ORDR", "8003")]["state"] = "DRAFT"
    assert await walk(till, 10) == [native_id("ORDR", "8000")]
    keys = [NativeRef(BACKEND, native_id("ORDR", str(8000 + number))) for number in range(4)]
    found = await till.adapter.get_orders(keys, seen_by("order.get_orders"), call())
    assert {key.id[-4:]: order.status for key, order in found.items() if isinstance(order, Order)} == {
        "8000": OrderStatus.FULFILLED,
        "8001": OrderStatus.CANCELLED,
        "8002": OrderStatus.OPEN,
    }


async def test_cancelled_ones_where_configured(connect: Connect) -> None:
    till = await connect(sold(receipt(0, status=OrderStatus.CANCELLED)), order_states=("COMPLETED", "CANCELED"))
    assert (await only(till)).cancelled_at == NOW


async def test_what_another_system_took_is_left_out_at_the_source_or_names_its_origin(connect: Connect) -> None:
    foreign = receipt(1, kind=OrderKind.WEB, origin=OrderOrigin("#1001", "Web Shop"))
    till = await connect(sold(receipt(0), foreign), source_systems={"Web Shop": "shop"})
    assert await walk(till, 10) == [native_id("ORDR", "8000")]
    both = (await page(till, exclude_foreign=False)).orders
    assert {each.origin: each.kind for each in both} == {
        None: OrderKind.RECEIPT,
        OrderOrigin("#1001", "shop"): OrderKind.WEB,
    }


async def test_square_s_own_web_orders_are_no_other_systems(connect: Connect) -> None:
    till = await connect(sold(receipt(0)))
    till.sandbox.account.orders[native_id("ORDR", "8000")]["source"] = {"name": "Square Online"}
    found = await only(till)
    assert (found.kind, found.origin) == (OrderKind.WEB, None)


@pytest.mark.parametrize("source", [None, {}, {"name": ""}])
async def test_a_till_names_no_source(connect: Connect, source: dict[str, str] | None) -> None:
    till = await connect(sold(receipt(0)))
    wire = till.sandbox.account.orders[native_id("ORDR", "8000")]
    wire.pop("source")
    if source is not None:
        wire["source"] = source
    assert (await only(till)).kind is OrderKind.RECEIPT


async def test_where_tills_name_themselves_square_leaves_the_others_out(connect: Connect) -> None:
    till = await connect(sold(*(receipt(number, minutes=number) for number in range(60))), own_sources=("Kiosk 7",))
    for number, wire in enumerate(till.sandbox.account.orders.values()):
        wire["source"] = {"name": "Kiosk 7" if number == 59 else "Web Shop"}
    assert await walk(till, 5) == [native_id("ORDR", "8059")]
    assert till.asked() == [SEARCH]
    assert (await only(till)).kind is OrderKind.RECEIPT


@pytest.mark.parametrize("first", [1, 4, 10])
async def test_many_foreign_orders_in_a_row_hide_nothing(connect: Connect, first: int) -> None:
    origin = OrderOrigin("#1", "Web Shop")
    orders = [receipt(n, minutes=n // 3, origin=None if n % 20 == 0 else origin) for n in range(100)]
    till = await connect(sold(*orders))
    assert await walk(till, first) == [native_id("ORDR", str(8000 + n)) for n in range(0, 100, 20)]


@pytest.mark.parametrize("first", [1, 2, 3, 5, 20])
async def test_pages_neither_lose_nor_double_over_equal_instants(connect: Connect, first: int) -> None:
    """30 receipts in 14 places; twelve share one instant."""
    places = [f"P{number}" for number in range(14)]
    orders = [receipt(n, minutes=n if n < 9 else 9 if n < 21 else n, location=places[n % 14]) for n in range(30)]
    till = await connect(sold(*orders, stores=tuple(store(place) for place in places), stock=()))
    newest = sorted(orders, key=lambda each: (each.placed_at, each.ref.id), reverse=True)
    assert await walk(till, first) == [native_id("ORDR", each.ref.id) for each in newest]


async def test_a_receipt_closed_while_a_reader_pages_moves_nothing(connect: Connect) -> None:
    till = await connect(sold(*(receipt(number, minutes=number) for number in range(6))))
    first = await page(till, 3)
    till.sandbox.add_order(receipt(9, minutes=-5))
    second = await page(till, 3, first.positions[-1])
    assert [each.ref.id[-1] for each in (*first.orders, *second.orders)] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("places", "requests"), [(1, 1), (10, 1), (12, 2), (14, 2), (21, 3)])
async def test_a_request_for_each_ten_places(connect: Connect, places: int, requests: int) -> None:
    stores = tuple(store(f"P{number}") for number in range(places))
    orders = tuple(receipt(n, line(), minutes=n, location=f"P{n % places}") for n in range(40))
    till = await connect(sold(*orders, stores=stores, stock=()))
    found = await page(till, 5)
    till.asked()
    await page(till, 5, found.positions[-1])
    assert till.asked() == [SEARCH] * requests


async def test_more_than_ten_profiles_of_one_person(connect: Connect) -> None:
    orders = tuple(receipt(n, minutes=n, customer=NativeRef("seed", str(600 + n))) for n in range(11))
    till = await connect(sold(*orders))
    people = tuple(NativeRef(BACKEND, native_id("CUST", str(600 + n))) for n in range(11))
    elsewhere = NativeRef("crm", "77")
    query = OrdersQuery((*people, elsewhere), 50)
    found = await till.adapter.list_orders(query, seen_by("order.list_orders"), call())
    assert len(found.orders) == 11
    assert till.asked() == [SEARCH] * 2


async def test_only_the_places_that_are_asked_for(connect: Connect) -> None:
    till = await connect(sold(receipt(0), receipt(1, location="L2")))
    assert (await only(till, locations=("L2",))).location == "L2"


async def test_a_person_this_account_does_not_know_has_no_orders_and_costs_nothing(till: Connected) -> None:
    query = OrdersQuery((NativeRef("crm", "77"),), 10, emails=("ada@example.com",))
    found = await till.adapter.list_orders(query, seen_by("order.list_orders"), call())
    assert (found.orders, found.has_next, till.asked()) == ((), False, [])


async def test_101_orders_by_reference_are_two_requests(connect: Connect) -> None:
    till = await connect(sold(*(receipt(number) for number in range(101))))
    keys = [NativeRef(BACKEND, native_id("ORDR", str(8000 + number))) for number in range(101)]
    found = await till.adapter.get_orders([*keys, NativeRef(BACKEND, "NOPE")], seen_by("order.get_orders"), call())
    assert set(found) == set(keys)
    assert till.asked() == [RETRIEVE] * 2


async def test_an_order_without_a_total_is_an_invalid_answer(connect: Connect) -> None:
    till = await connect(sold(receipt(0)))
    till.sandbox.faults.reply["/v2/orders/search"] = (
        b'{"orders":[{"id":"A","location_id":"L1","state":"COMPLETED","closed_at":"2026-07-01T00:00:00Z"}]}'
    )
    with pytest.raises(InvalidAnswer):
        await page(till)
