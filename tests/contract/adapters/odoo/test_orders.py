"""Orders: two models as one list, keysets that lose and double nothing, and orders other systems took first."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.odoo.sandbox.rights import INTERNAL, INVENTORY, OWN_DOCUMENTS, TILL
from adapters.odoo.sandbox.seeding.places import add_warehouse
from gateway.errors import AmbiguousKey, ConfigurationError, InvalidAnswer, InvalidCursor
from gateway.model.context import CallContext, CommerceContext
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    Order,
    OrderKind,
    OrderOrigin,
    OrderPosition,
    OrdersPage,
    OrdersQuery,
    OrderStatus,
)
from gateway.model.soundness import fault_of
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import OdooAdapter, Running, run

NOTHING = CommerceContext("GB", "GBP", "en").only(frozenset())
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ADA = NativeRef("erp", "77")


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    running = await run(stack, Seed(currency="GBP", country="GB"), version)
    running.store.add("res.partner", {"name": "Ada Example", "email": "Ada@Example.com"}, 77)
    running.store.add("res.partner", {"name": "Bob Example", "email": "bob@example.com"}, 78)
    running.sandbox.seeded.partners |= {"77": 77, "78": 78}
    add_warehouse(running.store, running.sandbox.seeded, "LON", "London", True, None)
    return running


def sold(number: int, at: datetime, kind: OrderKind = OrderKind.WEB, **parts: Any) -> Order:
    amount = Decimal(parts.pop("gross", "12.00"))
    total = TaxedMoney(Money(amount / 6 * 5, "GBP"), Money(amount, "GBP"), None, TaxTreatment.INCLUDED)
    seen = Freshness("seed", NOON)
    values: dict[str, Any] = {"customer": NativeRef("seed", "77"), "location": "LON", "status": OrderStatus.FULFILLED}
    return Order(
        ref=NativeRef("seed", str(number)),
        number=f"S{number:05}",
        kind=kind,
        placed_at=at,
        raw_status="",
        total=total,
        freshness=seen,
        **{**values, **parts},
    )


async def page(adapter: OdooAdapter, first: int, after: OrderPosition | None = None, **parts: Any) -> OrdersPage:
    query = replace(OrdersQuery((ADA,), first, after), **parts)
    return await adapter.list_orders(query, NOTHING, CallContext.within(10))


async def walk(adapter: OdooAdapter, size: int) -> list[str]:
    walked: list[str] = []
    after: OrderPosition | None = None
    while True:
        found = await page(adapter, size, after)
        walked += [order.ref.id for order in found.orders]
        if not found.has_next:
            return walked
        after = found.positions[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
async def test_eleven_orders_and_four_receipts_of_one_instant_are_each_seen_once(odoo: Running, size: int) -> None:
    for number in range(1, 12):
        odoo.sandbox.add_order(sold(number, NOON))
    for number in range(1, 5):
        odoo.sandbox.add_order(sold(number, NOON, OrderKind.RECEIPT))
    odoo.sandbox.add_order(sold(12, NOON + timedelta(seconds=1)))
    odoo.sandbox.add_order(sold(5, NOON - timedelta(seconds=1), OrderKind.RECEIPT))
    walked = await walk(odoo.adapter(), size)
    sales = [f"sale.{number:010}" for number in range(12, 0, -1)]
    assert walked == [*sales, *(f"pos.{number:010}" for number in (4, 3, 2, 1, 5))]
    assert walked[1:16] == sorted(walked[1:16], reverse=True)


async def test_an_order_in_a_currency_that_was_withdrawn_since_is_still_history(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON, gross="75.35"))
    for row in odoo.store.all("res.currency"):
        odoo.store.write("res.currency", row["id"], {"name": "HRK"})
    (order,) = (await page(odoo.adapter(), 5)).orders
    assert order.total.gross == Money(Decimal("75.35"), "HRK")
    assert fault_of(order) is None


async def test_a_page_costs_one_request_for_each_model(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON))
    for wanted, models in (("both", ["pos.order", "sale.order"]), ("sale", ["sale.order"]), ("pos", ["pos.order"])):
        adapter = odoo.adapter(orders=wanted)
        await page(adapter, 5)
        odoo.sandbox.requests.clear()
        await page(adapter, 5)
        assert sorted(odoo.operations()) == [f"{model}.web_search_read" for model in models]


async def test_carts_and_other_peoples_orders_are_left_out_and_cancelled_ones_are_not(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON, status=OrderStatus.OPEN))
    odoo.sandbox.add_order(sold(2, NOON, status=OrderStatus.CANCELLED))
    odoo.sandbox.add_order(sold(3, NOON, customer=NativeRef("seed", "78")))
    draft = odoo.sandbox.add_order(sold(4, NOON, OrderKind.RECEIPT))
    odoo.store.write("pos.order", draft, {"state": "draft"})
    found = await page(odoo.adapter(), 10)
    assert [(order.number, order.status) for order in found.orders] == [("S00002", OrderStatus.CANCELLED)]


async def test_orders_are_found_by_address_whatever_its_case_in_odoo(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON))
    found = await page(odoo.adapter(), 10, customers=(), emails=("ada@example.com",))
    assert [order.customer for order in found.orders] == [ADA]
    assert (await page(odoo.adapter(), 10, customers=())).orders == ()


async def test_an_order_of_the_shop_is_excluded_at_the_source_and_found_by_its_number(odoo: Running) -> None:
    """Its twin's date differs, so it may be pages away."""
    for number in range(1, 6):
        odoo.sandbox.add_order(sold(number, NOON + timedelta(days=number)))
    odoo.sandbox.add_order(sold(9, NOON + timedelta(days=99), origin=OrderOrigin("#1001")))
    adapter = odoo.adapter(origin_field="client_order_ref")
    assert "S00009" not in [order.number for order in (await page(adapter, 2)).orders]
    assert "S00009" in [order.number for order in (await page(adapter, 2, exclude_foreign=False)).orders]
    twin, own, nobody = OrderOrigin("#1001", "shop"), OrderOrigin("S00003", "erp"), OrderOrigin("S00003", "shop")
    found = await adapter.get_by_origin([twin, own, nobody], NOTHING, CallContext.within(10))
    assert set(found) == {twin, own}
    assert isinstance(order := found[twin], Order)
    assert (order.number, order.origin) == ("S00009", OrderOrigin("#1001"))


