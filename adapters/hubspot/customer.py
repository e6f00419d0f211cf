"""`CustomerPort`: contacts by email, phone or id."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import phonenumbers
from msgspec import Struct

from adapters.hubspot.client import CONTACTS, HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from gateway.errors import AdapterError
from gateway.kit.concurrency import outcomes
from gateway.kit.keyed import answered, by_kind, chunks
from gateway.kit.pages import cursor_pages
from gateway.kit.people import bears, e164
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import INT64, NativeRef, record_number
from gateway.model.languages import tag_or
from gateway.model.written_numbers import whole_of
from gateway.model.written_times import date_of
from gateway.ports.manifest import AdapterEnvironment

BATCH = 100
"""Inputs of a batch read."""
SEARCH_PAGE = 100
SEARCH_GROUPS = 5
"""Filter groups (OR) of one search; each holds up to 6 filters (AND)."""
SEARCH_RESULTS = 10_000
"""What a search gives at most, over all its pages."""

Group = Sequence[Mapping[str, object]]


class WireContact(Struct, frozen=True, rename="camel"):
    """Every property is a text or null, whatever its type."""

    id: str
    properties: Mapping[str, str | None]
    updated_at: datetime
    archived: bool = False


class _Next(Struct, frozen=True):
    after: str


class _Paging(Struct, frozen=True):
    next: _Next | None = None


class ContactsAnswer(Struct, frozen=True):
    """A page, or a batch: 200, or 207 with `errors` for what was not found."""

    results: tuple[WireContact, ...]
    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None


Contacts = list[WireContact]


class Customers:
    def __init__(self, env: AdapterEnvironment[HubSpotConfig], client: HubSpotClient) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._properties = list(env.config.properties)

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request for each kind of key that is asked, side by side. When one kind fails and another answers, the
        keys of the first are answered with its error: phones need the search, which has a narrower rate limit."""
        values = by_kind(keys)
        reads: dict[CustomerKeyKind, Coroutine[Any, Any, Contacts]] = {}
        failed: dict[CustomerKey, AdapterError] = {}
        if emails := values[CustomerKeyKind.EMAIL]:
            reads[CustomerKeyKind.EMAIL] = self._by_email(emails, failed, call)
        if phones := values[CustomerKeyKind.PHONE]:
            reads[CustomerKeyKind.PHONE] = self._by_phone(phones, call)
        if ids := values[CustomerKeyKind.NATIVE]:
            # A batch that holds anything but digits is refused as a whole.
            numeric = [each for each in ids if record_number(each, INT64) is not None]
            reads[CustomerKeyKind.NATIVE] = self._batch_read(numeric, {}, call)
        found = dict(zip(reads, await outcomes(list(reads.values())), strict=True))
        freshness = Reading.now(self._env).freshness

        def bearers(key: CustomerKey, contacts: Contacts) -> tuple[CustomerRecord, ...] | None:
            """One record for each contact, however often it was answered."""
            living = {each.id: each for each in contacts if not each.archived}
            records = ((each, customer(each, self._config, freshness)) for each in living.values())
            return tuple(record for each, record in records if bears(record, key, former_ids(each))) or None

        return answered(keys, lambda key: failed.get(key) or found[key.kind], bearers)

    async def _by_email(
        self, emails: Sequence[str], failed: dict[CustomerKey, AdapterError], call: CallContext
    ) -> Contacts:
        """`failed` takes the emails that only a search could have found, and that failed."""
        found = await self._batch_read(emails, {"idProperty": "email"}, call)
        if self._config.search_secondary_emails:
            freshness = Reading.now(self._env).freshness
            known = {email for each in found for email in customer(each, self._config, freshness).emails}
            for batch in chunks([email for email in emails if email not in known], SEARCH_GROUPS):
                groups = [
                    [{"propertyName": "hs_additional_emails", "operator": "CONTAINS_TOKEN", "value": email}]
                    for email in batch
                ]
                try:
                    found += await self._search(groups, call)
                except AdapterError as error:
                    if not found:
                        raise
                    failed |= {CustomerKey(CustomerKeyKind.EMAIL, email): error for email in batch}
        return found

    async def _by_phone(self, phones: Sequence[str], call: CallContext) -> Contacts:
        numbers = sorted({digits for phone in phones if (digits := searchable(phone))})
        if not numbers:
            return []
        groups = [
            [{"propertyName": name, "operator": "IN", "values": numbers}]
            for name in self._config.phone_search_properties
        ]
        return await self._search(groups, call)

    async def _batch_read(self, ids: Sequence[str], narrowed: Mapping[str, object], call: CallContext) -> Contacts:
        """What does not exist is absent; the order is HubSpot's."""
        found: Contacts = []
        for batch in chunks(ids, BATCH):
            body = {
                "inputs": [{"id": each} for each in batch],
                "properties": self._properties,
                "propertiesWithHistory": [],
                **narrowed,
            }
            found += (await self._client.post(f"{CONTACTS}/batch/read", body, ContactsAnswer, call)).results
        return found

    async def _search(self, groups: Sequence[Group], call: CallContext) -> Contacts:
        """Contacts matching all filters of any group. The index lags writes by seconds and finds near matches."""
        body: dict[str, object] = {
            "filterGroups": [{"filters": group} for group in groups],
            "properties": self._properties,
            "limit": SEARCH_PAGE,
            "sorts": [],
        }

        async def page(after: str | None) -> ContactsAnswer:
            asked = {**body, "after": after} if after else body
            return await self._client.post(f"{CONTACTS}/search", asked, ContactsAnswer, call)

        found: Contacts = []
        async for each in cursor_pages(page, lambda page: page.after, what="search"):
            found += each.results
            if len(found) >= SEARCH_RESULTS:
                break
        return found


def customer(wire: WireContact, config: HubSpotConfig, freshness: Freshness) -> CustomerRecord:
    def text(name: str) -> str:
        """A property that was cleared is empty, one that was never set is null."""
        return ((wire.properties.get(name) or "") if name else "").strip()

    emails = [text("email"), *text("hs_additional_emails").split(";")]
    numbers = [e164(text(name), config.phone_country) for name in ("phone", "mobilephone")]
    ids = [(name, text(name)) for name in config.id_properties]
    return CustomerRecord(
        ref=NativeRef(freshness.source, wire.id),
        freshness=freshness,
        emails=tuple(dict.fromkeys(email.strip().lower() for email in emails if email.strip())),
        phones=tuple(dict.fromkeys(number for number in numbers if number)),
        given_name=text("firstname") or None,
        family_name=text("lastname") or None,
        language=tag_or(text(config.language_property), "") or None,  # HubSpot writes `en-gb`
        birth_date=birth_date(text(config.birth_date_property)),
        groups=tuple(group.strip() for group in text(config.group_property).split(";") if group.strip()),
        external_ids=tuple(NativeRef(name, value) for name, value in ids if value),
        updated_at=wire.updated_at,
    )


def former_ids(wire: WireContact) -> tuple[str, ...]:
    """A merged contact also answers to the ids it had before."""
    return tuple((wire.properties.get("hs_merged_object_ids") or "").split(";"))


def searchable(number: str) -> str | None:
    """An E.164 number as HubSpot indexes it: its digits without the country code."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None


def birth_date(text: str) -> date | None:
    """An ISO date, or epoch milliseconds at midnight UTC. HubSpot's own property is free text: the rest is left out."""
    try:
        return date_of(text)
    except ValueError:
        pass
    try:
        return datetime.fromtimestamp(whole_of(text) / 1000, UTC).date() if len(text) > 8 else None
    except (ValueError, OverflowError, OSError):
        return None
