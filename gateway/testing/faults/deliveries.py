"""Webhooks as networks and vendors really deliver them: again, late, in another order, and forged."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import aiohttp
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


async def post(url: str, deliveries: Sequence[Delivery]) -> list[int]:
    """Send them one after the other; the statuses that came back."""
    statuses: list[int] = []
    async with aiohttp.ClientSession() as session:
        for delivery in deliveries:
            async with session.post(url, data=delivery.body, headers=delivery.headers) as answer:
                statuses.append(answer.status)
    return statuses
