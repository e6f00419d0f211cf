"""OrderWritePort, OrderPreviewPort, OrderConfirmPort and OrderCancelPort: an order at one location, worked out by
Square before it is made, with the money that somebody else took as an external payment. There is no look-up by a
reference of ours: the same keys give the first answers again.

Source: developer.squareup.com/docs/orders-api/create-orders,
developer.squareup.com/docs/orders-api/manage-orders/update-orders,
developer.squareup.com/docs/payments-api/take-payments/external-payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers, Variation
from adapters.square.ids import ids_among, is_id
from adapters.square.rows import Answer, WireMoney
from gateway.errors import InvalidAnswer, RequestRefused
from gateway.kit.pieces import before_discounts, in_coins, shared
from gateway.kit.rates import rate_of
from gateway.kit.writing import after_an_effect, before_sending
from gateway.model.carts import Buyer
from gateway.model.context import CallContext, ContextView
from gateway.model.currencies import fraction_digits
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    OrderDelivery,
    OrderPreview,
    OrderStatus,
    PaidElsewhere,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.ports.manifest import AdapterEnvironment

KEY_LIVES = 3_600.0
"""Seconds in which a key is trusted to give the first answer again: Square publishes no figure."""
MOST_LINES = 500
TAX = "Tax"
REFERENCE = "gateway_reference"
PAYMENT, CANCEL = ".P", ".X"
"""Added to the order's key for its payment's, which may have 45 characters, and for its end's."""
CANCELLED = "CANCELED"
ENDED = (CANCELLED, "FAILED", "COMPLETED")


class WireWay(Struct, frozen=True):
    uid: str | None = None
    state: str | None = None


class WireMade(Struct, frozen=True):
    id: str | None = None
    total_money: WireMoney | None = None
    location_id: str | None = None
    version: int | None = None
    state: str | None = None
    fulfillments: tuple[WireWay, ...] | None = None
    metadata: Mapping[str, str] | None = None


class OrderAnswer(Answer, frozen=True, kw_only=True):
    order: WireMade | None = None


class WirePayment(Struct, frozen=True):
    id: str


class PaymentAnswer(Answer, frozen=True, kw_only=True):
    payment: WirePayment | None = None


