"""The schema as text, for tools that want it without asking for introspection: `GET /graphql/schema`. There is one only
where anybody may see the schema."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

PATH = "/graphql/schema"
_KEPT = "public, max-age=300"


def sdl_route(printed: Callable[[], str]) -> BaseRoute:
    """`printed` takes a while: it is asked once, when somebody first wants it, beside the loop."""
    lock = asyncio.Lock()
    kept: list[tuple[bytes, str]] = []

    async def sdl(request: Request) -> Response:
        async with lock:
            if not kept:
                body = (await asyncio.to_thread(printed)).encode()
                kept.append((body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'))
        body, tag = kept[0]
        headers = {"etag": tag, "cache-control": _KEPT, "x-content-type-options": "nosniff"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="text/plain")

    return Route(PATH, sdl, methods=["GET"])
