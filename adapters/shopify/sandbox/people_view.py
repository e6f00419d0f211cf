"""Customers and orders as the Admin API answers them. Without the right to all orders, those older than 60 days are
not there at all."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# Fields with arguments are lambdas, called by graphql-core.

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.shopify.sandbox.catalog_view import amount, moment
from adapters.shopify.sandbox.connections import connection
from adapters.shopify.sandbox.search_syntax import Fields, Texts, parse
from adapters.shopify.sandbox.world import ShopOrder, World, number
from gateway.model.customers import ConsentState, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import OrderLine, OrderStatus

FIRST_MADE = 800_000
"""Numbers of customers made by an app."""
EMAIL_STATES = {
    ConsentState.GRANTED: "SUBSCRIBED",
    ConsentState.PENDING: "PENDING",
    ConsentState.DENIED: "UNSUBSCRIBED",
    ConsentState.UNKNOWN: "NOT_SUBSCRIBED",
}
SMS_STATES = {**EMAIL_STATES, ConsentState.UNKNOWN: "NEVER_SUBSCRIBED"}
STATUSES: dict[OrderStatus, tuple[str | None, str, str]] = {
    OrderStatus.OPEN: ("PENDING", "UNFULFILLED", "NO_RETURN"),
    OrderStatus.CONFIRMED: ("PAID", "UNFULFILLED", "NO_RETURN"),
    OrderStatus.PARTIALLY_FULFILLED: ("PAID", "PARTIALLY_FULFILLED", "NO_RETURN"),
    OrderStatus.FULFILLED: ("PAID", "FULFILLED", "NO_RETURN"),
    OrderStatus.CANCELLED: ("VOIDED", "UNFULFILLED", "NO_RETURN"),
    OrderStatus.RETURNED: ("REFUNDED", "FULFILLED", "RETURNED"),
    OrderStatus.UNKNOWN: (None, "UNFULFILLED", "NO_RETURN"),
}
ORDER_FIELDS: Fields = {
    "customer_id": lambda order, value: order.customer == f"gid://shopify/Customer/{value}",
    "source_name": lambda order, value: order.source_name.lower() == value.lower(),
    "test": lambda order, value: order.record.test is (value == "true"),
}
ORDER_TEXTS: Texts = {
    "email": lambda order: order.email,
    "name": lambda order: order.record.number,
    "source_identifier": lambda order: order.source_identifier,
}


def bag(money: Money) -> dict[str, Any]:
    shown = {"amount": amount(money.amount), "currencyCode": money.currency}
    return {"presentmentMoney": shown, "shopMoney": shown}


def with_tax(money: TaxedMoney) -> Money:
    if money.gross:
        return money.gross
    return money.net.plus(money.tax) if money.net and money.tax else money.stated


class PeopleView:
    def __init__(self, world: World, oldest: datetime | None) -> None:
        self._world = world
        self._oldest = oldest

    def node(self, native: str) -> dict[str, Any] | None:
        if order := self._world.orders.get(native):
            return self._order(order) if self._readable(order) else None
        if customer := self._world.customers.get(native):
            return self._customer(native, customer)
        return None

    def _readable(self, order: ShopOrder) -> bool:
        return self._oldest is None or order.record.placed_at >= self._oldest

    def customer_by(self, identifier: dict[str, Any]) -> dict[str, Any] | None:
        kind, wanted = next(iter(identifier.items()))
        native = wanted if kind == "id" else self._world.contacts.get(wanted.lower(), "")
        found = self._world.customers.get(native)
        return self._customer(native, found) if found else None

    def create(self, given: dict[str, Any]) -> tuple[str | None, list[dict[str, Any]]]:
        """An email is one customer's."""
        email = given.get("email") or ""
        if not (email or given.get("firstName") or given.get("lastName")):
            return None, [{"field": None, "message": "A name, phone number, or email address must be present"}]
        if email and "@" not in email:
            return None, [{"field": ["email"], "message": "Email is invalid"}]
        if email.lower() in self._world.contacts:
            return None, [{"field": ["email"], "message": "Email has already been taken"}]
        ref = NativeRef("shop", str(FIRST_MADE + len(self._world.effects)))
        record = CustomerRecord(
            ref,
            Freshness("shop", self._world.now),
            emails=(email,) if email else (),
            given_name=given.get("firstName"),
            family_name=given.get("lastName"),
            updated_at=self._world.now,
        )
        native = self._world.add_customer(record)
        self._world.effects.append(("customerCreate", email, native))
        return native, []

    def _customer(self, native: str, customer: CustomerRecord) -> dict[str, Any]:
        states = {consent.channel: consent for consent in customer.consents}
        email, sms = states.get("email"), states.get("sms")
        return {
            "__typename": "Customer",
            "id": native,
            "firstName": customer.given_name,
            "lastName": customer.family_name,
            "locale": customer.language or self._world.seed.default_language,
            "tags": list(customer.groups),
            "verifiedEmail": customer.email_verified is not False,
            "updatedAt": moment(customer.updated_at or self._world.now),
            "defaultEmailAddress": {
                "emailAddress": customer.emails[0],
                "marketingState": EMAIL_STATES[email.state if email else ConsentState.UNKNOWN],
                "marketingUpdatedAt": moment(email.updated_at) if email else None,
            }
            if customer.emails
            else None,
            "defaultPhoneNumber": {
                "phoneNumber": customer.phones[0],
                "smsMarketingConsent": {
                    "state": SMS_STATES[sms.state if sms else ConsentState.UNKNOWN],
                    "updatedAt": moment(sms.updated_at) if sms else None,
                },
            }
            if customer.phones
            else None,
            "companyContactProfiles": [
                {
                    "id": native.replace("Customer", "CompanyContact"),
                    "roleAssignments": lambda info, first=None, location=location: connection(
                        [location],
                        lambda found: {"id": "1", "companyLocation": {"id": found}},
                        order="id",
                        key=lambda found: (found,),
                        first=first,
                        after=None,
                    ),
                }
                for group, location in self._world.company_locations.items()
                if group in customer.groups
            ],
        }

    def orders(self, first: int | None, after: str | None, query: str | None, reverse: bool) -> dict[str, Any]:
        matches = parse(query, ORDER_FIELDS, ORDER_TEXTS)
        return connection(
            [order for order in self._world.orders.values() if self._readable(order) and matches(order)],
            self._order,
            order="processed_at",
            key=lambda order: (order.record.placed_at.timestamp(), number(order.id)),
            first=first,
            after=after,
            reverse=reverse,
        )

    def _order(self, order: ShopOrder) -> dict[str, Any]:
        record = order.record
        financial, fulfilment, returned = STATUSES[record.status]
        currency = record.total.currency
        cancelled = record.cancelled_at or (record.placed_at if record.status is OrderStatus.CANCELLED else None)
        return {
            "__typename": "Order",
            "id": order.id,
            "name": record.number,
            "email": order.email,
            "processedAt": moment(record.placed_at),
            "cancelledAt": moment(cancelled),
            "test": record.test,
            "sourceName": order.source_name,
            "sourceIdentifier": order.source_identifier,
            "taxesIncluded": record.total.treatment is not TaxTreatment.EXCLUDED,
            "displayFinancialStatus": financial,
            "displayFulfillmentStatus": fulfilment,
            "returnStatus": returned,
            "retailLocation": {"id": record.location} if record.location else None,
            "customer": {"id": order.customer} if order.customer else None,
            "totalPriceSet": bag(with_tax(record.total)),
            "totalTaxSet": bag(record.total.tax) if record.total.tax else None,
            "totalRefundedSet": bag(record.refunded or Money(Decimal(0), currency)),
            "lineItems": lambda info, first=None, after=None: connection(
                list(enumerate(record.lines)),
                lambda pair: self._line(order, *pair),
                order="position",
                key=lambda pair: (pair[0],),
                first=first,
                after=after,
            ),
        }

    def _line(self, order: ShopOrder, place: int, line: OrderLine) -> dict[str, Any]:
        currency = order.record.total.currency
        zero = Money(Decimal(0), currency)
        unit = line.unit.stated if line.unit else zero
        total = line.total or (line.unit and _times(line.unit, line.quantity)) or TaxedMoney(net=zero, gross=zero)
        tax = total.tax
        net = total.net or (total.gross.plus(tax.times(-1)) if total.gross and tax else total.stated)
        return {
            "id": f"gid://shopify/LineItem/{number(order.id) * 1000 + place}",
            "sku": line.sku,
            "title": line.title,
            "variantTitle": None,
            "quantity": int(line.quantity),
            "currentQuantity": int(line.quantity - (line.returned_quantity or 0)),
            "discountedUnitPriceAfterAllDiscountsSet": bag(unit),
            "priceAfterAllDiscountsBeforeTaxesSet": bag(net),
            "taxLines": lambda info, first=None: (
                [{"title": "VAT", "rate": None, "priceSet": bag(tax)}] if tax and tax.amount else []
            ),
        }


def _times(money: TaxedMoney, quantity: Decimal) -> TaxedMoney:
    return TaxedMoney(
        net=money.net.times(quantity) if money.net else None,
        gross=money.gross.times(quantity) if money.gross else None,
        tax=money.tax.times(quantity) if money.tax else None,
        treatment=money.treatment,
    )
