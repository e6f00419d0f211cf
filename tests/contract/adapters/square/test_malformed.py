"""Any answer of Square's with one thing wrong in it (missing, null, of another type, absurd) is served, or it is one of
the gateway's errors; never an accident of ours."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from adapters.square.sandbox.account import account_uuid, native_id
from gateway.errors import AdapterError
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.customers import CustomerKey, CustomerKeyKind, LoyaltyEntryQuery
from gateway.model.identity import NativeRef
from gateway.model.orders import OrdersQuery
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.testing.conformance.example import SHOPPER, example_seed
from tests.contract.adapters.square.connected import BACKEND, Connect, Connected, call, seen_by

Operation = Callable[[Connected], Awaitable[object]]
ADA = NativeRef(BACKEND, native_id("CUST", SHOPPER))
EMAIL = CustomerKey(CustomerKeyKind.EMAIL, "ada@example.com")
PHONE = CustomerKey(CustomerKeyKind.PHONE, "+442079460100")
NATIVE = CustomerKey(CustomerKeyKind.NATIVE, ADA.id)
BY_SKU = ProductKey(ProductKeyKind.SKU, "MUG-01-S")

OPERATIONS: dict[str, Operation] = {
    "prices": lambda till: till.adapter.get_prices([PriceKey("MUG-01-S")], seen_by("price.get_prices"), call()),
    "stock": lambda till: till.adapter.get_stock([StockKey("MUG-01-S", ("1001",))], seen_by("stock.get_stock"), call()),
    "products": lambda till: till.adapter.get_products([BY_SKU], seen_by("product.get_products"), call()),
    "listing": lambda till: till.adapter.list_products(ProductQuery(3), seen_by("product.list_products"), call()),
    "categories": lambda till: till.adapter.list_categories(None, seen_by("product.list_categories"), call()),
    "stores": lambda till: till.adapter.list_stores(None, seen_by("store.list_stores"), call()),
    "customers": lambda till: till.adapter.find_customers([EMAIL, NATIVE], seen_by("customer.find_customers"), call()),
    "accounts": lambda till: till.adapter.find_accounts([PHONE, NATIVE], seen_by("loyalty.find_accounts"), call()),
    "entries": lambda till: till.adapter.list_entries(
        LoyaltyEntryQuery(NativeRef(BACKEND, account_uuid("71")), 3), seen_by("loyalty.list_entries"), call()
    ),
    "orders": lambda till: till.adapter.list_orders(OrdersQuery((ADA,), 3), seen_by("order.list_orders"), call()),
    "audit": lambda till: till.adapter.audit(call()),
    "probe": lambda till: till.adapter.probe(call()),
}
STRANGE: tuple[Any, ...] = (None, "", "strange", -1, 10**30, 1.5, True, [], [None], {}, {"a": 1}, "2026-13-45", "0E+99")
GONE = object()
PROMOTION: dict[str, Any] = {
    "name": "Double points",
    "incentive": {"type": "POINTS_MULTIPLIER"},
    "available_time": {"time_periods": ["BEGIN:VEVENT"]},
    "status": "ENDED",
}
TRIES = 60


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside an answer."""
    if at:
        yield at
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        inner = list(enumerate(cast("list[Any]", value)[:2]))
    for step, each in inner:
        yield from places(each, (*at, step))


def spoiled(body: bytes, dice: random.Random) -> bytes:
    """The answer with one thing wrong."""
    answer = msgspec.json.decode(body)
    where = dice.choice(list(places(answer)))
    holder = answer
    for step in where[:-1]:
        holder = holder[step]
    wrong = dice.choice((GONE, *STRANGE))
    if wrong is GONE:
        del holder[where[-1]]
    else:
        holder[where[-1]] = wrong
    return msgspec.json.encode(answer)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_one_thing_wrong_in_an_answer_is_served_or_an_error_of_ours(connect: Connect, name: str) -> None:
    ask, dice = OPERATIONS[name], random.Random(name)
    till = await connect(example_seed())
    till.sandbox.account.loyalty_promotions = [PROMOTION]
    till.sandbox.exchanges = []
    await ask(till)
    good = {each.path: each.response for each in till.sandbox.exchanges if each.status == 200}
    outcomes: set[str] = set()
    for _ in range(TRIES):
        path = dice.choice(sorted(good))
        till.identifiers.entries.clear()
        till.pass_time(timedelta(hours=2).total_seconds())
        till.sandbox.faults.reply = {path: spoiled(good[path], dice)}
        try:
            await ask(till)
        except AdapterError as error:
            outcomes.add(error.code)
        else:
            outcomes.add("served")
    assert "served" in outcomes
