"""Identity links: which records of which backends are one customer of the gateway. Read and written by the customers
service. One native record belongs to one customer at most; customer ids are random, so nothing about a person can be
read from one. Candidates are never stored: a match that proves nothing leaves no trace."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.customers import IdentityLink, LinkedCustomer, LinkStatus
from gateway.model.identity import NativeRef
from gateway.state.database import Database
from gateway.state.tables import customers, identity_links, merged_customers, persons, searched


class StoredIdentityLinks:
    """Implements `gateway.ports.state.IdentityLinks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_person(self, person: str) -> LinkedCustomer | None:
        async with self._database.read() as connection:
            customer = await _customer_of(connection, person)
            return None if customer is None else await _linked(connection, customer)

    async def by_id(self, customer_id: str) -> LinkedCustomer | None:
        async with self._database.read() as connection:
            newer = select(merged_customers.c.customer).where(merged_customers.c.old == customer_id)
            current = (await connection.execute(newer)).scalar() or customer_id
            known = await connection.execute(select(customers.c.id).where(customers.c.id == current))
            return None if known.scalar() is None else await _linked(connection, current)

    async def link(self, person: str | None, links: Sequence[IdentityLink], asked: Sequence[str]) -> LinkedCustomer:
        proven = [link for link in links if link.status is not LinkStatus.CANDIDATE]
        async with self._database.write() as connection:
            # Two gateways that meet here go one after the other; on SQLite because the first statement writes.
            await self._database.one_at_a_time(connection)
            fresh = secrets.token_urlsafe(16)
            await connection.execute(insert(customers).values(id=fresh, created=time.time()))
            own = await _customer_of(connection, person) if person is not None else None
            proven, found = await _without_other_peoples(connection, person, own, proven)
            customer = await _oldest(connection, found) if found else fresh
            for other in (*found, fresh):
                if other != customer:
                    await _merge(connection, other, customer, keep=other != fresh)
            if person is not None:
                row = {"person": person, "customer": customer}
                await connection.execute(self._database.upsert(persons, [row], update=("customer",)))
            for link in proven:
                await self._put(connection, customer, link)
            for backend in asked:
                entry = {"customer": customer, "backend": backend}
                await connection.execute(self._database.insert_once(searched, entry))
            return await _linked(connection, customer)

    async def _put(self, connection: AsyncConnection, customer: str, link: IdentityLink) -> None:
        """A confirmed link is never weakened to an asserted one."""
        table = identity_links.c
        held = select(table.status).where(table.backend == link.ref.backend, table.native_id == link.ref.id)
        status = (await connection.execute(held)).scalar()
        if status == LinkStatus.CONFIRMED.value:
            return
        row = {
            "backend": link.ref.backend,
            "native_id": link.ref.id,
            "customer": customer,
            "status": link.status.value,
            "updated": time.time(),
        }
        await connection.execute(self._database.upsert(identity_links, [row], update=("customer", "status", "updated")))


async def _customer_of(connection: AsyncConnection, person: str) -> str | None:
    return (await connection.execute(select(persons.c.customer).where(persons.c.person == person))).scalar()


async def _owner(connection: AsyncConnection, ref: NativeRef) -> str | None:
    table = identity_links.c
    found = select(table.customer).where(table.backend == ref.backend, table.native_id == ref.id)
    return (await connection.execute(found)).scalar()


async def _without_other_peoples(
    connection: AsyncConnection, person: str | None, own: str | None, links: Sequence[IdentityLink]
) -> tuple[list[IdentityLink], list[str]]:
    """The links that may be stored, and the customers they and the person belong to so far. Two people who sign in for
    themselves are never made one because they share a phone or a record: what one of them holds stays theirs."""
    kept: list[IdentityLink] = []
    found = dict.fromkeys([own] if own is not None else [])
    settled = person is not None
    for link in links:
        owner = await _owner(connection, link.ref)
        if owner is not None and owner not in found and await _is_somebody(connection, owner):
            if settled:
                continue
            settled = True
        kept.append(link)
        if owner is not None:
            found[owner] = None
    return kept, list(found)


async def _is_somebody(connection: AsyncConnection, customer: str) -> bool:
    return (
        await connection.execute(select(persons.c.person).where(persons.c.customer == customer))
    ).first() is not None


async def _oldest(connection: AsyncConnection, found: Sequence[str]) -> str:
    order = select(customers.c.id).where(customers.c.id.in_(found)).order_by(customers.c.created, customers.c.id)
    return (await connection.execute(order.limit(1))).scalar_one()


async def _merge(connection: AsyncConnection, old: str, customer: str, *, keep: bool) -> None:
    """Everything of `old` becomes `customer`'s; with `keep`, the old id goes on working."""
    for table in (identity_links, persons, merged_customers):
        await connection.execute(update(table).where(table.c.customer == old).values(customer=customer))
    await connection.execute(delete(searched).where(searched.c.customer == old))
    await connection.execute(delete(customers).where(customers.c.id == old))
    if keep:
        await connection.execute(insert(merged_customers).values(old=old, customer=customer))


async def _linked(connection: AsyncConnection, customer: str) -> LinkedCustomer:
    table = identity_links.c
    rows = await connection.execute(
        select(table.backend, table.native_id, table.status)
        .where(table.customer == customer)
        .order_by(table.backend, table.native_id)
    )
    links = tuple(IdentityLink(NativeRef(backend, native), LinkStatus(status)) for backend, native, status in rows)
    asked = await connection.execute(select(searched.c.backend).where(searched.c.customer == customer))
    return LinkedCustomer(customer, links, frozenset(asked.scalars()))
