"""One checkout as several orders, where their owner fulfils each from one place: which goods and which of the money
each has. Pure, and the same at each repetition: of what `prepare` answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Row

from gateway.model.carts import Cart
from gateway.model.checkouts import Allotment, PricedCart
from gateway.model.money import Money, TaxedMoney
from gateway.model.orders import PaidElsewhere, PaidPart


class OrderShare(Struct, frozen=True):
    """`place` as the orders' owner calls it (empty: it is told none), `lines` all that come from there, `delivers` the
    groups whose delivery is paid for with it. `amount`: its share of the total, in the checkout's currency."""

    place: str
    lines: tuple[str, ...]
    delivers: tuple[str, ...]
    amount: str


def parts_of(
    cart: Cart, priced: PricedCart, allotments: Sequence[Allotment], told: Callable[[str], str | None]
) -> tuple[OrderShare, ...]:
    """One for each place that `told` names (by the configured location), in the order of the cart's lines; none where
    there is one place. A line is of one order, with its discounts. A delivery's price is of the first order that has
    goods of it. The first order has what is of no line and no delivery: the total's own rounding, so that all of them
    together come to the total."""
    at = {each.line: told(each.location) or "" for each in allotments}
    places: dict[str, list[str]] = {}
    for line in cart.active:
        places.setdefault(at[line.id], []).append(line.id)
    if len(places) < 2:
        return ()
    lines = {line.line: line.total for line in priced.lines}
    prices = {each.group: each.price for each in priced.deliveries if each.price is not None}
    groups = {line.id: cart.group_of(line).id for line in cart.active}
    delivered: set[str] = set()
    found: list[OrderShare] = []
    for place, mine in places.items():
        delivers = tuple(dict.fromkeys(groups[line] for line in mine if groups[line] not in delivered))
        delivered |= set(delivers)
        charged = [lines[line] for line in mine] + [prices[group] for group in delivers if group in prices]
        amount = Money(sum(map(_paid, charged), Decimal(0)), priced.total.currency).quantized().amount
        found.append(OrderShare(place, tuple(mine), delivers, str(amount)))
    first, *others = found
    left = priced.total.amount - sum((Decimal(each.amount) for each in others), Decimal(0))
    return (OrderShare(first.place, first.lines, first.delivers, str(left)), *others)


def amounts_of(total: str, further: Sequence[Row[Any]]) -> list[Decimal]:
    """What each order of a checkout comes to, as our rows have it, the first one first."""
    others = [Decimal(each.amount) for each in further]
    return [Decimal(total) - sum(others, Decimal(0)), *others]


def paid_of(
    tenders: Sequence[Row[Any]],
    amounts: Sequence[Decimal],
    position: int,
    currency: str,
    payment: str,
    *,
    due: bool,
) -> PaidElsewhere | None:
    """What the owner is told of one order's money: tenders pay the orders one after the other, as both are numbered.
    None where it costs nothing."""
    before, amount = sum(amounts[:position], Decimal(0)), amounts[position]
    if not amount:
        return None
    paid: list[PaidPart] = []
    begins = Decimal(0)
    for each in tenders:
        ends = begins + Decimal(each.amount)
        share = min(ends, before + amount) - max(begins, before)
        if share > 0:
            paid.append(PaidPart(each.backend, each.payment_id or "", Money(share, currency)))
        begins = ends
    last = paid[-1] if paid else PaidPart(tenders[-1].backend, payment, Money(Decimal(0), currency))
    whole = Money(amount, currency)
    return PaidElsewhere(last.processor, last.payment, whole, due, tuple(paid) if len(paid) > 1 else ())


def _paid(money: TaxedMoney) -> Decimal:
    """With its tax, where that is known."""
    return (money.gross or money.net or money.stated).amount
