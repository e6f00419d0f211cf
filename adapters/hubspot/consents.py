"""`ConsentPort`: what an email's owner agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from msgspec import Struct

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.errors import NotFound
from gateway.errors import AdapterError
from gateway.kit.concurrency import outcomes
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, ConsentState
from gateway.model.freshness import Freshness
from gateway.ports.manifest import AdapterEnvironment

STATUS = "/communication-preferences/v3/status/email/"
AT_ONCE = 10
"""Emails of one call, a request each."""
STATES = {"SUBSCRIBED": ConsentState.GRANTED, "NOT_SUBSCRIBED": ConsentState.DENIED}
"""HubSpot does not tell a person who said no from one who was never asked: neither may be written to."""


class WireSubscription(Struct, frozen=True, rename="camel"):
    name: str
    status: str


class ConsentAnswer(Struct, frozen=True, rename="camel"):
    subscription_statuses: tuple[WireSubscription, ...]


class Consents:
    def __init__(self, env: AdapterEnvironment[HubSpotConfig], client: HubSpotClient) -> None:
        self._env = env
        self._client = client

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        """One request for each email: HubSpot's v3 has no other way."""
        found = dict(zip(keys, await outcomes([self._of(email, call) for email in keys], at_once=AT_ONCE), strict=True))
        freshness = Reading.now(self._env).freshness
        return answered(keys, lambda email: found[email], lambda _, known: consents(known, freshness))

    async def _of(self, email: str, call: CallContext) -> ConsentAnswer | None:
        """None for an email HubSpot does not know."""
        try:
            return await self._client.get(STATUS + quote(email, safe="@"), ConsentAnswer, call)
        except NotFound:
            return None


def consents(wire: ConsentAnswer, freshness: Freshness) -> tuple[Consent, ...]:
    """One for each subscription type of the account; this API knows email only."""
    return tuple(
        Consent("email", STATES.get(entry.status, ConsentState.UNKNOWN), freshness, purpose=entry.name)
        for entry in wire.subscription_statuses
    )
