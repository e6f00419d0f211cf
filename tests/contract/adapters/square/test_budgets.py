"""What the manifest declares each operation to cost is what arrives at the socket, exactly, for 1, 24 and 100 keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox.account import account_uuid, native_id
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.identity import NativeRef
from gateway.model.money import TaxedMoney
from gateway.model.orders import Order, OrderKind, OrderLine, OrdersQuery, OrderStatus
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.testing.sandbox import Seed, SeedAccount, SeedPrice, SeedStock
from tests.contract.adapters.square.connected import (
    BACKEND,
    NOW,
    SEEN,
    Connect,
    Connected,
    call,
    gbp,
    product,
    seen_by,
    small_seed,
    store,
    variant,
)

COUNTS = (1, 24, 100)
PLACES = 14
LEDGER = NativeRef(BACKEND, account_uuid("700"))


def person(number: int) -> str:
    return native_id("CUST", str(500 + number))


def order(number: int) -> Order:
    total = TaxedMoney(gross=gbp("1.00"))
    return Order(
        NativeRef("seed", str(8000 + number)),
        f"R-{number}",
        OrderKind.RECEIPT,
        NOW - timedelta(minutes=number),
        OrderStatus.FULFILLED,
        "COMPLETED",
        total,
        SEEN,
        lines=(OrderLine("1", "Mug", Decimal(1), "SKU-0", total, total),),
        location=f"P{number % PLACES}",
        customer=NativeRef("seed", str(500 + number % 100)),
    )


def retailer() -> Seed:
    """A hundred of everything, in 14 places."""
    skus = [f"SKU-{number}" for number in range(100)]
    program = NativeRef("seed", "70")
    return small_seed(
        products=tuple(product(number, variant(number, sku)) for number, sku in enumerate(skus)),
        prices=tuple(SeedPrice(sku, gbp("1.00")) for sku in skus),
        stores=tuple(store(f"P{number}") for number in range(PLACES)),
        stock=tuple(SeedStock(sku, f"P{number}", Decimal(1)) for sku in skus for number in range(PLACES)),
        customers=tuple(
            CustomerRecord(NativeRef("seed", str(500 + n)), SEEN, emails=(f"p{n}@example.com",)) for n in range(100)
        ),
        program=LoyaltyProgram(program, "Points", SEEN),
        accounts=tuple(
            SeedAccount(
                LoyaltyAccount(
                    NativeRef("seed", str(700 + n)), program, Decimal(n), SEEN, customer=NativeRef("seed", str(500 + n))
                ),
                tuple(LoyaltyEntry(str(9000 + e), Decimal(1), NOW - timedelta(hours=e), "EARN") for e in range(90))
                if n == 0
                else (),
                phone=f"+4420794602{n:02}",
            )
            for n in range(100)
        ),
        orders=tuple(order(number) for number in range(300)),
    )


Ask = Callable[[Connected, int], Awaitable[object]]


OPERATIONS: Mapping[str, tuple[str, Mapping[str, int], Ask]] = {
    "prices": (
        "price.get_prices",
        {},
        lambda till, n: till.adapter.get_prices(
            [PriceKey(f"SKU-{i}") for i in range(n)], seen_by("price.get_prices"), call()
        ),
    ),
    "stock": (
        "stock.get_stock",
        {"locations": PLACES},
        lambda till, n: till.adapter.get_stock(
            [StockKey(f"SKU-{i}", till.env.locations) for i in range(n)], seen_by("stock.get_stock"), call()
        ),
    ),
    "products": (
        "product.get_products",
        {},
        lambda till, n: till.adapter.get_products(
            [ProductKey(ProductKeyKind.SKU, f"SKU-{i}") for i in range(n)], seen_by("product.get_products"), call()
        ),
    ),
    "listing": (
        "product.list_products",
        {},
        lambda till, n: till.adapter.list_products(ProductQuery(n), seen_by("product.list_products"), call()),
    ),
    "customers by email": (
        "customer.find_customers",
        {},
        lambda till, n: till.adapter.find_customers(
            [CustomerKey(CustomerKeyKind.EMAIL, f"p{i}@example.com") for i in range(n)],
            seen_by("customer.find_customers"),
            call(),
        ),
    ),
    "accounts by phone": (
        "loyalty.find_accounts",
        {},
        lambda till, n: till.adapter.find_accounts(
            [CustomerKey(CustomerKeyKind.PHONE, f"+4420794602{i:02}") for i in range(n)],
            seen_by("loyalty.find_accounts"),
            call(),
        ),
    ),
    "orders by reference": (
        "order.get_orders",
        {},
        lambda till, n: till.adapter.get_orders(
            [NativeRef(BACKEND, native_id("ORDR", str(8000 + i))) for i in range(n)],
            seen_by("order.get_orders"),
            call(),
        ),
    ),
}


async def spent(till: Connected, count: int, ask: Ask) -> int:
    """Requests of one call, once what may be kept is kept."""
    await ask(till, count)
    till.asked()
    await ask(till, count)
    return len(till.asked())


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_a_call_costs_what_is_declared(connect: Connect, name: str, count: int) -> None:
    operation, axes, ask = OPERATIONS[name]
    till = await connect(retailer())
    assert await spent(till, count, ask) == MANIFEST.operations[operation].requests(count, axes)


@pytest.mark.parametrize("count", COUNTS)
async def test_known_ids_cost_what_is_declared(connect: Connect, count: int) -> None:
    till = await connect(retailer())
    keys = [CustomerKey(CustomerKeyKind.NATIVE, person(number)) for number in range(count)]

    async def profiles(till: Connected, count: int) -> object:
        return await till.adapter.find_customers(keys, seen_by("customer.find_customers"), call())

    async def accounts(till: Connected, count: int) -> object:
        return await till.adapter.find_accounts(keys, seen_by("loyalty.find_accounts"), call())

    axes = {"native": count}
    assert await spent(till, count, profiles) == MANIFEST.operations["customer.find_customers"].requests(count, axes)
    assert await spent(till, count, accounts) == MANIFEST.operations["loyalty.find_accounts"].requests(count, axes)


@pytest.mark.parametrize("first", [5, 20, 27, 50])
async def test_a_page_of_movements_costs_at_most_what_is_declared(connect: Connect, first: int) -> None:
    till = await connect(retailer())
    budget = MANIFEST.operations["loyalty.list_entries"].requests(1, {"first": first})
    page = await till.adapter.list_entries(LoyaltyEntryQuery(LEDGER, first), seen_by("loyalty.list_entries"), call())
    assert len(till.asked()) <= budget
    query = LoyaltyEntryQuery(LEDGER, first, page.positions[-1])
    await till.adapter.list_entries(query, seen_by("loyalty.list_entries"), call())
    assert 1 <= len(till.asked()) <= budget


@pytest.mark.parametrize("people", [1, 11])
@pytest.mark.parametrize("places", [1, 10, 12, 14])
async def test_a_page_of_receipts_costs_what_is_declared(connect: Connect, people: int, places: int) -> None:
    till = await connect(retailer())
    customers = tuple(NativeRef(BACKEND, person(number)) for number in range(people))

    async def ask(till: Connected, count: int) -> object:
        query = OrdersQuery(customers, 5, locations=till.env.locations[:places])
        return await till.adapter.list_orders(query, seen_by("order.list_orders"), call())

    axes = {"locations": places, "customers": people}
    assert await spent(till, 1, ask) == MANIFEST.operations["order.list_orders"].requests(1, axes)
