"""The keys of `[backends.x]` for an Adyen merchant account, beyond the common ones."""

from __future__ import annotations

from typing import Annotated

from gateway.constraints import HTTP_URL, TEXT, matching
from gateway.ports.manifest import AdapterConfig, Secret


class AdyenConfig(AdapterConfig, frozen=True, kw_only=True):
    """`api_key` of an API credential with the role Checkout webservice. `url` is
    `https://checkout-test.adyen.com`, or live `https://PREFIX-checkout-live.adyenpayments.com/checkout` with the
    account's own prefix."""

    api_key: Secret
    merchant_account: Annotated[str, TEXT]
    client_key: Annotated[str, matching(r"(?:test|live)_[A-Z0-9]+", "is not a client key").or_empty()] = ""
    """What frontends name the account by. Public; without it no payment session can be opened."""
    return_url: Annotated[str, HTTP_URL.or_empty()] = ""
    """Where shoppers come back to when a payment names no page of its own: Adyen wants one for each."""
    multicapture: bool = False
    """Capture in several parts, where the account has that. Without it a capture gives the rest free."""
    hmac_key: Secret | None = None
    """The webhook's HMAC key, in hexadecimal as the Customer Area shows it; without it no webhooks are accepted."""
