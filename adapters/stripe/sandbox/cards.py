"""Stripe's test payment methods, and what each does. Source: docs.stripe.com/testing."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class TestCard(Struct, frozen=True):
    """`code` and `decline`: it is declined so. `challenge`: 3-D Secure is required, which the shopper answers."""

    brand: str = "visa"
    last4: str = "4242"
    code: str = ""
    decline: str = ""
    challenge: bool = False


CARDS: Mapping[str, TestCard] = {
    "pm_card_visa": TestCard(),
    "pm_card_mastercard": TestCard("mastercard", "4444"),
    "pm_card_chargeDeclined": TestCard(last4="0002", code="card_declined", decline="generic_decline"),
    "pm_card_visa_chargeDeclined": TestCard(last4="0002", code="card_declined", decline="generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": TestCard(
        last4="9995", code="card_declined", decline="insufficient_funds"
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": TestCard(
        last4="9995", code="card_declined", decline="insufficient_funds"
    ),
    "pm_card_visa_chargeDeclinedLostCard": TestCard(last4="9987", code="card_declined", decline="lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": TestCard(last4="9979", code="card_declined", decline="stolen_card"),
    "pm_card_visa_chargeDeclinedFraudulent": TestCard(last4="0019", code="card_declined", decline="fraudulent"),
    "pm_card_chargeDeclinedFraudulent": TestCard(last4="0019", code="card_declined", decline="fraudulent"),
    "pm_card_chargeDeclinedExpiredCard": TestCard(last4="0069", code="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": TestCard(last4="0127", code="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": TestCard(last4="0119", code="processing_error"),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": TestCard(
        last4="6975", code="card_declined", decline="card_velocity_exceeded"
    ),
    "pm_card_authenticationRequired": TestCard(last4="3184", challenge=True),
    "pm_card_threeDSecure2Required": TestCard(last4="3220", challenge=True),
}
