"""OrderWritePort, OrderPreviewPort and OrderCancelPort: an order with the amounts that were agreed elsewhere, found
again by a metafield of ours that no two orders can share. The shop claims the stock by its own policy, or refuses.

Source: shopify.dev/docs/api/admin-graphql/2026-10/mutations/orderCreate,
shopify.dev/docs/apps/build/custom-data/metafields/working-with-custom-ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import CUSTOMER, ORDER, is_gid
from adapters.shopify.identifiers import Found, Identifiers
from adapters.shopify.shapes import Amount, Node
from gateway.errors import InvalidAnswer, RequestRefused, Unavailable
from gateway.kit.pieces import before_discounts, in_coins, shared
from gateway.kit.rates import rate_of
from gateway.kit.writing import after_an_effect, before_sending
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    OrderPreview,
    OrderStatus,
    PaidElsewhere,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.ports.manifest import AdapterEnvironment

_PLACED = "id name cancelledAt totalPriceSet{presentmentMoney{amount currencyCode}}"
CREATE = Document(
    "admin",
    "OrderCreate",
    "mutation OrderCreate($order:OrderCreateOrderInput! $options:OrderCreateOptionsInput)"
    f"{{orderCreate(order:$order options:$options){{order{{{_PLACED}}} userErrors{{code field}}}}}}",
)
FIND = Document(
    "admin",
    "OrderByReference",
    "query OrderByReference($namespace:String $key:String! $value:String!)"
    f"{{orderByIdentifier(identifier:{{customId:{{namespace:$namespace key:$key value:$value}}}}){{{_PLACED}}}}}",
)
CANCEL = Document(
    "admin",
    "OrderCancel",
    "mutation OrderCancel($order:ID!){orderCancel(orderId:$order reason:OTHER restock:true notifyCustomer:false)"
    "{job{id done} orderCancelUserErrors{code field}}}",
)
MUTATION_POINTS = 12.0
TAX = "Tax"
"""What a tax is called on an order: its own name is not told."""


class _Bag(Node, frozen=True, kw_only=True):
    presentment_money: Amount


class _Order(Node, frozen=True, kw_only=True):
    id: str
    name: str
    total_price_set: _Bag
    cancelled_at: str | None = None


class _Error(Node, frozen=True, kw_only=True):
    code: str | None = None
    field: list[str] | None = None


class _Made(Node, frozen=True, kw_only=True):
    user_errors: list[_Error]
    order: _Order | None = None


class _Created(Node, frozen=True, kw_only=True):
    order_create: _Made


class _Job(Node, frozen=True, kw_only=True):
    done: bool


class _Cancelled(Node, frozen=True, kw_only=True):
    order_cancel_user_errors: list[_Error]
    job: _Job | None = None


class _CancelAnswer(Node, frozen=True, kw_only=True):
    order_cancel: _Cancelled


class _Known(Node, frozen=True, kw_only=True):
    order_by_identifier: _Order | None = None


class OrderDesk:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers
        self._guest = env.config.guest_customer
        self._namespace, _, self._key = env.config.reference_metafield.partition(".")

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Raises RequestRefused where the shop's stock does not suffice, and for what it cannot be told: a place, part
        of a piece, two addresses. It knows one discount of an order: all of ours together, under the first code."""
        with before_sending():
            _require_tellable(command)
            variants = await self._variants(command, call)
        order = {
            **_order(command, variants, self._guest),
            "metafields": [{"namespace": self._namespace, "key": self._key, "type": "id", "value": command.reference}],
        }
        behaviour = "DECREMENT_OBEYING_POLICY" if command.moves_stock else "BYPASS"
        options = {"inventoryBehaviour": behaviour, "sendReceipt": False}
        answer = await self._client.ask(CREATE, {"order": order, "options": options}, _Created, call, MUTATION_POINTS)
        made = answer.order_create
        if made.user_errors:
            if any("metafields" in (error.field or ()) for error in made.user_errors):
                found = await self.find_order(command.reference, context, call)
                if found is not None:
                    return found
            raise RequestRefused(detail=_told(made.user_errors))
        if made.order is None:
            raise InvalidAnswer(detail=f"{CREATE.name}: no order and no error")
        return self._placed(made.order)

    async def preview_order(self, query: PlaceOrder, context: ContextView, call: CallContext) -> OrderPreview:
        """Whether the shop can be told so; what it comes to is what it is told. One request where a SKU is new."""
        _require_tellable(query)
        await self._variants(query, call)
        return OrderPreview()

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        asked = {"namespace": self._namespace, "key": self._key, "value": reference}
        found = (await self._client.ask(FIND, asked, _Known, call)).order_by_identifier
        return None if found is None else self._placed(found)

    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Its stock comes back; no money is moved and no mail sent. The vendor does it in a job of its own: until that
        is done, nobody knows (Unavailable)."""
        with before_sending():
            if not is_gid(ORDER, command.order.id):
                raise RequestRefused(detail="no such order")
        answer = await self._client.ask(CANCEL, {"order": command.order.id}, _CancelAnswer, call, MUTATION_POINTS)
        errors = answer.order_cancel.order_cancel_user_errors
        with after_an_effect() if not errors else nullcontext():
            found = await self.find_cancelled(command.reference, context, call)
        if found is not None and found.ref == command.order:
            return found
        if errors:
            raise RequestRefused(detail=_told(errors))
        raise Unavailable(detail=f"{CANCEL.name}: the vendor's job is under way")

    async def find_cancelled(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        found = await self.find_order(reference, context, call)
        return found if found is not None and found.status is OrderStatus.CANCELLED else None

    async def _variants(self, command: PlaceOrder, call: CallContext) -> Mapping[str, str]:
        found = await self._identifiers.by_sku(list(dict.fromkeys(line.sku for line in command.lines)), call)
        ids = {sku: ids.variant for sku, ids in found.items() if isinstance(ids, Found)}
        if unknown := sum(1 for line in command.lines if line.sku not in ids):
            raise RequestRefused(detail=f"{unknown} lines are not known here")
        return ids

    def _placed(self, order: _Order) -> PlacedOrder:
        status = OrderStatus.CONFIRMED if order.cancelled_at is None else OrderStatus.CANCELLED
        total = order.total_price_set.presentment_money.money
        return PlacedOrder(NativeRef(self._env.name, order.id), order.name, status, total)


def _require_tellable(command: PlaceOrder) -> None:
    if not command.lines or any(
        line.quantity <= 0 or line.quantity != line.quantity.to_integral_value() for line in command.lines
    ):
        raise RequestRefused(detail="an order has lines of whole pieces")
    if command.pending:
        raise RequestRefused(detail="orders are never pending here")
    if any(line.places for line in command.lines) or any(each.collected for each in command.deliveries):
        raise RequestRefused(detail="orders are given no place: the shop assigns one")
    included = _taxes_included(command)
    if any(_stated_otherwise(line.total, included) for line in command.lines):
        raise RequestRefused(detail="an order's lines contain their tax, or none does")
    if any(_untold(each.price, included) for each in command.deliveries):
        raise RequestRefused(detail="what delivery costs is not known as the lines are: with or without its tax")
    if len({each.address for each in command.deliveries if each.address is not None}) > 1:
        raise RequestRefused(detail="an order has one address")


def _stated_otherwise(total: TaxedMoney | None, included: bool) -> bool:
    wrong = TaxTreatment.EXCLUDED if included else TaxTreatment.INCLUDED
    return total is not None and total.treatment is wrong and bool(total.tax is None or total.tax.amount)


def _untold(price: TaxedMoney | None, included: bool) -> bool:
    """Whether the side that the lines are on is missing, of a price that bears a tax."""
    if price is None or price.treatment is TaxTreatment.EXEMPT:
        return False
    return (price.gross if included else price.net) is None and price.treatment is not TaxTreatment.UNKNOWN


def _order(command: PlaceOrder, variants: Mapping[str, str], guest: str) -> dict[str, Any]:
    included = _taxes_included(command)
    order: dict[str, Any] = {
        "currency": command.lines[0].unit.currency,
        "taxesIncluded": included,
        "lineItems": [item for line in command.lines for item in _items(line, variants[line.sku])],
        "sourceIdentifier": command.reference if command.origin is None else command.origin.written,
    }
    customer = guest if command.customer is None else command.customer.id
    if is_gid(CUSTOMER, customer):
        order["customer"] = {"toAssociate": {"id": customer}}
    discounts = [discount for line in command.lines for discount in line.discounts]
    if discounts:
        code = next((each.code for each in discounts if each.code), "DISCOUNT")
        off = sum((each.amount.amount for each in discounts), Decimal(0))
        order["discountCode"] = {
            "itemFixedDiscountCode": {"code": code, "amountSet": _bag(Money(off, command.lines[0].unit.currency))}
        }
    shipped = [each for each in command.deliveries if each.price is not None]
    if shipped:
        order["shippingLines"] = [
            {
                "title": each.label or "Delivery",
                "code": each.option or each.label or "delivery",
                "priceSet": _bag(_side(each.price, included)),
                "taxLines": _taxes(each.price, each.price.tax),
            }
            for each in shipped
            if each.price is not None
        ]
    if command.payment is not None:
        order |= _paid(command.payment)
    if command.buyer is not None:
        contact = {"email": command.buyer.email, "phone": command.buyer.phone}
        order |= {key: value for key, value in contact.items() if value}
    address = next((each.address for each in command.deliveries if each.address is not None), None)
    if address is not None:
        order["shippingAddress"] = _address(address, command.buyer)
    return order


def _items(line: PlaceOrderLine, variant: str) -> Iterator[dict[str, Any]]:
    """One, or two whose prices are a coin apart: the shop multiplies prices in whole coins, and those of an ERP may be
    finer. Discounts are told of the order, so a line costs what it did before them."""
    parts = in_coins(line.unit, int(line.quantity), before_discounts(line))
    tax = None if line.total is None else line.total.tax
    taxes = [tax] * len(parts) if tax is None else shared(tax, parts)
    for (pieces, each), part in zip(parts, taxes, strict=True):
        yield {
            "variantId": variant,
            "quantity": pieces,
            "priceSet": _bag(each),
            "taxLines": _taxes(line.total, part),
        }


def _taxes_included(command: PlaceOrder) -> bool:
    """Whether the order's amounts contain their tax: it says so once, for all of them."""
    return all(line.total is None or line.total.treatment is not TaxTreatment.EXCLUDED for line in command.lines)


