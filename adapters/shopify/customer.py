"""CustomerPort and ConsentPort: one alias for each key, a hundred keys in one request. The vendor keeps email and phone
unique in a shop, so a key matches one record or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import lru_cache

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import CUSTOMER, is_gid
from adapters.shopify.product.rows import Moment, Node
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import Consent, ConsentState, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
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
    def __init__(self, env: AdapterEnvironment, client: Client, config: ShopifyConfig) -> None:
        self._env = env
        self._client = client
        self._trust_verified = config.trust_verified_email

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        found = await self._find(keys, call, "customer.find_customers")
        return {key: (record,) for key, record in found.items()}

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        wanted = [CustomerKey(CustomerKeyKind.EMAIL, email) for email in keys]
        found = await self._find(wanted, call, "customer.get_consents")
        return {key.value: record.consents for key, record in found.items()}

    async def _find(
        self, keys: Sequence[CustomerKey], call: CallContext, operation: str
    ) -> dict[CustomerKey, CustomerRecord]:
        found: dict[CustomerKey, CustomerRecord] = {}
        askable = [key for key in keys if key.kind is not CustomerKeyKind.NATIVE or is_gid(CUSTOMER, key.value)]

        async def send(piece: Sequence[CustomerKey]) -> None:
            answer = await self._client.ask(
                document(len(piece)),
                {f"k{place}": {IDENTIFIERS[key.kind]: key.value} for place, key in enumerate(piece)},
                dict[str, _Customer | None],
                operation=operation,
                call=call,
                points=float(POINTS * len(piece)),
            )
            freshness = Freshness(self._env.name, self._env.clock())
            for place, key in enumerate(piece):
                customer = answer.get(f"k{place}")
                if customer is not None:
                    record = self._record(customer, freshness)
                    if key.value in (record.ref.id, *record.emails, *record.phones):
                        found[key] = record

        await self._client.costs.in_pieces("Customers", askable, POINTS, KEYS_PER_REQUEST, send)
        return found

    def _record(self, customer: _Customer, freshness: Freshness) -> CustomerRecord:
        email, phone = customer.default_email_address, customer.default_phone_number
        consents: list[Consent] = []
        if email:
            state = STATES.get(email.marketing_state, ConsentState.UNKNOWN)
            consents.append(Consent("email", state, freshness, updated_at=_utc(email.marketing_updated_at)))
        if phone:
            sms = phone.sms_marketing_consent
            state = STATES.get(sms.state, ConsentState.UNKNOWN)
            consents.append(Consent("sms", state, freshness, updated_at=_utc(sms.updated_at)))
        verified = customer.verified_email if self._trust_verified or not customer.verified_email else None
        return CustomerRecord(
            ref=NativeRef(self._env.name, customer.id),
            freshness=freshness,
            emails=(email.email_address.lower(),) if email else (),
            email_verified=verified if email else None,
            phones=(phone.phone_number,) if phone else (),
            given_name=customer.first_name or None,
            family_name=customer.last_name or None,
            language=tag_or(customer.locale, "") or None,
            groups=tuple(customer.tags),
            consents=tuple(consents),
            updated_at=_utc(customer.updated_at),
        )


def _utc(moment: Moment | None) -> Moment | None:
    return moment.astimezone(UTC) if moment else None
