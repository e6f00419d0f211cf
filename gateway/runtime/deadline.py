"""The time an attempt may take: its own timeout, or what is left of the call, whichever ends first.

Like `asyncio.timeout`, but a call's deadline may move later while it runs, when somebody with more time joins a flight
that several share (`flights`): so the clock is looked at again before anything is cancelled.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import current_task, get_running_loop
from math import inf
from types import TracebackType
from typing import Protocol

from gateway.errors import DeadlineExceeded
from gateway.runtime.clock import Sleeper, clock_of


class Ends(Protocol):
    """Such as a call context: `deadline` is on the monotonic clock."""

    @property
    def deadline(self) -> float: ...


class Deadline:
    """`with Deadline(call, timeout)` around awaiting code: raises DeadlineExceeded when the block takes too long."""

    __slots__ = ("_call", "_cancelling", "_clock", "_expired", "_limit", "_sleeping", "_task")

    def __init__(self, call: Ends, timeout: float | None = None) -> None:
        self._call = call
        self._limit = inf if timeout is None else time.monotonic() + timeout
        self._expired = False

    def __enter__(self) -> None:
        end = self._call.deadline
        if self._limit < end:
            end = self._limit
        if end <= time.monotonic():
            raise DeadlineExceeded(detail="no time was left")
        loop = get_running_loop()  # each question for it is a system call before Python 3.12
        task = self._task = current_task(loop)
        self._cancelling = 0 if task is None else task.cancelling()
        clock = self._clock = clock_of(loop)
        self._sleeping: set[Sleeper] | None = clock.sleep(self, end)

    def wake(self) -> None:
        end = min(self._call.deadline, self._limit)
        if end > time.monotonic():
            self._sleeping = self._clock.sleep(self, end)
            return
        self._sleeping = None
        self._expired = True
        if self._task is not None:
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sleeping is not None:
            self._sleeping.discard(self)
            self._sleeping = None
        task, self._task = self._task, None
        if not self._expired or task is None:
            return
        # The cancellation is ours only if nobody else has asked for one meanwhile (as in asyncio.timeout).
        if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise DeadlineExceeded(detail="no answer in time") from error
