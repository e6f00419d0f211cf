"""What a person typed, sealed: AES-GCM under a key per subject (a customer, or a guest's cart), which is itself wrapped
under a key of ours that is not in the database. Whoever deletes the subject's row has erased everything under it, in
every backup that lacks our key too.

Our key is a secret of the configuration, or a file beside an SQLite database that is made once.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.errors import ConfigurationError
from gateway.state.database import Database
from gateway.state.tables import subject_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY_BYTES = 32


class Unsealable(Exception):
    """What is sealed cannot be opened: its subject was erased, or the key it is under is not configured any more."""


class SubjectKey:
    """One subject's key in clear, for as long as an operation needs it. `place` is where a value is kept, so that a
    sealed value moved elsewhere does not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = _cipher(key)

    def seal(self, value: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Raises Unsealable."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except InvalidTag:
            raise Unsealable(place) from None


class Sealing:
    """`values` are our secrets, newest first: the first wraps, all unwrap (rotation)."""

    def __init__(self, values: Sequence[str]) -> None:
        if not values:
            raise ValueError("sealing needs a secret")
        self._keys = {_name(value): _derived(value, "wrap") for value in values}
        self._newest = _name(values[0])
        self._signing = [_derived(value, "sign") for value in values]

    def digests(self, purpose: str, text: str) -> list[str]:
        """Keyed hashes of a text, by the newest secret first: what is short and stored may not be found by trying."""
        word = f"{purpose}\x1f{text}".encode()
        return [hmac.new(key, word, hashlib.sha256).hexdigest() for key in self._signing]

    def digest(self, purpose: str, text: str) -> str:
        return self.digests(purpose, text)[0]

    async def key_of(self, connection: AsyncConnection, subject: str) -> SubjectKey | None:
        """None where there is none: nothing was ever sealed, or all of it was erased. Raises Unsealable."""
        row = (await connection.execute(select(subject_keys).where(subject_keys.c.subject == subject))).first()
        return None if row is None else self._unwrapped(subject, row.sealing, row.wrapped)

    async def key_for(self, connection: AsyncConnection, database: Database, subject: str) -> SubjectKey:
        """The subject's key, made where there is none. To be called in a write transaction."""
        if (known := await self.key_of(connection, subject)) is not None:
            return known
        key = secrets.token_bytes(_KEY_BYTES)
        nonce = os.urandom(_NONCE)
        wrapped = nonce + _cipher(self._keys[self._newest]).encrypt(nonce, key, subject.encode())
        row = {"subject": subject, "sealing": self._newest, "wrapped": wrapped, "created": database.now}
        if (await connection.execute(database.insert_once(subject_keys, row))).rowcount == 1:
            return SubjectKey(key)
        made = await self.key_of(connection, subject)  # by another process, between our two statements
        if made is None:
            raise Unsealable(subject)
        return made

    def _unwrapped(self, subject: str, sealing: str, wrapped: bytes) -> SubjectKey:
        key = self._keys.get(sealing)
        if key is None:
            raise Unsealable(subject)
        from cryptography.exceptions import InvalidTag

        try:
            return SubjectKey(_cipher(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], subject.encode()))
        except InvalidTag:
            raise Unsealable(subject) from None


async def erase(connection: AsyncConnection, subject: str) -> bool:
    """Nothing that was sealed for this subject can be read any more. False where nothing was."""
    done = await connection.execute(delete(subject_keys).where(subject_keys.c.subject == subject))
    return done.rowcount == 1


def person_subject(person: str) -> str:
    return hashlib.sha256(f"person:{person}".encode()).hexdigest()


def guest_subject(cart: str) -> str:
    return hashlib.sha256(f"cart:{cart}".encode()).hexdigest()


async def open_sealing(database: Database, values: Sequence[str]) -> Sealing | None:
    """By the configured secret's values; without any, by the file beside an SQLite database. None on PostgreSQL, where
    no file is beside what several machines share. Raises ConfigurationError where the file that a database was sealed
    with is gone."""
    if values:
        return Sealing(values)
    file = database.file
    if file is None:
        return Sealing([secrets.token_hex(_KEY_BYTES)]) if database.is_sqlite else None
    made = key_file(file)
    if not made.exists():
        async with database.read() as connection:
            if (await connection.execute(select(subject_keys.c.subject).limit(1))).first() is not None:
                raise ConfigurationError(
                    f"`{made.name}` is missing beside the database, and people's data in it is sealed with it",
                    place="gateway.state",
                )
        _make(made)
    return Sealing([made.read_text("ascii").strip()])


def key_file(database: Path) -> Path:
    """Where our key lies where the configuration names none."""
    return database.with_name(f"{database.name}.key")


def key_names(values: Sequence[str]) -> list[str]:
    """What rows call them that are sealed with them; says nothing of the values."""
    return [_name(value) for value in values]


def _make(file: Path) -> None:
    """Once, however many processes start together: written aside, then linked into place by one of them."""
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as written:
            written.write(secrets.token_hex(_KEY_BYTES) + "\n")
            written.flush()
            os.fsync(written.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(aside, file)
    finally:
        os.unlink(aside)


def _derived(value: str, purpose: str) -> bytes:
    return hmac.new(value.encode(), f"gateway sealing: {purpose}".encode(), hashlib.sha256).digest()


def _name(value: str) -> str:
    return _derived(value, "name").hex()[:16]


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # only where somebody's data is sealed

    return AESGCM(key)
