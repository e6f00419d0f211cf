"""Requests of one call side by side, a few at a time, that fail or are abandoned together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 3
"""The transport sheds what a backend cannot take; one call must not fill the limit by itself."""


async def gathered(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. The first failure is raised as it is, after the others have been cancelled."""
    turn = asyncio.Semaphore(AT_ONCE)

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
            each.close()  # those that were abandoned before they started
