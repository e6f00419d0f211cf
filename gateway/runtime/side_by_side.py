"""Several waits at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def side_by_side(ask: Callable[[A], Coroutine[Any, Any, T]], of: Iterable[A]) -> list[T]:
    """What `ask` answers of each, in their order. The first is asked in this very task: most questions have one backend
    to ask and some have two, for which two tasks and a future of both cost more than the asking. The first failure in
    that order is raised and ends the others; so does cancellation."""
    asked = [*of]
    if not asked:
        return []
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(ask(other)) for other in asked[1:]]
    try:
        return [await ask(asked[0]), *[await task for task in tasks]]
    finally:
        for task in tasks:
            task.cancel()
