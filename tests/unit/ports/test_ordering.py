"""Through which owners of orders a checkout may sell."""

from __future__ import annotations

import pytest

from gateway.ports.order import Amounts, OrderWriting

OWN = Amounts.OWN


@pytest.mark.parametrize(
    ("ordering", "foreign", "safe"),
    [
        (OrderWriting(), True, True),
        (OrderWriting(amounts=OWN), True, False),
        (OrderWriting(amounts=OWN), False, True),
        (OrderWriting(amounts=OWN, cancels=False), False, False),
        (OrderWriting(amounts=OWN, cancels=False, pending=True), False, True),
        (OrderWriting(amounts=OWN, cancels=False, dry_run=True), False, True),
    ],
)
def test_nobody_pays_a_total_that_its_owner_does_not_say(ordering: OrderWriting, foreign: bool, safe: bool) -> None:
    assert (ordering.unsafe(foreign_prices=foreign) is None) is safe
