"""Orders placed at the shop: one effect whatever happens, the agreed amounts, and stock by the shop's own policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from msgspec.structs import replace

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.errors import AdapterError, CredentialsRefused, RequestRefused
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    OrderDelivery,
    OrderDiscount,
    OrderOrigin,
    OrdersQuery,
    OrderStatus,
    PaidElsewhere,
    PaidPart,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.ports.manifest import Manifest
from gateway.ports.order import (
    ANYWHERE,
    CANCEL_ORDER,
    LIST_ORDERS,
    OrderCancelPort,
    OrderCurrenciesPort,
    OrderPreviewPort,
    OrdersPort,
    OrderWritePort,
)
from gateway.testing import conformance as suites

from .conftest import OpenAdapter, OpenShop
from .shops import call, money, shop_seed, view

REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
HERE = CommerceContext("GB", "GBP", "en").only(frozenset())
SKU = "MUG-01-S"


class TestWrites(suites.ServedOrders, suites.Served, suites.KeylessWriteConformance):
    under_test = MANIFEST
    named = "shop"
    writes = (b"mutation OrderCreate",)
    looks = (b"OrderByReference",)

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def sandbox(self) -> ShopifySandbox:
        return create(shop_seed())

    @pytest.fixture
    def effects(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda reference: done(sandbox, "orderCreate", reference)


class TestCancelling(TestWrites):
    """Of an order that stands before each test."""

    operation = CANCEL_ORDER
    writes = (b"mutation OrderCancel",)

    @pytest.fixture
    async def placed(self, connected: Any, reference: str) -> PlacedOrder:
        return await connected.adapter.place_order(order(reference=reference), HERE, call())

    @pytest.fixture
    def effects(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda reference: done(sandbox, "orderCancel", reference)

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        nobodys = NativeRef("shop", "gid://shopify/Order/999999")
        return lambda reference, number: CancelOrder(reference=reference, order=refs.get(number, nobodys))


def done(sandbox: ShopifySandbox, mutation: str, reference: str) -> int:
    return sum(1 for kind, known, _ in sandbox.world.effects if (kind, known) == (mutation, reference))


def order(**parts: Any) -> PlaceOrder:
    lines = (PlaceOrderLine(SKU, Decimal(2), money("10.50")),)
    given: dict[str, Any] = {"reference": REFERENCE, "lines": lines, **parts}
    return PlaceOrder(**given)


@pytest.fixture
def desk(shop: Any) -> OrderWritePort:
    return cast("OrderWritePort", shop)


def included(gross: str, tax: str) -> TaxedMoney:
    return TaxedMoney(money(gross).plus(money(tax).times(-1)), money(gross), money(tax), TaxTreatment.INCLUDED)


async def test_an_order_costs_what_was_agreed(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    six = OrderDiscount("Six off", money("6.00"), "SIX")
    line = PlaceOrderLine(SKU, Decimal(2), money("10.50"), total=included("15.00", "2.50"), discounts=(six,))
    delivery = OrderDelivery("1", option="standard", label="Standard", price=included("4.80", "0.80"))
    paid = PaidElsewhere("stripe", "pi_1", money("19.80"))
    agreed = order(lines=(line,), deliveries=(delivery,), payment=paid, codes=("SIX",), total=money("19.80"))
    placed = await desk.place_order(agreed, HERE, call())
    assert placed.total == money("19.80")
    assert sandbox.world.orders[placed.ref.id].record.total.tax == money("3.30")
    assert placed.status is OrderStatus.CONFIRMED
    assert await desk.find_order(REFERENCE, HERE, call()) == placed


async def test_what_the_shop_cannot_be_told_is_found_out_before_anything_is_made(
    desk: OrderWritePort, sandbox: ShopifySandbox
) -> None:
    previews = cast("OrderPreviewPort", desk)
    assert (await previews.preview_order(order(total=money("21.00")), HERE, call())).total is None
    collected = (OrderDelivery("1", collected=True, place="1"),)
    unknown = (PlaceOrderLine("NOBODYS", Decimal(1), money("10.50")),)
    for parts in ({"deliveries": collected}, {"lines": unknown}, {"pending": True}):
        with pytest.raises(RequestRefused):
            await previews.preview_order(order(**parts), HERE, call())
    assert sandbox.world.effects == []


async def test_orders_are_in_the_shops_own_currency(desk: OrderWritePort) -> None:
    asked = await cast("OrderCurrenciesPort", desk).get_currencies([ANYWHERE, "1"], HERE, call())
    assert asked == {ANYWHERE: ("GBP",), "1": ("GBP",)}


async def test_a_guests_order_is_of_whom_is_configured_for_guests(
    open_adapter: OpenAdapter, sandbox: ShopifySandbox
) -> None:
    guests = next(iter(sandbox.world.customers))
    typed = order(buyer=Buyer(email="somebody@example.com"))
    for keys, customer in (({"guest_customer": guests}, guests), ({}, None)):
        desk = cast("OrderWritePort", open_adapter(sandbox, **keys))
        placed = await desk.place_order(replace(typed, reference=f"{customer is None:026d}"), HERE, call())
        made = sandbox.world.orders[placed.ref.id]
        assert (made.customer, made.email) == (customer, "somebody@example.com")


async def test_an_order_that_was_paid_in_several_is_told_each(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    parts = (PaidPart("adyen", "GIFT", money("5.00")), PaidPart("adyen", "CARD", money("16.00")))
    sandbox.exchanges = []
    paid = PaidElsewhere("adyen", "CARD", money("21.00"), parts=parts)
    line = PlaceOrderLine(SKU, Decimal(2), money("10.50"), total=included("21.00", "3.50"))
    await desk.place_order(order(lines=(line,), payment=paid, total=money("21.00")), HERE, call())
    sent = [json.loads(each.request)["variables"] for each in sandbox.exchanges if b"orderCreate" in each.request]
    told = [
        (each["authorizationCode"], Decimal(each["amountSet"]["shopMoney"]["amount"]))
        for each in sent[-1]["order"]["transactions"]
    ]
    assert told == [("GIFT", Decimal(5)), ("CARD", Decimal(16))]


async def test_taxes_come_on_top_of_net_prices(desk: OrderWritePort) -> None:
    total = TaxedMoney(money("21.00"), money("25.20"), money("4.20"), TaxTreatment.EXCLUDED)
    line = PlaceOrderLine(SKU, Decimal(2), money("10.50"), total=total)
    assert (await desk.place_order(order(lines=(line,)), HERE, call())).total == money("25.20")


@pytest.mark.parametrize("quantity", range(1, 31))
@pytest.mark.parametrize("unit", ["10.268", "9.996", "0.333", "7.4949"])
async def test_an_erps_finer_prices_cost_what_was_agreed(
    desk: OrderWritePort, sandbox: ShopifySandbox, unit: str, quantity: int
) -> None:
    for level in sandbox.world.stock.values():
        level.available = 100
    net = money(unit).times(quantity).quantized()
    tax = net.times(Decimal("0.2")).quantized()
    total = TaxedMoney(net, net.plus(tax), tax, TaxTreatment.EXCLUDED)
    line = PlaceOrderLine(SKU, Decimal(quantity), money(unit), total=total)
    placed = await desk.place_order(order(lines=(line,)), HERE, call())
    assert placed.total == total.gross
    made = sandbox.world.orders[placed.ref.id].record
    assert made.total.tax == tax
    assert sum(each.quantity for each in made.lines) == quantity


async def test_a_finer_price_with_a_discount_costs_what_was_agreed(desk: OrderWritePort) -> None:
    off = OrderDiscount("Off", money("1.00"), "OFF")
    total = TaxedMoney(money("50.34"), money("60.41"), money("10.07"), TaxTreatment.EXCLUDED)
    line = PlaceOrderLine(SKU, Decimal(5), money("10.268"), total=total, discounts=(off,))
    assert (await desk.place_order(order(lines=(line,)), HERE, call())).total == money("60.41")


async def test_an_order_is_listed_once_and_is_no_foreign_one(shop: Any) -> None:
    customer = NativeRef("shop", "gid://shopify/Customer/503")
    desk, orders = cast("OrderWritePort", shop), cast("OrdersPort", shop)
    placed = await desk.place_order(order(customer=customer), HERE, call())
    page = await orders.list_orders(OrdersQuery((customer,), 20), view(MANIFEST, LIST_ORDERS.name), call())
    assert [each.number for each in page.orders] == [placed.number]
    assert [each.origin for each in page.orders] == [None] or page.orders[0].origin != OrderOrigin(REFERENCE)


async def test_stock_is_claimed_and_what_is_not_there_is_refused(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    levels = [level for (key, _), level in sandbox.world.stock.items() if key == SKU]
    there = sum(level.available for level in levels)
    many = order(lines=(PlaceOrderLine(SKU, Decimal(there), money("10.50")),))
    await desk.place_order(many, HERE, call())
    assert sum(level.available for level in levels) == 0
    with pytest.raises(RequestRefused) as refused:
        await desk.place_order(order(reference=REFERENCE[::-1]), HERE, call())
    assert "INVENTORY_CLAIM_FAILED" in (refused.value.detail or "")
    assert len(sandbox.world.effects) == 1


async def test_lines_of_one_sku_are_claimed_together(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    there = sum(level.available for (key, _), level in sandbox.world.stock.items() if key == SKU)
    line = PlaceOrderLine(SKU, Decimal(there), money("10.50"))
    with pytest.raises(RequestRefused):
        await desk.place_order(order(lines=(line, line)), HERE, call())


async def test_the_same_reference_sent_again_is_the_same_order(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    first = await desk.place_order(order(), HERE, call())
    assert await desk.place_order(order(), HERE, call()) == first
    assert len(sandbox.world.effects) == 1


@pytest.mark.parametrize(
    "parts",
    [
        {"lines": ()},
        {"lines": (PlaceOrderLine(SKU, Decimal(0), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine(SKU, Decimal("0.5"), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine("NOBODYS", Decimal(1), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine("TWIN", Decimal(1), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(1), Money(Decimal(1), "GBP"), places=(("gid://x", 1),)),)},
        {"deliveries": (OrderDelivery("1", collected=True, place="gid://shopify/Location/1001"),)},
        {"deliveries": tuple(OrderDelivery(c, address=PostalAddress(country=c)) for c in ("GB", "IE"))},
        {"pending": True},
    ],
)
async def test_what_the_shop_cannot_be_told_is_refused_before_it_is_sent(
    desk: OrderWritePort, sandbox: ShopifySandbox, parts: dict[str, Any]
) -> None:
    with pytest.raises(RequestRefused):
        await desk.place_order(order(**parts), HERE, call())
    assert sandbox.world.effects == []
    assert "OrderCreate" not in [request.operation for request in sandbox.requests]


async def test_another_currency_than_the_shops_is_refused(desk: OrderWritePort) -> None:
    euros = (PlaceOrderLine(SKU, Decimal(1), Money(Decimal(1), "EUR")),)
    with pytest.raises(RequestRefused):
        await desk.place_order(order(lines=euros), HERE, call())


async def test_a_look_up_that_fails_before_the_sending_leaves_nothing_open(
    desk: OrderWritePort, sandbox: ShopifySandbox
) -> None:
    sandbox.faults.down = True
    with pytest.raises(AdapterError) as failed:
        await desk.place_order(order(), HERE, call())
    assert failed.value.unsent


async def test_a_shop_without_the_metafields_definition_places_nothing(
    desk: OrderWritePort, sandbox: ShopifySandbox
) -> None:
    sandbox.world.unique_metafields.clear()
    with pytest.raises(RequestRefused):
        await desk.place_order(order(), HERE, call())
    assert sandbox.world.effects == []


async def test_without_the_right_nothing_is_placed(desk: OrderWritePort, sandbox: ShopifySandbox) -> None:
    sandbox.withheld.add("write_orders")
    with pytest.raises(CredentialsRefused):
        await desk.place_order(order(), HERE, call())


async def test_no_error_says_whom_an_order_is_for(open_shop: OpenShop) -> None:
    _, shop = await open_shop(replace(shop_seed(), currency="EUR"))
    buyer = Buyer(email="canary@example.com", phone="+442079460123", given_name="Canary", family_name="Bird")
    sent = OrderDelivery("1", address=PostalAddress(country="GB", lines=("1 Canary Wharf",)))
    with pytest.raises(RequestRefused) as refused:
        await cast("OrderWritePort", shop).place_order(order(buyer=buyer, deliveries=(sent,)), HERE, call())
    assert "anary" not in f"{refused.value!r} {refused.value.detail}"


async def test_a_cancelled_order_is_found_as_such_and_gives_its_stock_back(
    desk: OrderWritePort, sandbox: ShopifySandbox
) -> None:
    before = [level.available for level in sandbox.world.stock.values()]
    placed = await desk.place_order(order(), HERE, call())
    cancelling = cast("OrderCancelPort", desk)
    assert await cancelling.find_cancelled(REFERENCE, HERE, call()) is None
    cancelled = await cancelling.cancel_order(CancelOrder(reference=REFERENCE, order=placed.ref), HERE, call())
    assert (cancelled.ref, cancelled.status) == (placed.ref, OrderStatus.CANCELLED)
    assert sum(level.available for level in sandbox.world.stock.values()) == sum(before)
    again = await cancelling.cancel_order(CancelOrder(reference=REFERENCE, order=placed.ref), HERE, call())
    assert again == cancelled
    assert done(sandbox, "orderCancel", REFERENCE) == 1


async def test_what_is_no_order_cannot_be_cancelled(desk: OrderWritePort) -> None:
    for native in ("gid://shopify/Order/999999", "gid://shopify/Customer/1", "1"):
        nothing = CancelOrder(reference=REFERENCE, order=NativeRef("shop", native))
        with pytest.raises(RequestRefused):
            await cast("OrderCancelPort", desk).cancel_order(nothing, HERE, call())


async def test_a_mirror_bears_whose_it_was_first_and_is_listed_at_its_owner(shop: Any) -> None:
    customer, origin = NativeRef("shop", "gid://shopify/Customer/503"), OrderOrigin("S00041", "erp")
    desk, orders = cast("OrderWritePort", shop), cast("OrdersPort", shop)
    mirror = await desk.place_order(order(customer=customer, origin=origin), HERE, call())
    seen = view(MANIFEST, LIST_ORDERS.name)
    assert (await orders.list_orders(OrdersQuery((customer,), 20), seen, call())).orders == ()
    whole = await orders.list_orders(OrdersQuery((customer,), 20, exclude_foreign=False), seen, call())
    assert [(each.number, each.origin) for each in whole.orders] == [(mirror.number, origin)]
    asked = [origin, OrderOrigin("S00041", "other"), OrderOrigin("S00041")]
    found = await shop.get_by_origin(asked, view(MANIFEST, "order.get_by_origin"), call())
    assert [(key, each.ref) for key, each in found.items()] == [(origin, mirror.ref)]


async def test_a_mirror_of_pieces_that_are_counted_elsewhere_leaves_the_stock_as_it_is(
    desk: OrderWritePort, sandbox: ShopifySandbox
) -> None:
    there = sum(level.available for (key, _), level in sandbox.world.stock.items() if key == SKU)
    many = (PlaceOrderLine(SKU, Decimal(there + 1), money("10.50")),)
    command = order(lines=many, origin=OrderOrigin("S00041", "erp"), moves_stock=False)
    await desk.place_order(command, HERE, call())
    assert sum(level.available for (key, _), level in sandbox.world.stock.items() if key == SKU) == there
