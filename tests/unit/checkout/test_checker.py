"""The checker finds what is planted: otherwise a matrix that passes says nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from .checker import Ended, Evidence, Shelf, faults, imbalance

GOOD = Evidence(
    orders=[("R", "CONFIRMED")],
    money=[("authorise", "p1", 1200)],
    payments={"p1": ("R", "AUTHORISED")},
    holds=[("R", "HANDED_OVER")],
    carts=[],
    events=[("order.placed", "R"), ("checkout.capture_due", "R")],
    held={"p1": 1200},
    total=1200,
)
UNDONE = Evidence(
    orders=[("R", "CANCELLED")],
    money=[("authorise", "p1", 1200), ("void", "p1", 1200)],
    payments={"p1": ("R", "VOIDED")},
    holds=[("R", "GONE")],
    carts=[],
    events=[("checkout.failed", "R")],
)


def test_books_that_balance_have_no_faults() -> None:
    assert faults("R", "COMPLETED", "ORDERED", GOOD) == []
    assert faults("R", "FAILED", "OPEN", UNDONE) == []


@pytest.mark.parametrize(
    "planted",
    [
        replace(GOOD, money=[*GOOD.money, ("authorise", "p2", 1200)],
                payments={**GOOD.payments, "p2": ("R", "AUTHORISED")}),
        replace(GOOD, money=[*GOOD.money, ("authorise", "p2", 1200)],
                payments={**GOOD.payments, "p2": ("R", "VOIDED")}),
        replace(GOOD, holds=[]),
        replace(GOOD, holds=[("R", "HELD")]),
        replace(GOOD, orders=[]),
        replace(GOOD, orders=[("R", "OPEN")]),
        replace(GOOD, orders=[("R", "CONFIRMED"), ("R", "CANCELLED")]),
        replace(GOOD, events=[*GOOD.events, ("order.placed", "R")]),
        replace(GOOD, events=GOOD.events[:1]),
        replace(GOOD, held={"p1": 1199}),
    ],
)  # fmt: skip
def test_a_double_charge_a_lost_hold_and_a_dropped_order_are_found(planted: Evidence) -> None:
    assert faults("R", "COMPLETED", "ORDERED", planted)


@pytest.mark.parametrize(
    "planted",
    [
        replace(UNDONE, orders=[("R", "CONFIRMED")]),
        replace(UNDONE, payments={"p1": ("R", "AUTHORISED")}),
        replace(UNDONE, payments={"p1": ("R", "REQUIRES_ACTION")}),
        replace(UNDONE, holds=[("R", "HELD")]),
        replace(UNDONE, values=[("6036", 500, 499)]),
    ],
)
def test_what_a_failed_checkout_leaves_is_found(planted: Evidence) -> None:
    assert faults("R", "FAILED", "OPEN", planted)


def test_a_checkout_of_two_tenders_holds_both() -> None:
    both = replace(
        GOOD,
        money=[("authorise", "p1", 500), ("authorise", "p2", 700)],
        payments={"p1": ("R", "CAPTURED"), "p2": ("R", "AUTHORISED")},
        held={"p1": 500, "p2": 700},
    )
    assert faults("R", "COMPLETED", "ORDERED", both, tenders=2) == []
    assert faults("R", "COMPLETED", "ORDERED", both)
    assert faults("R", "COMPLETED", "ORDERED", GOOD, tenders=2)


def test_a_checkout_that_has_not_ended_is_a_fault() -> None:
    assert faults("R", "PROCESSING", "FROZEN", GOOD)


@pytest.mark.parametrize(
    "planted",
    [
        replace(GOOD, records=[("e", "1"), ("e", "2")], named={"R": "1"}),
        replace(GOOD, records=[("e", "1")], named={"R": ""}),
        replace(GOOD, records=[("e", "1")], named={"R": "2"}),
        replace(GOOD, named={"R": "1"}),
    ],
)
def test_a_second_record_and_an_order_that_names_another_are_found(planted: Evidence) -> None:
    assert faults("R", "COMPLETED", "ORDERED", planted, "e")
    assert not faults("R", "COMPLETED", "ORDERED", replace(GOOD, records=[("e", "1")], named={"R": "1"}), "e")


BOTH = Evidence(
    orders=[("R", "CONFIRMED"), ("F", "CANCELLED")],
    money=[("authorise", "p1", 1200), ("capture", "p1", 1200), ("authorise", "p2", 1200), ("void", "p2", 1200)],
    payments={"p1": ("R", "CAPTURED"), "p2": ("F", "VOIDED")},
    holds=[("R", "HANDED_OVER"), ("F", "GONE")],
    carts=[],
    events=[("order.placed", "R"), ("checkout.capture_due", "R"), ("checkout.failed", "F")],
)
CHECKOUTS = [Ended("R", "COMPLETED", "ORDERED", 1200), Ended("F", "FAILED", "OPEN", 1200)]
SHELF = Shelf(stocked=10, sold=1, kept_back=1, goods=[("CONFIRMED", 1), ("CANCELLED", 1)])


def test_books_of_all_that_balance_have_no_faults() -> None:
    assert imbalance(CHECKOUTS, BOTH, SHELF, 1) == []
    counted = replace(BOTH, holds=[("R", "GONE"), ("F", "GONE")])
    assert imbalance(CHECKOUTS, counted, replace(SHELF, kept_back=0), 0) == []


@pytest.mark.parametrize(
    ("planted", "shelf", "held"),
    [
        pytest.param(replace(BOTH, money=BOTH.money[:1]), SHELF, 1, id="never taken"),
        pytest.param(replace(BOTH, money=[*BOTH.money, ("capture", "p1", 1200)]), SHELF, 1, id="taken twice"),
        pytest.param(replace(BOTH, payments={**BOTH.payments, "p1": ("R", "AUTHORISED")}), SHELF, 1, id="still held"),
        pytest.param(replace(BOTH, orders=[*BOTH.orders, ("NOBODY", "CONFIRMED")]), SHELF, 1, id="nobody's order"),
        pytest.param(replace(BOTH, payments={**BOTH.payments, "p3": ("NOBODY", "VOIDED")}), SHELF, 1,
                     id="nobody's payment"),
        pytest.param(replace(BOTH, holds=[*BOTH.holds, ("NOBODY", "HELD")]), SHELF, 1, id="nobody's hold"),
        pytest.param(BOTH, replace(SHELF, sold=2), 1, id="sold without an order"),
        pytest.param(BOTH, replace(SHELF, stocked=0), 1, id="more than there was"),
        pytest.param(BOTH, replace(SHELF, kept_back=2), 1, id="kept back for nobody"),
        pytest.param(BOTH, SHELF, 2, id="held and not kept back"),
    ],
)  # fmt: skip
def test_what_does_not_balance_is_found(planted: Evidence, shelf: Shelf, held: int) -> None:
    assert imbalance(CHECKOUTS, planted, shelf, held)
