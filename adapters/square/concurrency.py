"""Requests side by side that fail or are abandoned together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def gathered(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. The first failure is raised as it is, after the others have been cancelled."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
