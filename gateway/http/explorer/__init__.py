"""The explorer that a browser is shown at `/graphql`: our own page, or GraphiQL where its bundle was built.

Nothing comes from elsewhere, and the content security policy says so. The page has no rights of its own: it asks with
the credentials typed into it, and sees what they may see.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.http.wire import Reply

OWN = Path(__file__).parent
BUNDLE_INDEX = "index.html"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_OWN_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
_BUNDLE_POLICY = (  # GraphiQL's editor makes styles and workers as it runs
    b"default-src 'none'; script-src 'self' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    b"font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)


def built(folder: Path | None) -> Path | None:
    """The folder of a GraphiQL bundle, if there is one."""
    return folder if folder is not None and (folder / BUNDLE_INDEX).is_file() else None


def explorer_page(bundle: Path | None = None) -> Reply:
    found = built(bundle)
    return Reply(
        200,
        ((found or OWN) / BUNDLE_INDEX).read_bytes(),
        (
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", _OWN_POLICY if found is None else _BUNDLE_POLICY),
            (b"cache-control", b"no-cache"),
            (b"vary", b"Accept"),
        ),
    )


def explorer_routes(bundle: Path | None = None) -> list[BaseRoute]:
    """The page's files, read once: a fixed list, so that no path can lead elsewhere."""
    files = _files(OWN, "explorer", (".js", ".css"))
    found = built(bundle)
    if found is not None:
        files |= _files(found, "graphiql", tuple(_KINDS))

    async def asset(request: Request) -> Response:
        known = files.get(request.url.path)
        if known is None:
            return Response(status_code=404)
        body, kind = known
        headers = {"content-type": kind, "cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return Response(body, headers=headers)

    return [Route(path, asset, methods=["GET"]) for path in files]


def _files(folder: Path, prefix: str, endings: tuple[str, ...]) -> dict[str, tuple[bytes, str]]:
    return {
        f"/graphql/{prefix}/{path.relative_to(folder).as_posix()}": (path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(folder.rglob("*") if prefix == "graphiql" else folder.glob("*"))
        if path.suffix in endings
    }
