"""A HubSpot account's data: contacts with their properties, the search index that lags behind them, subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import phonenumbers
from msgspec import Struct, field

from adapters.hubspot.sandbox.description import Json
from gateway.model.customers import ConsentState, CustomerRecord
from gateway.testing.sandbox import Seed

GROUP_PROPERTY = "customer_group"
DEFAULT_PROPERTIES = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
ALWAYS = ("createdate", "hs_object_id", "lastmodifieddate")
KNOWN_PROPERTIES = frozenset(
    {
        *DEFAULT_PROPERTIES,
        "hs_additional_emails",
        "hs_merged_object_ids",
        "phone",
        "mobilephone",
        "hs_searchable_calculated_phone_number",
        "hs_searchable_calculated_mobile_number",
        "hs_language",
        "date_of_birth",
        GROUP_PROPERTY,
    }
)
NEWSLETTER = "Marketing Information"


class Contact(Struct):
    """`properties` are texts; what is absent was never set (null), what is empty was cleared."""

    id: str
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    subscriptions: dict[str, bool] = field(default_factory=dict[str, bool])

    @property
    def emails(self) -> tuple[str, ...]:
        secondary = self.properties.get("hs_additional_emails", "").split(";")
        return tuple(email for email in (self.properties.get("email", ""), *secondary) if email)

    @property
    def merged_ids(self) -> tuple[str, ...]:
        return tuple(id for id in self.properties.get("hs_merged_object_ids", "").split(";") if id)  # noqa: A001


class Portal:
    """Calls see `contacts`; searches see what was there when the index last caught up."""

    def __init__(self, seed: Seed, now: datetime) -> None:
        self.now = now
        self.properties = set(KNOWN_PROPERTIES)
        self.contacts: dict[str, Contact] = {}
        self._index: dict[str, dict[str, str]] = {}
        for record in seed.customers:
            self.add(record)
        self.catch_up()

    def add(self, record: CustomerRecord) -> Contact:
        """Raises ValueError where another contact has the email: HubSpot allows no two."""
        taken = [contact.id for contact in self.contacts.values() if set(contact.emails) & set(record.emails)]
        if taken or record.ref.id in self.contacts:
            raise ValueError(f"contact {record.ref.id} has the email or id of contact {taken or record.ref.id}")
        self.properties.update(ref.backend for ref in record.external_ids)
        updated = record.updated_at or self.now
        contact = Contact(record.ref.id, _properties(record), min(updated, self.now), updated)
        for consent in record.consents:
            if consent.channel == "email":
                contact.subscriptions[consent.purpose or NEWSLETTER] = consent.state is ConsentState.GRANTED
        self.contacts[contact.id] = contact
        return contact

    def catch_up(self) -> None:
        """The search index sees everything written so far."""
        self._index = {
            contact.id: self.shown(contact, self.properties)
            for contact in self.contacts.values()
            if not contact.archived
        }

    def merge(self, survivor: str, merged: str) -> None:
        """The merged contact's id and emails live on in the survivor."""
        gone = self.contacts.pop(merged)
        kept = self.contacts[survivor]
        kept.properties["hs_merged_object_ids"] = ";".join((*kept.merged_ids, merged, *gone.merged_ids))
        kept.properties["hs_additional_emails"] = ";".join((*kept.emails[1:], *gone.emails))
        kept.updated_at = self.now

    def by_id(self, id: str) -> Contact | None:  # noqa: A002
        found = self.contacts.get(id)
        return found or next((contact for contact in self.contacts.values() if id in contact.merged_ids), None)

    def by_email(self, email: str, *, secondary: bool) -> Contact | None:
        wanted = email.lower()
        for contact in self.contacts.values():
            emails = [known.lower() for known in contact.emails]
            if wanted in (emails if secondary else emails[:1]):
                return contact
        return None

    def matching(self, groups: Iterable[Iterable[Json]]) -> list[Contact]:
        """Contacts whose indexed properties pass all filters of any group, oldest first."""
        wanted = [list(group) for group in groups]
        return [
            self.contacts[id]
            for id, indexed in self._index.items()  # noqa: A001
            if id in self.contacts and any(all(_passes(entry, indexed) for entry in group) for group in wanted)
        ]

    def subscription_types(self) -> list[str]:
        named = {name for contact in self.contacts.values() for name in contact.subscriptions}
        return sorted(named | {NEWSLETTER})

    def shown(self, contact: Contact, names: Iterable[str]) -> dict[str, str]:
        """Named properties that are set; calculated ones included."""
        stored: Mapping[str, str] = {
            **contact.properties,
            "hs_object_id": contact.id,
            "createdate": contact.created_at.isoformat(),
            "lastmodifieddate": contact.updated_at.isoformat(),
            "hs_searchable_calculated_phone_number": _searchable(contact.properties.get("phone", "")),
            "hs_searchable_calculated_mobile_number": _searchable(contact.properties.get("mobilephone", "")),
        }
        return {name: stored[name] for name in names if name in stored}


def _properties(record: CustomerRecord) -> dict[str, str]:
    first, *more = record.emails or ("",)
    texts = {
        "email": first.lower(),
        "hs_additional_emails": ";".join(email.lower() for email in more),
        "firstname": record.given_name or "",
        "lastname": record.family_name or "",
        "phone": record.phones[0] if record.phones else "",
        "mobilephone": record.phones[1] if len(record.phones) > 1 else "",
        "hs_language": (record.language or "").lower(),
        "date_of_birth": record.birth_date.isoformat() if record.birth_date else "",
        GROUP_PROPERTY: ";".join(record.groups),
    }
    foreign = {ref.backend: ref.id for ref in record.external_ids}
    return {name: text for name, text in {**texts, **foreign}.items() if text}


def _searchable(number: str) -> str:
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return "".join(character for character in number if character.isdigit())


def _passes(entry: Json, properties: Mapping[str, str]) -> bool:
    """Texts are compared in lower case."""
    found = properties.get(entry["propertyName"], "").lower()
    value = str(entry.get("value") or "").lower()
    values = [str(one) for one in entry.get("values") or ()]
    match entry["operator"]:
        case "EQ":
            return found == value
        case "NEQ":
            return found != value
        case "IN":
            return found in values
        case "NOT_IN":
            return found not in values
        case "HAS_PROPERTY":
            return bool(found)
        case "NOT_HAS_PROPERTY":
            return not found
        case "CONTAINS_TOKEN":
            return value in found.replace(";", " ").split()
        case operator:
            raise ValueError(operator)
