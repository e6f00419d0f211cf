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


class Shelf(Struct):
    """Pieces: `stocked` at the beginning, `sold` as the owner counts them now, `kept_back` by our ledger; `goods` of
    each order as (state now, pieces)."""

    stocked: int
    sold: int
    kept_back: int
    goods: list[tuple[str, int]]


class Ended(Struct):
    """A checkout, with the amount that its buyer was told, in minor units."""

    run: str
    state: str
    cart_state: str
    amount: int


def imbalance(checkouts: Sequence[Ended], evidence: Evidence, shelf: Shelf, held: int) -> Sequence[str]:
    """Why the books of all checkouts together do not balance to zero, when all is over: `held` pieces by all holds that
    have not gone. All that was bought is captured by then."""
    parts: dict[str, Evidence] = {each.run: Evidence([], [], {}, [], [], []) for each in checkouts}
    found: list[str] = []

    def part(run: str, what: str) -> Evidence:
        if run not in parts:
            found.append(f"{what} of no checkout: {run}")
        return parts.get(run) or Evidence([], [], {}, [], [], [])

    for reference, now in evidence.orders:
        part(reference, "an order").orders.append((reference, now))
    for payment, (purchase, now) in evidence.payments.items():
        part(purchase, "a payment").payments[payment] = (purchase, now)
    for kind, payment, amount in evidence.money:
        part(evidence.payments[payment][0], "money").money.append((kind, payment, amount))
    for run, now in evidence.holds:
        part(run, "a hold").holds.append((run, now))
    for each in checkouts:
        if each.state == "COMPLETED":  # one that was handed over goes when its owner has counted it
            parts[each.run].holds = [(run, now.replace("GONE", "HANDED_OVER")) for run, now in parts[each.run].holds]
    for kind, subject in evidence.events:
        part(subject, "an event").events.append((kind, subject))
    for each in checkouts:
        found += [f"{each.run}: {fault}" for fault in faults(each.run, each.state, each.cart_state, parts[each.run])]
    standing = sum(pieces for now, pieces in shelf.goods if now != "CANCELLED")
    taken = sum(amount for kind, _, amount in evidence.money if kind == "capture")
    owed = sum(each.amount for each in checkouts if each.state == "COMPLETED")
    held_still = [payment for payment, (_, now) in evidence.payments.items() if now == "AUTHORISED"]
    captures = [payment for kind, payment, _ in evidence.money if kind == "capture"]
    if standing != shelf.sold or shelf.sold > shelf.stocked:
        found.append(f"pieces: {standing} in orders, {shelf.sold} sold of {shelf.stocked}")
    if shelf.kept_back != held:
        found.append(f"pieces kept back: {shelf.kept_back}, in holds {held}")
    if taken != owed:
        found.append(f"money taken: {taken}, owed {owed}")
    if held_still:
        found.append(f"money still held: {held_still}")
    if len(captures) != len(set(captures)):
        found.append("money taken twice")
    return found


def faults(
    run: str,
    state: str,
    cart_state: str,
    evidence: Evidence,
    email: str | None = None,
    tenders: int = 1,
    further: Sequence[str] = (),
) -> Sequence[str]:
    """Why this checkout's books do not balance; empty where they do. `state` is what the buyer was told, `email` theirs
    where it was verified, `tenders` how many payments they made of it, `further` the references of its orders beside
    the first."""
    found: list[str] = []
    orders = [now for reference, now in evidence.orders if reference in (run, *further)]
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
    made = [reference for reference, _ in evidence.orders if reference in (run, *further)]
    if len(made) > len(set(made)):
        found.append(f"{len(orders)} orders were made")
    if len(asked) > tenders:
        found.append(f"the money was asked for {len(asked)} times")
    if state == "COMPLETED":
        expect("orders", standing, ["CONFIRMED"] * (1 + len(further)))
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