class OrderDesk:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Two requests, three with a payment. Raises RequestRefused for another total than the shopper was told, before
        anything is made, and for what Square cannot be told: no location, a tax without its rate."""
        with before_sending():
            order = await self._order(command, call)
            theirs = await self._calculated(order, call)
            if command.total is not None and theirs.amount != command.total.quantized().amount:
                raise RequestRefused(detail="Square's total is another than the shopper was told")
        body = {"idempotency_key": command.reference, "order": order}
        made = (await self._client.post("/v2/orders", body, OrderAnswer, call)).order
        total = _money(made)
        if made is None or made.id is None:
            raise InvalidAnswer(detail="/v2/orders: an order without its id")
        if command.payment is not None and not command.payment.due:
            with after_an_effect():
                await self._pay(command.reference, command.payment, made.id, order["location_id"], total, call)
        places = (made.location_id,) if made.location_id else ()
        return PlacedOrder(NativeRef(self._env.name, made.id), command.reference, OrderStatus.OPEN, total, places)

    async def confirm_order(self, command: ConfirmOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Two requests: as it stands, and paid, under the key that placing it with its payment has. One where there is
        nothing to tell. Raises RequestRefused for an order that was cancelled or comes to another amount."""
        with before_sending():
            order = await self._standing(command.order, command.reference, call)
            total, paid = _money(order), command.payment
            if order.state == CANCELLED:
                raise RequestRefused(detail="the order is cancelled")
            if paid is not None and paid.amount.quantized() != total:
                raise RequestRefused(detail="Square's total is another than what was paid")
        if paid is not None and not paid.due:
            place = order.location_id or ""
            await self._pay(command.reference, paid, command.order.id, place, total, call)
        return PlacedOrder(command.order, command.reference, OrderStatus.OPEN, total)

    async def preview_order(self, query: PlaceOrder, context: ContextView, call: CallContext) -> OrderPreview:
        return OrderPreview(await self._calculated(await self._order(query, call), call))

    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Two requests: as it stands, and cancelled in that version, with what was to be sent. Raises RequestRefused
        for an order that is complete or paid, and where goods have left: Square gives up none of those."""
        with before_sending():
            path = f"/v2/orders/{command.order.id}"
            order = await self._standing(command.order, command.reference, call)
            if order.state == CANCELLED:
                return self._cancelled(command, order)
            if any(each.state == "COMPLETED" for each in order.fulfillments or ()):
                raise RequestRefused(detail="goods of this order have left")
        ways = [{"uid": each.uid, "state": CANCELLED} for each in order.fulfillments or () if each.state not in ENDED]
        sparse = {"location_id": order.location_id, "version": order.version, "state": CANCELLED}
        body = {
            "idempotency_key": f"{command.reference}{CANCEL}",
            "order": sparse | ({"fulfillments": ways} if ways else {}),
        }
        changed = (await self._client.put(path, body, OrderAnswer, call)).order
        if changed is None or changed.state != CANCELLED:
            raise InvalidAnswer(detail="/v2/orders: an order that is not cancelled, and no error")
        return self._cancelled(command, changed)

    async def _standing(self, ref: NativeRef, reference: str, call: CallContext) -> WireMade:
        """Raises RequestRefused where there is no such order under this reference."""
        found = await self._client.find(f"/v2/orders/{ref.id}", OrderAnswer, call) if is_id(ref.id) else None
        order = None if found is None else found.order
        if order is None or (order.metadata or {}).get(REFERENCE) != reference:
            raise RequestRefused(detail="no such order")
        return order

    async def _calculated(self, order: Mapping[str, Any], call: CallContext) -> Money:
        return _money((await self._client.post("/v2/orders/calculate", {"order": order}, OrderAnswer, call)).order)

    def _cancelled(self, command: CancelOrder, order: WireMade) -> PlacedOrder:
        return PlacedOrder(command.order, command.reference, OrderStatus.CANCELLED, _money(order))

    async def _pay(
        self, reference: str, paid: PaidElsewhere, order: str, place: str, total: Money, call: CallContext
    ) -> None:
        """What somebody else took is told as taken elsewhere: Square moves no money."""
        body: dict[str, Any] = {
            "idempotency_key": f"{reference}{PAYMENT}",
            "source_id": "EXTERNAL",
            "amount_money": _wire(total),
            "order_id": order,
            "location_id": place,
            "reference_id": reference,
            "external_details": {
                "type": "EXTERNAL",
                "source": paid.processor[:255],
                "source_id": paid.payment[:255],
            },
        }
        await self._client.post("/v2/payments", body, PaymentAnswer, call)

    async def _order(self, command: PlaceOrder, call: CallContext) -> dict[str, Any]:
        place = _place(command) or self._env.config.order_location
        if not place or not ids_among([place]):
            raise RequestRefused(detail="an order has a location (`order_location`)")
        parts = [part for line in command.lines for part in _parts(line)]
        if not 0 < len(parts) <= MOST_LINES or any(line.quantity <= 0 for line in command.lines):
            raise RequestRefused(detail="an order has lines of some pieces")
        if command.pending:
            raise RequestRefused(detail="orders are never pending here")
        skus = list(dict.fromkeys(line.sku for line in command.lines))
        found = await self._identifiers.by_sku(skus, call)
        variations = {sku: each.id for sku, each in found.items() if isinstance(each, Variation)}
        if unknown := sum(1 for line in command.lines if line.sku not in variations):
            raise RequestRefused(detail=f"{unknown} lines are not known here")
        taxes = _Taxes(command)
        order: dict[str, Any] = {
            "location_id": place,
            "metadata": {REFERENCE: command.reference},
            "ticket_name": command.reference,
            "line_items": [
                {
                    "uid": f"line-{index}",
                    "catalog_object_id": variations[part.sku],
                    "quantity": f"{part.quantity:f}",
                    "base_price_money": _wire(part.unit),
                    **taxes.of(part.total),
                    **_discounted(part, index),
                }
                for index, part in enumerate(parts)
            ],
            "discounts": [
                {
                    "uid": f"discount-{index}-{place_}",
                    "name": (discount.code or discount.label)[:255],
                    "type": "FIXED_AMOUNT",
                    "scope": "LINE_ITEM",
                    "amount_money": _wire(discount.amount),
                }
                for index, part in enumerate(parts)
                for place_, discount in enumerate(part.discounts)
            ],
            "service_charges": [
                {
                    "uid": f"delivery-{index}",
                    "name": (each.label or "Delivery")[:512],
                    "amount_money": _wire(each.price.stated),
                    "calculation_phase": "SUBTOTAL_PHASE",
                    "taxable": bool(taxes.of(each.price)),
                    **taxes.of(each.price),
                }
                for index, each in enumerate(command.deliveries)
                if each.price is not None and each.price.stated.amount
            ],
            "taxes": list(taxes.declared()),
            "fulfillments": [_fulfilment(each, command.buyer) for each in command.deliveries if each.address],
        }
        if command.customer is not None and ids_among([command.customer.id]):
            order["customer_id"] = command.customer.id
        return {key: value for key, value in order.items() if value != []}


def _place(command: PlaceOrder) -> str:
    """The one place all goods come from. Raises RequestRefused for several: those are several orders."""
    named = {place for line in command.lines for place, _ in line.places}
    named |= {each.place for each in command.deliveries if each.collected and each.place}
    if len(named) > 1:
        raise RequestRefused(detail="an order has one location")
    return next(iter(named), "")


def _parts(line: PlaceOrderLine) -> Iterator[PlaceOrderLine]:
    """The line, or two of it whose prices are a coin apart: Square multiplies prices in whole coins, and those of an
    ERP may be finer. A discount is shared by what the two cost. Of part of a piece the price is told as it is rounded,
    and Square's own total judges it."""
    if line.quantity != line.quantity.to_integral_value() or line.quantity <= 0:
        yield line
        return
    parts = in_coins(line.unit, int(line.quantity), before_discounts(line))
    shares = [shared(each.amount, parts) for each in line.discounts]
    for place, (pieces, unit) in enumerate(parts):
        discounts = tuple(
            replace(each, amount=share[place])
            for each, share in zip(line.discounts, shares, strict=True)
            if share[place].amount
        )
        yield replace(line, quantity=Decimal(pieces), unit=unit, discounts=discounts)


