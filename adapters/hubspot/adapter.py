"""One HubSpot account behind `CustomerPort` and `ConsentPort`."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, cast

from adapters.hubspot import mapping
from adapters.hubspot.client import BATCH, SEARCH_GROUPS, HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.webhooks import receive
from adapters.hubspot.wire import WireContact
from gateway.errors import AdapterError, Mistake
from gateway.kit.concurrency import outcomes
from gateway.kit.keyed import answered, by_kind, chunks
from gateway.kit.people import bears
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.identity import INT64, record_number
from gateway.ports.backend import Probe
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

FIND = "customer.find_customers"
CONSENTS = "customer.get_consents"

AT_ONCE = 10
"""Requests of one call; consents are asked for one email each."""

Contacts = list[WireContact]


class HubSpotAdapter:
    def __init__(self, environment: AdapterEnvironment) -> None:
        self.name = environment.name
        self._config = cast(HubSpotConfig, environment.config)
        self._client = HubSpotClient(environment, self._config)
        self._env = environment

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request for each kind of key that is asked, side by side. When one kind fails and another answers, the
        keys of the first are answered with its error: phones need the search, which has a narrower rate limit."""
        values = by_kind(keys)
        reads: dict[CustomerKeyKind, Coroutine[Any, Any, Contacts]] = {}
        if emails := values[CustomerKeyKind.EMAIL]:
            reads[CustomerKeyKind.EMAIL] = self._by_email(emails, call)
        if phones := values[CustomerKeyKind.PHONE]:
            reads[CustomerKeyKind.PHONE] = self._by_phone(phones, call)
        if ids := values[CustomerKeyKind.NATIVE]:
            reads[CustomerKeyKind.NATIVE] = self._by_id(ids, call)
        found = dict(zip(reads, await outcomes(list(reads.values())), strict=True))
        reading = Reading.now(self._env)
        return answered(
            keys, lambda key: found[key.kind], lambda key, contacts: self._bearers(contacts, key, reading) or None
        )

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        """One request for each email: HubSpot's v3 has no other way."""
        reads = [self._client.consents(email, CONSENTS, call) for email in keys]
        found = dict(zip(keys, await outcomes(reads, at_once=AT_ONCE), strict=True))
        freshness = Reading.now(self._env).freshness
        return answered(keys, lambda email: found[email], lambda _, known: mapping.consents(known, freshness))

    async def probe(self, call: CallContext) -> Probe:
        """One contact with everything that is configured: a property that does not exist is left out of the answer
        without an error, while an empty one is null."""
        contact = await self._client.first_contact(call)
        if contact is None:
            return Probe(version="CRM v3", notes=("the account has no contacts: property names were not checked",))
        problems = [
            Mistake(message=f"contacts have no property `{name}`", place=key, value=name)
            for key, name in self._config.named()
            if name and name not in contact.properties
        ]
        return Probe(version="CRM v3", problems=tuple(problems))

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        return receive(delivery, self._config)

    async def close(self) -> None:
        """Nothing is held open; the transport is not ours."""

    # --- reads ----------------------------------------------------------------------------------------------------

    async def _by_email(self, emails: Sequence[str], call: CallContext) -> Contacts:
        found: Contacts = []
        for batch in chunks(emails, BATCH):
            found += (await self._client.batch_read(batch, FIND, call, id_property="email")).results
        if self._config.search_secondary_emails:
            reading = Reading.now(self._env)
            known = {email for contact in found for email in self._record(contact, reading).emails}
            for batch in chunks([email for email in emails if email not in known], SEARCH_GROUPS):
                groups = [
                    [{"propertyName": "hs_additional_emails", "operator": "CONTAINS_TOKEN", "value": email}]
                    for email in batch
                ]
                found += await self._client.search(groups, FIND, call)
        return found

    async def _by_phone(self, phones: Sequence[str], call: CallContext) -> Contacts:
        numbers = sorted({digits for phone in phones if (digits := mapping.searchable(phone))})
        if not numbers:
            return []
        groups = [
            [{"propertyName": name, "operator": "IN", "values": numbers}]
            for name in self._config.phone_search_properties
        ]
        return await self._client.search(groups, FIND, call)

    async def _by_id(self, ids: Sequence[str], call: CallContext) -> Contacts:
        """Ids of HubSpot are digits; a batch that holds anything else is refused as a whole."""
        numeric = [id for id in ids if record_number(id, INT64) is not None]  # noqa: A001
        found: Contacts = []
        for batch in chunks(numeric, BATCH):
            found += (await self._client.batch_read(batch, FIND, call)).results
        return found

    # --- matching -------------------------------------------------------------------------------------------------

    def _record(self, contact: WireContact, reading: Reading) -> CustomerRecord:
        return mapping.customer(contact, self._config, reading.freshness)

    def _bearers(
        self, contacts: Sequence[WireContact], key: CustomerKey, reading: Reading
    ) -> tuple[CustomerRecord, ...]:
        """One record for each contact, however often it was answered."""
        found: dict[str, CustomerRecord] = {}
        for contact in contacts:
            record = self._record(contact, reading)
            if not contact.archived and bears(record, key, mapping.former_ids(contact)):
                found[contact.id] = record
        return tuple(found.values())
