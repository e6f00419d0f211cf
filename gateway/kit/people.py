"""People as vendors keep them: phone numbers as typed, and which record truly bears a customer's key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import phonenumbers

from gateway.errors import AdapterError, RequestRefused
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord, EnsureCustomer, EnsuredCustomer


def e164(written: str | None, country: str) -> str | None:
    """A stored phone number as E.164. None for what is no possible number, and for one without a country code where no
    `country` (ISO 3166-1 alpha-2) is configured: a guessed country is somebody else's number."""
    try:
        number = phonenumbers.parse(written or "", country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def bears(record: CustomerRecord, key: CustomerKey, other_ids: Collection[str] = ()) -> bool:
    """Whether the record has the key, whatever a search says. `other_ids` are native ids it also answers to, such as
    those of records merged into it."""
    if key.kind is CustomerKeyKind.EMAIL:
        return key.value in record.emails
    if key.kind is CustomerKeyKind.PHONE:
        return key.value in record.phones
    return key.value == record.ref.id or key.value in other_ids


def wanted(command: EnsureCustomer) -> CustomerKey:
    """What a record is looked for by. Raises RequestRefused for an email that nobody verified."""
    if not command.verified:
        raise RequestRefused(detail="an email that nobody verified is nobody's record")
    return CustomerKey(CustomerKeyKind.EMAIL, command.email)


def the_one(found: Sequence[CustomerRecord] | AdapterError | None) -> EnsuredCustomer | None:
    """Of what was found; None where nobody bears it. Raises what kept it from being found."""
    if isinstance(found, AdapterError):
        raise found
    if not found:
        return None
    return EnsuredCustomer(found[0].ref if len(found) == 1 else None)
