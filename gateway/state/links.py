"""Identity links: which records of which backends are one customer of the gateway. Read and written by the customers
service. A link is *asserted* (a verified claim of the token says so) or *confirmed* (stored by an act of the person or
of staff); candidates are never stored. One native record belongs to one customer at most.
"""

from __future__ import annotations

import secrets
import time
from enum import Enum

from msgspec import Struct
from sqlalchemy import delete, select

from gateway.model.identity import NativeRef
from gateway.state.database import Database
from gateway.state.tables import customers, identity_links


class LinkStatus(Enum):
    ASSERTED = "asserted"
    CONFIRMED = "confirmed"


class Link(Struct, frozen=True):
    ref: NativeRef
    status: LinkStatus


class IdentityLinks:
    """Customer ids are random: nothing about a person can be read from one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def customer_of(self, person: str) -> str:
        """The gateway's id of a person (`Principal.key`); made on first sight, the same for ever after."""
        known = select(customers.c.id).where(customers.c.person == person)
        async with self._database.read() as connection:
            found = (await connection.execute(known)).scalar()
        if found is not None:
            return found
        row = {"id": _random_id(), "person": person, "created": time.time()}
        async with self._database.write() as connection:
            # Two requests of one person may meet here; the first row stands.
            await connection.execute(self._database.insert_once(customers, row))
            return (await connection.execute(known)).scalar_one()

    async def person_of(self, customer: str) -> str | None:
        """The person key behind a customer id; None for an unknown id and for customers nobody signed in as."""
        async with self._database.read() as connection:
            return (
                await connection.execute(select(customers.c.person).where(customers.c.id == customer))
            ).scalar_one_or_none()

    async def exists(self, customer: str) -> bool:
        async with self._database.read() as connection:
            found = await connection.execute(select(customers.c.id).where(customers.c.id == customer))
            return found.scalar() is not None

    async def links(self, customer: str) -> tuple[Link, ...]:
        """In a fixed order: by backend and native id."""
        table = identity_links.c
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(table.backend, table.native_id, table.status)
                .where(table.customer == customer)
                .order_by(table.backend, table.native_id)
            )
            return tuple(Link(NativeRef(backend, native), LinkStatus(status)) for backend, native, status in rows)

    async def owner(self, ref: NativeRef) -> str | None:
        """The customer a native record is linked to."""
        table = identity_links.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(table.customer).where(table.backend == ref.backend, table.native_id == ref.id)
            )
            return found.scalar()

    async def customer_for(self, ref: NativeRef) -> str:
        """The customer of a native record, made where there is none yet (staff look up people who never signed in)."""
        owner = await self.owner(ref)
        if owner is not None:
            return owner
        customer = _random_id()
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert_once(customers, {"id": customer, "person": None, "created": time.time()})
            )
            await connection.execute(self._database.insert_once(identity_links, _row(customer, ref, "confirmed")))
        return await self.owner(ref) or customer

    async def put(self, customer: str, ref: NativeRef, status: LinkStatus) -> bool:
        """Link a record. A confirmed link stays confirmed, and takes a record from a customer who only asserted it;
        otherwise False when the record is another customer's: nobody is moved without an act."""
        table = identity_links.c
        mine = (table.backend == ref.backend) & (table.native_id == ref.id)
        async with self._database.write() as connection:
            await connection.execute(self._database.insert_once(identity_links, _row(customer, ref, status.value)))
            row = (await connection.execute(select(table.customer, table.status).where(mine).with_for_update())).one()
            holder, held = row
            if (holder, held) == (customer, status.value):
                return True
            if status is LinkStatus.CONFIRMED and (holder == customer or held == LinkStatus.ASSERTED.value):
                change = {"customer": customer, "status": status.value, "updated": time.time()}
                await connection.execute(identity_links.update().where(mine).values(change))
                return True
            return holder == customer

    async def remove(self, customer: str, ref: NativeRef) -> None:
        table = identity_links.c
        async with self._database.write() as connection:
            await connection.execute(
                delete(identity_links).where(
                    table.customer == customer, table.backend == ref.backend, table.native_id == ref.id
                )
            )


def _random_id() -> str:
    return secrets.token_urlsafe(16)


def _row(customer: str, ref: NativeRef, status: str) -> dict[str, object]:
    return {
        "backend": ref.backend,
        "native_id": ref.id,
        "customer": customer,
        "status": status,
        "updated": time.time(),
    }
