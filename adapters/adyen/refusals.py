"""Why a payment was refused: Adyen's codes, and the texts that webhooks have in their place, to classes with a remedy.
Source: docs.adyen.com/development-resources/refusal-reasons.

What is not here is OTHER, on purpose also fraud, blocked and restricted cards: a shopper is never told those apart, nor
from any other refusal."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.payments import DeclineReason

_AUTHENTICATION, _WRONG = DeclineReason.AUTHENTICATION_FAILED, DeclineReason.WRONG_DETAILS
_LIMIT, _NOT, _AGAIN = DeclineReason.LIMIT_EXCEEDED, DeclineReason.NOT_ALLOWED, DeclineReason.TRY_AGAIN
REASONS: Mapping[str, tuple[str, DeclineReason]] = {
    "4": ("Acquirer Error", _AGAIN),
    "6": ("Expired Card", DeclineReason.EXPIRED),
    "7": ("Invalid Amount", _NOT),
    "8": ("Invalid Card Number", _WRONG),
    "9": ("Issuer Unavailable", _AGAIN),
    "10": ("Not supported", _NOT),
    "11": ("3D Not Authenticated", _AUTHENTICATION),
    "12": ("Not enough balance", DeclineReason.INSUFFICIENT_FUNDS),
    "15": ("Cancelled", _AGAIN),
    "16": ("Shopper Cancelled", _AGAIN),
    "17": ("Invalid Pin", _WRONG),
    "18": ("Pin tries exceeded", _LIMIT),
    "19": ("Pin validation not possible", _AGAIN),
    "21": ("Not Submitted", _AGAIN),
    "23": ("Transaction Not Permitted", _NOT),
    "24": ("CVC Declined", _WRONG),
    "28": ("Withdrawal amount exceeded", _LIMIT),
    "29": ("Withdrawal count exceeded", _LIMIT),
    "32": ("AVS Declined", _WRONG),
    "33": ("Card requires online pin", _NOT),
    "34": ("No checking account available on Card", _NOT),
    "35": ("No savings account available on Card", _NOT),
    "36": ("Mobile pin required", _NOT),
    "37": ("Contactless fallback", _AGAIN),
    "38": ("Authentication required", _AUTHENTICATION),
    "39": ("RReq not received from DS", _AUTHENTICATION),
    "42": ("3DS Authentication Error", _AUTHENTICATION),
}
_BY_TEXT: Mapping[str, DeclineReason] = {text.casefold(): reason for text, reason in REASONS.values()}


def reason_of(code: str | None, text: str | None = None) -> DeclineReason:
    known = REASONS.get(code or "")
    if known is not None:
        return known[1]
    return _BY_TEXT.get((text or "").strip().casefold(), DeclineReason.OTHER)
