"""Orders placed at a real Vendure: one order whatever happens, its own total, and nothing left of what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest

from gateway.errors import CredentialsRefused, RequestRefused
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import (
    CancelOrder,
    Order,
    OrderDelivery,
    OrderOrigin,
    OrderStatus,
    PaidElsewhere,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.ports.order import (
    ANYWHERE,
    CANCEL_ORDER,
    OrderCancelPort,
    OrderCurrenciesPort,
    OrderOriginPort,
    OrderPreviewPort,
    OrderWritePort,
)
from gateway.testing import conformance as suites
from tests.contract.adapters.vendure.connected import Connect, a_call, by_key
from tests.contract.adapters.vendure.selling import Admin, OpenShop, asked_by_admin, by_seller
from tests.servers.vendure_server import VendureServer

HERE = CommerceContext("GB", "USD", "en").only(frozenset({"channel"}))
LENS = PlaceOrderLine("TBL200032", Decimal(2), Money(Decimal("329.00"), "USD"))
GUEST = Buyer(email="grace@example.com", phone="+442079460123", given_name="Grace", family_name="Hopper")
HOME = PostalAddress(country="GB", lines=("1 Quay Street",), name="Grace Hopper", city="Bristol", postal_code="BS1 1AA")
STANDARD = OrderDelivery("1", option="1", label="Standard", address=HOME)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def order(reference: str, **parts: Any) -> PlaceOrder:
    given: dict[str, Any] = {
        "reference": reference,
        "lines": (LENS,),
        "buyer": GUEST,
        "deliveries": (STANDARD,),
        "payment": PaidElsewhere("stripe", "pi_1", usd("794.60")),
        **parts,
    }
    return PlaceOrder(**given)


class TestWrites(suites.ServedOrders, OpenShop, suites.KeylessWriteConformance):
    writes = (b"mutation PlaceDraft",)
    looks = (b"OrderByReference",)
    timeout = 2.5  # four requests, on a busy machine
    settles = 3.0

    @pytest.fixture
    def effects(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda reference: counted(open_shop, reference)

    @pytest.fixture
    def commands(self) -> Callable[[str, int], PlaceOrder]:
        return lambda reference, number: order(
            reference, lines=(PlaceOrderLine("834444", Decimal(number), usd("18.99")),)
        )


@pytest.mark.full
class TestCancelling(TestWrites):
    """Of an order that stands before each test; without faults it is cancelled below, always."""

    operation = CANCEL_ORDER
    writes = (b"mutation CancelPlaced",)

    @pytest.fixture
    async def placed(self, open_shop: VendureServer, connect: Connect, reference: str) -> PlacedOrder:
        desk = cast("OrderWritePort", connect(open_shop, by_seller(open_shop)).adapter)
        lens = PlaceOrderLine("834444", Decimal(1), usd("18.99"))
        return await desk.place_order(order(reference, lines=(lens,)), HERE, a_call())

    @pytest.fixture
    def effects(self, open_shop: VendureServer) -> Callable[[str], int]:
        return lambda reference: counted(open_shop, reference, "Cancelled")

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        return lambda reference, number: CancelOrder(
            reference=reference, order=refs.get(number, NativeRef("shop", "999999"))
        )


def counted(server: VendureServer, reference: str, state: str | None = None) -> int:
    narrow: dict[str, Any] = {"gatewayReference": {"eq": reference}, "orderPlacedAt": {"isNull": False}}
    if state is not None:
        narrow["state"] = {"eq": state}
    query = "query ($options: OrderListOptions) { orders(options: $options) { totalItems } }"
    return asked_by_admin(server, query, {"options": {"filter": narrow}})["orders"]["totalItems"]


@pytest.fixture
def desk(open_shop: VendureServer, connect: Connect) -> OrderWritePort:
    return cast("OrderWritePort", connect(open_shop, by_seller(open_shop)).adapter)


async def test_an_order_is_vendures_own_with_the_money_that_somebody_else_took(
    desk: OrderWritePort, admin: Admin
) -> None:
    placed = await desk.place_order(order("A" * 26, total=usd("794.60")), HERE, a_call())
    assert placed.status is OrderStatus.CONFIRMED
    assert placed.total == usd("794.60")
    found = await admin.placed("A" * 26)
    assert [(each["code"], each["payments"]) for each in found] == [
        (placed.number, [{"method": "stripe", "transactionId": "pi_1", "amount": 79460}])
    ]
    assert await desk.find_order("A" * 26, HERE, a_call()) == placed


async def test_codes_are_used_with_the_order(desk: OrderWritePort, admin: Admin) -> None:
    placed = await desk.place_order(order("B" * 26, codes=("TEN",)), HERE, a_call())
    assert placed.total == usd("715.64")
    assert (await admin.placed("B" * 26))[0]["couponCodes"] == ["TEN"]


async def test_a_customer_of_the_shop_has_the_order(
    desk: OrderWritePort, open_shop: VendureServer, admin: Admin
) -> None:
    ada = NativeRef("shop", open_shop.seed.customer.id)
    await desk.place_order(order("C" * 26, customer=ada), HERE, a_call())
    query = "query ($id: ID!) { customer(id: $id) { orders { items { code } } } }"
    theirs = [each["code"] for each in (await admin.ask(query, id=ada.id))["orders"]["items"]]
    assert (await admin.placed("C" * 26))[0]["code"] in theirs


@pytest.mark.parametrize(
    "parts",
    [
        {"total": usd("1.00")},
        {"lines": (PlaceOrderLine("TBL200032", Decimal(5_000), usd("329.00")),)},
        {"lines": (PlaceOrderLine("NOBODYS", Decimal(1), usd("1.00")),)},
        {"lines": (PlaceOrderLine("TBL200032", Decimal("0.5"), usd("329.00")),)},
        {"codes": ("NEVER-GIVEN",)},
        {"deliveries": ()},
        {"deliveries": (STANDARD, STANDARD)},
        {"deliveries": (OrderDelivery("1", collected=True, place="1"),)},
        {"pending": True},
        {"payment": PaidElsewhere("invoice", "1", usd("794.60"), due=True)},
        {"buyer": None},
        {"customer": NativeRef("shop", "999999"), "buyer": None},
        {"buyer": Buyer(email="ada@example.com", given_name="Somebody", family_name="Else")},
    ],
    ids=lambda parts: next(iter(parts)),
)
async def test_what_vendure_refuses_leaves_nothing(desk: OrderWritePort, admin: Admin, parts: dict[str, Any]) -> None:
    before, waiting = await admin.orders(), await admin.waiting()
    with pytest.raises(RequestRefused):
        await desk.place_order(order("D" * 26, **parts), HERE, a_call())
    assert await admin.placed("D" * 26) == []
    assert await admin.waiting() == waiting
    assert await admin.orders() - before in (0, 1)  # one that waited for its payment is cancelled, not gone


async def test_what_an_order_comes_to_is_told_beforehand_and_nothing_is_left(
    desk: OrderWritePort, admin: Admin
) -> None:
    before, waiting = await admin.orders(), await admin.waiting()
    previews = cast("OrderPreviewPort", desk)
    told = await previews.preview_order(order("I" * 26, payment=None, codes=("TEN",)), HERE, a_call())
    assert told.total == usd("715.64")
    for parts in (
        {"buyer": Buyer(email="ada@example.com", given_name="Somebody", family_name="Else")},
        {"lines": (PlaceOrderLine("TBL200032", Decimal(5_000), usd("329.00")),)},
        {"codes": ("NEVER-GIVEN",)},
    ):
        with pytest.raises(RequestRefused):
            await previews.preview_order(order("I" * 26, payment=None, **parts), HERE, a_call())
    assert (await admin.orders(), await admin.waiting()) == (before, waiting)


async def test_orders_are_in_the_currencies_of_the_markets_channel(desk: OrderWritePort) -> None:
    asked = await cast("OrderCurrenciesPort", desk).get_currencies([ANYWHERE], HERE, a_call())
    assert asked == {ANYWHERE: ("USD",)}


async def test_guests_orders_bear_the_record_that_is_configured_for_them_and_change_nobodys(
    open_shop: VendureServer, connect: Connect, admin: Admin
) -> None:
    query = "query ($email: String!) { customers(options: { filter: { emailAddress: { eq: $email } } }) { items { "
    query += "id firstName orders { totalItems } } } }"
    (ada,) = (await admin.ask(query, email="ada@example.com"))["items"]
    contact = await admin.ask(
        'mutation { createCustomer(input: { emailAddress: "guests@example.com", firstName: "Guests", lastName: "-" }) '
        "{ __typename ... on Customer { id } ... on ErrorResult { errorCode } } }"
    )
    seller = by_seller(open_shop, guest_customer=contact["id"])
    desk = cast("OrderWritePort", connect(open_shop, seller).adapter)
    somebody = Buyer(email="ada@example.com", given_name="Somebody", family_name="Else")
    for letter in "JK":
        await desk.place_order(order(letter * 26, buyer=somebody), HERE, a_call())
    assert (await admin.ask(query, email="ada@example.com"))["items"] == [ada]
    (guests,) = (await admin.ask(query, email="guests@example.com"))["items"]
    assert guests == {"id": contact["id"], "firstName": "Guests", "orders": {"totalItems": 2}}


async def test_without_the_field_for_our_reference_nothing_is_placed(
    open_shop: VendureServer, connect: Connect
) -> None:
    desk = cast("OrderWritePort", connect(open_shop, by_seller(open_shop, order_reference_field="")).adapter)
    with pytest.raises(RequestRefused):
        await desk.place_order(order("E" * 26), HERE, a_call())


async def test_a_reader_places_nothing_and_is_told_so(open_shop: VendureServer, connect: Connect) -> None:
    reading = by_key(open_shop, order_reference_field="gatewayReference")
    desk = cast("OrderWritePort", connect(open_shop, reading).adapter)
    with pytest.raises(CredentialsRefused):
        await desk.place_order(order("F" * 26), HERE, a_call())
    assert await asyncio.to_thread(counted, open_shop, "F" * 26) == 0


async def test_a_cancelled_order_is_found_as_such_and_frees_its_stock(
    desk: OrderWritePort, admin: Admin, open_shop: VendureServer
) -> None:
    query = "query ($id: ID!) { productVariant(id: $id) { stockLevels { stockAllocated } } }"

    async def allocated() -> int:
        found = await admin.ask(query, id=open_shop.seed.variants["TBL200032"])
        return sum(level["stockAllocated"] for level in found["stockLevels"])

    before = await allocated()
    placed = await desk.place_order(order("G" * 26), HERE, a_call())
    assert await allocated() == before + 2
    cancelling = cast("OrderCancelPort", desk)
    assert await cancelling.find_cancelled("G" * 26, HERE, a_call()) is None
    cancelled = await cancelling.cancel_order(CancelOrder(reference="G" * 26, order=placed.ref), HERE, a_call())
    assert (cancelled.ref, cancelled.status) == (placed.ref, OrderStatus.CANCELLED)
    assert await cancelling.find_cancelled("G" * 26, HERE, a_call()) == cancelled
    assert await allocated() == before


async def test_what_is_no_order_cannot_be_cancelled(desk: OrderWritePort) -> None:
    for native in ("999999", "1e400", "x y"):
        nothing = CancelOrder(reference="H" * 26, order=NativeRef("shop", native))
        with pytest.raises(RequestRefused):
            await cast("OrderCancelPort", desk).cancel_order(nothing, HERE, a_call())


async def test_a_mirror_bears_whose_it_was_first_beside_our_reference(
    open_shop: VendureServer, connect: Connect
) -> None:
    adapter = connect(open_shop, by_seller(open_shop)).adapter
    origin = OrderOrigin("S00041", "erp")
    placed = await cast("OrderWritePort", adapter).place_order(
        order("MIRROROFANERPSORDER000001", origin=origin), HERE, a_call()
    )
    found = await cast("OrderOriginPort", adapter).get_by_origin([origin], HERE, a_call())
    assert [(each.ref, each.origin) for each in found.values() if isinstance(each, Order)] == [(placed.ref, origin)]
    again = await cast("OrderWritePort", adapter).find_order("MIRROROFANERPSORDER000001", HERE, a_call())
    assert again is not None
    assert again.ref == placed.ref


async def test_a_mirror_is_refused_where_no_field_bears_its_origin(open_shop: VendureServer, connect: Connect) -> None:
    adapter = connect(open_shop, by_seller(open_shop, order_origin_field="")).adapter
    command = order("MIRROROFANERPSORDER000002", origin=OrderOrigin("S00042", "erp"))
    with pytest.raises(RequestRefused):
        await cast("OrderWritePort", adapter).place_order(command, HERE, a_call())
    assert counted(open_shop, "MIRROROFANERPSORDER000002") == 0
