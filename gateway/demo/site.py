"""The demo's own routes: the page at `/`, its files, drawn media, and what the page needs to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.demo import media
from gateway.demo.answers import document
from gateway.demo.challenges import answer_challenge
from gateway.demo.film import film
from gateway.demo.identities import Tokens
from gateway.demo.retailer import DISAGREEMENTS
from gateway.demo.sandboxes import Sandboxes
from gateway.entry.refusal import Refusal
from gateway.http.wire import Disconnected, headers_of, read_body

PAGES = Path(__file__).with_name("pages")
_SCRIPTS = ("page.js", "parts.js", "shop.js", "shop_state.js", "shop_words.js", "words.js")
_FILES = {"page.css": "text/css", "shop.css": "text/css", **dict.fromkeys(_SCRIPTS, "text/javascript")}
_DRAWN: Mapping[str, tuple[Callable[[str], bytes], str]] = {
    "svg": (media.picture, "image/svg+xml"),
    "glb": (media.gltf, "model/gltf-binary"),
    "usdz": (media.usdz, "model/vnd.usdz+zip"),
    "mp4": (film, "video/mp4"),
}
_SWITCH_BYTES = 1_024
_REFERENCE = 26
"""Characters of a checkout's id, by which every system knows what was bought."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"cache-control": "no-store", "content-security-policy": _POLICY, "x-content-type-options": "nosniff"}


@runtime_checkable
class BookKeeping(Protocol):
    """A sandbox that can say what a checkout left in it."""

    def records_of(self, reference: str) -> Sequence[Mapping[str, Any]]: ...


def media_routes() -> list[BaseRoute]:
    async def drawn(request: Request) -> Response:
        slug, _, kind = str(request.path_params["name"]).rpartition(".")
        if kind not in _DRAWN or not slug.replace("-", "").isalnum():
            return Response(status_code=404)
        draw, media_type = _DRAWN[kind]
        return Response(
            await asyncio.to_thread(draw, slug), media_type=media_type, headers={"cache-control": "max-age=3600"}
        )

    return [Route("/demo/media/{name}", drawn)]


def demo_routes(tokens: Tokens, sandboxes: Sandboxes) -> list[BaseRoute]:
    def page(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def shown(request: Request) -> Response:
            return FileResponse(PAGES / name, media_type="text/html", headers=_HEADERS)

        return shown

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return Response(status_code=404)
        return FileResponse(PAGES / name, media_type=_FILES[name], headers=_HEADERS)

    async def setup(request: Request) -> Response:
        """Tokens are handed out because this is a demo on the loopback address; a shop never does this."""
        known = {
            "tokens": {"shopper": tokens.shopper, "kiosks": tokens.kiosks, "voice": tokens.voice},
            "queries": {name: document(name) for name in ("web", "kiosk", "voice", "shop")},
            "disagreements": [
                {"name": e.name, "key": e.key, "systems": e.systems, "what": e.what, "truth": e.truth}
                for e in DISAGREEMENTS
            ],
        }
        return Response(orjson.dumps(known), media_type="application/json", headers=_HEADERS)

    async def traffic(request: Request) -> Response:
        """How many requests arrived at each backend's socket so far, and whether it is up."""
        counts = {
            name: {"requests": len(operations), "down": name in sandboxes.down}
            for name, operations in sandboxes.counts().items()
        }
        return Response(orjson.dumps(counts), media_type="application/json", headers=_HEADERS)

    async def switch(request: Request) -> Response:
        """Takes a backend down or brings it back. JSON only, so that no other site's form can do it."""
        name = request.path_params["name"]
        if request.headers.get("content-type") != "application/json" or name not in sandboxes.running:
            return Response(status_code=404)
        match await _posted(request):
            case {"down": bool(down)}:
                await (sandboxes.take_down(name) if down else sandboxes.bring_back(name))
                return Response(status_code=204)
            case _:
                return Response(status_code=400)

    async def challenge(request: Request) -> Response:
        """The shopper's answer to 3-D Secure: `{"action": nextAction.token or its url, "approved": true}`."""
        if request.headers.get("content-type") != "application/json":
            return Response(status_code=404)
        match await _posted(request):
            case {"action": str(action), "approved": bool(approved)}:
                return Response(status_code=204 if answer_challenge(sandboxes, action, approved=approved) else 404)
            case _:
                return Response(status_code=400)

    async def books(request: Request) -> Response:
        """What a backend's sandbox itself has of a checkout: read there, not through the gateway."""
        backend, checkout = sandboxes.running.get(request.path_params["name"]), request.path_params["checkout"]
        if backend is None or not (len(checkout) == _REFERENCE and checkout.isascii() and checkout.isalnum()):
            return Response(status_code=404)
        keeping = backend.sandbox
        kept: Sequence[Mapping[str, Any]] = keeping.records_of(checkout) if isinstance(keeping, BookKeeping) else ()
        return Response(orjson.dumps(kept, option=orjson.OPT_INDENT_2), media_type="application/json", headers=_HEADERS)

    return [
        Route("/", page("index.html")),
        Route("/shop", page("shop.html")),
        Route("/demo/setup", setup),
        Route("/demo/traffic", traffic),
        Route("/demo/backends/{name}", switch, methods=["POST"]),
        Route("/demo/challenges", challenge, methods=["POST"]),
        Route("/demo/books/{name}/{checkout}", books),
        Route("/demo/files/{name}", file),
        *media_routes(),
    ]


async def _posted(request: Request) -> object:
    """None for what is no JSON."""
    try:
        body = await read_body(headers_of(request.scope), request.receive, limit=_SWITCH_BYTES, seconds=5.0)
        return orjson.loads(body or b"null")
    except (Refusal, Disconnected, orjson.JSONDecodeError):
        return None
