"""CustomerPort: contacts, found by email and phone in one call.

A person and their invoice and delivery addresses are several contacts of Odoo's; here they are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.odoo.contacts import Contact, addressed_to, contact_domain, matches, people_among
from adapters.odoo.values import Empty, moment, text
from adapters.odoo.variants import OdooBackend, chunks
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef

KEYS_A_REQUEST = 200
FIND_CUSTOMERS = "customer.find_customers"


class _Tag(Struct, frozen=True):
    id: int
    name: str


class _Partner(Contact, frozen=True, kw_only=True):
    name: str | Empty
    lang: str | Empty
    ref: str | Empty
    category_id: tuple[_Tag, ...]
    write_date: str | Empty


class OdooCustomers(OdooBackend):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """Several people with one email are normal; archived ones are left out."""
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
            same = people_among([row for row in rows.values() if matches(key, row)])
            if same:
                answers[key] = tuple(records[row.id] for row in same)
        return answers

    def _record(self, row: _Partner, freshness: Freshness) -> CustomerRecord:
        phone, code = text(row.phone_sanitized), text(row.lang)
        given, family = self._names(text(row.name))
        reference = text(row.ref)
        return CustomerRecord(
            ref=self.ref(row.id),
            freshness=freshness,
            emails=addressed_to(row),
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
