"""CustomerPort: contacts, found by normalised email and phone in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from adapters.odoo.backend import OdooBackend, chunks
from adapters.odoo.values import Empty, moment, record_id, text
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef

KEYS_A_REQUEST = 200
FIND_CUSTOMERS = "customer.find_customers"


class _Tag(Struct, frozen=True):
    id: int
    name: str


class _Partner(Struct, frozen=True):
    id: int
    name: str | Empty
    email_normalized: str | Empty
    phone_sanitized: str | Empty
    lang: str | Empty
    ref: str | Empty
    category_id: tuple[_Tag, ...]
    write_date: str | Empty


def contact_domain(keys: Sequence[CustomerKey], prefix: str = "") -> list[Any]:
    """Any of these people. `prefix` is the path to the contact, such as `partner_id.`."""
    fields = {
        CustomerKeyKind.EMAIL: f"{prefix}email_normalized",
        CustomerKeyKind.PHONE: f"{prefix}phone_sanitized",
        CustomerKeyKind.NATIVE: f"{prefix}id",
    }
    terms: list[Any] = []
    for kind, path in fields.items():
        values = sorted({key.value for key in keys if key.kind is kind})
        if kind is CustomerKeyKind.NATIVE:
            ids = [found for value in values if (found := record_id(value)) is not None]
            terms += [[path, "in", ids]] if ids else []
        elif values:
            terms.append([path, "in", values])
    return [*["|"] * (len(terms) - 1), *terms]


def matches(key: CustomerKey, identifier: int, email: str | None, phone: str | None) -> bool:
    """Exactly. Without the phone library `phone_sanitized` is what somebody typed, and finds nothing."""
    match key.kind:
        case CustomerKeyKind.EMAIL:
            return email == key.value
        case CustomerKeyKind.PHONE:
            return phone == key.value
        case CustomerKeyKind.NATIVE:
            return str(identifier) == key.value


class OdooCustomers(OdooBackend):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """Several contacts with one address are normal; archived ones are left out."""
        rows: dict[int, _Partner] = {}
        for chunk in chunks(keys, KEYS_A_REQUEST):
            domain = contact_domain(chunk)
            if domain:
                found = await self.client.search(_Partner, "res.partner", domain, call, operation=FIND_CUSTOMERS)
                rows |= {row.id: row for row in found}
        freshness = self.freshness()
        records = {row.id: self._record(row, freshness) for row in rows.values()}
        answers: dict[CustomerKey, tuple[CustomerRecord, ...] | AdapterError] = {}
        for key in keys:
            same = tuple(
                records[row.id]
                for row in rows.values()
                if matches(key, row.id, text(row.email_normalized), text(row.phone_sanitized))
            )
            if same:
                answers[key] = same
        return answers

    def _record(self, row: _Partner, freshness: Freshness) -> CustomerRecord:
        email, phone, code = text(row.email_normalized), text(row.phone_sanitized), text(row.lang)
        given, family = self._names(text(row.name))
        reference = text(row.ref)
        return CustomerRecord(
            ref=self.ref(row.id),
            freshness=freshness,
            emails=(email,) if email else (),
            phones=(phone,) if phone and phone.startswith("+") else (),
            given_name=given,
            family_name=family,
            language=self.config.language_tag(code) if code else None,
            groups=tuple(tag.name for tag in row.category_id),
            external_ids=(NativeRef("ref", reference),) if reference else (),
            updated_at=moment(row.write_date),
        )

    def _names(self, name: str | None) -> tuple[str | None, str | None]:
        """Odoo has one name. It is cut at the blank next to the family name; a single word is a given name."""
        if not name:
            return None, None
        if self.config.name_order == "family_given":
            family, _, given = name.partition(" ")
            return (given, family) if given else (family, None)
        given, _, family = name.rpartition(" ")
        return (given, family) if given else (family, None)
