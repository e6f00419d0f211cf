"""An Adyen merchant account over a real socket: Checkout v72, idempotency keys, results that come later by webhook.
`create` is the entry point that the demo and the tests use."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.adyen.sandbox.ledger import Effect
from adapters.adyen.sandbox.server import ACCOUNT, API_KEY, CLIENT_KEY, HMAC_KEY, Server
from adapters.adyen.sandbox.value import ValueCard
from gateway.testing.sandbox import Seed


class AdyenSandbox(Server):
    """The server, and what tests and the demo do to it while it runs. A seed tells it nothing: money is not seeded."""

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "api_key": API_KEY,
            "merchant_account": ACCOUNT,
            "client_key": CLIENT_KEY,
            "hmac_key": HMAC_KEY,
            "return_url": "https://shop.example/checkout",
        }

    @property
    def effects(self) -> list[Effect]:
        """Every request that was taken, oldest first."""
        return self.ledger.effects

    def store_card(self, shopper: str, method: str, last4: str = "1111", *, challenged: bool = False) -> None:
        """A shopper's card, kept for the next time. `challenged`: its issuer wants the shopper for each payment."""
        self.ledger.keep(shopper, method, last4)
        if challenged:
            self.ledger.challenged.add(method)

    def issue_gift_card(
        self, number: str, value: int, currency: str = "EUR", *, pin: str = "737", limit: int | None = None
    ) -> None:
        """One of brand `givex`, as its provider would; amounts in minor units."""
        self.ledger.values.cards[number] = ValueCard("givex", pin, value, currency, limit)

    def answer_challenge(self, reference: str, *, approved: bool = True) -> str:
        """The `redirectResult` that the shopper comes back with."""
        return self.ledger.challenge_of(reference) + ("" if approved else "!")


def create(seed: Seed) -> AdyenSandbox:
    return AdyenSandbox()
