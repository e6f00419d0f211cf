"""`served_shop.py` as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

SHOP = Path(__file__).parent / "served_shop.py"
START_SECONDS = 60
STOP_SECONDS = 60


class Shop:
    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    def workers(self) -> set[int]:
        """The processes that serve; Python's own resource tracker is a child, too."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        serving: set[int] = set()
        for child in children:
            with contextlib.suppress(OSError):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    serving.add(int(child))
        return serving

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(START_SECONDS):
            while not condition():  # noqa: ASYNC110  another process's state
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def shop(workers: int, **server: Any) -> AsyncGenerator[Shop]:
    """`server`: keys of the section `[server]`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SHOP), str(workers), json.dumps(server), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            url = (await process.stdout.readline()).decode().strip()
        yield Shop(process, url)
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
