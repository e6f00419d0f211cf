"""OrderWritePort, OrderPreviewPort and OrderCancelPort: a draft order that is filled, looked over and then paid for.
What is no order yet books nothing and is found by nobody; it becomes one in the last request.

Source: Vendure 3.7 admin API, draft orders and `addManualPaymentToOrder`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Raw, field
from msgspec.structs import replace

from adapters.vendure.basket.lines import MOST_LINES
from adapters.vendure.client import GUARD
from adapters.vendure.facts import ChannelFacts
from adapters.vendure.ids import is_id
from adapters.vendure.order.records import STATUS
from adapters.vendure.rows import Camel, Items
from adapters.vendure.shop import Shop, Where
from adapters.vendure.variants import Variants, VariantsData, WireSku, on_sale, variants_query
from gateway.errors import AdapterError, RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.money import minor_units
from gateway.kit.writing import before_sending
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import CancelOrder, OrderPreview, OrderStatus, PlacedOrder, PlaceOrder

DISCARD_SECONDS = 3.0
TWINS = 5
"""Orders read under one reference: more than one is one too many."""
VARIANTS = variants_query()
CREATE = "mutation CreateDraft { createDraftOrder { id } }"
DISCARD = """mutation DiscardDraft($order: ID!) {
  draft: deleteDraftOrder(orderId: $order) { result }
  begun: transitionOrderToState(id: $order, state: "Cancelled") { __typename }
}"""
"""A draft is deleted; one that waits for its payment is cancelled."""
_OUTCOME = "{ __typename ... on ErrorResult { errorCode } }"
_PLACED = "id code state currencyCode totalWithTax"
PLACE = f"""mutation PlaceDraft($order: ID!, $payment: ManualPaymentInput!) {{
  ready: transitionOrderToState(id: $order, state: "ArrangingPayment") {_OUTCOME}
  paid: addManualPaymentToOrder(input: $payment) {{
    __typename ... on Order {{ {_PLACED} }} ... on ErrorResult {{ errorCode }}
  }}
}}"""
CANCEL = f"""mutation CancelPlaced($input: CancelOrderInput!) {{
  cancelOrder(input: $input) {{ __typename ... on Order {{ {_PLACED} }} ... on ErrorResult {{ errorCode }} }}
}}"""
ORDERS = f"""query OrderByReference($options: OrderListOptions!) {{
  {GUARD}
  orders(options: $options) {{ items {{ {_PLACED} }} }}
}}"""


class WireId(Camel, frozen=True):
    id: str


class CreatedData(Camel, frozen=True):
    create_draft_order: WireId


class WireOutcome(Camel, frozen=True):
    typename: str = field(name="__typename")
    error_code: str = ""


class WirePlaced(Camel, frozen=True):
    id: str
    code: str
    state: str
    currency_code: str
    total_with_tax: int


class WireFilled(Camel, frozen=True):
    total_with_tax: int
    currency_code: str


class CancelledData(Camel, frozen=True):
    cancel_order: Raw


class FoundData(Camel, frozen=True):
    orders: Items[WirePlaced]


class OrderDesk:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants
        self._reference = shop.config.order_reference_field
        self._guest = shop.config.guest_customer

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Four requests. Raises RequestRefused for another total than the shopper was told, and where Vendure says no:
        too little stock, no way of delivery, a code without effect."""
        with before_sending():
            where = await self._where(command, context, call)
            sent: dict[str, Any] = {"channel": where.channel, "currency": command.lines[0].unit.currency}
            ids = await self._ids(command, where.channel, call)
            made = await self._shop.client.ask(CREATE, CreatedData, call, guarded=False, **sent)
            order = made.create_draft_order.id
            try:
                theirs = await self._fill(order, command, ids, where.facts, call, sent)
                if command.total is not None and theirs.quantized() != command.total.quantized():
                    raise RequestRefused(detail="Vendure's total is another than the shopper was told")
            except BaseException:
                await self._discard(order, call, sent)
                raise
        payment = command.payment
        variables = {
            "order": order,
            "payment": {
                "orderId": order,
                "method": payment.processor if payment else "none",
                "transactionId": payment.payment if payment else command.reference,
                "metadata": {"gateway": command.reference},
            },
        }
        try:
            data = await self._shop.client.ask(PLACE, dict[str, Raw], call, variables, guarded=False, **sent)
        except AdapterError as error:
            if error.unsent:
                await self._discard(order, call, sent)
            raise
        for name in ("ready", "paid"):
            outcome = decoded(data[name], WireOutcome, source=self._shop.env.name)
            if outcome.typename != "Order":
                await self._discard(order, call, sent)
                raise RequestRefused(detail=f"{name}: {outcome.error_code}", source=self._shop.env.name)
        return self._placed(decoded(data["paid"], WirePlaced, source=self._shop.env.name), where.facts)

    async def preview_order(self, query: PlaceOrder, context: ContextView, call: CallContext) -> OrderPreview:
        """Four requests: a draft that is filled, read and deleted. A guest's record is made as with the order."""
        where = await self._where(query, context, call)
        sent: dict[str, Any] = {"channel": where.channel, "currency": query.lines[0].unit.currency}
        ids = await self._ids(query, where.channel, call)
        made = await self._shop.client.ask(CREATE, CreatedData, call, guarded=False, **sent)
        order = made.create_draft_order.id
        try:
            return OrderPreview(await self._fill(order, query, ids, where.facts, call, sent))
        finally:
            await self._discard(order, call, sent)

    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        """Those of the market's channel, wherever the goods come from: OrderCurrenciesPort."""
        facts = await self._shop.facts.get(self._shop.channel_of(context), call)
        return dict.fromkeys(keys, tuple(sorted(facts.currencies)))

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        """A draft is none: it books nothing, and whoever comes again makes another."""
        found = await self.find_orders(reference, context, call)
        return found[0] if found else None

    async def find_orders(self, reference: str, context: ContextView, call: CallContext) -> Sequence[PlacedOrder]:
        channel = self._shop.config.channel_token
        facts = await self._shop.facts.get(channel, call)
        narrow = {self._field(): {"eq": reference}, "orderPlacedAt": {"isNull": False}, "type": {"notEq": "Seller"}}
        asked = {"options": {"filter": narrow, "sort": {"orderPlacedAt": "ASC"}, "take": TWINS}}
        found = (await self._shop.client.ask(ORDERS, FoundData, call, asked)).orders.items
        return [self._placed(each, facts) for each in found]

    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """All of it, with its delivery; its stock is free. Money is given back by whoever took it."""
        with before_sending():
            if not is_id(command.order.id):
                raise RequestRefused(detail="no such order")
            channel = self._shop.channel_of(context)
            facts = await self._shop.facts.get(channel, call)
        asked = {"input": {"orderId": command.order.id, "cancelShipping": True, "reason": command.reference}}
        data = await self._shop.client.ask(CANCEL, CancelledData, call, asked, channel=channel, guarded=False)
        outcome = decoded(data.cancel_order, WireOutcome, source=self._shop.env.name)
        if outcome.typename != "Order":
            raise RequestRefused(detail=f"cancel: {outcome.error_code}", source=self._shop.env.name)
        return self._placed(decoded(data.cancel_order, WirePlaced, source=self._shop.env.name), facts)

    async def find_cancelled(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        found = await self.find_order(reference, context, call)
        return found if found is not None and found.status is OrderStatus.CANCELLED else None

    async def _where(self, command: PlaceOrder, context: ContextView, call: CallContext) -> Where:
        self._field()
        _require_tellable(command)
        if command.origin is not None and not self._shop.config.order_origin_field:
            raise RequestRefused(detail="`order_origin_field` is not configured")
        if command.customer is None and not self._guest and (command.buyer is None or not command.buyer.email):
            raise RequestRefused(detail="an order is somebody's: a customer or a mail address is missing")
        channel = self._shop.channel_of(context)
        return Where(channel, "", await self._shop.facts.get(channel, call))

    def _field(self) -> str:
        if not self._reference:
            raise RequestRefused(detail="`order_reference_field` is not configured")
        return self._reference

    def _named(self, command: PlaceOrder) -> Mapping[str, str]:
        """Custom fields: our reference, and which order of which system it mirrors."""
        named = {self._field(): command.reference}
        if command.origin is not None:
            named[self._shop.config.order_origin_field] = command.origin.written
        return named

    async def _ids(self, command: PlaceOrder, channel: str, call: CallContext) -> Sequence[tuple[str, int]]:
        wanted = self._variants.named(line.sku for line in command.lines)
        rows = await self._variants.read(VARIANTS, VariantsData[WireSku], wanted or {}, call, channel=channel)
        bearers = self._variants.by_key(item for item in rows if on_sale(item))
        found: dict[str, int] = {}
        for line in command.lines:
            item = bearers.one(line.sku)
            if not isinstance(item, WireSku):
                raise RequestRefused(detail="a line is not known here")
            found[item.id] = found.get(item.id, 0) + int(line.quantity)
        if len(found) > MOST_LINES:
            raise RequestRefused(detail=f"more than {MOST_LINES} lines")
        return list(found.items())

    async def _fill(
        self,
        order: str,
        command: PlaceOrder,
        ids: Sequence[tuple[str, int]],
        facts: ChannelFacts,
        call: CallContext,
        sent: Mapping[str, Any],
    ) -> Money:
        """What it comes to."""
        document, variables = _filling(order, command, ids, self._named(command), self._guest)
        data = await self._shop.client.ask(document, dict[str, Raw], call, variables, guarded=False, **sent)
        for name, raw in data.items():
            if name == "order":
                continue
            outcome = decoded(raw, WireOutcome, source=self._shop.env.name)
            if outcome.typename != "Order":
                raise RequestRefused(detail=f"{name}: {outcome.error_code or outcome.typename}")
        filled = decoded(data["order"], WireFilled, source=self._shop.env.name)
        return minor_units(filled.total_with_tax, filled.currency_code, facts.precision)

    async def _discard(self, order: str, call: CallContext, sent: Mapping[str, Any]) -> None:
        """With time of its own: the write's may be over."""
        call = replace(call, deadline=time.monotonic() + DISCARD_SECONDS, once=False)
        with suppress(AdapterError):
            await self._shop.client.ask(DISCARD, dict[str, Raw], call, {"order": order}, guarded=False, **sent)

    def _placed(self, wire: WirePlaced, facts: ChannelFacts) -> PlacedOrder:
        total = minor_units(wire.total_with_tax, wire.currency_code, facts.precision)
        status = STATUS.get(wire.state, OrderStatus.UNKNOWN)
        return PlacedOrder(NativeRef(self._shop.env.name, wire.id), wire.code, status, total)


def _require_tellable(command: PlaceOrder) -> None:
    if not command.lines or any(
        line.quantity <= 0 or line.quantity != line.quantity.to_integral_value() for line in command.lines
    ):
        raise RequestRefused(detail="an order has lines of whole pieces")
    if not command.moves_stock:
        raise RequestRefused(detail="an order that is paid for allocates its goods here")
    if command.pending:
        raise RequestRefused(detail="orders are never pending here")
    if command.payment is not None and command.payment.due:
        raise RequestRefused(detail="an order stands when it is paid: nothing can be due")
    if any(line.places for line in command.lines) or any(each.collected for each in command.deliveries):
        raise RequestRefused(detail="Vendure's own strategy decides where stock is taken from")
    if len(command.deliveries) > 1:
        raise RequestRefused(detail="an order has one delivery")


def _filling(
    order: str, command: PlaceOrder, ids: Sequence[tuple[str, int]], named: Mapping[str, str], guest: str
) -> tuple[str, Mapping[str, object]]:
    """One request; each step's outcome is looked at before anybody pays. `guest`: whose record guests' orders bear."""
    fields = {"id": order, "customFields": named}
    variables: dict[str, object] = {"order": order, "fields": fields}
    declared = ["$order: ID!", "$fields: UpdateOrderInput!"]
    steps = ["reference: setDraftOrderCustomFields(orderId: $order, input: $fields) { __typename }"]
    for place, (variant, quantity) in enumerate(ids):
        declared.append(f"$v{place}: ID!")
        variables[f"v{place}"] = variant
        steps.append(
            f"line{place}: addItemToDraftOrder(orderId: $order, "
            f"input: {{ productVariantId: $v{place}, quantity: {quantity} }}) {_OUTCOME}"
        )
    customer = guest if command.customer is None else command.customer.id
    if customer and is_id(customer):
        declared.append("$customer: ID!")
        variables["customer"] = customer
        steps.append(f"customer: setCustomerForDraftOrder(orderId: $order, customerId: $customer) {_OUTCOME}")
    elif command.buyer is not None:
        declared.append("$guest: CreateCustomerInput!")
        variables["guest"] = _guest(command.buyer)
        steps.append(f"customer: setCustomerForDraftOrder(orderId: $order, input: $guest) {_OUTCOME}")
    for delivery in command.deliveries:
        if delivery.address is not None:
            declared.append("$address: CreateAddressInput!")
            variables["address"] = _address(delivery.address)
            steps.append("address: setDraftOrderShippingAddress(orderId: $order, input: $address) { __typename }")
        if delivery.option and is_id(delivery.option):
            declared.append("$method: ID!")
            variables["method"] = delivery.option
            steps.append(f"method: setDraftOrderShippingMethod(orderId: $order, shippingMethodId: $method) {_OUTCOME}")
    for place, code in enumerate(command.codes):
        declared.append(f"$c{place}: String!")
        variables[f"c{place}"] = code
        steps.append(f"code{place}: applyCouponCodeToDraftOrder(orderId: $order, couponCode: $c{place}) {_OUTCOME}")
    steps.append("order: unsetDraftOrderBillingAddress(orderId: $order) { totalWithTax currencyCode }")
    return f"mutation FillDraft({', '.join(declared)}) {{\n  " + "\n  ".join(steps) + "\n}", variables


def _guest(buyer: Buyer) -> Mapping[str, str]:
    return {
        "emailAddress": buyer.email or "",
        "firstName": buyer.given_name or "",
        "lastName": buyer.family_name or "",
        "phoneNumber": buyer.phone or "",
    }


def _address(place: PostalAddress) -> Mapping[str, str]:
    return {
        "fullName": place.name,
        "company": place.company,
        "streetLine1": place.lines[0] if place.lines else "-",
        "streetLine2": ", ".join(place.lines[1:]),
        "city": place.city,
        "province": place.region,
        "postalCode": place.postal_code,
        "countryCode": place.country,
        "phoneNumber": place.phone,
    }
