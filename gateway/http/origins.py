"""Browsers: what other origins may read (CORS), and what they may make a browser send (CSRF).

No cookie is ever looked at, so a forged request carries no person; and still nothing runs that a page of another
origin could send without asking first: bodies must be JSON, and GET needs a header that no form or image can send.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.entry.refusal import Header, Refusal
from gateway.entry.requests import CART_SECRET
from gateway.http.wire import Reply

ASKS_FIRST = frozenset(
    {"authorization", "x-api-key", "apollo-require-preflight", "graphql-require-preflight", "x-requested-with"}
)
"""Headers a browser sends to another origin only after a preflight; any `X-Commerce-*` is one too."""
ALLOWED_HEADERS = (
    b"accept, accept-language, authorization, commerce-cart-secret, content-type, "
    b"traceparent, x-api-key, x-requested-with, if-none-match, "
    b"apollo-require-preflight, graphql-require-preflight, x-commerce-channel, x-commerce-client, x-commerce-cost, "
    b"x-commerce-country, x-commerce-currency, x-commerce-deadline-ms, x-commerce-explain, x-commerce-language, "
    b"x-commerce-max-age, x-commerce-store, x-graphql-event-stream-token"
)
_EXPOSED: Header = (b"access-control-expose-headers", b"etag, retry-after, age")
_VARIES: tuple[Header, ...] = ((b"vary", b"Origin"),)


class Origins:
    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(origin.rstrip("/") for origin in allowed)

    def may(self, origin: str) -> bool:
        return origin in self._allowed or "*" in self._allowed

    def same(self, headers: Mapping[str, str]) -> bool:
        """Whether a request comes from no page at all, from our own, or from one that is allowed."""
        origin = headers.get("origin")
        return origin is None or self.may(origin) or origin.partition("://")[2] == headers.get("host", "")

    def headers(self, headers: Mapping[str, str]) -> tuple[Header, ...]:
        """What to add to an answer, so that the page that asked may read it."""
        varies = _VARIES if self._allowed else ()
        origin = headers.get("origin")
        if origin is None or not self.may(origin):
            return varies
        return (*varies, (b"access-control-allow-origin", origin.encode("latin-1")), _EXPOSED)

    def preflight(self, headers: Mapping[str, str]) -> Reply:
        """The answer to OPTIONS; without permission for an origin that is not listed."""
        origin = headers.get("origin")
        if origin is None or not self.may(origin):
            return Reply(204, b"", ((b"allow", b"GET, POST, OPTIONS"),))
        return Reply(
            204,
            b"",
            (
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", ALLOWED_HEADERS),
                (b"access-control-max-age", b"86400"),
                (b"vary", b"Origin"),
            ),
        )


def check_get(headers: Mapping[str, str]) -> None:
    """Raises Refusal for a GET that a page could make a browser send without asking, and for one that bears a cart's
    secret: what is private has no address."""
    if CART_SECRET in headers:
        raise Refusal(405, "BAD_REQUEST", "With a cart's secret, send POST.", ((b"allow", b"POST"),))
    if any(name in ASKS_FIRST or name.startswith("x-commerce-") for name in headers):
        return
    raise Refusal(403, "CSRF", "GET needs a header such as X-Commerce-Client, so that no other site can send it.")
