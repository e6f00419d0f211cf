"""The keys of `[backends.x]` for a Stripe account, beyond the common ones."""

from __future__ import annotations

from typing import Annotated

from gateway.constraints import matching
from gateway.errors import ConfigurationError
from gateway.ports.manifest import AdapterConfig, Secret

Method = Annotated[str, matching(r"[a-z][a-z0-9_]*", "is not a type of payment method")]


class StripeConfig(AdapterConfig, frozen=True, kw_only=True):
    """`secret_key`: a restricted key with PaymentIntents, Refunds, PaymentMethods and Customers (write)."""

    secret_key: Secret
    publishable_key: Annotated[str, matching(r"pk_(?:test|live)_\w+", "is not a publishable key").or_empty()] = ""
    """What frontends name the account by. Public; without it no payment session can be opened."""
    methods: tuple[Method, ...] = ("card",)
    """Types of payment method that are offered, as Stripe calls them; each must allow a capture by hand."""
    multicapture: bool = False
    """Capture in several parts, where the account has that feature. Without it a capture gives the rest free."""
    webhook_secret: Secret | None = None
    """The signing secret of the webhook endpoint (`whsec_...`); without it none are accepted."""

    def verify(self, place: str) -> None:
        if not self.methods:
            raise ConfigurationError("at least one type of payment method is offered", place=f"{place}.methods")
