"""Gift cards of a merchant account's providers, and the orders that hold several payments of one purchase together."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from adapters.adyen.sandbox.bodies import Json, Problem

EXPIRES_SECONDS = 86_400.0


class ValueCard(Struct):
    """`value` and `limit` in minor units."""

    brand: str
    pin: str
    value: int
    currency: str
    limit: int | None = None


class Order(Struct):
    """`data` is another after each payment; `open` until it is paid in full, cancelled or expired."""

    psp: str
    reference: str
    value: int
    currency: str
    expires: float
    data: str
    left: int
    state: str = "open"
    payments: list[str] = []


class Values:
    """`tell(event, order, success)` is called with what webhooks tell of orders."""

    def __init__(self, now: Callable[[], float], tell: Callable[[str, Order, bool], None]) -> None:
        self._now = now
        self._tell = tell
        self.cards: dict[str, ValueCard] = {}
        self.orders: dict[str, Order] = {}

    def balance(self, body: Json) -> Json:
        """A card in another currency is NotEnoughBalance, as one without enough on it; an unknown one, or a wrong PIN,
        is Failed."""
        amount, method = body["amount"], body["paymentMethod"]
        card = self.known(method)
        if card is None:
            nothing = {"value": 0, "currency": amount["currency"]}
            return {"pspReference": _psp(), "resultCode": "Failed", "refusalReason": "Invalid card", "balance": nothing}
        enough = card.currency == amount["currency"] and card.value >= amount["value"]
        told: Json = {"pspReference": _psp(), "resultCode": "Success" if enough else "NotEnoughBalance"}
        told["balance"] = {"value": card.value, "currency": card.currency}
        if card.limit is not None:
            told["transactionLimit"] = {"value": card.limit, "currency": card.currency}
        return told

    def known(self, method: Json) -> ValueCard | None:
        card = self.cards.get(str(method.get("number", "")))
        good = card is not None and method.get("brand") == card.brand and method.get("cvc", "") == card.pin
        return card if good else None

    def refusal(self, method: Json, amount: Json) -> tuple[str, str] | None:
        """Why a payment with it is refused."""
        card = self.known(method)
        if card is None:
            known = str(method.get("number", "")) in self.cards
            return ("17", "Invalid Pin") if known else ("8", "Invalid Card Number")
        if card.currency != amount["currency"] or card.value < amount["value"]:
            return ("12", "Not enough balance")
        return ("28", "Withdrawal amount exceeded") if card.limit is not None and card.limit < amount["value"] else None

    def move(self, number: str, value: int) -> None:
        """Onto a card; off it, where it is negative."""
        self.cards[number].value += value

    def open(self, body: Json) -> Json:
        amount = body["amount"]
        if amount["value"] == 0:
            raise Problem(422, "137", "Invalid amount specified")
        ends = self._now() + EXPIRES_SECONDS
        made = Order(_psp(), body["reference"], amount["value"], amount["currency"], ends, _data(), amount["value"])
        self.orders[made.psp] = made
        return {**self.shown(made), "resultCode": "Success"}

    def named(self, given: Json) -> Order:
        """Raises Problem for an order nobody has, for data that is not its newest, and for one that is over."""
        order = self.orders.get(str(given.get("pspReference", "")))
        if order is None or order.data != given.get("orderData"):
            raise Problem(422, "702", "Invalid order data provided")
        if order.state == "open" and order.expires <= self._now():
            self.close(order, "expired")
        if order.state != "open":
            raise Problem(422, "702", "The order is not open")
        return order

    def paid(self, order: Order, psp: str, value: int) -> None:
        """One of its payments was authorised."""
        if not order.payments:
            self._tell("ORDER_OPENED", order, True)
        order.payments.append(psp)
        order.left -= value
        order.data = _data()
        if order.left == 0:
            order.state = "paid"
            self._tell("ORDER_CLOSED", order, True)

    def close(self, order: Order, state: str) -> None:
        order.state = state
        self._tell("ORDER_CLOSED", order, False)

    def shown(self, order: Order) -> Json:
        return {
            "pspReference": order.psp,
            "reference": order.reference,
            "amount": {"value": order.value, "currency": order.currency},
            "remainingAmount": {"value": order.left, "currency": order.currency},
            "expiresAt": datetime.fromtimestamp(int(order.expires), UTC).isoformat(),
            "orderData": order.data,
        }


def _psp() -> str:
    return secrets.token_hex(8).upper()


def _data() -> str:
    return f"Ab02b4c0!{secrets.token_hex(24)}"
