"""Orders to the gateway's records. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from adapters.shopify.order import documents
from gateway.errors import InvalidAnswer
from gateway.kit.moments import utc
from gateway.kit.readings import Reading
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import MIRRORED, Order, OrderKind, OrderLine, OrderOrigin, OrderStatus

_PAID = {"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
_SHIPPED = {"FULFILLED": OrderStatus.FULFILLED, "PARTIALLY_FULFILLED": OrderStatus.PARTIALLY_FULFILLED}


def status_of(order: documents.Order) -> OrderStatus:
    """Coarse: cancelled before returned before shipped before paid."""
    if order.cancelled_at is not None:
        return OrderStatus.CANCELLED
    if order.return_status == "RETURNED":
        return OrderStatus.RETURNED
    if order.display_fulfillment_status in _SHIPPED:
        return _SHIPPED[order.display_fulfillment_status]
    if order.display_financial_status in _PAID:
        return OrderStatus.CONFIRMED
    if order.display_financial_status is None or order.display_financial_status == "VOIDED":
        return OrderStatus.UNKNOWN
    return OrderStatus.OPEN


def is_mirror(order: documents.Order) -> bool:
    """Whether the gateway wrote it here a second time: under which source name is the app's to register."""
    return (order.source_identifier or "").startswith(MIRRORED)


def order_record(
    order: documents.Order,
    lines: Sequence[documents.Line],
    *,
    reading: Reading,
    truncated: bool,
    foreign: Collection[str],
) -> Order:
    """`foreign` are the source names under which another system writes here; only then is the source identifier the
    order's origin (the vendor's own tills write their receipt numbers there)."""
    total = order.total_price_set.money
    tax = order.total_tax_set.money if order.total_tax_set else None
    if tax is not None and tax.currency != total.currency:
        raise InvalidAnswer(detail="an order in one currency and its tax in another")
    refunded = order.total_refunded_set.money
    words = (order.display_financial_status, order.display_fulfillment_status, order.return_status)
    from_elsewhere = order.source_identifier if order.source_name in foreign or is_mirror(order) else None
    return Order(
        ref=reading.ref(order.id),
        number=order.name,
        kind=OrderKind.RECEIPT if order.source_name == "pos" else OrderKind.WEB,
        placed_at=utc(order.processed_at),
        status=status_of(order),
        raw_status="/".join(word for word in words if word),
        total=TaxedMoney(_minus(total, tax), total, tax, TaxTreatment.INCLUDED),
        freshness=reading.freshness,
        lines=tuple(_line(line, order.taxes_included) for line in lines),
        lines_truncated=truncated,
        location=order.retail_location.id if order.retail_location else None,
        origin=OrderOrigin.read(from_elsewhere) if from_elsewhere else None,
        customer=reading.ref(order.customer.id) if order.customer else None,
        cancelled_at=utc(order.cancelled_at),
        refunded=refunded if refunded.amount else None,
        test=order.test,
    )


def _minus(total: Money, tax: Money | None) -> Money | None:
    return None if tax is None else total.plus(tax.times(-1))


def _line(line: documents.Line, taxes_included: bool) -> OrderLine:
    unit = line.discounted_unit_price_after_all_discounts_set.money
    net = line.price_after_all_discounts_before_taxes_set.money
    tax = Money(Decimal(0), net.currency)
    for part in line.tax_lines:
        if part.price_set.presentment_money.currency_code != net.currency:
            raise InvalidAnswer(detail="a line in one currency and its tax in another")
        tax = tax.plus(part.price_set.money)
    treatment = TaxTreatment.INCLUDED if taxes_included else TaxTreatment.EXCLUDED
    returned = line.quantity - line.current_quantity
    return OrderLine(
        id=line.id,
        title=f"{line.title} - {line.variant_title}" if line.variant_title else line.title,
        quantity=Decimal(line.quantity),
        sku=line.sku or None,
        unit=TaxedMoney(gross=unit, treatment=treatment)
        if taxes_included
        else TaxedMoney(net=unit, treatment=treatment),
        total=TaxedMoney(net, net.plus(tax), tax, treatment),
        returned_quantity=Decimal(returned) if returned else None,
    )
