"""Requests of one call side by side, a few at a time, so that one call never fills a backend's limit by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from gateway.errors import AdapterError
from gateway.kit.keyed import chunks

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

AT_ONCE = 3
"""Requests under way of one call, where nothing else is said."""


async def gathered(work: Sequence[Coroutine[Any, Any, T]], *, at_once: int = AT_ONCE) -> list[T]:
    """All results, in order. The first failure in that order is raised as it is, once the others are cancelled and
    gone; so does cancellation. What was never begun is closed."""
    turn = asyncio.Semaphore(at_once)

    async def in_turn(one: Coroutine[Any, Any, T]) -> T:
        async with turn:
            return await one

    tasks = [asyncio.ensure_future(in_turn(each)) for each in work]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in work:
            each.close()


async def outcomes(work: Sequence[Coroutine[Any, Any, T]], *, at_once: int = AT_ONCE) -> list[T | AdapterError]:
    """All results, in order, AdapterErrors among them as values. Where everything failed, the call failed: the first
    error is raised. Anything else that is raised ends all of it, as in `gathered`."""
    try:
        found = await gathered([_outcome(each) for each in work], at_once=at_once)
    finally:
        for each in work:
            each.close()
    errors = [each for each in found if isinstance(each, AdapterError)]
    if errors and len(errors) == len(found):
        raise errors[0]
    return found


async def in_chunks(
    keys: Iterable[K],
    size: int,
    ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V | AdapterError]]],
    *,
    at_once: int = AT_ONCE,
) -> dict[K, V | AdapterError]:
    """One `ask` for each `size` different keys, the answers in one mapping. A chunk that fails is the error of its own
    keys and of no other's; where every chunk fails, the first error is raised. Without keys nothing is asked."""

    async def asked(part: Sequence[K]) -> Mapping[K, V | AdapterError]:
        return await ask(part)

    parts = list(chunks(list(dict.fromkeys(keys)), size))
    answers: dict[K, V | AdapterError] = {}
    found = await outcomes([asked(part) for part in parts], at_once=at_once)
    for part, outcome in zip(parts, found, strict=True):
        answers.update(dict.fromkeys(part, outcome) if isinstance(outcome, AdapterError) else outcome)
    return answers


@asynccontextmanager
async def together() -> AsyncGenerator[asyncio.TaskGroup]:
    """A task group for requests whose answers are of different kinds. The first that fails takes the others down, and
    its error is raised itself, not a group of one."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def _outcome(work: Coroutine[Any, Any, T]) -> T | AdapterError:
    try:
        return await work
    except AdapterError as error:
        return error
