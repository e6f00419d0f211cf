"""`CustomerPort`: customers by email, phone or id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import phonenumbers

from adapters.vendure.client import GUARD
from adapters.vendure.ids import ids_among
from adapters.vendure.rows import Camel, Items, WireName, custom_fields
from adapters.vendure.shop import PAGE, Shop
from gateway.errors import AdapterError
from gateway.kit.keyed import by_kind
from gateway.kit.people import bears, e164
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.identity import NativeRef


def customers_query(id_fields: Sequence[str]) -> str:
    custom = custom_fields(id_fields)
    return f"""query Customers($options: CustomerListOptions!) {{
  {GUARD}
  customers(options: $options) {{
    totalItems
    items {{ id emailAddress phoneNumber firstName lastName updatedAt groups {{ name }} {custom} }}
  }}
}}"""


class WireCustomer(Camel, frozen=True):
    id: str
    email_address: str
    first_name: str
    last_name: str
    updated_at: datetime
    phone_number: str | None = None
    groups: tuple[WireName, ...] = ()
    custom_fields: Mapping[str, str | int | None] = {}


class CustomersData(Camel, frozen=True):
    customers: Items[WireCustomer]


class Customers:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._fields = shop.config.customer_id_fields
        self._country = shop.config.phone_country

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request. Vendure stores emails in lower case and phone numbers as typed."""
        values = by_kind(keys)
        phones = [form for number in values[CustomerKeyKind.PHONE] for form in spellings(number, self._country)]
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}}
            for field, found in (
                ("emailAddress", values[CustomerKeyKind.EMAIL]),
                ("phoneNumber", phones),
                ("id", ids_among(values[CustomerKeyKind.NATIVE])),
            )
            if found
        ]
        if not wanted:
            return {}
        variables = {"options": {"filter": {"_or": wanted}, "take": PAGE}}
        data = await self._shop.client.ask(customers_query(self._fields), CustomersData, call, variables)
        reading = self._shop.reading()
        records = [customer(wire, self._fields, self._country, reading) for wire in data.customers.items]
        theirs = {key: tuple(record for record in records if bears(record, key)) for key in keys}
        return {key: found for key, found in theirs.items() if found}


def spellings(number: str, country: str) -> tuple[str, ...]:
    """The ways a person may have typed an E.164 number. Vendure keeps phone numbers as typed and compares whole texts,
    so a number in yet another spelling is not found."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return (number,)
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    found = [number, international, international.replace("-", " "), f"00{number.removeprefix('+')}"]
    if country and phonenumbers.country_code_for_region(country.upper()) == parsed.country_code:
        national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        found += [national, "".join(character for character in national if character.isdigit())]
    return tuple(dict.fromkeys(found))


def customer(wire: WireCustomer, id_fields: Sequence[str], phone_country: str, reading: Reading) -> CustomerRecord:
    """`email_verified` stays unknown: Vendure sets its flag too when an administrator creates the account."""
    phone = e164(wire.phone_number, phone_country)
    ids = [(field, wire.custom_fields.get(field)) for field in id_fields]
    return CustomerRecord(
        ref=reading.ref(wire.id),
        freshness=reading.freshness,
        emails=(wire.email_address.strip().lower(),) if wire.email_address.strip() else (),
        phones=(phone,) if phone else (),
        given_name=wire.first_name or None,
        family_name=wire.last_name or None,
        groups=tuple(group.name for group in wire.groups),
        external_ids=tuple(NativeRef(field, str(value)) for field, value in ids if value not in (None, "")),
        updated_at=wire.updated_at,
    )
