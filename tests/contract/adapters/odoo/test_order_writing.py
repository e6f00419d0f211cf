"""Orders placed at an Odoo: a quotation under our reference, confirmed or cancelled, at the prices that were agreed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any, Protocol, cast

import pytest
from msgspec.structs import replace

from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox, create
from adapters.odoo.sandbox.rights import ALL_DOCUMENTS, CONTACTS, INTERNAL, OWN_DOCUMENTS
from gateway.errors import AdapterError, ConfigurationError, RequestRefused
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    Order,
    OrderDelivery,
    OrderDiscount,
    OrderOrigin,
    OrdersQuery,
    OrderStatus,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.model.stock import StockKey, StockLevels
from gateway.ports.order import (
    ANYWHERE,
    CANCEL_ORDER,
    CONFIRM_ORDER,
    OrderCancelPort,
    OrderConfirmPort,
    OrderCurrenciesPort,
    OrderWritePort,
)
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import example_seed
from tests.contract.adapters.odoo.connected import OdooAdapter, Running, run

REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
SKU = "MUG-01-S"
WHERE = CommerceContext("GB", "GBP", "en").only(MANIFEST.writes["order.place_order"].vary_on)
NOWHERE = CommerceContext("GB", "GBP", "en").only(frozenset())
SEED = replace(example_seed(), prices_include_tax=True, tax_rates={"GB": Decimal("0.2")})
HOME = PostalAddress(country="GB", name="Ada Byron", lines=("1 Quay Street",), city="Bristol", postal_code="BS1 1AA")
ADA = Buyer(email="ada.guest@example.com", given_name="Ada", family_name="Byron", phone="+441170000000")


class Desk(OdooAdapter, OrderWritePort, OrderConfirmPort, OrderCancelPort, Protocol): ...


def call() -> CallContext:
    return CallContext.within(20)


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def order(**parts: Any) -> PlaceOrder:
    given: dict[str, Any] = {
        "reference": REFERENCE,
        "lines": (PlaceOrderLine(SKU, Decimal(2), gbp("10.50")),),
        "pending": True,
        **parts,
    }
    return PlaceOrder(**given)


class Odoo(suites.ServedOrders, suites.Served):
    under_test = MANIFEST
    named = "erp"
    looks = (b'"sale.order","web_search_read"', b"/json/2/sale.order/web_search_read")
    timeout = 3.0  # several requests, on a busy machine
    settles = 3.5

    @pytest.fixture(params=[pytest.param(18, marks=pytest.mark.full), 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def guest(self, sandbox: OdooSandbox) -> int:
        return sandbox.store.add("res.partner", {"name": "Guests"})

    @pytest.fixture
    def config(self, sandbox: OdooSandbox, guest: int) -> dict[str, object]:
        return {"default_pricelist": sandbox.seeded.pricelists["", "", "GBP"], "guest_contact": guest}

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda reference, number: order(
            reference=reference, lines=(PlaceOrderLine(SKU, Decimal(number), gbp("10.50")),)
        )

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return lambda reference: sum(1 for row in sandbox.store.all("sale.order") if row.get("reference") == reference)


class TestPlacing(Odoo, suites.KeylessWriteConformance):
    writes = (b'"sale.order","create"', b"/json/2/sale.order/create")


class _Moving(Odoo):
    """Of an order that stands before each test. It is read before it is moved, and looked up by its reference alone."""

    looks = (b'"order":"id"',)

    @pytest.fixture
    async def placed(self, connected: Any, reference: str) -> PlacedOrder:
        return await cast("Desk", connected.adapter).place_order(order(reference=reference), WHERE, call())

    def moved(self, sandbox: OdooSandbox, method: str) -> Callable[[str], int]:
        def counted(reference: str) -> int:
            ids = {row["id"] for row in sandbox.store.all("sale.order") if row.get("reference") == reference}
            return sum(1 for _, name, one in sandbox.sales.effects if name == method and one in ids)

        return counted


class TestConfirming(_Moving, suites.KeylessWriteConformance):
    operation = CONFIRM_ORDER
    writes = (b'"action_confirm"', b"/json/2/sale.order/action_confirm")

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return self.moved(sandbox, "action_confirm")

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        return lambda reference, number: ConfirmOrder(
            reference=reference, order=refs.get(number, NativeRef("erp", "sale.0000999999"))
        )


class TestCancelling(_Moving, suites.KeylessWriteConformance):
    operation = CANCEL_ORDER
    writes = (b'"action_cancel"', b"/json/2/sale.order/action_cancel")

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return self.moved(sandbox, "action_cancel")

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        return lambda reference, number: CancelOrder(
            reference=reference, order=refs.get(number, NativeRef("erp", "sale.0000999999"))
        )


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, SEED, version)


@pytest.fixture
def guest(odoo: Running) -> int:
    return odoo.store.add("res.partner", {"name": "Guests"})


@pytest.fixture
def keys(odoo: Running, guest: int) -> dict[str, Any]:
    return {"default_pricelist": odoo.sandbox.seeded.pricelists["", "", "GBP"], "guest_contact": guest}


@pytest.fixture
def desk(odoo: Running, keys: dict[str, Any]) -> Desk:
    return cast("Desk", odoo.adapter(**keys))


def orders(odoo: Running) -> list[dict[str, Any]]:
    known = len(SEED.orders)
    return [row for row in odoo.store.all("sale.order") if row.get("reference") or row["id"] > known + 10_000]


def lines_of(odoo: Running, placed: PlacedOrder) -> list[dict[str, Any]]:
    identifier = int(placed.ref.id.partition(".")[2])
    return [row for row in odoo.store.all("sale.order.line") if row["order_id"] == identifier]


async def free(desk: Desk, sku: str, place: str) -> tuple[Decimal | None, Decimal | None]:
    levels = (await desk.get_stock([StockKey(sku, (place,))], NOWHERE, call()))[StockKey(sku, (place,))]
    assert isinstance(levels, StockLevels)
    return levels.levels[place].available, levels.levels[place].on_hand


async def test_a_quotation_bears_our_reference_and_the_agreed_prices_and_holds_nothing(
    odoo: Running, desk: Desk
) -> None:
    place = next(iter(odoo.sandbox.seeded.warehouses))
    odoo.sandbox.set_stock(SKU, place, Decimal(24))
    line = PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), places=((place, 2),))
    placed = await desk.place_order(order(lines=(line,)), WHERE, call())
    assert (placed.status, placed.total, placed.places) == (OrderStatus.OPEN, gbp("21.00"), (place,))
    (row,) = orders(odoo)
    assert (row["reference"], row["state"], row.get("client_order_ref"), row.get("origin")) == (
        REFERENCE, "draft", None, None,
    )  # fmt: skip
    assert row["amount_untaxed"] == 17.5
    assert await free(desk, SKU, place) == (Decimal(24), Decimal(24))
    assert await desk.find_order(REFERENCE, NOWHERE, call()) == placed
    assert await desk.find_order("Z" * 26, NOWHERE, call()) is None


async def test_confirming_takes_a_thousand_with_two_dozen_on_hand_and_reserves_those(odoo: Running, desk: Desk) -> None:
    place = next(iter(odoo.sandbox.seeded.warehouses))
    odoo.sandbox.set_stock(SKU, place, Decimal(24))
    line = PlaceOrderLine(SKU, Decimal(1000), gbp("10.50"), places=((place, 1000),))
    placed = await desk.place_order(order(lines=(line,)), WHERE, call())
    confirmed = await desk.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())
    assert confirmed == replace(placed, status=OrderStatus.CONFIRMED)
    assert await free(desk, SKU, place) == (Decimal(0), Decimal(24))
    assert await desk.find_confirmed(REFERENCE, NOWHERE, call()) == confirmed
    again = await desk.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())
    assert again == confirmed
    cancelled = await desk.cancel_order(CancelOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())
    assert cancelled.status is OrderStatus.CANCELLED
    assert await free(desk, SKU, place) == (Decimal(24), Decimal(24))
    with pytest.raises(RequestRefused):
        await desk.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())


async def test_a_quotation_is_cancelled_once(odoo: Running, desk: Desk) -> None:
    placed = await desk.place_order(order(), WHERE, call())
    asked = CancelOrder(reference=REFERENCE, order=placed.ref)
    first = await desk.cancel_order(asked, NOWHERE, call())
    assert await desk.cancel_order(asked, NOWHERE, call()) == first
    assert await desk.find_cancelled(REFERENCE, NOWHERE, call()) == first
    assert await desk.find_confirmed(REFERENCE, NOWHERE, call()) is None
    assert [name for _, name, _ in odoo.sandbox.sales.effects].count("action_cancel") == 1


@pytest.mark.parametrize("values", [{"delivery_status": "partial"}, {"delivery_status": "full"}, {"locked": True}])
async def test_what_has_left_or_is_locked_is_not_cancelled(odoo: Running, desk: Desk, values: dict[str, Any]) -> None:
    placed = await desk.place_order(order(), WHERE, call())
    await desk.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())
    odoo.store.write("sale.order", orders(odoo)[0]["id"], values)
    with pytest.raises(RequestRefused):
        await desk.cancel_order(CancelOrder(reference=REFERENCE, order=placed.ref), NOWHERE, call())
    assert orders(odoo)[0]["state"] == "sale"


async def test_another_order_than_the_one_under_the_reference_is_left_alone(odoo: Running, desk: Desk) -> None:
    placed = await desk.place_order(order(), WHERE, call())
    for stranger in (CancelOrder(reference="Z" * 26, order=placed.ref),
                     CancelOrder(reference=REFERENCE, order=NativeRef("erp", "pos.0000000001"))):  # fmt: skip
        with pytest.raises(RequestRefused):
            await desk.cancel_order(stranger, NOWHERE, call())
    assert orders(odoo)[0]["state"] == "draft"


async def test_an_order_that_staff_copied_is_not_mistaken_for_ours(odoo: Running, keys: dict[str, Any]) -> None:
    desk = cast("Desk", odoo.adapter(**keys, reference_field="origin"))  # a field that is copied
    placed = await desk.place_order(order(), WHERE, call())
    row = next(row for row in odoo.store.all("sale.order") if row.get("origin") == REFERENCE)
    odoo.store.add("sale.order", {name: value for name, value in row.items() if name != "id"})
    found = await desk.find_order(REFERENCE, NOWHERE, call())
    assert found == placed


@pytest.mark.parametrize(
    ("pieces", "unit", "off", "kept"),
    [
        ("3", "9.99", "5.00", [("3", "9.99", "16.68")]),
        ("1", "500.00", "33.33", [("1", "466.67", "0")]),
        ("7", "500.00", "33.33", [("6", "495.24", "0"), ("1", "495.23", "0")]),
        ("2", "10.00", "20.00", [("2", "10.00", "100")]),
    ],
)
async def test_discounts_come_off_to_the_smallest_coin(
    odoo: Running, desk: Desk, pieces: str, unit: str, off: str, kept: list[tuple[str, str, str]]
) -> None:
    discount = OrderDiscount("Off", gbp(off))
    line = PlaceOrderLine(SKU, Decimal(pieces), gbp(unit), discounts=(discount,))
    placed = await desk.place_order(order(lines=(line,)), WHERE, call())
    assert placed.total == gbp(str(Decimal(unit) * Decimal(pieces) - Decimal(off)))
    told = [(row["product_uom_qty"], row["price_unit"], row["discount"]) for row in lines_of(odoo, placed)]
    assert told == [tuple(float(part) for part in line) for line in kept]


COARSE = {
    "finer than a coin": [("8", "10.27", "0"), ("2", "10.26", "0")],
    "rounded by piece": [("3", "3.34", "0")],
    "another rounding than Odoo's": [("1", "3.34", "0"), ("2", "3.33", "0")],
    "with a discount": [("8", "9.27", "0"), ("2", "9.26", "0")],
}
"""Pieces, price and percent off where unit prices have two digits, as in 17 and 18."""
FINE = {
    **COARSE,
    "finer than a coin": [("10", "10.268", "0")],
    "with a discount": [("10", "10.268", "9.74")],
}


@pytest.mark.parametrize(
    ("what", "pieces", "unit", "charged", "off"),
    [
        ("finer than a coin", "10", "10.268", "102.68", "0"),
        ("rounded by piece", "3", "3.335", "10.02", "0"),
        ("another rounding than Odoo's", "3", "3.33", "10.00", "0"),
        ("with a discount", "10", "10.268", "92.68", "10.00"),
    ],
)
async def test_a_line_costs_what_its_own_owner_charges_for_it(
    odoo: Running, desk: Desk, version: int, what: str, pieces: str, unit: str, charged: str, off: str
) -> None:
    discounts = (OrderDiscount("Off", gbp(off)),) if Decimal(off) else ()
    total = TaxedMoney(gross=gbp(charged), treatment=TaxTreatment.INCLUDED)
    line = PlaceOrderLine(SKU, Decimal(pieces), gbp(unit), total, discounts)
    placed = await desk.place_order(order(lines=(line,), total=gbp(charged)), WHERE, call())
    assert placed.total == gbp(charged)
    told = [(row["product_uom_qty"], row["price_unit"], row["discount"]) for row in lines_of(odoo, placed)]
    assert told == [tuple(float(part) for part in line) for line in (FINE if version >= 19 else COARSE)[what]]


async def test_orders_are_in_the_currency_of_their_price_list(odoo: Running, desk: Desk, keys: dict[str, Any]) -> None:
    asked = await cast("OrderCurrenciesPort", desk).get_currencies(["1001", ANYWHERE], WHERE, call())
    assert asked == {"1001": ("GBP",), ANYWHERE: ("GBP",)}
    keys["default_pricelist"] = 999_999
    elsewhere = cast("OrderCurrenciesPort", odoo.adapter(**keys))
    assert await elsewhere.get_currencies([ANYWHERE], WHERE, call()) == {}


async def test_a_delivery_costs_what_was_agreed_under_its_own_product(odoo: Running, keys: dict[str, Any]) -> None:
    product = odoo.product("DELIVERY", price=0.0, type="service", is_storable=False)
    price = TaxedMoney(gbp("4.00"), gbp("4.80"), gbp("0.80"), TaxTreatment.INCLUDED)
    sent = OrderDelivery("1", label="Standard", price=price, address=HOME)
    without = cast("Desk", odoo.adapter(**keys))
    with pytest.raises(RequestRefused):
        await without.place_order(order(deliveries=(sent,)), WHERE, call())
    keys["delivery_product"] = product
    desk = cast("Desk", odoo.adapter(**keys))
    placed = await desk.place_order(order(deliveries=(sent,), note="Ring twice"), WHERE, call())
    assert placed.total == gbp("25.80")
    assert [row["name"] for row in lines_of(odoo, placed)][1:] == ["Standard", "Ring twice"]


async def test_fifty_orders_of_one_guest_change_nobodys_record(odoo: Running, desk: Desk, guest: int) -> None:
    registered = odoo.store.add("res.partner", {"name": "Ada Byron", "email": ADA.email})
    key = CustomerKey(CustomerKeyKind.EMAIL, ADA.email or "")
    before = await desk.find_customers([key], NOWHERE, call())
    people = dict(odoo.store.browse("res.partner", registered))
    for number in range(50):
        sent = OrderDelivery("1", address=HOME)
        await desk.place_order(order(reference=f"{number:026d}", buyer=ADA, deliveries=(sent,)), WHERE, call())
    after = await desk.find_customers([key], NOWHERE, call())
    assert [record.ref for record in after[key]] == [record.ref for record in before[key]]  # type: ignore[union-attr]
    assert odoo.store.browse("res.partner", registered) == people
    assert {row["partner_id"] for row in orders(odoo)} == {guest}
    (address,) = {row["partner_shipping_id"] for row in orders(odoo)}
    beneath = odoo.store.browse("res.partner", address)
    assert (beneath["parent_id"], beneath["type"], beneath["email"]) == (guest, "delivery", ADA.email)
    assert beneath["street"] == "1 Quay Street"


async def test_an_order_of_a_customer_is_theirs_with_the_address_beneath(odoo: Running, desk: Desk) -> None:
    registered = odoo.store.add("res.partner", {"name": "Ada Byron", "email": "ada@example.com"})
    mine = order(customer=NativeRef("erp", str(registered)), buyer=ADA, deliveries=(OrderDelivery("1", address=HOME),))
    await desk.place_order(mine, WHERE, call())
    (row,) = orders(odoo)
    assert row["partner_id"] == registered
    assert odoo.store.browse("res.partner", row["partner_shipping_id"])["parent_id"] == registered
    with pytest.raises(RequestRefused):
        await desk.place_order(order(customer=NativeRef("shop", str(registered))), WHERE, call())


async def test_without_a_contact_for_guests_they_buy_nothing(odoo: Running, keys: dict[str, Any]) -> None:
    keys["guest_contact"] = 0
    desk = cast("Desk", odoo.adapter(**keys))
    with pytest.raises(RequestRefused):
        await desk.place_order(order(buyer=ADA), WHERE, call())
    assert odoo.sandbox.sales.effects == []


@pytest.mark.parametrize(
    "parts",
    [
        {"lines": ()},
        {"lines": (PlaceOrderLine(SKU, Decimal(0), gbp("1.00")),)},
        {"lines": (PlaceOrderLine("NOBODYS", Decimal(1), gbp("1.00")),)},
        {"lines": (PlaceOrderLine("TWIN", Decimal(1), gbp("1.00")),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(1), Money(Decimal(1), "EUR")),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(1), gbp("1.00"), discounts=(OrderDiscount("Off", gbp("2.00")),)),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(2), gbp("1.00"), places=(("1001", 1), ("1002", 1))),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(2), gbp("1.00"), places=(("NOWHERE", 2),)),)},
        {"pending": False},
        {"customer": NativeRef("erp", "999999")},
        {"deliveries": (OrderDelivery("1", address=HOME), OrderDelivery("2", address=replace(HOME, city="Bath")))},
    ],
)
async def test_what_odoo_cannot_be_told_makes_no_order(odoo: Running, desk: Desk, parts: dict[str, Any]) -> None:
    with pytest.raises(AdapterError) as refused:
        await desk.place_order(order(**parts), WHERE, call())
    assert refused.value.unsent or isinstance(refused.value, RequestRefused)
    assert orders(odoo) == []


async def test_who_sees_own_documents_only_places_none_because_absent_would_mean_nothing(
    odoo: Running, keys: dict[str, Any]
) -> None:
    odoo.sandbox.grant(INTERNAL, OWN_DOCUMENTS, CONTACTS)
    desk = cast("Desk", odoo.adapter(**keys))
    with pytest.raises(RequestRefused):
        await desk.place_order(order(), WHERE, call())
    with pytest.raises(RequestRefused):
        await desk.find_order(REFERENCE, NOWHERE, call())
    assert odoo.sandbox.sales.effects == []


async def test_a_right_that_is_missing_is_a_refusal(odoo: Running, keys: dict[str, Any]) -> None:
    odoo.sandbox.grant(INTERNAL, ALL_DOCUMENTS)
    desk = cast("Desk", odoo.adapter(**keys))
    with pytest.raises(RequestRefused):  # to make the address
        await desk.place_order(order(), WHERE, call())
    odoo.sandbox.grant(INTERNAL, CONTACTS)
    with pytest.raises(RequestRefused):  # to make the order
        await cast("Desk", odoo.adapter(**keys)).place_order(order(), WHERE, call())
    assert orders(odoo) == []


async def test_a_failure_before_the_sending_leaves_nothing_open(odoo: Running, desk: Desk) -> None:
    odoo.sandbox.faults.down = True
    with pytest.raises(AdapterError) as failed:
        await desk.place_order(order(), WHERE, call())
    assert failed.value.unsent


@pytest.mark.parametrize("name", ["client_order_ref", "x_web_order", "name", "", "no field"])
def test_our_reference_stands_in_a_field_of_its_own(odoo: Running, keys: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        odoo.adapter(**keys, origin_field="x_web_order", reference_field=name)
    assert "reference_field" in str(refused.value.mistakes[0].place)


async def test_a_mirror_bears_whose_it_was_first_and_is_listed_at_its_owner(
    odoo: Running, keys: dict[str, Any]
) -> None:
    """In a field of its own: neither our reference nor a buyer's purchase number."""
    origin = OrderOrigin("#1001", "shop")
    adapter = odoo.adapter(**keys, origin_field="origin")
    desk = cast("Desk", adapter)
    ada = NativeRef("erp", str(odoo.store.add("res.partner", {"name": "Ada", "email": "ada@mirror.example"})))
    mirror = await desk.place_order(order(origin=origin, customer=ada), WHERE, call())
    own = await desk.place_order(order(reference=REFERENCE[::-1], customer=ada), WHERE, call())
    (first, second) = orders(odoo)
    assert (first["reference"], first["origin"], first.get("client_order_ref")) == (
        REFERENCE,
        "gateway:shop:#1001",
        None,
    )
    odoo.store.write("sale.order", second["id"], {"origin": "Opportunity: chairs"})  # Odoo's own word
    for placed in (mirror, own):
        confirm = ConfirmOrder(reference=REFERENCE if placed is mirror else REFERENCE[::-1], order=placed.ref)
        await desk.confirm_order(confirm, WHERE, call())
    listed = await adapter.list_orders(OrdersQuery((ada,), 10), NOWHERE, call())
    assert [each.ref for each in listed.orders] == [own.ref]
    found = await adapter.get_by_origin([origin], NOWHERE, call())
    assert [(each.ref, each.origin) for each in found.values() if isinstance(each, Order)] == [(mirror.ref, origin)]


@pytest.mark.parametrize("field", ["", "client_order_ref"])
async def test_a_mirror_is_refused_where_people_would_read_its_origin(
    odoo: Running, keys: dict[str, Any], field: str
) -> None:
    adapter = odoo.adapter(**keys, origin_field=field)
    with pytest.raises(RequestRefused) as refused:
        await cast("Desk", adapter).place_order(order(origin=OrderOrigin("#1001", "shop")), WHERE, call())
    assert "`origin_field`" in (refused.value.detail or "")
    assert orders(odoo) == []
