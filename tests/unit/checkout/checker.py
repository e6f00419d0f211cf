"""What must be true of a checkout that has ended, read from effect logs and rows alone. It shares no code with the
gateway's logic or the vendors'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct


class Evidence(Struct):
    """`orders` as (reference, state now), `money` as (kind, payment, minor units), `payments` by id as (purchase, state
    now), holds as (run, state), carts as (checkout, state), `events` as (kind, subject); `records` that were made at
    the orders' owner as (e-mail, id), and which of them each order is `named` after."""

    orders: list[tuple[str, str]]
    money: list[tuple[str, str, int]]
    payments: dict[str, tuple[str, str]]
    holds: list[tuple[str, str]]
    carts: list[tuple[str | None, str]]
    events: list[tuple[str, str]]
    records: list[tuple[str, str]] = []
    named: dict[str, str] = {}
    held: dict[str, int] = {}
    """What each payment holds, in minor units; all of a checkout that is bought hold `total` together."""
    total: int = 0
    values: list[tuple[str, int, int]] = []
    """Gift cards as (number, minor units at first, minor units now)."""


def faults(
    run: str, state: str, cart_state: str, evidence: Evidence, email: str | None = None, tenders: int = 1
) -> Sequence[str]:
    """Why this checkout's books do not balance; empty where they do. `state` is what the buyer was told, `email` theirs
    where it was verified, `tenders` how many payments they made of it."""
    found: list[str] = []
    orders = [now for reference, now in evidence.orders if reference == run]
    mine = {payment for payment, (purchase, _) in evidence.payments.items() if purchase == run}
    standing = [now for now in orders if now != "CANCELLED"]
    held = [payment for payment in mine if evidence.payments[payment][1] in ("AUTHORISED", "CAPTURED")]
    open_still = [payment for payment in mine if evidence.payments[payment][1] in ("REQUIRES_ACTION", "PENDING")]
    asked = [kind for kind, payment, _ in evidence.money if payment in mine and kind == "authorise"]
    holds = [now for reference, now in evidence.holds if reference == run]

    def expect(what: str, is_so: Any, should: Any) -> None:
        if is_so != should:
            found.append(f"{what}: {is_so}, not {should}")

    records = [record for known, record in evidence.records if known == email]
    if len(records) > 1:
        found.append(f"{len(records)} records of one e-mail were made")
    if email is not None and run in evidence.named:
        expect("the record that the order names", [evidence.named[run]], records)
    if len(orders) > 1:
        found.append(f"{len(orders)} orders were made")
    if len(asked) > tenders:
        found.append(f"the money was asked for {len(asked)} times")
    if state == "COMPLETED":
        expect("orders", standing, ["CONFIRMED"])
        expect("payments that hold money", len(held), tenders)
        expect("what is held", sum(evidence.held.get(payment, 0) for payment in held), evidence.total)
        expect("holds", set(holds), {"HANDED_OVER"})
        expect("the cart", cart_state, "ORDERED")
        expect("events", sorted(kind for kind, subject in evidence.events if subject == run),
               ["checkout.capture_due", "order.placed"])  # fmt: skip
    elif state == "FAILED":
        expect("orders", standing, [])
        expect("payments that hold money", len(held), 0)
        expect("value that is gone", [first - now for _, first, now in evidence.values if first != now], [])
        expect("payments that are open", len(open_still), 0)
        expect("holds", set(holds) - {"GONE"}, set())
        expect("the cart", cart_state, "OPEN")
        expect("events", [kind for kind, subject in evidence.events if subject == run], ["checkout.failed"])
    else:
        found.append(f"it has not ended: {state}")
    return found
