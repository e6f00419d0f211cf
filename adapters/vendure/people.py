"""Vendure's customers and orders to records. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import phonenumbers

from adapters.vendure.mapping import taxed
from adapters.vendure.wire.accounts import WireCustomer, WireOrder, WireOrderLine
from gateway.kit.money import minor_units
from gateway.kit.people import e164
from gateway.kit.readings import Reading
from gateway.model.customers import CustomerRecord
from gateway.model.identity import NativeRef
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


def spellings(number: str, country: str) -> tuple[str, ...]:
    """The ways a person may have typed an E.164 number. Vendure keeps phone numbers as typed and compares whole texts,
    so a number in yet another spelling is not found."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return (number,)
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    found = [number, international, international.replace("-", " "), f"00{number.removeprefix('+')}"]
    if country and phonenumbers.country_code_for_region(country.upper()) == parsed.country_code:
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        found += [national, "".join(character for character in national if character.isdigit())]
    return tuple(dict.fromkeys(found))


def customer(wire: WireCustomer, id_fields: Sequence[str], phone_country: str, reading: Reading) -> CustomerRecord:
    """`email_verified` stays unknown: Vendure sets its flag too when an administrator creates the account."""
    phone = e164(wire.phone_number, phone_country)
    ids = [(field, wire.custom_fields.get(field)) for field in id_fields]
    return CustomerRecord(
        ref=reading.ref(wire.id),
        freshness=reading.freshness,
        emails=(wire.email_address.strip().lower(),) if wire.email_address.strip() else (),
        phones=(phone,) if phone else (),
        given_name=wire.first_name or None,
        family_name=wire.last_name or None,
        groups=tuple(group.name for group in wire.groups),
        external_ids=tuple(NativeRef(field, str(value)) for field, value in ids if value not in (None, "")),
        updated_at=wire.updated_at,
    )


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
        origin=OrderOrigin(wire.custom_fields.origin) if wire.custom_fields.origin else None,
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
