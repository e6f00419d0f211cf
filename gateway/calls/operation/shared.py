"""Answers shared by several gateways: how they are written down, and what a store for them must do. The store itself is
in `state/`. Answers that depend on a person never come here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from gateway.calls.operation.cache import ABSENT, CacheScope, Entry
from gateway.model.horizon import ENDLESS
from gateway.ports.domain import ReadOperation

Reader = msgspec.msgpack.Decoder[Any]
"""Reads the answers of one operation."""


class SharedAnswers(Protocol):
    """Never raises and never blocks for long: what cannot be reached in time is as if it were empty."""

    async def get(self, places: Sequence[bytes]) -> Sequence[bytes | None]: ...

    async def put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
        """(place, entry, seconds to keep, tags) each."""
        ...

    async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
        """Here, and in every other gateway that shares the store."""
        ...


class _Written(Struct, frozen=True, array_like=True):
    """Wall-clock seconds, because monotonic clocks differ between machines. `value` nil: there is no such thing.
    `horizon` nil: it says nothing of its end."""

    started: float
    fresh_until: float
    stale_until: float
    tags: tuple[str, ...]
    value: msgspec.Raw
    horizon: float | None = None


_NIL = msgspec.msgpack.encode(None)
_encoder = msgspec.msgpack.Encoder()
_envelope = msgspec.msgpack.Decoder(_Written)
_key_encoder = msgspec.json.Encoder(order="deterministic")


@cache
def reader_of(operation: ReadOperation) -> Reader | None:
    """None for an operation whose answers are about a person."""
    return None if operation.personal else msgspec.msgpack.Decoder(operation.answer)


def place_of(scope: CacheScope, key: Any) -> bytes:
    """The address of an answer, equal in every gateway."""
    return _key_encoder.encode((*scope, type(key).__name__, key))


def written(entry: Entry) -> bytes:
    shift = time.time() - time.monotonic()
    value = msgspec.Raw(_NIL if entry.value is ABSENT else _encoder.encode(entry.value))
    horizon = None if entry.horizon == ENDLESS else entry.horizon
    return _encoder.encode(
        _Written(
            entry.started + shift, entry.fresh_until + shift, entry.stale_until + shift, entry.tags, value, horizon
        )
    )


def read(reader: Reader, found: bytes) -> Entry | None:
    """None for what cannot be read: another release of the gateway may have written it."""
    shift = time.time() - time.monotonic()
    try:
        entry = _envelope.decode(found)
        value = ABSENT if bytes(entry.value) == _NIL else reader.decode(entry.value)
    except msgspec.MsgspecError:
        return None
    return Entry(
        value,
        entry.started - shift,
        entry.fresh_until - shift,
        entry.stale_until - shift,
        entry.tags,
        ENDLESS if entry.horizon is None else entry.horizon,
    )
