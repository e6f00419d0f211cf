"""Who a customer is in each system.

A link is asserted by a verified claim of the token that matches exactly one record of a backend. Several matches, or a
shared phone under another email, are candidates: kept for support, never exposed and never read with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gateway.errors import AdapterError
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    IdentityLink,
    LinkedCustomer,
    LinkStatus,
)
from gateway.model.identity import NativeRef
from gateway.ports.customer import FIND_CUSTOMERS
from gateway.ports.domain import DataDomain
from gateway.ports.state import IdentityLinks
from gateway.runtime.side_by_side import side_by_side
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord


class CustomerLinks:
    def __init__(self, systems: SystemsOfRecord, stored: IdentityLinks) -> None:
        self._systems = systems
        self._links = stored
        self._linking: dict[str, asyncio.Lock] = {}

    async def linked(self, scope: Scope) -> LinkedCustomer | None:
        """The signed-in customer over all systems that this market needs; None for anybody else."""
        person = scope.principal.key
        if person is None or scope.principal.kind != "customer":
            return None
        known = await self._links.of_person(person)
        if known is not None and not self._unasked(known, scope):
            return known
        lock = self._linking.setdefault(person, asyncio.Lock())
        try:
            async with lock:
                known = await self._links.of_person(person)
                waiting = self._unasked(known, scope)
                if known is not None and not waiting:
                    return known
                found = await side_by_side(lambda name: self._match(name, scope), waiting)
                links = [link for links, _ in found for link in links]
                asked = [name for name, (_, heard) in zip(waiting, found, strict=True) if heard]
                return await self._links.link(person, links, asked)
        finally:
            if not lock.locked():
                self._linking.pop(person, None)

    async def known(self, person: str) -> LinkedCustomer | None:
        """What is linked to a person (`Principal.key`) already: nobody is searched for."""
        return await self._links.of_person(person)

    async def recognise(self, person: str, record: NativeRef) -> None:
        """A record that bears the e-mail which a person was proven to have, and no other does. One that is another
        person's already stays theirs."""
        await self._links.link(person, [IdentityLink(record, LinkStatus.ASSERTED)], [record.backend])

    async def references(self, backend: str, scope: Scope) -> list[NativeRef]:
        """The signed-in customer's own records in one backend."""
        linked = await self.linked(scope)
        return [] if linked is None else list(linked.refs(backend))

    def _unasked(self, known: LinkedCustomer | None, scope: Scope) -> list[str]:
        asked = known.asked if known is not None else frozenset[str]()
        return [name for name in self._searchable(scope) if name not in asked]

    def _searchable(self, scope: Scope) -> list[str]:
        ownership = self._systems.ownership
        names = dict.fromkeys(
            name
            for domain in ownership.domains
            if domain.people
            for name in ownership.serving(domain, scope.commerce.country)
        )
        return [name for name in names if ownership.offers(name, FIND_CUSTOMERS.name)]

    async def _match(self, backend: str, scope: Scope) -> tuple[list[IdentityLink], bool]:
        """Links by verified claims, and whether the backend was heard."""
        email, phone = scope.principal.email, scope.principal.phone
        if email:
            records = await self.find_in(backend, CustomerKey(CustomerKeyKind.EMAIL, email.lower()), scope)
            if isinstance(records, AdapterError):
                return [], False
            if records:
                return links_of(records, proven=len(records) == 1), True
        if phone:
            records = await self.find_in(backend, CustomerKey(CustomerKeyKind.PHONE, phone), scope)
            if isinstance(records, AdapterError):
                return [], False
            alone = len(records) == 1 and all(email and known == email.lower() for known in records[0].emails)
            return links_of(records, proven=alone), True
        return [], True

    async def find_in(self, backend: str, key: CustomerKey, scope: Scope) -> tuple[CustomerRecord, ...] | AdapterError:
        found = await self._systems.caller.keyed(backend, FIND_CUSTOMERS, [key], scope.commerce, scope.personal())
        return found.get(key, ())


def unheard(linked: LinkedCustomer, domain: DataDomain, systems: SystemsOfRecord, scope: Scope) -> list[str]:
    """Backends that should have been searched for the signed-in customer and could not be heard: what they know of the
    domain is missing, though no link says so."""
    if scope.principal.kind != "customer":
        return []
    ownership = systems.ownership
    return [
        name
        for name in ownership.serving(domain, scope.commerce.country)
        if name not in linked.asked and not linked.refs(name) and ownership.offers(name, FIND_CUSTOMERS.name)
    ]


def links_of(records: Iterable[CustomerRecord], *, proven: bool) -> list[IdentityLink]:
    status = LinkStatus.ASSERTED if proven else LinkStatus.CANDIDATE
    return [IdentityLink(record.ref, status) for record in records]
