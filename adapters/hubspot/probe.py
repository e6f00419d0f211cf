"""Whether the account has what is configured."""

from __future__ import annotations

from adapters.hubspot.client import CONTACTS, HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.customer import ContactsAnswer
from gateway.errors import Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe


class ContactProbe:
    def __init__(self, config: HubSpotConfig, client: HubSpotClient) -> None:
        self._config = config
        self._client = client

    async def probe(self, call: CallContext) -> Probe:
        """One contact with everything that is configured: a property that does not exist is left out of the answer
        without an error, while an empty one is null."""
        config = self._config
        asked = dict.fromkeys((*config.properties, *config.phone_search_properties))
        query = {"limit": "1", "properties": ",".join(asked)}
        found = (await self._client.get(CONTACTS, ContactsAnswer, call, query)).results
        if not found:
            return Probe(version="CRM v3", notes=("the account has no contacts: property names were not checked",))
        problems = [
            Mistake(message=f"contacts have no property `{name}`", place=key, value=name)
            for key, name in config.named()
            if name and name not in found[0].properties
        ]
        return Probe(version="CRM v3", problems=tuple(problems))
