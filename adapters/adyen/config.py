"""The keys of `[backends.x]` for an Adyen merchant account, beyond the common ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from gateway.constraints import HTTP_URL, TEXT, matching, named
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
    gift_cards: Annotated[Mapping[str, Annotated[str, TEXT]], named("brands").for_keys()] = {}
    """Brands of gift cards that are taken, as Adyen calls them (`givex`), with what each is called to shoppers."""
    gift_cards_captured_at_once: bool = True
    """Whether their providers take the value with the authorisation; false: with the capture, as of cards."""
    hmac_key: Secret | None = None
    """The webhook's HMAC key, in hexadecimal as the Customer Area shows it; without it no webhooks are accepted."""
