"""Orders over a real socket: whose they are, what is left out, and how pages resume while the shop goes on selling."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.shopify.manifest import MANIFEST
from gateway.errors import AmbiguousKey, InvalidCursor
from gateway.model.customers import CustomerRecord
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
from gateway.testing.conformance.example import NOW, SEEN

from .conftest import OpenShop
from .shops import Shopify, call, money, seed, view

LIST = "order.list_orders"
ADA, EVE = "1", "2"


def person(number: str, email: str) -> CustomerRecord:
    return CustomerRecord(NativeRef("seed", number), SEEN, emails=(email,))


PEOPLE = (person(ADA, "ada@example.com"), person(EVE, "ada@example.com.au"))


def order(number: int, customer: str = ADA, *, days: float = 0, lines: int = 1, **fields: Any) -> Order:
    total = TaxedMoney(money("10.00"), money("12.00"), money("2.00"), TaxTreatment.INCLUDED)
    given: dict[str, Any] = {
        "ref": NativeRef("seed", str(number)),
        "number": f"#{number}",
        "kind": OrderKind.WEB,
        "placed_at": NOW - timedelta(days=days),
        "status": OrderStatus.CONFIRMED,
        "raw_status": "",
        "total": total,
        "freshness": SEEN,
        "lines": tuple(
            OrderLine(str(line), f"Mug {line}", Decimal(1), f"MUG-{line}", total, total) for line in range(lines)
        ),
        "customer": NativeRef("seed", customer),
    }
    return Order(**(given | fields))


async def page_of(shop: Shopify, first: int = 10, after: OrderPosition | None = None, **fields: Any) -> OrdersPage:
    refs = (NativeRef("shop", f"gid://shopify/Customer/{ADA}"),)
    given: dict[str, Any] = {"customers": refs, "first": first, "after": after}
    query = OrdersQuery(**(given | fields))
    return await shop.list_orders(query, view(MANIFEST, LIST), call())


def numbers(page: OrdersPage) -> list[str]:
    return [order.number for order in page.orders]


async def test_an_email_that_only_resembles_is_another_persons(open_shop: OpenShop) -> None:
    orders = (order(1), order(2, EVE))
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    page = await page_of(shop, customers=(), emails=("ada@example.com",))
    assert numbers(page) == ["#1"]
    assert page.orders[0].customer == NativeRef("shop", "gid://shopify/Customer/1")
    assert len(sandbox.requests) == 1


async def test_several_records_of_one_person_are_one_request(open_shop: OpenShop) -> None:
    people = (person("1", "a@example.com"), person("2", "b@example.com"), person("3", "c@example.com"))
    orders = (order(1, "1", days=3), order(2, "2", days=2), order(3, "3", days=1))
    sandbox, shop = await open_shop(seed(customers=people, orders=orders))
    refs = tuple(NativeRef("shop", f"gid://shopify/Customer/{number}") for number in (1, 2))
    page = await page_of(shop, customers=refs, emails=("c@example.com",))
    assert numbers(page) == ["#3", "#2", "#1"]
    assert len(sandbox.requests) == 1


async def test_a_reader_loses_nothing_while_the_shop_sells_on(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=tuple(order(n, days=n) for n in range(1, 8))))
    first = await page_of(shop, 3)
    sandbox.world.add_order(order(100))
    rest = await page_of(shop, 10, first.positions[-1])
    assert numbers(first) + numbers(rest) == [f"#{number}" for number in range(1, 8)]
    assert first.has_next
    assert not rest.has_next


async def test_history_is_cut_at_sixty_days_and_says_so(open_shop: OpenShop) -> None:
    orders = (order(1, days=59), order(2, days=61))
    _, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    page = await page_of(shop)
    assert numbers(page) == ["#1"]
    assert page.truncated_before == NOW - timedelta(days=60)
    sandbox, allowed = await open_shop(seed(customers=PEOPLE, orders=orders), read_all_orders=True)
    sandbox.read_all_orders = True
    page = await page_of(allowed)
    assert numbers(page) == ["#1", "#2"]
    assert page.truncated_before is None


async def test_test_orders_and_other_systems_orders_are_left_out(open_shop: OpenShop) -> None:
    orders = (order(1), order(2, test=True), order(3, origin=OrderOrigin("POS-7", "till")))
    _, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    assert numbers(await page_of(shop)) == ["#1"]
    everything = await page_of(shop, exclude_foreign=False)
    assert {each.number: each.origin for each in everything.orders} == {"#1": None, "#3": OrderOrigin("POS-7")}


async def test_lines_beyond_the_page_cost_one_request_for_all_orders(open_shop: OpenShop) -> None:
    orders = (order(1, days=1, lines=23), order(2, days=2, lines=17), order(3, days=3))
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    page = await page_of(shop)
    assert [len(each.lines) for each in page.orders] == [23, 17, 1]
    assert [line.sku for line in page.orders[0].lines] == [f"MUG-{line}" for line in range(23)]
    assert not any(each.lines_truncated for each in page.orders)
    assert [request.operation for request in sandbox.requests] == ["Orders", "MoreLines"]


@pytest.mark.parametrize(("first", "declared"), [(1, 2), (10, 2), (50, 2), (100, 3)])
async def test_large_pages_fit_the_cost_of_one_query(open_shop: OpenShop, first: int, declared: int) -> None:
    orders = tuple(order(number, days=number / 10, lines=2) for number in range(1, 121))
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    page = await page_of(shop, first)
    assert len(page.orders) == first
    assert page.has_next
    assert {len(each.lines) for each in page.orders} == {2}
    assert len(sandbox.requests) <= MANIFEST.operations[LIST].requests(1, {"first": first}) == declared


async def test_amounts_are_what_the_source_said(open_shop: OpenShop) -> None:
    yen = TaxedMoney(Money(Decimal(1000), "JPY"), Money(Decimal(1100), "JPY"), Money(Decimal(100), "JPY"))
    dinars = Money(Decimal("3.125"), "KWD")
    orders = (
        order(1, total=yen, lines=0, days=1),
        order(2, total=TaxedMoney(dinars, dinars, Money(Decimal(0), "KWD")), refunded=dinars, days=2),
    )
    _, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    first, second = (await page_of(shop)).orders
    assert str(first.total.stated.amount) == "1100"
    assert first.total.net == Money(Decimal(1000), "JPY")
    assert str(second.total.stated.amount) == "3.125"
    assert second.refunded == dinars
    line = second.lines[0]
    assert line.unit is not None
    assert line.unit.stated == money("12.00")
    assert line.total == TaxedMoney(money("10.00"), money("12.00"), money("2.00"), TaxTreatment.INCLUDED)


@pytest.mark.parametrize("status", [status for status in OrderStatus if status is not OrderStatus.UNKNOWN])
async def test_statuses_survive_the_vendors_three_words(open_shop: OpenShop, status: OrderStatus) -> None:
    _, shop = await open_shop(seed(customers=PEOPLE, orders=(order(1, status=status),)))
    (found,) = (await page_of(shop)).orders
    assert found.status is status
    assert found.raw_status.count("/") == 2


async def test_a_returned_piece_is_counted(open_shop: OpenShop) -> None:
    line = OrderLine("1", "Mug", Decimal(3), "MUG", returned_quantity=Decimal(1))
    _, shop = await open_shop(seed(customers=PEOPLE, orders=(replace(order(1), lines=(line,)),)))
    (found,) = (await page_of(shop)).orders
    assert (found.lines[0].quantity, found.lines[0].returned_quantity) == (3, 1)


async def test_own_and_foreign_numbers_find_their_order(open_shop: OpenShop) -> None:
    orders = (
        order(1),
        order(10),
        order(2, origin=OrderOrigin("POS-7", "till")),
        order(3, origin=OrderOrigin("POS-7-B", "till")),
        order(4, origin=OrderOrigin("TWICE", "till")),
        order(5, origin=OrderOrigin("TWICE", "till")),
    )
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=orders))
    own, foreign, twice = OrderOrigin("#1", "shop"), OrderOrigin("POS-7", "till"), OrderOrigin("TWICE", "till")
    keys = [own, foreign, twice, OrderOrigin("#1", "till"), OrderOrigin("NONE", "till")]
    found = await shop.get_by_origin(keys, view(MANIFEST, "order.get_by_origin"), call())
    assert set(found) == {own, foreign, twice}
    assert isinstance(found[twice], AmbiguousKey)
    single = [value.number for value in (found[own], found[foreign]) if isinstance(value, Order)]
    assert single == ["#1", "#2"]
    assert len(sandbox.requests) == 1


async def test_a_cursor_without_its_token_is_refused(shop: Shopify) -> None:
    with pytest.raises(InvalidCursor):
        await page_of(shop, after=OrderPosition(NOW, "gid://shopify/Order/1"))


async def test_nobody_asked_for_is_nobody(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(customers=PEOPLE, orders=(order(1),)))
    page = await page_of(shop, customers=(NativeRef("shop", "1 OR test:false"),))
    assert page.orders == ()
    assert sandbox.requests == []
