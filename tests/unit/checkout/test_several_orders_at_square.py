"""A basket whose goods lie at two locations of Square's, which takes one location an order: its adapter over its
sandbox. Two orders, paid once, and shown as one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create, server
from gateway.calls.operation.bound import BoundBackend
from gateway.checkout.aside import RunsAside
from gateway.checkout.figures import CheckoutFigures
from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.references import order_reference
from gateway.model.carts import Cart
from gateway.model.checkouts import CheckoutState, FailureReason
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, StoreRecord
from gateway.settings import PolicyNumbers
from gateway.testing.connecting import connect
from tests.unit.services.retailer import NOW, shop, stock

from .retail import Retail

ON_POSTGRES = "soak"

PATIENT = PolicyNumbers(timeout=10.0, retries=0, breaker_minimum=10_000)


class AtSquare:
    def __init__(self, retail: Retail, sandbox: SquareSandbox, backend: Any) -> None:
        self.retail, self.account = retail, sandbox.account
        known = retail.backends["erp"]
        retail.backends["erp"] = BoundBackend(
            name="erp", alias=known.alias, backend=backend, manifest=MANIFEST, policy=known.policy
        )

    async def cart(self) -> Cart:
        return await self.retail.cart(("MUG", 1), ("PLATE", 2))

    def orders(self) -> list[tuple[str, str, int]]:
        found = self.account.orders.values()
        return [(each["location_id"], each["state"], each["total_money"]["amount"]) for each in found]

    def payments(self) -> list[tuple[str, int, str]]:
        return [
            (each["reference_id"], each["amount_money"]["amount"], each["external_details"]["source_id"])
            for each in self.account.payments.values()
        ]


def store(ref: str) -> StoreRecord:
    seen, where = Freshness("seed", NOW), Address(("1 High Street",), "London", None, "W1A 1AA", "GB")
    return StoreRecord(NativeRef("seed", ref), ref.title(), seen, where, timezone="Europe/London", currency="GBP")


@pytest.fixture
async def square(url: str) -> AsyncIterator[AtSquare]:
    counts = (stock("MUG", "LON", 5), stock("PLATE", "LEE", 5))
    sandbox = create(shop("MUG", "PLATE", stock=counts, stores=(store("LON"), store("LEE"))))
    retail = await Retail.open(url, apart=True, pending=False, dry_run=True)
    keys = {"order_location": "LON"}
    async with connect(MANIFEST, sandbox, keys, name="erp", locations=("LON", "LEE"), policies=PATIENT) as connected:
        yield AtSquare(retail, sandbox, connected.backend)
        await retail.close()


async def test_a_basket_of_two_locations_is_two_orders_paid_once(square: AtSquare) -> None:
    checkout = await square.retail.buy(await square.cart(), quoted="36.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    assert square.orders() == [("LON", "OPEN", 1200), ("LEE", "OPEN", 2400)]
    (payment,) = square.retail.pay.book.payments
    second = order_reference(checkout.id, 1)
    assert square.payments() == [(checkout.id, 1200, payment), (second, 2400, payment)]
    assert checkout.number == checkout.id
    kinds = [kind for kind, _, _ in square.account.effects]
    assert kinds == ["order", "order", "payment", "payment"]


async def test_they_are_what_our_rows_say(square: AtSquare) -> None:
    await square.retail.buy(await square.cart(), quoted="36.00")
    retail, aside = square.retail, RunsAside(square.retail.database)
    await retail.followed()
    reconciler = Reconciler(
        retail.database, aside, ownership=retail.ownership, caller=retail.caller, tasks=retail.tasks,
        figures=CheckoutFigures(CollectorRegistry()), pause=0.0,
    )  # fmt: skip
    async with retail.database.write() as connection:
        await connection.exec_driver_sql("UPDATE checkouts SET moved = moved - 120, ended = ended - 120")
    looked = await reconciler.whole()
    aside.close()
    assert (looked.checkouts, looked.missed, list(looked.findings)) == (1, [], [])


async def test_the_second_is_refused_and_the_first_goes_with_the_money_free_and_the_cart_back(
    square: AtSquare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the last moment: when it was worked out beforehand, Leeds still took orders."""
    create_order = server.HANDLERS["POST /v2/orders"]

    def closed(account: Any, body: Any) -> Any:
        if body["order"]["location_id"] == "LEE":
            del account.locations["LEE"]
        return create_order(account, body)

    monkeypatch.setitem(cast("dict[str, Any]", server.HANDLERS), "POST /v2/orders", closed)
    cart = await square.cart()
    checkout = await square.retail.buy(cart, quoted="36.00")
    assert checkout.failure is not None
    assert checkout.failure.reason is FailureReason.ORDER_REFUSED
    assert square.orders() == [("LON", "CANCELED", 1200)]
    assert square.payments() == []
    assert square.retail.payments() == ["VOIDED"]
    assert (await square.retail.cart_now(cart)).state.value == "OPEN"
