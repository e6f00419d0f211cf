"""Whether the key may do what is configured."""

from __future__ import annotations

from adapters.stripe.client import VERSION, StripeClient
from adapters.stripe.config import StripeConfig
from adapters.stripe.intents import WirePage
from gateway.errors import Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe


class StripeProbe:
    def __init__(self, config: StripeConfig, client: StripeClient) -> None:
        self._config = config
        self._client = client

    async def probe(self, call: CallContext) -> Probe:
        """One read: a key that may only write is told by its first payment."""
        await self._client.get("/v1/payment_intents", WirePage, call, {"limit": "1"})
        notes: list[str] = []
        problems: list[str | Mistake] = []
        mode, other = _mode(self._config.secret_key.reveal()), _mode(self._config.publishable_key)
        if mode and other and mode != other:
            told = f"the secret key is for {mode}, the publishable key for {other}"
            problems.append(Mistake(message=told, place="publishable_key"))
        if mode == "test":
            notes.append("the key is a test key: no money moves")
        if self._config.webhook_secret is None:
            notes.append("no `webhook_secret`: what becomes of a payment later (a dispute, a refund) is not heard of")
        return Probe(version=f"API {VERSION}", notes=tuple(notes), problems=tuple(problems))


def _mode(key: str) -> str:
    parts = key.split("_")
    return parts[1] if len(parts) > 2 and parts[1] in ("test", "live") else ""
