"""Whether the key works for the merchant account, and the address is this account's."""

from __future__ import annotations

from urllib.parse import urlsplit

from adapters.adyen.client import VERSION, AdyenClient
from adapters.adyen.config import AdyenConfig
from adapters.adyen.methods import WireMethods
from adapters.adyen.webhooks import is_hmac_key
from gateway.errors import Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe
from gateway.ports.manifest import AdapterEnvironment

LIVE_HOST = "-checkout-live.adyenpayments.com"


class AdyenProbe:
    def __init__(self, env: AdapterEnvironment[AdyenConfig], client: AdyenClient) -> None:
        self._env = env
        self._client = client

    async def probe(self, call: CallContext) -> Probe:
        """One read: the methods of the account."""
        problems: list[str | Mistake] = []
        address = urlsplit(self._env.url)
        if (address.hostname or "").endswith(LIVE_HOST) and address.path.rstrip("/") != "/checkout":
            problems.append(Mistake(message="a live address ends in `/checkout`", place="url"))
        found = await self._client.post("/paymentMethods", {"channel": "Web"}, WireMethods, call)
        if not found.payment_methods:
            problems.append("the merchant account offers no payment method")
        if self._env.config.hmac_key and not all(map(is_hmac_key, self._env.config.hmac_key.values)):
            problems.append(Mistake(message="an HMAC key is written in hexadecimal", place="hmac_key"))
        notes: list[str] = []
        if self._env.config.hmac_key is None:
            notes.append("no `hmac_key`: captures, voids and refunds stay unsettled, because only webhooks tell")
        return Probe(version=f"Checkout {VERSION}", notes=tuple(notes), problems=tuple(problems))