async def test_two_orders_with_one_origin_are_ambiguous(odoo: Running) -> None:
    """Odoo accepts the same customer reference twice."""
    for number in (1, 2):
        odoo.sandbox.add_order(sold(number, NOON, origin=OrderOrigin("#1001")))
    key = OrderOrigin("#1001", "shop")
    adapter = odoo.adapter(origin_field="client_order_ref")
    found = await adapter.get_by_origin([key], NOTHING, CallContext.within(10))
    assert isinstance(found[key], AmbiguousKey)


async def test_a_purchase_number_hides_no_order_unless_its_field_is_named_as_the_origin(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON, origin=OrderOrigin("PO 4711")))
    adapter = odoo.adapter()
    found = await page(adapter, 5)
    assert [(order.number, order.origin) for order in found.orders] == [("S00001", None)]
    assert await adapter.get_by_origin([OrderOrigin("PO 4711", "shop")], NOTHING, CallContext.within(10)) == {}


async def test_a_user_who_sees_own_documents_says_that_orders_may_be_missing(odoo: Running) -> None:
    """Odoo hides other salespeople's orders without a word; orders of nobody are shown."""
    for number, salesperson in ((1, None), (2, 2), (3, 9)):
        odoo.store.write("sale.order", odoo.sandbox.add_order(sold(number, NOON)), {"user_id": salesperson})
    everybody = await page(odoo.adapter(), 5)
    assert ([order.number for order in everybody.orders], everybody.restricted) == (
        ["S00003", "S00002", "S00001"],
        False,
    )
    odoo.sandbox.grant(INTERNAL, OWN_DOCUMENTS, INVENTORY, TILL)
    own = await page(odoo.adapter(), 5)
    assert ([order.number for order in own.orders], own.restricted) == (["S00002", "S00001"], True)
    odoo.sandbox.grant(INTERNAL, INVENTORY, TILL)  # reads orders by another right, which narrows nothing
    stock = await page(odoo.adapter(), 5)
    assert (len(stock.orders), stock.restricted) == (3, False)


