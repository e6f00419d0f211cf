"""Idempotency keys of carts: one transaction claims the key and does what it is for, so a key that is there has had its
effect. Scoped by who may use it (a cart, a customer, a credential), kept as hashes, for a day.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.cart_faults import KeyConflict
from gateway.model.carts import CartChange
from gateway.state.database import Database
from gateway.state.tables import cart_keys

KEPT_SECONDS = 86_400.0


class KeyUse(Struct, frozen=True):
    """`scope` says whose key it is, `digest` is of the canonical input without secrets (`canonical_digest`)."""

    scope: str
    key: str
    digest: str


class KeptResult(Struct, omit_defaults=True):
    """What a keyed mutation did, to be said again: ids and changes, no secret and nothing personal."""

    cart: str
    changes: tuple[CartChange, ...] = ()
    holder: str | None = None


def canonical_digest(operation: str, value: Any) -> str:
    """Of an input however its members are ordered and its numbers written."""
    encoded = msgspec.json.encode([operation, value], order="deterministic", enc_hook=str)
    return hashlib.sha256(encoded).hexdigest()


async def known(connection: AsyncConnection, database: Database, use: KeyUse) -> KeptResult | KeyConflict | None:
    """What this key was used for within the last day; None where it is new."""
    alive = cart_keys.c.at > database.now - KEPT_SECONDS
    chosen = select(cart_keys.c.digest, cart_keys.c.result).where(*_is(use), alive)
    row = (await connection.execute(chosen)).first()
    if row is None:
        return None
    if row.digest != use.digest:
        return KeyConflict()
    return msgspec.msgpack.decode(row.result, type=KeptResult)


async def keep(connection: AsyncConnection, database: Database, use: KeyUse, result: KeptResult) -> bool:
    """False where another process has used the key between `known` and now: then nothing of this transaction may be
    committed."""
    await connection.execute(delete(cart_keys).where(*_is(use), cart_keys.c.at <= database.now - KEPT_SECONDS))
    scope, key = _hashed(use)
    row = {"scope": scope, "key": key, "digest": use.digest, "cart": result.cart, "at": database.now}
    once = database.insert_once(cart_keys, {**row, "result": msgspec.msgpack.encode(result)})
    return (await connection.execute(once)).rowcount == 1


def _is(use: KeyUse) -> tuple[Any, Any]:
    scope, key = _hashed(use)
    return cart_keys.c.scope == scope, cart_keys.c.key == key


def _hashed(use: KeyUse) -> tuple[str, str]:
    return _hash(use.scope), _hash(use.key)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
