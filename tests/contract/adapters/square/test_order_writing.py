"""Orders placed at Square: one for each key, at its own total, with the money that somebody else took."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from decimal import Decimal
from typing import Any, cast

import pytest

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create
from gateway.errors import AdapterError, RequestRefused, Unavailable
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    OrderDelivery,
    OrderDiscount,
    OrderStatus,
    PaidElsewhere,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.model.stock import StockKey, StockLevels
from gateway.ownership import LocationPlan
from gateway.ports.order import (
    ANYWHERE,
    CANCEL_ORDER,
    CONFIRM_ORDER,
    OrderCancelPort,
    OrderConfirmPort,
    OrderCurrenciesPort,
    OrderPreviewPort,
    OrderWritePort,
)
from gateway.ports.stock import StockPort
from gateway.services.fulfilment.allocation import Shelves, Want, allocate, pieces_by_spot
from gateway.services.stock_items import saleable, spot_of
from gateway.testing import conformance as suites
from gateway.testing import running
from gateway.testing.conformance.example import example_seed
from gateway.testing.plugin import Attach
from tests.contract.adapters.square.connected import BACKEND, call, gbp

REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
HERE = CommerceContext("GB", "GBP", "en").only(frozenset())
SKU = "MUG-01-S"


class TestWrites(suites.ServedOrders, suites.Served, suites.WriteConformance):
    under_test = MANIFEST
    named = BACKEND
    writes = (b'/v2/orders {"idempotency_key"', b"/v2/payments")

    @pytest.fixture
    def sandbox(self) -> SquareSandbox:
        return create(example_seed())

    @pytest.fixture
    def config(self, sandbox: SquareSandbox) -> dict[str, object]:
        return {"order_location": next(iter(sandbox.account.locations))}

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for kind, known, _ in sandbox.account.effects if kind == "order" and known == reference
        )

    @pytest.fixture
    def commands(self) -> Callable[[str, int], PlaceOrder]:
        line = PlaceOrderLine(SKU, Decimal(1), gbp("10.50"))
        return lambda reference, number: PlaceOrder(
            reference,
            (PlaceOrderLine(line.sku, Decimal(number), line.unit),),
            payment=PaidElsewhere("stripe", "pi_1", gbp("10.50")),
        )


class TestCancelling(TestWrites):
    """Of an order that stands before each test, and that nobody has paid."""

    operation = CANCEL_ORDER
    writes = (b'"state":"CANCELED"',)

    @pytest.fixture
    async def placed(self, connected: Any, reference: str) -> PlacedOrder:
        return await cast("OrderWritePort", connected.adapter).place_order(order(reference=reference), HERE, call())

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for kind, key, _ in sandbox.account.effects if (kind, key) == ("update", f"{reference}.X")
        )

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        return lambda reference, number: CancelOrder(
            reference=reference, order=refs.get(number, NativeRef(BACKEND, "NOBODYS"))
        )


class TestConfirming(TestCancelling):
    """Of an order that stands before each test and was told of no payment."""

    operation = CONFIRM_ORDER
    writes = (b"/v2/payments",)

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for kind, known, _ in sandbox.account.effects if (kind, known) == ("payment", reference)
        )

    @pytest.fixture
    def commands(self, placed: PlacedOrder) -> Callable[[str, int], Any]:
        refs = {1: placed.ref}
        return lambda reference, number: ConfirmOrder(
            reference=reference,
            order=refs.get(number, NativeRef(BACKEND, "NOBODYS")),
            payment=PaidElsewhere("stripe", "pi_1", gbp("21.00")),
        )


@pytest.fixture
async def sandbox() -> AsyncGenerator[SquareSandbox]:
    made = create(example_seed())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def desk(sandbox: SquareSandbox, attach: Attach) -> OrderWritePort:
    keys = {"order_location": next(iter(sandbox.account.locations))}
    return cast("OrderWritePort", attach(MANIFEST, running(sandbox, sandbox.url), keys, name=BACKEND).adapter)


def order(**parts: Any) -> PlaceOrder:
    given: dict[str, Any] = {
        "reference": REFERENCE,
        "lines": (PlaceOrderLine(SKU, Decimal(2), gbp("10.50")),),
        **parts,
    }
    return PlaceOrder(**given)


def included(gross: str, tax: str) -> TaxedMoney:
    return TaxedMoney(gbp(gross).plus(gbp(tax).times(-1)), gbp(gross), gbp(tax), TaxTreatment.INCLUDED)


async def test_an_order_costs_what_was_agreed_and_says_who_took_the_money(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    six = OrderDiscount("Six off", gbp("6.00"), "SIX")
    line = PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), total=included("15.00", "2.50"), discounts=(six,))
    agreed = order(
        lines=(line,),
        deliveries=(OrderDelivery("1", label="Standard", price=included("4.80", "0.80")),),
        payment=PaidElsewhere("stripe", "pi_1", gbp("19.80")),
        total=gbp("19.80"),
    )
    placed = await desk.place_order(agreed, HERE, call())
    assert (placed.total, placed.status) == (gbp("19.80"), OrderStatus.OPEN)
    made = sandbox.account.orders[placed.ref.id]
    assert made["total_tax_money"]["amount"] == 330
    assert [tax["percentage"] for tax in made["taxes"]] == ["20"]
    paid = list(sandbox.account.payments.values())
    assert [(each["amount_money"]["amount"], each["external_details"]["source_id"]) for each in paid] == [
        (1980, "pi_1")
    ]


async def test_what_is_due_is_told_as_paid_by_nobody(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    due = order(payment=PaidElsewhere("at pickup", "1", gbp("21.00"), due=True))
    await desk.place_order(due, HERE, call())
    assert [kind for kind, _, _ in sandbox.account.effects] == ["order"]


async def test_taxes_come_on_top_of_net_prices(desk: OrderWritePort) -> None:
    total = TaxedMoney(gbp("21.00"), gbp("25.20"), gbp("4.20"), TaxTreatment.EXCLUDED)
    line = PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), total=total)
    placed = await desk.place_order(order(lines=(line,), total=gbp("25.20")), HERE, call())
    assert placed.total == gbp("25.20")


@pytest.mark.parametrize(
    ("pieces", "unit", "charged", "off", "kept"),
    [
        pytest.param(10, "10.268", "102.68", "0", [("8", 1027, 0), ("2", 1026, 0)], id="finer than a coin"),
        pytest.param(3, "3.335", "10.02", "0", [("3", 334, 0)], id="rounded by piece"),
        pytest.param(3, "3.33", "10.00", "0", [("1", 334, 0), ("2", 333, 0)], id="another rounding than Square's"),
        pytest.param(10, "10.268", "92.68", "10.00", [("8", 1027, 800), ("2", 1026, 200)], id="with a discount"),
    ],
)
@pytest.mark.parametrize("treatment", [TaxTreatment.INCLUDED, TaxTreatment.EXCLUDED])
async def test_a_line_costs_what_its_own_owner_charges_for_it(
    desk: OrderWritePort, sandbox: SquareSandbox, treatment: TaxTreatment, pieces: int, unit: str, charged: str,
    off: str, kept: list[tuple[str, int, int]],
) -> None:  # fmt: skip
    discounts = (OrderDiscount("Off", gbp(off)),) if Decimal(off) else ()
    line = PlaceOrderLine(SKU, Decimal(pieces), gbp(unit), TaxedMoney(gbp(charged), gbp(charged), None, treatment),
                          discounts)  # fmt: skip
    agreed = order(lines=(line,), total=gbp(charged))
    preview = await cast("OrderPreviewPort", desk).preview_order(agreed, HERE, call())
    assert (preview.total, sandbox.account.effects) == (gbp(charged), [])
    placed = await desk.place_order(agreed, HERE, call())
    assert placed.total == gbp(charged)
    told = [
        (row["quantity"], row["base_price_money"]["amount"], row["total_discount_money"]["amount"])
        for row in sandbox.account.orders[placed.ref.id]["line_items"]
    ]
    assert told == kept


async def test_what_square_would_refuse_is_found_out_before_anything_is_made(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    euros = order(lines=(PlaceOrderLine(SKU, Decimal(1), Money(Decimal(1), "EUR")),))
    with pytest.raises(RequestRefused):
        await cast("OrderPreviewPort", desk).preview_order(euros, HERE, call())
    assert sandbox.account.effects == []


async def test_orders_are_in_the_currency_of_their_location(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    place = next(iter(sandbox.account.locations))
    asked = await cast("OrderCurrenciesPort", desk).get_currencies([place, ANYWHERE, "NOWHERE"], HERE, call())
    assert asked == {place: ("GBP",), ANYWHERE: ("GBP",)}


async def test_another_total_than_the_shopper_was_told_makes_nothing(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    with pytest.raises(RequestRefused):
        await desk.place_order(order(total=gbp("20.99")), HERE, call())
    assert sandbox.account.effects == []


async def test_the_same_reference_again_is_the_same_order_and_the_same_payment(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    paid = order(payment=PaidElsewhere("stripe", "pi_1", gbp("21.00")))
    first = await desk.place_order(paid, HERE, call())
    assert await desk.place_order(paid, HERE, call()) == first
    assert [kind for kind, _, _ in sandbox.account.effects] == ["order", "payment"]


async def test_a_key_that_was_used_for_another_order_leaves_it_open(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    """No refusal, which would say that there is no order: what was asked first stands."""
    await desk.place_order(order(), HERE, call())
    with pytest.raises(Unavailable):
        await desk.place_order(order(lines=(PlaceOrderLine(SKU, Decimal(3), gbp("10.50")),)), HERE, call())
    assert [kind for kind, *_ in sandbox.account.effects] == ["order"]


async def test_an_order_is_taken_from_the_place_it_names(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    place = list(sandbox.account.locations)[-1]
    line = PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), places=((place, 2),))
    placed = await desk.place_order(order(lines=(line,)), HERE, call())
    assert sandbox.account.orders[placed.ref.id]["location_id"] == place


async def test_a_customer_and_an_address_stand_on_the_order(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    customer = next(iter(sandbox.account.customers))
    home = PostalAddress(country="GB", lines=("1 Quay Street",), city="Bristol")
    sent = OrderDelivery("1", address=home)
    buyer = Buyer(email="ada@example.com", given_name="Ada")
    agreed = order(customer=NativeRef(BACKEND, customer), buyer=buyer, deliveries=(sent,))
    made = sandbox.account.orders[(await desk.place_order(agreed, HERE, call())).ref.id]
    assert made["customer_id"] == customer
    recipient = made["fulfillments"][0]["shipment_details"]["recipient"]
    assert recipient["display_name"] == "Ada"
    assert recipient["address"] == {"address_line_1": "1 Quay Street", "locality": "Bristol", "country": "GB"}


@pytest.mark.parametrize(
    "parts",
    [
        {"lines": ()},
        {"lines": (PlaceOrderLine(SKU, Decimal(0), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine("NOBODYS", Decimal(1), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine("TWIN", Decimal(1), Money(Decimal(1), "GBP")),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(1), Money(Decimal(1), "EUR")),)},
        {"pending": True},
        {"lines": (PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), places=(("L1", 1), ("L2", 1))),)},
        {"lines": (PlaceOrderLine(SKU, Decimal(2), gbp("10.50"), places=(("NOWHERE", 2),)),)},
    ],
)
async def test_what_square_cannot_be_told_makes_nothing(
    desk: OrderWritePort, sandbox: SquareSandbox, parts: dict[str, Any]
) -> None:
    with pytest.raises(RequestRefused):
        await desk.place_order(order(**parts), HERE, call())
    assert sandbox.account.effects == []


async def test_a_failure_before_the_sending_leaves_nothing_open(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    sandbox.faults.down = True
    with pytest.raises(AdapterError) as failed:
        await desk.place_order(order(), HERE, call())
    assert failed.value.unsent


async def test_medusa_14987_plan_ledger_and_order_name_the_same_location(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    """One location an order: where another checkout holds some of the first, the second is planned, held and named."""
    places = tuple(sandbox.account.locations)[:2]
    plans = [LocationPlan(name, BACKEND, name, {BACKEND: name}, 0) for name in places]
    key = StockKey(SKU, places)
    levels = (await cast("StockPort", desk).get_stock([key], HERE, call()))[key]
    assert isinstance(levels, StockLevels)
    free = {spot_of(plan, SKU): saleable(levels.levels[plan.ref], plan) or 0 for plan in plans}
    first, second = free
    wanted = free[second]
    free[first] = wanted - 1
    assert MANIFEST.ordering is not None
    found = allocate([Want("1", SKU, wanted, plans)], Shelves(free, set()), MANIFEST.ordering.placement)
    assert pieces_by_spot(found.allotments) == {second: wanted}
    told = tuple((each.location, each.quantity) for each in found.allotments)
    line = PlaceOrderLine(SKU, Decimal(wanted), gbp("10.50"), places=told)
    placed = await desk.place_order(order(lines=(line,)), HERE, call())
    assert sandbox.account.orders[placed.ref.id]["location_id"] == second.place


def cancelling(placed: PlacedOrder, **parts: Any) -> CancelOrder:
    given: dict[str, Any] = {"reference": REFERENCE, "order": placed.ref, **parts}
    return CancelOrder(**given)


async def test_what_nobody_paid_is_cancelled_once_with_what_was_to_be_sent(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    home = PostalAddress(country="GB", lines=("1 Quay Street",), city="Bristol")
    placed = await desk.place_order(order(deliveries=(OrderDelivery("1", address=home),)), HERE, call())
    canceller = cast("OrderCancelPort", desk)
    cancelled = await canceller.cancel_order(cancelling(placed), HERE, call())
    assert (cancelled.ref, cancelled.status, cancelled.total) == (placed.ref, OrderStatus.CANCELLED, gbp("21.00"))
    assert await canceller.cancel_order(cancelling(placed), HERE, call()) == cancelled
    stands = sandbox.account.orders[placed.ref.id]
    assert (stands["state"], [way["state"] for way in stands["fulfillments"]]) == ("CANCELED", ["CANCELED"])
    assert [kind for kind, _, _ in sandbox.account.effects] == ["order", "update"]


async def test_an_order_that_stands_is_told_of_its_payment_once_and_is_then_past_cancelling(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    placed = await desk.place_order(order(), HERE, call())
    confirmer = cast("OrderConfirmPort", desk)
    paid = PaidElsewhere("stripe", "pi_1", gbp("21.00"))
    telling = ConfirmOrder(reference=REFERENCE, order=placed.ref, payment=paid)
    assert (await confirmer.confirm_order(telling, HERE, call())).total == gbp("21.00")
    await confirmer.confirm_order(telling, HERE, call())
    assert [kind for kind, _, _ in sandbox.account.effects] == ["order", "payment"]
    with pytest.raises(RequestRefused):
        await cast("OrderCancelPort", desk).cancel_order(cancelling(placed), HERE, call())


async def test_another_amount_than_the_orders_and_a_cancelled_order_are_not_paid(
    desk: OrderWritePort, sandbox: SquareSandbox
) -> None:
    placed = await desk.place_order(order(), HERE, call())
    confirmer = cast("OrderConfirmPort", desk)
    less = PaidElsewhere("stripe", "pi_1", gbp("20.99"))
    with pytest.raises(RequestRefused):
        await confirmer.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref, payment=less), HERE, call())
    await cast("OrderCancelPort", desk).cancel_order(cancelling(placed), HERE, call())
    whole = PaidElsewhere("stripe", "pi_1", gbp("21.00"))
    with pytest.raises(RequestRefused):
        await confirmer.confirm_order(ConfirmOrder(reference=REFERENCE, order=placed.ref, payment=whole), HERE, call())
    assert [kind for kind, _, _ in sandbox.account.effects] == ["order", "update"]


async def test_what_is_paid_stands(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    placed = await desk.place_order(order(payment=PaidElsewhere("stripe", "pi_1", gbp("21.00"))), HERE, call())
    with pytest.raises(RequestRefused):
        await cast("OrderCancelPort", desk).cancel_order(cancelling(placed), HERE, call())
    assert sandbox.account.orders[placed.ref.id]["state"] == "OPEN"


async def test_what_has_left_or_is_anothers_stands(desk: OrderWritePort, sandbox: SquareSandbox) -> None:
    home = PostalAddress(country="GB", lines=("1 Quay Street",), city="Bristol")
    placed = await desk.place_order(order(deliveries=(OrderDelivery("1", address=home),)), HERE, call())
    canceller = cast("OrderCancelPort", desk)
    nobodys = [{"order": NativeRef(BACKEND, native)} for native in ("NOBODYS", "a/../b")]
    for parts in ({"reference": "Z" * 26}, *nobodys):
        with pytest.raises(RequestRefused):
            await canceller.cancel_order(cancelling(placed, **parts), HERE, call())
    sandbox.account.orders[placed.ref.id]["fulfillments"][0]["state"] = "COMPLETED"
    with pytest.raises(RequestRefused):
        await canceller.cancel_order(cancelling(placed), HERE, call())
    assert sandbox.account.orders[placed.ref.id]["state"] == "OPEN"