async def test_an_order_made_out_to_an_address_is_its_persons(odoo: Running) -> None:
    """A child contact of the kind delivery, as a salesperson may choose it; another person of the company is not."""
    odoo.store.add("res.partner", {"name": "Ada, depot", "type": "delivery", "parent_id": 77}, 80)
    odoo.store.add("res.partner", {"name": "Assistant", "type": "contact", "parent_id": 77}, 81)
    odoo.sandbox.seeded.partners |= {"80": 80, "81": 81}
    odoo.sandbox.add_order(sold(1, NOON, customer=NativeRef("seed", "80")))
    odoo.sandbox.add_order(sold(2, NOON, customer=NativeRef("seed", "81")))
    odoo.sandbox.add_order(sold(3, NOON, OrderKind.RECEIPT, customer=NativeRef("seed", "80")))
    found = await page(odoo.adapter(), 5)
    assert [(order.number, order.customer) for order in found.orders] == [("S00001", ADA), ("S00003", ADA)]


async def test_the_configured_field_carries_the_origin(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON, origin=OrderOrigin("ours")))
    odoo.store.write("sale.order", odoo.sandbox.add_order(sold(2, NOON)), {"x_web_order": "#1002"})
    adapter = odoo.adapter(origin_field="x_web_order")
    found = await page(adapter, 5, exclude_foreign=False)
    assert [order.origin for order in found.orders] == [OrderOrigin("#1002"), None]
    assert [order.number for order in (await page(adapter, 5)).orders] == ["S00001"]
    for wrong in ("name", "no field"):
        with pytest.raises(ConfigurationError):
            odoo.adapter(origin_field=wrong)


async def test_an_order_confirmed_while_a_reader_pages_is_not_doubled(odoo: Running) -> None:
    """Confirming rewrites its date: it moves above the reader, who does not see it again."""
    for number in range(1, 7):
        odoo.sandbox.add_order(sold(number, NOON + timedelta(days=number)))
    adapter = odoo.adapter()
    first = await page(adapter, 3)
    odoo.store.write("sale.order", 5, {"date_order": NOON + timedelta(days=50)})
    rest = await page(adapter, 3, first.positions[-1])
    assert [order.number for order in (*first.orders, *rest.orders)] == [f"S{n:05}" for n in (6, 5, 4, 3, 2, 1)]


async def test_a_position_of_another_list_is_an_invalid_cursor(odoo: Running) -> None:
    with pytest.raises(InvalidCursor):
        await page(odoo.adapter(), 3, OrderPosition(NOON, "gid://shopify/Order/1"))


async def test_a_refund_is_an_order_of_its_own_with_negative_amounts(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON, OrderKind.REFUND, gross="-12.00"))
    order = (await page(odoo.adapter(), 5)).orders[0]
    assert (order.kind, order.status, order.location) == (OrderKind.REFUND, OrderStatus.RETURNED, "LON")
    assert order.total.gross == Money(Decimal("-12.00"), "GBP")


async def test_lines_snapshot_what_was_sold_and_skip_headings(odoo: Running) -> None:
    mug = odoo.product("MUG")
    added = odoo.sandbox.add_order(sold(1, NOON, gross="80.00"))
    line = {"order_id": added, "name": "Mug\nblue", "product_id": mug, "product_uom_qty": 3.0, "price_unit": 26.67}
    amounts = {"discount": 0.0, "price_subtotal": 67.82999999999998, "price_total": 79.99999999999999}
    odoo.store.add("sale.order.line", {**line, **amounts})
    odoo.store.add("sale.order.line", {"order_id": added, "name": "Thanks!", "display_type": "line_note"})
    order = (await page(odoo.adapter(), 5)).orders[0]
    assert [(line.title, line.sku, line.quantity) for line in order.lines] == [("Mug\nblue", "MUG", 3)]
    assert order.lines[0].total == TaxedMoney(
        Money(Decimal("67.83"), "GBP"),
        Money(Decimal("80.00"), "GBP"),
        Money(Decimal("12.17"), "GBP"),
        TaxTreatment.INCLUDED,
    )


async def test_orders_are_read_by_reference(odoo: Running) -> None:
    odoo.sandbox.add_order(sold(1, NOON))
    odoo.sandbox.add_order(sold(1, NOON, OrderKind.RECEIPT))
    keys = [NativeRef("erp", id_) for id_ in ("sale.0000000001", "pos.0000000001", "pos.0000000099", "1", "sale.x")]
    found = await odoo.adapter().get_orders(keys, NOTHING, CallContext.within(10))
    assert set(found) == set(keys[:2])


async def test_an_order_without_a_date_is_an_invalid_answer(odoo: Running) -> None:
    odoo.store.write("sale.order", odoo.sandbox.add_order(sold(1, NOON)), {"date_order": None})
    with pytest.raises(InvalidAnswer):
        await page(odoo.adapter(), 5)
