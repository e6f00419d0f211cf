"""The checker finds what is planted: otherwise a matrix that passes says nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from .checker import Evidence, faults

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
