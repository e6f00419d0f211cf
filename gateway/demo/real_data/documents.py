"""The real documents as orders: every invoice and every cancellation, split over the till and the web shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from gateway.demo.real_data.transactions import SERVICES, Line
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderStatus

SPLIT_RULE = (
    "A document without a customer, or whose number is divisible by three, was made at a till (which of the twelve "
    "follows from the number, too); every other one in the web shop. The data does not say."
)
CURRENCY = "GBP"


class SalesDocuments(Struct, frozen=True):
    """`cancellations` are documents whose number opens with C; `adjustments` are no sales either: nothing was paid, or
    goods were written off."""

    web: tuple[Order, ...]
    till: tuple[Order, ...]
    cancellations: int
    adjustments: int
    lines: int


def make_documents(
    lines: Iterable[Line], tills: tuple[str, ...], titles: Mapping[str, str], seen: Freshness
) -> SalesDocuments:
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        found = grouped.get(line.document)
        if found is None:
            grouped[line.document] = [line]
        else:
            found.append(line)
    made: dict[bool, list[Order]] = {False: [], True: []}
    cancellations = adjustments = count = 0
    for number, members in grouped.items():
        digits = int("".join(sign for sign in number if sign.isdigit()))
        at_till = not members[0].customer or digits % 3 == 0
        order = _order(number, digits, members, tills[digits // 3 % len(tills)] if at_till else None, titles, seen)
        made[at_till].append(order)
        count += len(members)
        cancellations += number.startswith("C")
        adjustments += not number.startswith("C") and order.total.stated.amount <= 0
    return SalesDocuments(tuple(made[False]), tuple(made[True]), cancellations, adjustments, count)


def _order(
    number: str, digits: int, members: list[Line], till: str | None, titles: Mapping[str, str], seen: Freshness
) -> Order:
    """A cancellation at a till is a refund with negative amounts; in the web shop it is a cancelled order, whose
    amounts are what would have been paid. The data does not say which invoice it cancels."""
    cancelled = number.startswith("C")
    turned = -1 if cancelled and till is None else 1
    id_ = str(digits + (1_000_000 if cancelled else 0))
    lines: list[OrderLine] = []
    total = Decimal(0)
    for place, line in enumerate(members):
        amount = line.price * line.quantity * turned
        total += amount
        sku = None if line.code in SERVICES else line.code
        lines.append(
            OrderLine(
                f"{id_}{place:04}",
                line.title or titles.get(line.code) or f"Item {line.code}",
                Decimal(line.quantity * turned),
                sku,
                _paid(line.price),
                _paid(amount),
            )
        )
    kind = OrderKind.WEB if till is None else OrderKind.REFUND if cancelled else OrderKind.RECEIPT
    status = OrderStatus.FULFILLED
    if cancelled:
        status = OrderStatus.CANCELLED if till is None else OrderStatus.RETURNED
    customer = members[0].customer
    return Order(
        NativeRef("seed", id_),
        number,
        kind,
        members[0].at,
        status,
        status.value.lower(),
        _paid(total),
        seen,
        lines=tuple(lines),
        location=till,
        customer=NativeRef("seed", customer) if customer else None,
        cancelled_at=members[0].at if status is OrderStatus.CANCELLED else None,
    )


def _paid(amount: Decimal) -> TaxedMoney:
    """The data does not say whether its amounts hold tax; consumers and traders alike paid them."""
    return TaxedMoney(gross=Money(amount, CURRENCY), treatment=TaxTreatment.UNKNOWN)
