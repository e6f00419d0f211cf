"""Orders that an application makes: worked out, made once for each key, paid for elsewhere."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec

from adapters.square.sandbox.account import Account, Json, native_id, stamp
from adapters.square.sandbox.paging import invalid, limited

KEY_LENGTHS = {"orders": 192, "payments": 45}


def calculate(account: Account, body: Json) -> Json:
    return {"order": _worked_out(account, body["order"])}


def create(account: Account, body: Json) -> Json:
    """The same key with the same body gives the first answer again; with another body it is refused."""
    known = _known(account, "orders", body)
    if known is not None:
        return known
    order = _worked_out(account, body["order"])
    native = native_id("ORDR", f"N{len(account.effects)}")
    now = stamp(account.now)
    made = {**order, "id": native, "state": "OPEN", "version": 1, "created_at": now, "updated_at": now}
    account.add_order(made)
    account.effects.append(("order", order.get("metadata", {}).get("gateway_reference", ""), native))
    return _kept(account, "orders", body, {"order": made})


def pay(account: Account, body: Json) -> Json:
    known = _known(account, "payments", body)
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
    return _kept(account, "payments", body, {"payment": payment})


def _known(account: Account, kind: str, body: Json) -> Json | None:
    key = body.get("idempotency_key") or ""
    if not key or len(key) > KEY_LENGTHS[kind]:
        raise invalid("VALUE_TOO_LONG" if key else "VALUE_EMPTY", "Bad idempotency key", "idempotency_key")
    found = account.keys.get((kind, key))
    if found is None:
        return None
    if found[0] != _digest(body):
        raise invalid("IDEMPOTENCY_KEY_REUSED", "Different request parameters under this key", "idempotency_key")
    return found[1]


def _kept(account: Account, kind: str, body: Json, answer: Json) -> Json:
    account.keys[kind, body["idempotency_key"]] = (_digest(body), answer)
    return answer


def _digest(body: Json) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()


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
