"""CustomerPort and ConsentPort: one alias for each key, a hundred keys in one request. The vendor keeps email and phone
unique in a shop, so a key matches one record or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import CUSTOMER, is_gid
from adapters.shopify.shapes import Moment, Node
from gateway.errors import AdapterError
from gateway.kit.moments import utc
from gateway.kit.people import bears
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, ConsentState, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.languages import tag_or
from gateway.ports.manifest import AdapterEnvironment

KEYS_PER_REQUEST = 100
POINTS = 4
"""A customer, the email, the phone and its consent."""

IDENTIFIERS = {
    CustomerKeyKind.EMAIL: "emailAddress",
    CustomerKeyKind.PHONE: "phoneNumber",
    CustomerKeyKind.NATIVE: "id",
}
STATES = {
    "SUBSCRIBED": ConsentState.GRANTED,
    "PENDING": ConsentState.PENDING,
    "UNSUBSCRIBED": ConsentState.DENIED,
}
"""Everything else (never asked, redacted, an address that cannot receive) is unknown."""


@lru_cache(maxsize=128)
def document(keys: int) -> Document:
    parameters = "".join(f"$k{i}:CustomerIdentifierInput! " for i in range(keys))
    aliases = " ".join(f"k{i}:customerByIdentifier(identifier:$k{i}){{...C}}" for i in range(keys))
    return Document(
        "admin",
        "Customers",
        f"query Customers({parameters}){{{aliases}}}\n"
        "fragment C on Customer{id firstName lastName locale tags verifiedEmail updatedAt"
        " defaultEmailAddress{emailAddress marketingState marketingUpdatedAt}"
        " defaultPhoneNumber{phoneNumber smsMarketingConsent{state updatedAt}}}",
    )


class _Email(Node, frozen=True, kw_only=True):
    email_address: str
    marketing_state: str
    marketing_updated_at: Moment | None = None


class _Sms(Node, frozen=True, kw_only=True):
    state: str
    updated_at: Moment | None = None


class _Phone(Node, frozen=True, kw_only=True):
    phone_number: str
    sms_marketing_consent: _Sms


class _Customer(Node, frozen=True, kw_only=True):
    id: str
    locale: str
    tags: list[str]
    verified_email: bool
    updated_at: Moment
    first_name: str | None = None
    last_name: str | None = None
    default_email_address: _Email | None = None
    default_phone_number: _Phone | None = None


class Customers:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client) -> None:
        self._env = env
        self._client = client

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        return {key: (record,) for key, record in (await self._find(keys, call)).items()}

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        found = await self._find([CustomerKey(CustomerKeyKind.EMAIL, email) for email in keys], call)
        return {key.value: record.consents for key, record in found.items()}

    async def _find(self, keys: Sequence[CustomerKey], call: CallContext) -> dict[CustomerKey, CustomerRecord]:
        customers = await self._client.by_alias(
            document,
            [key for key in keys if key.kind is not CustomerKeyKind.NATIVE or is_gid(CUSTOMER, key.value)],
            lambda place, key: {f"k{place}": {IDENTIFIERS[key.kind]: key.value}},
            _Customer,
            call,
            points=POINTS,
            most=KEYS_PER_REQUEST,
        )
        reading = Reading.now(self._env)
        records = {key: self._record(customer, reading) for key, customer in customers.items()}
        return {key: record for key, record in records.items() if bears(record, key)}

    def _record(self, customer: _Customer, reading: Reading) -> CustomerRecord:
        email, phone = customer.default_email_address, customer.default_phone_number
        consents: list[Consent] = []
        if email:
            state = STATES.get(email.marketing_state, ConsentState.UNKNOWN)
            consents.append(Consent("email", state, reading.freshness, updated_at=utc(email.marketing_updated_at)))
        if phone:
            sms = phone.sms_marketing_consent
            state = STATES.get(sms.state, ConsentState.UNKNOWN)
            consents.append(Consent("sms", state, reading.freshness, updated_at=utc(sms.updated_at)))
        trusted = self._env.config.trust_verified_email or not customer.verified_email
        return CustomerRecord(
            ref=reading.ref(customer.id),
            freshness=reading.freshness,
            emails=(email.email_address.lower(),) if email else (),
            email_verified=customer.verified_email if email and trusted else None,
            phones=(phone.phone_number,) if phone else (),
            given_name=customer.first_name or None,
            family_name=customer.last_name or None,
            language=tag_or(customer.locale, "") or None,
            groups=tuple(customer.tags),
            consents=tuple(consents),
            updated_at=utc(customer.updated_at),
        )
