"""Several processes on one listening socket: started, replaced when they die, renewed one after the other.

The listener belongs to the supervisor, so that a connection waiting in its queue is never lost with a worker. SIGHUP
starts a new worker, waits until it serves, and only then lets an old one finish; it reads no configuration, which the
log says. SIGTERM lets all finish, and lets the listener go, which is then closed by the last of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

import structlog

RETIRE = signal.SIGUSR1
"""Tells a worker that its successor serves: it finishes, while the gateway as a whole stays ready."""
START_SECONDS = 120.0
TICK_SECONDS = 0.2
QUICK_SECONDS = 5.0
"""A worker that dies sooner than this is not simply started again at once."""

_log = structlog.get_logger(__name__)


class CannotStart(RuntimeError):
    """No worker came up: the reason stands in its own output."""


def say_that_nothing_is_read() -> None:
    """What somebody who sends SIGHUP must know."""
    _log.warning(
        "sighup_reads_nothing",
        meaning="configuration and secrets are read at start only: what was changed since is not in effect; "
        "stop the gateway and start it again",
    )


def _child(target: Callable[..., None], arguments: tuple[Any, ...], report: Connection) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def started() -> None:
        report.send(os.getpid())
        report.close()

    target(*arguments, started)


class _Worker:
    def __init__(self, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        self._report, report = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(target=_child, args=(target, arguments, report))
        self.born = time.monotonic()
        self.process.start()
        report.close()

    def wait_until_serving(self) -> bool:
        """Whether it came up in time. Kills it when not."""
        ready = wait_for_any([self._report, self.process.sentinel], timeout=START_SECONDS)
        serving = self._report in ready and self._says_so()
        self._report.close()
        if not serving:
            self.process.kill()
            self.process.join()
        return serving

    def _says_so(self) -> bool:
        try:
            return bool(self._report.recv())
        except EOFError:
            return False

    def finish(self) -> None:
        if self.process.is_alive():
            self.process.terminate()

    def retire(self) -> None:
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, RETIRE)

    def join(self, seconds: float) -> None:
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class _Supervisor:
    def __init__(
        self,
        target: Callable[..., None],
        arguments: tuple[Any, ...],
        count: int,
        stopping: Callable[[], None],
        stop_seconds: float,
    ) -> None:
        self._target = target
        self._arguments = arguments
        self._count = count
        self._stopping = stopping
        self._stop_seconds = stop_seconds
        self._workers: list[_Worker] = []
        self._leaving: list[_Worker] = []
        self._stop = False
        self._renew = False

    def run(self, ready: Callable[[], None]) -> None:
        before = {
            number: signal.signal(number, self._hear) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        try:
            self._fill()
            if not self._workers:
                raise CannotStart("no worker came up")
            ready()
            while not self._stop:
                time.sleep(TICK_SECONDS)
                if self._renew:
                    self._renew = False
                    say_that_nothing_is_read()
                    self._replace_all()
                self._bury()
                self._fill()
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._renew = True
        else:
            self._stop = True

    def _fill(self) -> None:
        fresh = [_Worker(self._target, self._arguments) for _ in range(self._count - len(self._workers))]
        self._workers += [worker for worker in fresh if worker.wait_until_serving()]

    def _bury(self) -> None:
        """Workers that died are replaced; ones that die at once are not replaced in a hurry."""
        dead = [worker for worker in self._workers if not worker.process.is_alive()]
        for worker in dead:
            _log.error("a worker died", pid=worker.process.pid, exit_code=worker.process.exitcode)
            self._workers.remove(worker)
        if any(time.monotonic() - worker.born < QUICK_SECONDS for worker in dead) and not self._stop:
            time.sleep(1.0)
        self._leaving = [worker for worker in self._leaving if worker.process.is_alive()]

    def _replace_all(self) -> None:
        for old in list(self._workers):
            if self._stop:
                return
            fresh = _Worker(self._target, self._arguments)
            if not fresh.wait_until_serving():
                _log.error("a new worker did not come up; the old ones stay")
                return
            self._workers[self._workers.index(old)] = fresh
            self._leaving.append(old)
            old.retire()

    def _end(self) -> None:
        every = [*self._workers, *self._leaving]
        for worker in every:
            worker.finish()
        self._stopping()
        until = time.monotonic() + self._stop_seconds
        for worker in every:
            worker.join(max(0.1, until - time.monotonic()))


def supervise(
    target: Callable[..., None],
    arguments: tuple[Any, ...],
    count: int,
    *,
    ready: Callable[[], None],
    stopping: Callable[[], None],
    stop_seconds: float,
) -> None:
    """Keep `count` processes at `target(*arguments, started)` until told to stop. `stopping` is called when all have
    been told to finish, for which they get `stop_seconds`. Raises CannotStart."""
    _Supervisor(target, arguments, count, stopping, stop_seconds).run(ready)
