"""Each order of a checkout that is several is compared with its owner: what was planted is found, at the order it is
about, and mended under that order's own reference.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from gateway.checkout.reconcile.findings import Finding, FindingKind, NamedFinding
from gateway.checkout.reconcile.judging import Seen, SeenOrder, cancelled
from gateway.checkout.reconcile.repairs import Outcome
from gateway.checkout.references import order_reference
from gateway.checkout.unfulfilled import Unfulfilled
from gateway.model.checkouts import Checkout, CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.orders import ConfirmOrder, OrderStatus
from gateway.model.payments import DeclineReason
from gateway.ports.order import CONFIRM_ORDER
from gateway.state.tables import checkouts
from tests.unit.services.retailer import gbp

from .retail import Retail
from .test_reconcile import Bench

ON_POSTGRES = "soak"

LEEDS = NativeRef("erp", "10001")


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    retail = await Retail.open(url, apart=True)
    bench = Bench(retail)
    yield bench
    bench.aside.close()
    await retail.close()


async def bought(bench: Bench) -> Checkout:
    retail = bench.retail
    checkout = await retail.buy(await retail.cart(("MUG", 1), ("PLATE", 2)), quoted="36.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    await retail.followed()
    return checkout


async def failed(bench: Bench) -> Checkout:
    retail = bench.retail
    retail.pay.book.declined["bad"] = DeclineReason.INSUFFICIENT_FUNDS
    checkout = await retail.buy(await retail.cart(("MUG", 1), ("PLATE", 2)), quoted="36.00", token="bad")
    assert checkout.state is CheckoutState.FAILED, checkout
    return checkout


async def missing(bench: Bench) -> None:
    await bought(bench)
    book = bench.retail.erp
    book.placed[:] = [each for each in book.placed if each[1].ref.id != LEEDS.id]
    del book.order_records[LEEDS.id]


async def double(bench: Bench) -> None:
    checkout = await bought(bench)
    book = bench.retail.erp
    _, order, at = book.placed[1]
    twin = replace(order, ref=NativeRef("erp", "10002"), number="10002")
    book.placed.append((order_reference(checkout.id, 1), twin, at))
    book.order_states["10002"] = OrderStatus.CONFIRMED
    book.order_records["10002"] = replace(book.order_records[LEEDS.id], ref=twin.ref, number="10002")
    book.order_goods["10002"] = book.order_goods[LEEDS.id].copy()


async def unconfirmed(bench: Bench) -> None:
    await bought(bench)
    bench.retail.erp.order_states[LEEDS.id] = OrderStatus.OPEN


async def different(bench: Bench) -> None:
    await bought(bench)
    book = bench.retail.erp
    book.placed[1] = (book.placed[1][0], replace(book.placed[1][1], total=gbp("23.99")), book.placed[1][2])


async def orphan(bench: Bench) -> None:
    await failed(bench)
    bench.retail.erp.order_states[LEEDS.id] = OrderStatus.CONFIRMED


PLANTED: list[tuple[Callable[[Bench], Awaitable[None]], FindingKind, str, str]] = [
    (missing, FindingKind.ORDER_MISSING, "10001", ""),
    (double, FindingKind.ORDER_DOUBLE, "10002", "24.00 GBP"),
    (unconfirmed, FindingKind.ORDER_UNCONFIRMED, "10001", "24.00 GBP"),
    (different, FindingKind.ORDER_DIFFERENT, "10001", "24.00 GBP"),
    (orphan, FindingKind.ORDER_ORPHAN, "10001", "24.00 GBP"),
]


async def found(bench: Bench) -> list[Finding]:
    await bench.later()
    looked = await bench.reconciler.whole()
    assert looked.missed == []
    return list(looked.findings)


async def test_what_was_bought_in_two_orders_is_as_our_rows_say(bench: Bench) -> None:
    await bought(bench)
    await failed(bench)
    assert await found(bench) == []


@pytest.mark.parametrize(("plant", "kind", "order", "charged"), PLANTED, ids=[each[1].value for each in PLANTED])
async def test_what_is_planted_is_found_at_the_order_it_is_about(
    bench: Bench, plant: Callable[[Bench], Awaitable[None]], kind: FindingKind, order: str, charged: str
) -> None:
    await plant(bench)
    (finding,) = await found(bench)
    assert (finding.kind, finding.ref) == (kind, NativeRef("erp", order))
    assert finding.facts.get("charged", "") == charged


@pytest.mark.parametrize("plant", [double, orphan, unconfirmed], ids=["double", "orphan", "unconfirmed"])
async def test_it_is_mended_under_its_own_reference(bench: Bench, plant: Callable[[Bench], Awaitable[None]]) -> None:
    await plant(bench)
    (finding,) = await found(bench)
    named = NamedFinding.of(finding.name)
    assert named is not None
    before = len(bench.retail.erp.asked)
    outcome, _ = await bench.repairs.repair(named, "a person")
    assert outcome is Outcome.DONE
    asked = [each for each in bench.retail.erp.asked[before:] if each.operation.startswith("order.c")]
    assert [each.keys[0].reference for each in asked] == [order_reference(finding.run, 1)]  # type: ignore[union-attr]
    confirmed = [each.keys[0] for each in asked if each.operation == CONFIRM_ORDER.name]
    for command in confirmed:
        assert isinstance(command, ConfirmOrder)
        assert command.payment is not None
        assert command.payment.amount == gbp("24.00")
    assert await found(bench) == []


async def test_money_is_nobodys_when_all_of_them_are_cancelled_and_not_before(bench: Bench) -> None:
    await bought(bench)
    states = bench.retail.erp.order_states
    states[LEEDS.id] = OrderStatus.CANCELLED
    assert await found(bench) == []
    states["10000"] = OrderStatus.CANCELLED
    assert [each.kind for each in await found(bench)] == [FindingKind.PAYMENT_ORPHAN]


@pytest.mark.parametrize(
    ("first", "second", "over"),
    [("CANCELLED", "CONFIRMED", False), ("CONFIRMED", "CANCELLED", False), ("CANCELLED", "CANCELLED", True)],
)
def test_goods_go_back_to_other_systems_when_all_of_them_are_cancelled(first: str, second: str, over: bool) -> None:
    row = SimpleNamespace(order_backend="erp", order_id="10000")
    further = [SimpleNamespace(backend="erp", order_id=LEEDS.id), SimpleNamespace(backend="erp", order_id=None)]
    orders = {
        NativeRef("erp", "10000"): SeenOrder(OrderStatus(first), None),
        LEEDS: SeenOrder(OrderStatus(second), None),
    }
    assert cancelled(row, Seen(orders=orders, further=further)) is over


async def test_money_that_is_taken_at_fulfilment_is_taken_when_all_of_them_are(bench: Bench) -> None:
    retail = bench.retail
    checkout = await retail.buy(await retail.cart(("MUG", 1), ("PLATE", 2)), quoted="36.00")
    async with retail.database.write() as connection:
        await connection.execute(update(checkouts).values(taken_later=True))
    states, rounds = retail.erp.order_states, Unfulfilled(retail.given)
    states["10000"] = OrderStatus.FULFILLED
    assert await rounds.round() == 0
    states[LEEDS.id] = OrderStatus.FULFILLED
    assert await rounds.round() == 1
    await retail.followed()
    (held,) = retail.pay.book.payments.values()
    assert (held.purchase, held.captured) == (checkout.id, Decimal("36.00"))
