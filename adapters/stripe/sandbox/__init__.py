"""A Stripe account over a real socket: payment intents, refunds, stored methods, idempotency keys, limits, webhooks.
`create` is the entry point that the demo and the tests use."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.stripe.sandbox.cards import TestCard
from adapters.stripe.sandbox.ledger import Effect
from adapters.stripe.sandbox.server import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, Server
from gateway.testing.sandbox import Seed


class StripeSandbox(Server):
    """The server, and what tests and the demo do to it while it runs. A seed tells it nothing: money is not seeded."""

    @property
    def settings(self) -> Mapping[str, str]:
        return {
            "secret_key": SECRET_KEY,
            "publishable_key": PUBLISHABLE_KEY,
            "webhook_secret": WEBHOOK_SECRET,
        }

    @property
    def effects(self) -> list[Effect]:
        """Every movement of money, oldest first."""
        return self.ledger.effects

    def store_card(self, customer: str, method: str, last4: str = "4242", *, challenged: bool = False) -> None:
        """A customer's card, kept for the next time. `challenged`: its issuer wants 3-D Secure for each payment."""
        self.ledger.people.store(customer, method, TestCard(last4=last4, challenge=challenged))

    def answer_challenge(self, intent: str, *, approved: bool = True) -> None:
        self.ledger.answer(intent, approved=approved)

    def pay_in_the_frontend(self, intent: str, method: str = "pm_card_visa") -> None:
        """As the vendor's library does with the client secret. Raises Problem where it is declined."""
        self.ledger.confirm(self.ledger.intent(intent), method)


def create(seed: Seed) -> StripeSandbox:
    return StripeSandbox()
