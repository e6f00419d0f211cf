"""Square's orders: sales, exchanges, refunds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from adapters.square.config import SquareConfig
from adapters.square.rows import Answer, Instant, WireMoney
from gateway.errors import InvalidAnswer
from gateway.kit.moments import utc
from gateway.kit.money import decimal_of
from gateway.model.currencies import fraction_digits
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus

_STATUS = {"OPEN": OrderStatus.OPEN, "COMPLETED": OrderStatus.FULFILLED, "CANCELED": OrderStatus.CANCELLED}
EXTRA_DIGITS = 4
"""Kept of a unit price that is a line's total divided by its quantity."""


class Source(Struct, frozen=True):
    name: str | None = None


class Line(Struct, frozen=True):
    """A line item, sold or returned: both carry these names."""

    quantity: str
    uid: str | None = None
    name: str | None = None
    variation_name: str | None = None
    catalog_object_id: str | None = None
    base_price_money: WireMoney | None = None
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None


class Return(Struct, frozen=True):
    return_line_items: tuple[Line, ...] | None = None


class Amounts(Struct, frozen=True):
    total_money: WireMoney | None = None
    tax_money: WireMoney | None = None


class Refund(Struct, frozen=True):
    amount_money: WireMoney
    status: str


class WireOrder(Struct, frozen=True):
    id: str
    location_id: str
    state: str | None = None
    reference_id: str | None = None
    ticket_name: str | None = None
    source: Source | None = None
    customer_id: str | None = None
    line_items: tuple[Line, ...] | None = None
    returns: tuple[Return, ...] | None = None
    net_amounts: Amounts | None = None
    refunds: tuple[Refund, ...] | None = None
    created_at: Instant | None = None
    closed_at: Instant | None = None
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None


class OrdersAnswer(Answer, frozen=True, kw_only=True):
    orders: tuple[WireOrder, ...] | None = None


def variations(orders: Iterable[WireOrder]) -> list[str]:
    """The ids whose SKUs are needed: lines carry none."""
    return [line.catalog_object_id for order in orders for line, _ in _lines(order) if line.catalog_object_id]


def order(wire: WireOrder, skus: Mapping[str, str], config: SquareConfig, freshness: Freshness) -> Order:
    """A refund is an order of its own with `returns` and no sale; an exchange has both, and its total is what was paid
    after what was given back. `total_money` of Square includes the tax, whichever way prices are kept."""
    placed = wire.closed_at or wire.created_at
    if placed is None:
        raise InvalidAnswer(detail="orders[] without a time")
    refund = bool(wire.returns) and not wire.line_items
    net = wire.net_amounts
    total = _taxed(net.total_money, net.tax_money) if net else None
    total = total or _taxed(wire.total_money, wire.total_tax_money)
    if total is None:
        raise InvalidAnswer(detail="orders[] without a total")
    if refund and total.stated.amount > 0:
        total = _negative(total)
    named = _named_source(wire, config)
    status = OrderStatus.RETURNED if refund else _STATUS.get(wire.state or "", OrderStatus.UNKNOWN)
    return Order(
        ref=NativeRef(freshness.source, wire.id),
        number=_number(wire, config),
        kind=OrderKind.REFUND if refund else OrderKind.WEB if named else OrderKind.RECEIPT,
        placed_at=utc(placed),
        status=status,
        raw_status=wire.state or "",
        total=total,
        freshness=freshness,
        lines=tuple(_line(line, sign, skus) for line, sign in _lines(wire)),
        location=wire.location_id,
        origin=_origin(wire, named, config),
        customer=NativeRef(freshness.source, wire.customer_id) if wire.customer_id else None,
        cancelled_at=utc(placed) if status is OrderStatus.CANCELLED else None,
        refunded=_refunded(wire),
    )


def _number(wire: WireOrder, config: SquareConfig) -> str:
    chosen = {"ticket_name": wire.ticket_name, "reference_id": wire.reference_id, "id": wire.id}[config.order_number]
    return chosen or wire.id


