"""A server that answers what a test tells it to, over a real socket: for what a real system or a sandbox cannot be made
to say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from msgspec import Struct


class Reply(Struct, frozen=True):
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {}


class Received(Struct, frozen=True):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """Gives its replies in order, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.received: list[Received] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path, headers, await request.read()))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return web.Response(
            body=reply.body,
            status=reply.status,
            headers={"content-type": "application/json", **reply.headers},
        )


@asynccontextmanager
async def scripted(*replies: Reply) -> AsyncGenerator[ScriptedServer]:
    server = ScriptedServer(*replies)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
