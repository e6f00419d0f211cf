"""Processes of a gateway that tests start, speak to, stop and kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[3]


async def until(seconds: float, true: Callable[[], Awaitable[Any]]) -> Any:
    """What `true` answers as soon as it is something. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (answer := await true()):  # noqa: ASYNC110  another process does it
            await asyncio.sleep(0.02)
    return answer


class Worker:
    """`async with Worker(told) as worker`: killed at the end, whatever became of it."""

    def __init__(
        self,
        told: Struct,
        module: str = "tests.unit.checkout.toy",
        environment: Mapping[str, str] | None = None,
        more: Sequence[str] = (),
    ) -> None:
        self._told = (msgspec.json.encode(told).decode(), *more)
        self._module = module
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._asking = asyncio.Lock()

    async def __aenter__(self) -> Worker:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, *self._told,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=self._environment,
        )  # fmt: skip
        assert await self._line() == "ready"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        if self.process.returncode is None:
            self.process.kill()
        async with self._asking:  # whoever waits for an answer hears that there is none
            await self.process.communicate()

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def ask(self, *words: str) -> str:
        """The answer; empty where the process has died. Whoever is cancelled leaves no answer for the next to take."""
        return await asyncio.shield(asyncio.ensure_future(self._exchange(words)))

    async def _exchange(self, words: Sequence[str]) -> str:
        assert self.process.stdin is not None
        async with self._asking:
            if self.process.returncode is not None:
                raise RuntimeError("the process has ended")
            self.process.stdin.write(" ".join(words).encode() + b"\n")
            return await self._line()

    async def idle(self) -> bool:
        """Whether no run is open any more, this process's or another's; `worker` alone."""
        return await self.ask("open") == "0"

    async def died(self) -> None:
        async with asyncio.timeout(20):
            assert await self.process.wait() == -signal.SIGKILL

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        self.process.kill()

    def fill(self, *, full: bool) -> None:
        """Its SQLite files; `worker` alone."""
        self.process.send_signal(signal.SIGUSR1 if full else signal.SIGUSR2)

    def hold(self, *, still: bool) -> None:
        self.process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    async def _line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(40):
            return (await self.process.stdout.readline()).decode().strip()
