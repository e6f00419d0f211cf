"""What is asked of orders, what comes back, and the records made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from adapters.vendure.client import GUARD
from adapters.vendure.facts import taxed
from adapters.vendure.rows import Camel, Items, WireId, custom_fields
from gateway.kit.money import minor_units
from gateway.kit.readings import Reading
from gateway.model.money import Money
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus

DEFAULT_CHANNEL = "__default_channel__"

STATUS: Mapping[str, OrderStatus] = {
    "ArrangingPayment": OrderStatus.OPEN,
    "ArrangingAdditionalPayment": OrderStatus.OPEN,
    "Modifying": OrderStatus.OPEN,
    "PaymentAuthorized": OrderStatus.CONFIRMED,
    "PaymentSettled": OrderStatus.CONFIRMED,
    "PartiallyShipped": OrderStatus.PARTIALLY_FULFILLED,
    "PartiallyDelivered": OrderStatus.PARTIALLY_FULFILLED,
    "Shipped": OrderStatus.FULFILLED,
    "Delivered": OrderStatus.FULFILLED,
    "Cancelled": OrderStatus.CANCELLED,
}
"""Vendure's default order process; a customised one has states of its own, which are UNKNOWN."""


def order_fields(origin_field: str) -> str:
    custom = custom_fields([f"origin: {origin_field}"]) if origin_field else ""
    return f"""fragment OrderFields on Order {{
  id code state orderPlacedAt currencyCode total totalWithTax
  channels {{ code pricesIncludeTax }}
  customer {{ id }}
  lines {{
    id quantity orderPlacedQuantity
    proratedUnitPrice proratedUnitPriceWithTax proratedLinePrice proratedLinePriceWithTax
    productVariant {{ sku name }}
  }}
  payments {{ refunds {{ total state }} }}
  {custom}
}}"""


def customer_orders_query(customers: int, origin_field: str) -> str:
    """The newest orders of some customers, each under an alias `c0`, `c1`..."""
    variables = "".join(f", $c{index}: ID!" for index in range(customers))
    aliases = "\n".join(
        f"  c{index}: customer(id: $c{index}) {{ orders(options: $options) {{ items {{ ...OrderFields }} }} }}"
        for index in range(customers)
    )
    return f"""query CustomerOrders($options: OrderListOptions!{variables}) {{
  {GUARD}
{aliases}
}}
{order_fields(origin_field)}"""


def orders_query(origin_field: str) -> str:
    return f"""query Orders($options: OrderListOptions!) {{
  {GUARD}
  orders(options: $options) {{ totalItems items {{ ...OrderFields }} }}
}}
{order_fields(origin_field)}"""


class WireOrderChannel(Camel, frozen=True):
    code: str
    prices_include_tax: bool


class WireLineVariant(Camel, frozen=True):
    sku: str
    name: str


class WireOrderLine(Camel, frozen=True):
    id: str
    quantity: int
    order_placed_quantity: int
    prorated_unit_price: int
    prorated_unit_price_with_tax: int
    prorated_line_price: int
    prorated_line_price_with_tax: int
    product_variant: WireLineVariant


class WireRefund(Camel, frozen=True):
    total: int
    state: str


class WirePayment(Camel, frozen=True):
    refunds: tuple[WireRefund, ...]


class WireOrigin(Camel, frozen=True):
    origin: str | None = None


class WireOrder(Camel, frozen=True):
    id: str
    code: str
    state: str
    currency_code: str
    total: int
    total_with_tax: int
    channels: tuple[WireOrderChannel, ...]
    lines: tuple[WireOrderLine, ...]
    order_placed_at: datetime | None = None
    customer: WireId | None = None
    payments: tuple[WirePayment, ...] | None = None
    custom_fields: WireOrigin = WireOrigin()


class OrdersData(Camel, frozen=True):
    orders: Items[WireOrder]


class CustomerOrders(Camel, frozen=True):
    orders: Items[WireOrder]


def order(wire: WireOrder, precision: int, reading: Reading) -> Order | None:
    """None for what is not an order yet: a basket, a draft."""
    if wire.order_placed_at is None:
        return None
    included = _prices_include_tax(wire)
    return Order(
        ref=reading.ref(wire.id),
        number=wire.code,
        kind=OrderKind.WEB,
        placed_at=wire.order_placed_at,
        status=STATUS.get(wire.state, OrderStatus.UNKNOWN),
        raw_status=wire.state,
        total=taxed(wire.total, wire.total_with_tax, wire.currency_code, precision, included=included),
        freshness=reading.freshness,
        lines=tuple(_line(line, wire.currency_code, precision, included) for line in wire.lines),
        origin=OrderOrigin.read(wire.custom_fields.origin) if wire.custom_fields.origin else None,
        customer=reading.ref(wire.customer.id) if wire.customer else None,
        refunded=_refunded(wire, precision),
    )


def _prices_include_tax(wire: WireOrder) -> bool:
    """Every order is in the default channel too; what decides is the channel it was placed in."""
    placed_in = [channel for channel in wire.channels if channel.code != DEFAULT_CHANNEL] or wire.channels
    return bool(placed_in) and placed_in[0].prices_include_tax


def _line(wire: WireOrderLine, currency: str, precision: int, included: bool) -> OrderLine:
    """Prorated amounts: after the line's own discounts and its share of the order's. Cancelling or returning pieces
    lowers `quantity` and the line's amounts; the line as sold is put together again from the unit price."""
    sold = wire.order_placed_quantity or wire.quantity
    net, gross = wire.prorated_line_price, wire.prorated_line_price_with_tax
    if sold != wire.quantity:
        net, gross = wire.prorated_unit_price * sold, wire.prorated_unit_price_with_tax * sold
    return OrderLine(
        id=wire.id,
        title=wire.product_variant.name,
        quantity=Decimal(sold),
        sku=wire.product_variant.sku or None,
        unit=taxed(wire.prorated_unit_price, wire.prorated_unit_price_with_tax, currency, precision, included=included),
        total=taxed(net, gross, currency, precision, included=included),
        returned_quantity=Decimal(sold - wire.quantity) if sold > wire.quantity else None,
    )


def _refunded(wire: WireOrder, precision: int) -> Money | None:
    settled = [
        refund.total for payment in wire.payments or () for refund in payment.refunds if refund.state == "Settled"
    ]
    return minor_units(sum(settled), wire.currency_code, precision) if settled else None