def foreign(wire: WireOrder, config: SquareConfig) -> bool:
    """Whether another system took this order first: a source that is not this account's own named it, and it carries
    that system's reference or the configuration knows the source."""
    named = _named_source(wire, config)
    return named is not None and (bool(wire.reference_id) or named in config.source_systems)


def _named_source(wire: WireOrder, config: SquareConfig) -> str | None:
    """The source's name where it is not a till's. Tills leave it out or empty.
    Source: developer.squareup.com/forums/t/the-source-field-of-an-pos-order-has-been-changed/7962."""
    name = wire.source.name if wire.source else None
    return name if name and name not in config.own_sources else None


def _origin(wire: WireOrder, named: str | None, config: SquareConfig) -> OrderOrigin | None:
    if named is None or not wire.reference_id:
        return None
    return OrderOrigin(wire.reference_id, config.source_systems.get(named))


def _lines(wire: WireOrder) -> Iterable[tuple[Line, int]]:
    """Sold lines with sign 1, returned ones with -1."""
    yield from ((line, 1) for line in wire.line_items or ())
    for each in wire.returns or ():
        yield from ((line, -1) for line in each.return_line_items or ())


def _line(line: Line, sign: int, skus: Mapping[str, str]) -> OrderLine:
    quantity = decimal_of(line.quantity, "orders[].line_items[].quantity")
    total = _taxed(line.total_money, line.total_tax_money)
    unit = _unit(line, total, quantity) if total else None
    if sign < 0:
        total, unit = total and _negative(total), unit and _negative(unit)
    title = line.name or ""
    return OrderLine(
        id=line.uid or "",
        title=f"{title}, {line.variation_name}" if line.variation_name else title,
        quantity=quantity,
        sku=skus.get(line.catalog_object_id or ""),
        unit=unit,
        total=total,
    )


def _unit(line: Line, total: TaxedMoney, quantity: Decimal) -> TaxedMoney | None:
    """What one piece came to after discounts: the base price where that is what was charged, else the total divided."""
    gross, tax = total.gross, total.tax
    if gross is None or not quantity:
        return None
    base = money(line.base_price_money)
    if base is not None and base.times(quantity) == gross:
        return TaxedMoney(gross=base, treatment=TaxTreatment.INCLUDED)
    digits = Decimal(1).scaleb(-fraction_digits(gross.currency) - EXTRA_DIGITS)

    def each(amount: Money) -> Money:
        return Money((amount.amount / quantity).quantize(digits, rounding=ROUND_HALF_UP), amount.currency)

    if tax is None:
        return TaxedMoney(gross=each(gross), treatment=TaxTreatment.INCLUDED)
    net = Money(gross.amount - tax.amount, gross.currency)
    return TaxedMoney(each(net), each(gross), each(tax), TaxTreatment.INCLUDED)


def _taxed(total: WireMoney | None, tax: WireMoney | None) -> TaxedMoney | None:
    gross, part = money(total), money(tax)
    if gross is None:
        return None
    if part is None or part.currency != gross.currency:
        return TaxedMoney(gross=gross, treatment=TaxTreatment.INCLUDED)
    net = Money(gross.amount - part.amount, gross.currency)
    return TaxedMoney(net, gross, part, TaxTreatment.INCLUDED)


def _negative(amount: TaxedMoney) -> TaxedMoney:
    def turned(one: Money | None) -> Money | None:
        return one.times(-1) if one else None

    return TaxedMoney(turned(amount.net), turned(amount.gross), turned(amount.tax), amount.treatment)


def _refunded(wire: WireOrder) -> Money | None:
    """What was given back of this order's money, as far as it went through."""
    total: Money | None = None
    for each in wire.refunds or ():
        amount = money(each.amount_money)
        if amount is not None and each.status == "APPROVED":
            total = total.plus(amount) if total and total.currency == amount.currency else total or amount
    return total


def money(wire: WireMoney | None) -> Money | None:
    """Scaled by ISO 4217 digits: 1999 GBP is 19.99, 1999 JPY is 1999, 1999 KWD is 1.999."""
    if wire is None or wire.amount is None or not wire.currency:
        return None
    return Money.from_minor(wire.amount, wire.currency)
