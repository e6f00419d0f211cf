"""Model records to orders of a Square account: sales, and refunds as orders with `returns`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from adapters.square.sandbox.account import Account, Json, minor, native_id, present, stamp
from gateway.model.money import Money, TaxedMoney
from gateway.model.orders import Order, OrderKind, OrderLine, OrderStatus
from gateway.testing.sandbox import Seed

_STATES = {OrderStatus.OPEN: "OPEN", OrderStatus.CANCELLED: "CANCELED"}


def fill_orders(account: Account, seed: Seed) -> None:
    by_sku = account.by_sku()
    for order in seed.orders:
        put_order(account, order, by_sku)


def put_order(account: Account, order: Order, by_sku: dict[str | None, str]) -> Json:
    refund = order.kind is OrderKind.REFUND
    lines = [_line(account, each, order.total.currency, by_sku, refund=refund) for each in order.lines]
    state = _STATES.get(order.status, "COMPLETED")
    total, tax = _amounts(order.total)
    if refund:
        total, tax = abs(total), abs(tax)
    moment = stamp(order.placed_at)
    money = _money(order.total.currency)
    returned = {"total_money": money(total), "tax_money": money(tax), "discount_money": money(Decimal(0))}
    net = {name: {**each, "amount": -each["amount"] if refund else each["amount"]} for name, each in returned.items()}
    # A till's own sale has no source name.
    source = {"name": order.origin.system or "Online Store"} if order.origin else {}
    entry = present(
        id=native_id("ORDR", order.ref.id),
        location_id=order.location or next(iter(account.locations), "MAIN"),
        reference_id=order.origin.reference[:40] if order.origin else None,
        ticket_name=order.number[:30],
        source=source,
        customer_id=native_id("CUST", order.customer.id) if order.customer else None,
        line_items=None if refund else lines,
        returns=[{"uid": "r1", "return_line_items": lines, "return_amounts": returned}] if refund else None,
        return_amounts=returned if refund else None,
        net_amounts=net,
        created_at=moment,
        updated_at=moment,
        closed_at=moment if state != "OPEN" else None,
        state=state,
        version=1,
        total_money=money(Decimal(0)) if refund else money(total),
        total_tax_money=money(Decimal(0)) if refund else money(tax),
        total_discount_money=money(Decimal(0)),
    )
    if order.refunded is not None and not refund:
        entry["refunds"] = [
            {
                "id": native_id("RFND", order.ref.id),
                "location_id": entry["location_id"],
                "reason": "Returned goods",
                "amount_money": minor(order.refunded),
                "status": "APPROVED",
            }
        ]
    return account.add_order(entry)


def _money(currency: str) -> Callable[[Decimal], Json]:
    def money(amount: Decimal) -> Json:
        return minor(Money(amount, currency))

    return money


def _amounts(total: TaxedMoney) -> tuple[Decimal, Decimal]:
    """What is paid, and the tax in it. An excluded tax comes on top at the till."""
    tax = total.tax.amount if total.tax else Decimal(0)
    if total.gross is not None:
        return total.gross.amount, tax
    return total.stated.amount + tax, tax


def _line(account: Account, line: OrderLine, currency: str, by_sku: dict[str | None, str], *, refund: bool) -> Json:
    money = _money(currency)
    quantity = abs(line.quantity)
    total, tax = _amounts(line.total) if line.total else (Decimal(0), Decimal(0))
    unit = abs(line.unit.stated.amount) if line.unit else (abs(total) / quantity if quantity else Decimal(0))
    total, tax = abs(total), abs(tax)
    amounts = {
        "total_tax_money": money(tax),
        "total_discount_money": money(max(unit * quantity - total, Decimal(0))),
        "total_money": money(total),
    }
    return present(
        uid=line.id,
        name=line.title,
        quantity=f"{quantity.normalize():f}",
        catalog_object_id=_variation(account, line.sku, by_sku),
        item_type="ITEM" if line.sku else "CUSTOM_AMOUNT",
        base_price_money=money(unit),
        gross_sales_money=None if refund else money(unit * quantity),
        **amounts,
    )


def _variation(account: Account, sku: str | None, by_sku: dict[str | None, str]) -> str | None:
    """A line of a SKU the catalogue no longer has names a deleted variation."""
    if sku is None:
        return None
    if sku not in by_sku:
        by_sku[sku] = native_id("VARI", f"X{sku.encode().hex()[:18]}")
        account.add(
            {
                "type": "ITEM_VARIATION",
                "id": by_sku[sku],
                "updated_at": stamp(account.now),
                "version": 1,
                "is_deleted": True,
                "item_variation_data": {"item_id": native_id("ITEM", "GONE"), "sku": sku, "name": sku},
            }
        )
    return by_sku[sku]
