"""One HubSpot account behind `CustomerPort` and `ConsentPort`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar, cast

from adapters.hubspot import mapping
from adapters.hubspot.client import BATCH, SEARCH_GROUPS, HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.webhooks import receive
from adapters.hubspot.wire import WireContact
from gateway.errors import AdapterError, Mistake
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.ports.domains import Probe
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

FIND = "customer.find_customers"
CONSENTS = "customer.get_consents"

Contacts = list[WireContact]
T = TypeVar("T")


class HubSpotAdapter:
    def __init__(self, environment: AdapterEnvironment) -> None:
        self.name = environment.name
        self._config = cast(HubSpotConfig, environment.config)
        self._client = HubSpotClient(environment, self._config)
        self._clock = environment.clock

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request for each kind of key that is asked, side by side. When one kind fails and another answers, the
        keys of the first are answered with its error: phones need the search, which has a narrower rate limit."""
        values = {kind: [key.value for key in keys if key.kind is kind] for kind in CustomerKeyKind}
        reads: dict[CustomerKeyKind, Coroutine[Any, Any, Contacts]] = {}
        if emails := values[CustomerKeyKind.EMAIL]:
            reads[CustomerKeyKind.EMAIL] = self._by_email(emails, call)
        if phones := values[CustomerKeyKind.PHONE]:
            reads[CustomerKeyKind.PHONE] = self._by_phone(phones, call)
        if ids := values[CustomerKeyKind.NATIVE]:
            reads[CustomerKeyKind.NATIVE] = self._by_id(ids, call)
        outcomes = dict(zip(reads, await _together(list(reads.values())), strict=True))
        failed = {kind: outcome for kind, outcome in outcomes.items() if isinstance(outcome, AdapterError)}
        if failed and len(failed) == len(outcomes):
            raise next(iter(failed.values()))
        freshness = Freshness(self.name, self._clock())
        answers: dict[CustomerKey, tuple[CustomerRecord, ...] | AdapterError] = {}
        for key in keys:
            outcome = outcomes[key.kind]
            if isinstance(outcome, AdapterError):
                answers[key] = outcome
            elif found := self._bearers(outcome, key, freshness):
                answers[key] = found
        return answers

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        """One request for each email: HubSpot's v3 has no other way."""
        outcomes = await _together([self._client.consents(email, CONSENTS, call) for email in keys])
        failures = [outcome for outcome in outcomes if isinstance(outcome, AdapterError)]
        if failures and len(failures) == len(outcomes):
            raise failures[0]
        freshness = Freshness(self.name, self._clock())
        answers: dict[str, tuple[Consent, ...] | AdapterError] = {}
        for email, outcome in zip(keys, outcomes, strict=True):
            if isinstance(outcome, AdapterError):
                answers[email] = outcome
            elif outcome is not None:
                answers[email] = mapping.consents(outcome, freshness)
        return answers

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
        for start in range(0, len(emails), BATCH):
            batch = emails[start : start + BATCH]
            found += (await self._client.batch_read(batch, FIND, call, id_property="email")).results
        if self._config.search_secondary_emails:
            known = {email for contact in found for email in self._record(contact).emails}
            found += await self._by_secondary_email([email for email in emails if email not in known], call)
        return found

    async def _by_secondary_email(self, emails: Sequence[str], call: CallContext) -> Contacts:
        found: Contacts = []
        for start in range(0, len(emails), SEARCH_GROUPS):
            groups = [
                [{"propertyName": "hs_additional_emails", "operator": "CONTAINS_TOKEN", "value": email}]
                for email in emails[start : start + SEARCH_GROUPS]
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
        numeric = [id for id in ids if id.isascii() and id.isdigit()]  # noqa: A001
        found: Contacts = []
        for start in range(0, len(numeric), BATCH):
            found += (await self._client.batch_read(numeric[start : start + BATCH], FIND, call)).results
        return found

    # --- matching -------------------------------------------------------------------------------------------------

    def _record(self, contact: WireContact) -> CustomerRecord:
        return mapping.customer(contact, self._config, Freshness(self.name, self._clock()))

    def _bearers(
        self, contacts: Sequence[WireContact], key: CustomerKey, freshness: Freshness
    ) -> tuple[CustomerRecord, ...]:
        """One record for each contact, however often it was answered."""
        found: dict[str, CustomerRecord] = {}
        for contact in contacts:
            record = mapping.customer(contact, self._config, freshness)
            if not contact.archived and mapping.bears(record, contact, key):
                found[contact.id] = record
        return tuple(found.values())


async def _together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T | AdapterError]:
    """All results, AdapterErrors as values. Anything else ends all of it, cancellation included."""
    tasks = [asyncio.ensure_future(_outcome(each)) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _outcome(work: Coroutine[Any, Any, T]) -> T | AdapterError:
    try:
        return await work
    except AdapterError as error:
        return error
