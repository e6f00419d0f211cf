"""CustomerPort: contacts, found by email and phone in one call.

A person and their invoice and delivery addresses are several contacts of Odoo's; here they are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.contacts import (
    PEOPLE_A_REQUEST,
    Contact,
    Tag,
    addressed_to,
    contact_domain,
    is_guests,
    matches,
    people_among,
)
from adapters.odoo.values import Empty, moment, text
from gateway.errors import AdapterError
from gateway.kit.concurrency import in_chunks
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerRecord
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment


class _Partner(Contact, frozen=True, kw_only=True):
    name: str | Empty
    lang: str | Empty
    ref: str | Empty
    category_id: tuple[Tag, ...]
    write_date: str | Empty


class Customers:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        self._env = env
        self._config = env.config
        self._client = client

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """Several people with one email are normal; archived ones are left out."""

        async def ask(some: Sequence[CustomerKey]) -> Mapping[CustomerKey, tuple[CustomerRecord, ...]]:
            domain = contact_domain(some)
            found = await self._client.search(_Partner, "res.partner", domain, call) if domain else ()
            rows = [row for row in found if not is_guests(row, self._config.guest_contact)]
            reading = Reading.now(self._env)
            records = {row.id: self._record(row, reading) for row in rows}
            people = {key: people_among([row for row in rows if matches(key, row)]) for key in some}
            return {key: tuple(records[row.id] for row in same) for key, same in people.items() if same}

        return await in_chunks(keys, PEOPLE_A_REQUEST, ask)

    def _record(self, row: _Partner, reading: Reading) -> CustomerRecord:
        phone, code = text(row.phone_sanitized), text(row.lang)
        given, family = self._names(text(row.name))
        reference = text(row.ref)
        return CustomerRecord(
            ref=reading.ref(str(row.id)),
            freshness=reading.freshness,
            emails=addressed_to(row),
            phones=(phone,) if phone and phone.startswith("+") else (),
            given_name=given,
            family_name=family,
            language=self._config.language_tag(code) if code else None,
            groups=tuple(tag.name for tag in row.category_id),
            external_ids=(NativeRef("ref", reference),) if reference else (),
            updated_at=moment(row.write_date),
        )

    def _names(self, name: str | None) -> tuple[str | None, str | None]:
        """Odoo has one name. It is cut at the blank next to the family name; a single word is a given name."""
        if not name:
            return None, None
        if self._config.name_order == "family_given":
            family, _, given = name.partition(" ")
            return (given, family) if given else (family, None)
        given, _, family = name.rpartition(" ")
        return (given, family) if given else (family, None)
