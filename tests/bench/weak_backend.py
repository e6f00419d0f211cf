"""A backend of a given capacity in front of the canned answers: a single queue, one request at a time."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from aiohttp import web


async def serve(port: int, upstream: str, seconds: float) -> None:
    turn = asyncio.Lock()
    known: dict[str, bytes] = {}

    async def answer(request: web.Request) -> web.Response:
        async def work() -> bytes:
            async with turn:  # what was accepted is worked off, whether or not somebody still waits
                await asyncio.sleep(seconds)
                return known[request.path]

        if request.path not in known:
            async with aiohttp.ClientSession() as session, session.get(upstream + request.path) as response:
                known[request.path] = await response.read()
        return web.Response(body=await asyncio.shield(work()), content_type="application/json")

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
