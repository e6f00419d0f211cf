"""How a shopper pays: what Adyen offers, and the token that a frontend brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec
from msgspec import Struct

from gateway.errors import RequestRefused
from gateway.model.payments import PaymentMethod

_STORED = re.compile(r"[A-Za-z0-9]{8,64}")
_ENCRYPTED = re.compile(r"encrypted[A-Z]\w{1,60}")
PLAIN = frozenset({"number", "cvc", "expiryMonth", "expiryYear", "encodedCard"})
"""Fields of a card in the clear: never sent from here."""
LONGEST = 20_000
GIFT_CARD = "giftcard"
CARD = "scheme"
CARD_ON_FILE = "CardOnFile"
RETURNING = {"shopperInteraction": "ContAuth", "recurringProcessingModel": CARD_ON_FILE}
"""Of a shopper who is there, and pays with what they have stored."""
KEPT = {"shopperInteraction": "Ecommerce", "recurringProcessingModel": CARD_ON_FILE}
"""Of one who is there, and has agreed that what they pay with is stored."""


class WireMethod(Struct, frozen=True):
    type: str
    name: str = ""


class WireStored(Struct, frozen=True, rename="camel"):
    id: str
    type: str
    name: str = ""
    brand: str | None = None
    last_four: str | None = None
    expiry_month: str | None = None
    expiry_year: str | None = None


class WireMethods(Struct, frozen=True, rename="camel"):
    payment_methods: tuple[WireMethod, ...] = ()
    stored_payment_methods: tuple[WireStored, ...] = ()


def shown(wire: WireMethods) -> Iterator[PaymentMethod]:
    """The customer's own cards first; what else may be stored with Adyen is not paid with from here."""
    for kept in wire.stored_payment_methods:
        if kept.type != CARD:
            continue
        label = f"{kept.name or kept.type} **** {kept.last_four}" if kept.last_four else kept.name or kept.type
        yield PaymentMethod(
            kept.id, kept.type, label, stored=True, brand=kept.brand, last_four=kept.last_four, expires=ends_in(kept)
        )
    for each in wire.payment_methods:
        if each.type == GIFT_CARD:  # put into the cart, and paid with before anything else
            continue
        yield PaymentMethod(each.type, each.type, each.name or each.type)


def paid_with(token: str | None, *, store: bool = False) -> dict[str, object]:
    """`paymentMethod` of a request: a stored method by its id, or what Adyen's component gave the frontend, as JSON,
    which is to be stored where the shopper agreed.
    Raises RequestRefused for anything else, and for a card in the clear."""
    if token is not None and _STORED.fullmatch(token) and not token.isdigit():
        return {"paymentMethod": {"type": CARD, "storedPaymentMethodId": token}, **RETURNING}
    given = _object(token)
    if given is None or not isinstance(given.get("type"), str) or PLAIN & set(given):
        raise RequestRefused(detail="no stored method, and no `paymentMethod` of Adyen's component")
    if any(not isinstance(value, str | bool) for value in given.values()):
        raise RequestRefused(detail="a `paymentMethod` has texts only")
    plain = (str(value) for name, value in given.items() if not _ENCRYPTED.fullmatch(name))
    if any(value.isdigit() and len(value) > 11 for value in plain):
        raise RequestRefused(detail="a number in the clear")
    if "storedPaymentMethodId" in given:  # the component asked for its security code
        return {"paymentMethod": given, **RETURNING}
    return {"paymentMethod": given, **({"storePaymentMethod": True, **KEPT} if store else {})}


def is_stored_id(identifier: str) -> bool:
    return _STORED.fullmatch(identifier) is not None


def ends_in(kept: WireStored) -> str | None:
    """The description says two digits of a year; the example beside it has four."""
    if not kept.expiry_year or not kept.expiry_month:
        return None
    year = f"20{kept.expiry_year}" if len(kept.expiry_year) == 2 else kept.expiry_year
    return f"{year}-{kept.expiry_month:>02}"


def _object(token: str | None) -> dict[str, Any] | None:
    if token is None or len(token) > LONGEST or not token.startswith("{"):
        return None
    try:
        found = msgspec.json.decode(token)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
