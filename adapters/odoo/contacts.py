"""Contacts (`res.partner`) as people: who bears an email, and which contacts are only addresses of somebody."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import getaddresses
from typing import Any, TypeVar

from adapters.odoo.values import Empty, Row, any_of, link, record_id, text
from gateway.kit.keyed import by_kind
from gateway.model.customers import CustomerKey, CustomerKeyKind

PEOPLE_A_REQUEST = 200
ADDRESSES = ("invoice", "delivery", "other")
"""Kinds of contacts that are places of the one they belong to, not people."""


class Tag(Row, frozen=True):
    name: str


class Contact(Row, frozen=True):
    """`email` may hold several addresses; `email_normalized` is the first. `commercial_partner_id`: the company it
    belongs to, or itself."""

    email: str | Empty
    email_normalized: str | Empty
    phone_sanitized: str | Empty
    type: str | Empty
    parent_id: int | Empty
    commercial_partner_id: int | Empty

    @property
    def is_address(self) -> bool:
        return self.type in ADDRESSES and link(self.parent_id) is not None

    @property
    def person(self) -> int:
        """Whose orders these are."""
        parent = link(self.parent_id)
        return parent if self.is_address and parent is not None else self.id


C = TypeVar("C", bound=Contact)


def is_guests(row: Contact, guest: int) -> bool:
    """Whether it is the contact that guests' orders are made out to, or an address beneath it: nobody's record,
    whatever email it bears."""
    return guest in (row.id, link(row.parent_id)) if guest else False


def contact_domain(keys: Sequence[CustomerKey], prefix: str = "") -> list[Any]:
    """Any of these people. `prefix` is the path to the contact, such as `partner_id.`. A field that holds several
    addresses is found by each; what is found is compared exactly afterwards."""
    values = by_kind(keys)
    terms: list[Any] = []
    if emails := values[CustomerKeyKind.EMAIL]:
        terms.append([f"{prefix}email_normalized", "in", emails])
        terms += [[f"{prefix}email", "ilike", _literally(email)] for email in emails]
    if phones := values[CustomerKeyKind.PHONE]:
        terms.append([f"{prefix}phone_sanitized", "in", phones])
    ids = [found for value in values[CustomerKeyKind.NATIVE] if (found := record_id(value)) is not None]
    if ids:  # and their addresses
        theirs = ["&", [f"{prefix}parent_id", "in", ids], [f"{prefix}type", "in", list(ADDRESSES)]]
        terms += [[f"{prefix}id", "in", ids], *theirs]
    return any_of(terms)


def _literally(value: str) -> str:
    """`ilike` knows two wildcards and an escape."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def addressed_to(row: Contact) -> tuple[str, ...]:
    """Every address in a contact's email field, in lower case."""
    written = (text(row.email) or "").replace(";", ",")
    found = [address.strip().lower() for _, address in getaddresses([written]) if "@" in address]
    first = text(row.email_normalized)
    return tuple(dict.fromkeys([*((first,) if first else ()), *found]))


def matches(key: CustomerKey, row: Contact) -> bool:
    """Exactly. Without the phone library `phone_sanitized` is what somebody typed, and finds nothing."""
    match key.kind:
        case CustomerKeyKind.EMAIL:
            return key.value in addressed_to(row)
        case CustomerKeyKind.PHONE:
            return text(row.phone_sanitized) == key.value
        case CustomerKeyKind.NATIVE:
            return str(row.id) == key.value


def people_among(rows: Sequence[C]) -> list[C]:
    """Without the addresses of whoever else is found. Addresses alone, of one company, are the first of them."""
    people = [row for row in rows if not row.is_address]
    families = {link(row.commercial_partner_id) or row.id for row in people} | {row.id for row in people}
    for row in sorted((row for row in rows if row.is_address), key=lambda row: row.id):
        known = {link(row.commercial_partner_id), link(row.parent_id)} & families
        if not known:
            people.append(row)
            families |= {family for family in (link(row.commercial_partner_id), row.id) if family is not None}
    return people