def _side(price: TaxedMoney, included: bool) -> Money:
    """What delivery costs as the lines are written, whichever way its own owner states it."""
    side = price.gross if included else price.net
    return side if side is not None else price.stated


def _bag(money: Money) -> dict[str, Any]:
    return {"shopMoney": {"amount": str(money.quantized().amount), "currencyCode": money.currency}}


def _taxes(total: TaxedMoney | None, part: Money | None) -> list[dict[str, Any]]:
    """`part`: what falls on this of the tax of `total`."""
    rate = None if total is None else rate_of(total)
    if part is None or rate is None or not part.amount:
        return []
    return [{"title": TAX, "rate": str(rate), "priceSet": _bag(part)}]


def _paid(payment: PaidElsewhere) -> dict[str, Any]:
    """Money that somebody else holds, told as a transaction of theirs; what is due is told by nothing."""
    if payment.due:
        return {"financialStatus": "PENDING"}
    return {
        "financialStatus": "AUTHORIZED",
        "transactions": [
            {
                "kind": "AUTHORIZATION",
                "status": "SUCCESS",
                "gateway": part.processor,
                "authorizationCode": part.payment,
                "amountSet": _bag(part.amount),
            }
            for part in payment.parts or (payment,)
        ],
    }


def _address(place: PostalAddress, buyer: Buyer | None) -> dict[str, str]:
    given = buyer.given_name if buyer and not place.name else None
    address = {
        "firstName": given or "",
        "lastName": place.name or (buyer.family_name if buyer else None) or "",
        "company": place.company,
        "address1": place.lines[0] if place.lines else "",
        "address2": ", ".join(place.lines[1:]),
        "city": place.city,
        "provinceCode": place.region,
        "zip": place.postal_code,
        "countryCode": place.country,
    }
    return {key: value for key, value in address.items() if value}


def _told(errors: Sequence[_Error]) -> str:
    """Codes and fields; the vendor's words may repeat what was sent."""
    parts = [f"{error.code or 'error'} at {'.'.join(error.field or ())}" for error in errors]
    return "; ".join(parts)[:200]