def _discounted(line: PlaceOrderLine, index: int) -> dict[str, Any]:
    applied = [{"discount_uid": f"discount-{index}-{place}"} for place in range(len(line.discounts))]
    return {"applied_discounts": applied} if applied else {}


class _Taxes:
    """The command's taxes as Square knows them: one for each rate, applied to lines by its uid."""

    def __init__(self, command: PlaceOrder) -> None:
        totals = [*(line.total for line in command.lines), *(each.price for each in command.deliveries)]
        known = [total for total in totals if total is not None]
        excluded = any(total.treatment is TaxTreatment.EXCLUDED for total in known)
        self._kind = "ADDITIVE" if excluded else "INCLUSIVE"
        rates = dict.fromkeys(percentage for total in known if (percentage := _percentage(total)))
        self._uids = {percentage: f"tax-{place}" for place, percentage in enumerate(rates)}

    def of(self, total: TaxedMoney | None) -> dict[str, Any]:
        percentage = None if total is None else _percentage(total)
        return {"applied_taxes": [{"tax_uid": self._uids[percentage]}]} if percentage else {}

    def declared(self) -> Iterator[Mapping[str, str]]:
        for percentage, uid in self._uids.items():
            yield {"uid": uid, "name": TAX, "percentage": percentage, "type": self._kind, "scope": "LINE_ITEM"}


def _percentage(total: TaxedMoney) -> str | None:
    """Square taxes by rates; None where there is no tax, or nobody knows it."""
    rate = rate_of(total)
    if not rate:
        return None
    return f"{(rate * 100).normalize():f}"


def _wire(money: Money) -> dict[str, Any]:
    digits = fraction_digits(money.currency)
    return {"amount": int(money.quantized().amount.scaleb(digits)), "currency": money.currency}


def _money(order: WireMade | None) -> Money:
    found = order.total_money if order is not None else None
    if found is None or found.amount is None or found.currency is None:
        raise InvalidAnswer(detail="an order without its total")
    return Money.from_minor(found.amount, found.currency)


def _fulfilment(delivery: OrderDelivery, buyer: Buyer | None) -> dict[str, Any]:
    place = delivery.address
    assumed = f"{buyer.given_name or ''} {buyer.family_name or ''}".strip() if buyer else ""
    address = {
        "address_line_1": place.lines[0] if place and place.lines else "",
        "address_line_2": ", ".join(place.lines[1:]) if place else "",
        "locality": place.city if place else "",
        "administrative_district_level_1": place.region if place else "",
        "postal_code": place.postal_code if place else "",
        "country": place.country if place else "",
    }
    recipient: dict[str, Any] = {
        "display_name": (place.name if place else "") or assumed or "-",
        "email_address": buyer.email if buyer else None,
        "phone_number": (place.phone if place else "") or (buyer.phone if buyer else None),
        "address": {key: value for key, value in address.items() if value},
    }
    details: dict[str, Any] = {"recipient": {key: value for key, value in recipient.items() if value}}
    if delivery.label:
        details["shipping_type"] = delivery.label[:50]
    return {"type": "SHIPMENT", "state": "PROPOSED", "shipment_details": details}
