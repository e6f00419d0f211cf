"""`CustomerPort`: profiles by email, phone or id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.ids import ids_among
from adapters.square.rows import Answer, Error, Instant
from gateway.errors import AdapterError
from gateway.kit.concurrency import in_chunks, outcomes
from gateway.kit.keyed import chunks
from gateway.kit.moments import utc
from gateway.kit.people import bears, e164
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, ConsentState, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.written_times import date_of
from gateway.ports.manifest import AdapterEnvironment

PROFILES_PER_READ = 100


class Preferences(Struct, frozen=True):
    email_unsubscribed: bool | None = None


class Profile(Struct, frozen=True):
    id: str
    updated_at: Instant | None = None
    given_name: str | None = None
    family_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    birthday: str | None = None
    reference_id: str | None = None
    preferences: Preferences | None = None
    group_ids: tuple[str, ...] | None = None


class CustomersAnswer(Answer, frozen=True, kw_only=True):
    customers: tuple[Profile, ...] | None = None


class OneCustomer(Struct, frozen=True):
    customer: Profile | None = None
    errors: tuple[Error, ...] | None = None


class BulkCustomersAnswer(Answer, frozen=True, kw_only=True):
    responses: dict[str, OneCustomer] | None = None


class Customers:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        self._env = env
        self._client = client

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request per email or phone, because Square joins filters by AND; known ids 100 at a time. A request that
        fails is the error of its own keys. Several profiles of one person are normal (Square makes "instant" ones at
        the till): all are answered."""
        native = [key for key in keys if key.kind is CustomerKeyKind.NATIVE]
        searched = [key for key in keys if key.kind is not CustomerKeyKind.NATIVE]
        answers: dict[CustomerKey, tuple[CustomerRecord, ...] | AdapterError] = {}

        async def known(some: Sequence[CustomerKey]) -> Mapping[CustomerKey, tuple[CustomerRecord, ...]]:
            found = await self._retrieve([key.value for key in some], call)
            return {key: (found[key.value],) for key in some if key.value in found}

        async def found(some: Sequence[CustomerKey]) -> Mapping[CustomerKey, tuple[CustomerRecord, ...]]:
            return {key: records for key in some if (records := await self.matching(key, call))}

        parts = [part for part in ((native, PROFILES_PER_READ, known), (searched, 1, found)) if part[0]]
        work = [in_chunks(some, size, ask) for some, size, ask in parts]
        for (some, _, _), outcome in zip(parts, await outcomes(work, at_once=1), strict=True):
            answers.update(dict.fromkeys(some, outcome) if isinstance(outcome, AdapterError) else outcome)
        return answers

    async def matching(self, key: CustomerKey, call: CallContext) -> tuple[CustomerRecord, ...]:
        """By one email or phone; compared again, because the index may be a minute behind the profiles."""
        field = "email_address" if key.kind is CustomerKeyKind.EMAIL else "phone_number"
        body = {"query": {"filter": {field: {"exact": key.value}}}, "limit": PROFILES_PER_READ}
        freshness = Reading.now(self._env).freshness
        records: dict[str, CustomerRecord] = {}
        async for page in self._client.pages("/v2/customers/search", body, CustomersAnswer, call):
            for profile in page.customers or ():
                record = customer(profile, self._env.config.country, freshness)
                if bears(record, key):
                    records[profile.id] = record
        return tuple(records.values())

    async def _retrieve(self, ids: Sequence[str], call: CallContext) -> Mapping[str, CustomerRecord]:
        freshness = Reading.now(self._env).freshness
        found: dict[str, CustomerRecord] = {}
        for batch in chunks(ids_among(ids), PROFILES_PER_READ):
            body = {"customer_ids": batch}
            path = "/v2/customers/bulk-retrieve"
            answer = await self._client.post(path, body, BulkCustomersAnswer, call)
            for asked, one in (answer.responses or {}).items():
                if one.customer is not None:
                    # A merged profile answers under its surviving id.
                    found[asked] = customer(one.customer, self._env.config.country, freshness)
        return found


def customer(profile: Profile, country: str, freshness: Freshness) -> CustomerRecord:
    """Square verifies no email. Not having unsubscribed is no consent, so only the refusal is certain."""
    phone = e164(profile.phone_number, country)
    refused = profile.preferences is not None and profile.preferences.email_unsubscribed is True
    state = ConsentState.DENIED if refused else ConsentState.UNKNOWN
    reference = profile.reference_id
    return CustomerRecord(
        ref=NativeRef(freshness.source, profile.id),
        freshness=freshness,
        emails=(profile.email_address.strip().lower(),) if profile.email_address else (),
        phones=(phone,) if phone else (),
        given_name=profile.given_name,
        family_name=profile.family_name,
        birth_date=_birthday(profile.birthday),
        groups=profile.group_ids or (),
        consents=(Consent("email", state, freshness),),
        external_ids=(NativeRef("reference_id", reference),) if reference else (),
        updated_at=utc(profile.updated_at),
    )


def _birthday(text: str | None) -> date | None:
    """`0000-09-21` is a day without a year, which is no date."""
    try:
        return date_of(text) if text and not text.startswith("0000") else None
    except ValueError:
        return None
