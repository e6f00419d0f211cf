"""Credentials that are refused before they expire: a stolen kiosk, a person who signed out everywhere. Asked by the
token verifier for every request, so the whole list is kept in memory and read anew every other second.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.state.changes import Change, Changes
from gateway.state.database import Database, StateUnavailable
from gateway.state.tables import revocations

REFRESH_SECONDS = 2.0
EVERY_TOKEN = ""
CHANGED = "revocations"
"""The topic under which others are told."""
_log = structlog.get_logger("gateway.state")


class StoredRevocations:
    """`revoke` holds at once on this gateway and on every other that hears of it (`changes`), and within
    `REFRESH_SECONDS` on any. While the database cannot be read, what was known stays revoked."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._changes = changes
        self._known: frozenset[tuple[str, str, str]] = frozenset()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def is_revoked(self, issuer: str, subject: str, token: str | None) -> bool:
        """Whether this token (by its `jti`), or every token of its subject, was revoked."""
        if time.monotonic() - self._read_at >= REFRESH_SECONDS:
            async with self._reading:
                if time.monotonic() - self._read_at >= REFRESH_SECONDS:
                    await self._read()
        if not self._known:
            return False
        return (issuer, subject, EVERY_TOKEN) in self._known or (
            token is not None and (issuer, subject, token) in self._known
        )

    async def revoke(self, issuer: str, subject: str, token: str | None = None) -> None:
        """One token by its `jti`, or (None) every token of a subject, present and future, until `restore`."""
        row = {"issuer": issuer, "subject": subject, "token": token or EVERY_TOKEN, "revoked": time.time()}
        async with self._database.write() as connection:
            await connection.execute(self._database.insert_once(revocations, row))
        await self._changed()

    async def restore(self, issuer: str, subject: str, token: str | None = None) -> bool:
        """Take back what was revoked of a subject: one token by its `jti`, or (None) everything. Whether there was
        anything."""
        mine = (revocations.c.issuer == issuer) & (revocations.c.subject == subject)
        if token is not None:
            mine &= revocations.c.token == token
        async with self._database.write() as connection:
            result = await connection.execute(delete(revocations).where(mine))
        await self._changed()
        return result.rowcount > 0

    def forget(self) -> None:
        """Read the list anew before the next answer: somebody has changed it."""
        self._read_at = float("-inf")

    async def _changed(self) -> None:
        self.forget()
        if self._changes is not None:
            await self._changes.tell(Change(CHANGED, "", ()))

    async def _read(self) -> None:
        columns = revocations.c
        try:
            async with self._database.read() as connection:
                rows = await connection.execute(select(columns.issuer, columns.subject, columns.token))
                self._known = frozenset((issuer, subject, token) for issuer, subject, token in rows)
        except (SQLAlchemyError, StateUnavailable) as error:
            _log.warning("revocations_unreadable", error=type(error).__name__)
        self._read_at = time.monotonic()
