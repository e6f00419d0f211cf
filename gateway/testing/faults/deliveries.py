"""Webhooks as networks and vendors really deliver them: again, late, in another order, and forged."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any, cast

import aiohttp
import msgspec
from msgspec import Struct


class Delivery(Struct, frozen=True):
    """One POST as the vendor signed it."""

    headers: dict[str, str]
    body: bytes


def repeated(deliveries: Sequence[Delivery], times: int) -> list[Delivery]:
    """Each as often as an impatient vendor sends it, all over again."""
    return [delivery for _ in range(times) for delivery in deliveries]


def reordered(deliveries: Sequence[Delivery], most: int = 120, seed: int = 1) -> Iterator[tuple[Delivery, ...]]:
    """Every order of a few deliveries; of many, `most` random ones."""
    if len(deliveries) <= 5:
        yield from itertools.islice(itertools.permutations(deliveries), most)
        return
    generator = random.Random(seed)
    for _ in range(most):
        yield tuple(generator.sample(deliveries, len(deliveries)))


def forged(delivery: Delivery) -> Iterator[Delivery]:
    """The body with each of its bytes changed in turn, under the signature of the true one."""
    for place in range(len(delivery.body)):
        body = bytearray(delivery.body)
        body[place] ^= 1
        yield Delivery(delivery.headers, bytes(body))


def unreadable(body: bytes) -> Iterator[bytes]:
    """Bodies that no vendor sends and anybody can: this one with values at the edges of what JSON can write in place of
    each of its own, and what is no JSON. Signed like any other, they are a client's mistake and no server's."""
    yield from (b"", b"\0", b"{", b"[]", b"null", b"true", b"1", b'"x"', b"\xff\xfe", b'{"a":"\xed\xa0\x80"}')
    for depth in (300, 5_000):
        yield b"[" * depth + b"]" * depth
        yield b'{"a":' * depth + b"1" + b"}" * depth
        yield b'{"x":' + b"[" * depth + b"]" * depth + b"," + body.lstrip(b"[ {")[: -1 if body.endswith(b"}") else None]
    known = msgspec.json.decode(body)
    for path in _paths(known):
        for value in EXTREMES:
            yield _with(known, path, value)


EXTREMES = (
    b"null", b"true", b"-1", b"1.5", b"1e400", b"9223372036854775808", b"-9223372036854775809", b"9" * 400, b'""',
    b'"\\u0000"', b'"\\ud800"', b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-14:00"',
    b'"2026-01-01T00:00:00"',
    b'"2026-01-01 00:00:00"', b"[]", b"{}", b"[" * 2_000 + b"]" * 2_000,
)  # fmt: skip
_HOLE = "the value goes here"


def _paths(value: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if here:
        yield here
    if isinstance(value, dict):
        for name, entry in cast("dict[str, Any]", value).items():
            yield from _paths(entry, (*here, name))
    elif isinstance(value, list):
        for place, entry in enumerate(cast("list[Any]", value)):
            yield from _paths(entry, (*here, place))


def _with(known: Any, path: tuple[str | int, ...], value: bytes) -> bytes:
    twin = copy.deepcopy(known)
    holder = twin
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = _HOLE
    return msgspec.json.encode(twin).replace(f'"{_HOLE}"'.encode(), value)


async def post(url: str, deliveries: Sequence[Delivery]) -> list[int]:
    """Send them one after the other; the statuses that came back."""
    statuses: list[int] = []
    async with aiohttp.ClientSession() as session:
        for delivery in deliveries:
            async with session.post(url, data=delivery.body, headers=delivery.headers) as answer:
                statuses.append(answer.status)
    return statuses
