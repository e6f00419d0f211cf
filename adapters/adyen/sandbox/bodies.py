"""What each request may and must say, and how Adyen refuses one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

Json = dict[str, Any]


class Problem(Exception):
    """An answer that is a `ServiceError`."""

    def __init__(self, status: int, code: str, message: str, kind: str = "validation") -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"status": status, "errorCode": code, "message": message, "errorType": kind}
        self.transient = False


class Takes(Struct, frozen=True):
    names: frozenset[str]
    required: tuple[str, ...]


_COMMON = ("merchantAccount", "amount", "reference", "additionalData", "shopperReference", "channel", "countryCode")
TAKES: Mapping[str, Takes] = {
    "POST /v72/payments": Takes(
        frozenset(
            {
                *_COMMON,
                *("paymentMethod", "returnUrl", "merchantOrderReference", "shopperInteraction"),
                *("recurringProcessingModel", "storePaymentMethod", "browserInfo", "origin", "captureDelayHours"),
                *("authenticationData", "shopperEmail", "shopperIP", "metadata", "order"),
            }
        ),
        ("merchantAccount", "amount", "reference", "paymentMethod", "returnUrl"),
    ),
    "POST /v72/payments/details": Takes(
        frozenset({"details", "paymentData", "authenticationData", "threeDSAuthenticationOnly"}), ("details",)
    ),
    "POST /v72/payments/{id}/captures": Takes(
        frozenset({"merchantAccount", "amount", "reference", "lineItems"}), ("merchantAccount", "amount")
    ),
    "POST /v72/payments/{id}/cancels": Takes(frozenset({"merchantAccount", "reference"}), ("merchantAccount",)),
    "POST /v72/payments/{id}/refunds": Takes(
        frozenset({"merchantAccount", "amount", "reference", "merchantRefundReason"}), ("merchantAccount", "amount")
    ),
    "POST /v72/payments/{id}/reversals": Takes(frozenset({"merchantAccount", "reference"}), ("merchantAccount",)),
    "POST /v72/paymentMethods/balance": Takes(
        frozenset({"merchantAccount", "amount", "paymentMethod", "reference"}),
        ("merchantAccount", "amount", "paymentMethod"),
    ),
    "POST /v72/orders": Takes(
        frozenset({"merchantAccount", "amount", "reference", "expiresAt"}), ("merchantAccount", "amount", "reference")
    ),
    "POST /v72/orders/cancel": Takes(frozenset({"merchantAccount", "order"}), ("merchantAccount", "order")),
    "POST /v72/cancels": Takes(
        frozenset({"merchantAccount", "paymentReference", "reference"}), ("merchantAccount", "paymentReference")
    ),
    "POST /v72/sessions": Takes(
        frozenset(
            {
                *(*_COMMON, "returnUrl", "allowedPaymentMethods", "expiresAt", "merchantOrderReference"),
                *("shopperInteraction", "recurringProcessingModel", "storePaymentMethodMode", "storePaymentMethod"),
            }
        ),
        ("merchantAccount", "amount", "reference", "returnUrl"),
    ),
    "POST /v72/paymentMethods": Takes(
        frozenset({"merchantAccount", "amount", "countryCode", "channel", "shopperReference", "shopperLocale"}),
        ("merchantAccount",),
    ),
}
LARGEST_REFERENCE = 80
CODES = {"merchantAccount": "901", "amount": "137", "reference": "130", "paymentMethod": "14_012"}


def read(operation: str, sent: bytes) -> Json:
    """Raises Problem for what the operation does not take, or lacks."""
    try:
        body = msgspec.json.decode(sent, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Problem(400, "702", "Required object is not provided or is not JSON") from None
    takes = TAKES[operation]
    unknown = sorted(set(body) - takes.names)
    if unknown:
        raise Problem(422, "702", f"Structure of the request contains the following unknown fields: {unknown}")
    for name in takes.required:
        if body.get(name) in (None, "", {}):
            raise Problem(422, CODES.get(name, "702"), f"Required field '{name}' is not provided.")
    _check_words(body)
    if "amount" in body:
        _check_amount(body["amount"])
    if "shopperReference" in body and not 3 <= len(str(body["shopperReference"])) <= 256:
        raise Problem(422, "14_035", "Invalid shopperReference")
    if len(str(body.get("reference", ""))) > LARGEST_REFERENCE:
        raise Problem(422, "130", "Reference is too long")
    return body


WORDS: Mapping[str, tuple[str, ...]] = {
    "shopperInteraction": ("Ecommerce", "ContAuth", "Moto", "POS"),
    "recurringProcessingModel": ("CardOnFile", "Subscription", "UnscheduledCardOnFile"),
    "storePaymentMethodMode": ("askForConsent", "disabled", "enabled"),
}


def _check_words(body: Json) -> None:
    for name, words in WORDS.items():
        if name in body and body[name] not in words:
            raise Problem(422, "702", f"Unexpected value for '{name}'")
    stores = body.get("storePaymentMethod") is True or body.get("storePaymentMethodMode") in (
        "askForConsent",
        "enabled",
    )
    if stores and not body.get("shopperReference"):
        raise Problem(422, "14_035", "Required field 'shopperReference' is not provided.")
    if stores and not body.get("recurringProcessingModel"):
        raise Problem(422, "14_040", "Required field 'recurringProcessingModel' is not provided.")


def _check_amount(amount: object) -> None:
    given = cast("Json", amount) if isinstance(amount, dict) else {}
    value, currency = given.get("value"), given.get("currency")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Problem(422, "137", "Invalid amount specified")
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isupper():
        raise Problem(422, "138", "Unsupported currency specified")
