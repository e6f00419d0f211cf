"""Orders that an application makes: worked out, made once for each key, paid for elsewhere, cancelled while nobody has
paid."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from adapters.square.sandbox.account import Account, Json, native_id, stamp
from adapters.square.sandbox.keys import answered_before, kept_answer
from adapters.square.sandbox.paging import Refusal, invalid, limited


def calculate(account: Account, body: Json) -> Json:
    return {"order": _worked_out(account, body["order"])}


def create(account: Account, body: Json) -> Json:
    """The same key with the same body gives the first answer again; with another body it is refused."""
    known = answered_before(account, "orders", body)
    if known is not None:
        return known
    order = _worked_out(account, body["order"])
    native = native_id("ORDR", f"N{len(account.effects)}")
    now = stamp(account.now)
    made = {**order, "id": native, "state": "OPEN", "version": 1, "created_at": now, "updated_at": now}
    if ways := order.get("fulfillments"):
        made["fulfillments"] = [{**each, "uid": each.get("uid") or f"way-{at}"} for at, each in enumerate(ways)]
    account.add_order(made)
    account.effects.append(("order", order.get("metadata", {}).get("gateway_reference", ""), native))
    return kept_answer(account, "orders", body, {"order": made})


def retrieve(account: Account, body: Json) -> Json:
    return {"order": _order(account, body["order_id"])}


def update(account: Account, body: Json) -> Json:
    """Of the fields that may be changed, the states. One that is paid, or has goods under way, is not cancelled."""
    known = answered_before(account, "updates", body)
    if known is not None:
        return known
    order = _order(account, body["order_id"])
    sparse: Json = body.get("order") or {}
    if order["state"] not in ("OPEN", "DRAFT"):
        raise invalid("BAD_REQUEST", f"The order is {order['state']}, which is terminal", "order.state")
    if sparse.get("version") != order["version"]:
        raise Refusal(409, "INVALID_REQUEST_ERROR", "VERSION_MISMATCH", "Version mismatch", "order.version")
    states = {each["uid"]: each["state"] for each in sparse.get("fulfillments", [])}
    ways = [{**each, "state": states.get(each.get("uid"), each["state"])} for each in order.get("fulfillments", [])]
    if sparse.get("state") == "CANCELED":
        if any(payment["order_id"] == order["id"] for payment in account.payments.values()):
            raise invalid("BAD_REQUEST", "An order that is paid cannot be canceled", "order.state")
        if any(each["state"] not in ("COMPLETED", "CANCELED", "FAILED") for each in ways):
            raise invalid("BAD_REQUEST", "Fulfillments are not in a terminal state", "order.state")
    changed = {"state": sparse.get("state", order["state"]), "version": order["version"] + 1}
    order |= changed | ({"fulfillments": ways} if ways else {}) | {"updated_at": stamp(account.now)}
    account.effects.append(("update", body["idempotency_key"], order["id"]))
    return kept_answer(account, "updates", body, {"order": dict(order)})


def _order(account: Account, native: str) -> Json:
    found = account.orders.get(native)
    if found is None:
        raise Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Order not found", "order_id")
    return found


def pay(account: Account, body: Json) -> Json:
    known = answered_before(account, "payments", body)
    if known is not None:
        return known
    details = body.get("external_details")
    if body["source_id"] != "EXTERNAL" or not details:
        raise invalid("INVALID_VALUE", "only payments taken elsewhere are known here", "source_id")
    order = account.orders.get(body.get("order_id", ""))
    if order is None:
        raise invalid("NOT_FOUND", "Order not found", "order_id")
    if order["location_id"] != body.get("location_id"):
        raise invalid("INVALID_LOCATION", "The order is another location's", "location_id")
    if body["amount_money"] != order["total_money"]:
        raise invalid("INVALID_VALUE", "The amount is not the order's total", "amount_money")
    payment = {
        "id": f"PAY{len(account.effects):021d}",
        "status": "COMPLETED",
        "source_type": "EXTERNAL",
        "order_id": order["id"],
        "amount_money": body["amount_money"],
        "external_details": details,
        "reference_id": body.get("reference_id", ""),
    }
    account.payments[payment["id"]] = payment
    account.effects.append(("payment", payment["reference_id"], payment["id"]))
    return kept_answer(account, "payments", body, {"payment": payment})


def _worked_out(account: Account, order: Json) -> Json:
    if order["location_id"] not in account.locations:
        raise invalid("INVALID_LOCATION", "Unknown location", "order.location_id")
    lines: list[Json] = order.get("line_items", [])
    limited(lines, 500, "order.line_items")
    taxes = {tax["uid"]: tax for tax in order.get("taxes", [])}
    discounts = {discount["uid"]: discount for discount in order.get("discounts", [])}
    currency = account.currency
    total = taxed = off = 0
    shown: list[Json] = []
    for place, line in enumerate(lines):
        where = f"order.line_items[{place}]"
        found = account.catalog.get(line.get("catalog_object_id", ""))
        if found is None or found.get("is_deleted"):
            raise invalid("NOT_FOUND", "Item variation not found", f"{where}.catalog_object_id")
        price = line["base_price_money"]
        if price["currency"] != currency:
            raise invalid("INVALID_VALUE", "Currency is not the location's", f"{where}.base_price_money")
        if Decimal(line["quantity"]) <= 0:
            raise invalid("INVALID_VALUE", "Quantity must be positive", f"{where}.quantity")
        gross = _rounded(price["amount"] * Decimal(line["quantity"]))
        less = 0
        for applied in line.get("applied_discounts", []):
            less += _named(discounts, applied["discount_uid"], where)["amount_money"]["amount"]
        less = min(less, gross)
        tax, added = _tax(taxes, line, gross - less, where)
        total, taxed, off = total + gross - less + added, taxed + tax, off + less
        amounts = {"total_money": gross - less + added, "total_tax_money": tax, "total_discount_money": less}
        shown.append({**line, **{name: _money(value, currency) for name, value in amounts.items()}})
    for place, charge in enumerate(order.get("service_charges", [])):
        where = f"order.service_charges[{place}]"
        tax, added = _tax(taxes, charge, charge["amount_money"]["amount"], where)
        total, taxed = total + charge["amount_money"]["amount"] + added, taxed + tax
    return {
        **order,
        "line_items": shown,
        "total_money": _money(total, currency),
        "total_tax_money": _money(taxed, currency),
        "total_discount_money": _money(off, currency),
    }


def _tax(taxes: dict[str, Json], row: Json, base: int, where: str) -> tuple[int, int]:
    """The tax of a row, and what of it comes on top."""
    tax = added = 0
    for applied in row.get("applied_taxes", []):
        found = _named(taxes, applied["tax_uid"], where)
        rate = Decimal(found["percentage"]) / 100
        if found["type"] == "INCLUSIVE":
            tax += _rounded(base - base / (1 + rate))
        else:
            due = _rounded(base * rate)
            tax, added = tax + due, added + due
    return tax, added


def _named(known: dict[str, Json], uid: str, where: str) -> Json:
    if uid not in known:
        raise invalid("INVALID_VALUE", "Unknown uid", where)
    return known[uid]


def _rounded(value: Any) -> int:
    return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_EVEN))


def _money(amount: int, currency: str) -> Json:
    return {"amount": amount, "currency": currency}
