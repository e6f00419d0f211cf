"""Why a payment was declined: Stripe's words to classes with a remedy. Source: docs.stripe.com/declines/codes.

What is not here is OTHER, on purpose also fraud, lost and stolen cards: a shopper is never told those apart, nor from
any other decline."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.payments import DeclineReason

BY_CODE: Mapping[str, DeclineReason] = {
    "insufficient_funds": DeclineReason.INSUFFICIENT_FUNDS,
    **dict.fromkeys(("expired_card", "invalid_expiry_month", "invalid_expiry_year"), DeclineReason.EXPIRED),
    **dict.fromkeys(
        (
            "authentication_required",
            "authentication_not_handled",
            "payment_intent_authentication_failure",
            "payment_method_customer_decline",
            "mobile_device_authentication_required",
        ),
        DeclineReason.AUTHENTICATION_FAILED,
    ),
    **dict.fromkeys(
        (
            "incorrect_cvc",
            "invalid_cvc",
            "incorrect_number",
            "invalid_number",
            "incorrect_zip",
            "incorrect_address",
            "incorrect_pin",
            "invalid_pin",
            "invalid_account",
        ),
        DeclineReason.WRONG_DETAILS,
    ),
    **dict.fromkeys(
        (
            "card_velocity_exceeded",
            "withdrawal_count_limit_exceeded",
            "pin_try_exceeded",
            "amount_too_large",
        ),
        DeclineReason.LIMIT_EXCEEDED,
    ),
    **dict.fromkeys(
        (
            "card_not_supported",
            "currency_not_supported",
            "not_permitted",
            "service_not_allowed",
            "transaction_not_allowed",
            "invalid_amount",
            "testmode_decline",
            "live_mode_test_card",
        ),
        DeclineReason.NOT_ALLOWED,
    ),
    **dict.fromkeys(
        (
            "try_again_later",
            "processing_error",
            "issuer_not_available",
            "reenter_transaction",
            "approve_with_id",
        ),
        DeclineReason.TRY_AGAIN,
    ),
}


def reason_of(code: str | None, decline_code: str | None) -> DeclineReason:
    """The issuer's word where there is one, else Stripe's."""
    return BY_CODE.get(decline_code or "") or BY_CODE.get(code or "") or DeclineReason.OTHER
