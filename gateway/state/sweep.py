"""The one timer that clears away what is over, in whichever process comes first. Every job is short and may be run by
several at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

import structlog

from gateway.errors import StateUnavailable, places_of

EVERY_SECONDS = 60.0
_log = structlog.get_logger("gateway.state")

Job = Callable[[], Awaitable[int]]
"""Clears away what is over; how many rows."""


class Sweep:
    def __init__(self, jobs: Mapping[str, Job], every: float = EVERY_SECONDS) -> None:
        self._jobs = jobs
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._sweep_for_ever())

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run(self) -> None:
        """All jobs once; one that fails keeps no other from its turn."""
        for name, job in self._jobs.items():
            try:
                if cleared := await job():
                    _log.debug("swept", what=name, rows=cleared)
            except StateUnavailable:
                return  # said where it is raised; the next round tries again
            except Exception as error:
                _log.error("sweep_failed", what=name, reason=type(error).__name__, at=places_of(error))

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._every * random.uniform(0.8, 1.2))  # noqa: S311  processes take turns
            await self.run()
