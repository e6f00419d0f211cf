"""A gateway as it is served, in a process of its own, that also tells what it takes: `python watched.py gateway.toml`.

`/_watch` answers the resident megabytes, how many containers are young (what the collector will look at next), and,
since it was last asked, how often the collector looked and the longest pauses in milliseconds of processor time: of the
loop, and of the collector. Processor time, because a busy machine makes every process wait.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.app import Application, build_app
from gateway.http.serve import listen, work
from gateway.settings import Settings, load

PAGE = 4_096


class Watch:
    def __init__(self) -> None:
        self._loop = self._collector = self._began = 0.0
        self._looks = 0
        self._watching: asyncio.Task[None] | None = None

    def _collecting(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self._looks += 1
            self._collector = max(self._collector, time.thread_time() - self._began)

    async def _watch(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            self._loop = max(self._loop, time.thread_time() - before)

    async def tell(self, request: Request) -> JSONResponse:
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
            gc.callbacks.append(self._collecting)
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
        young = len(gc.get_objects(generation=0)) + len(gc.get_objects(generation=1))
        told = {"resident": resident, "young": young, "looks": self._looks}
        told |= {"loop": self._loop * 1e3, "collector": self._collector * 1e3}
        self._loop, self._collector, self._looks = 0.0, 0.0, 0
        return JSONResponse(told)


def factory(settings: Settings) -> Application:
    return build_app(settings, [Route("/_watch", Watch().tell)])


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    work(factory, load(Path(sys.argv[1])), listener)
