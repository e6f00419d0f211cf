"""Requests as they arrive: in one piece or in many, alone or in a row, right and wrong."""

from __future__ import annotations

from collections.abc import Iterator

from malformed import GOOD, http, requests

Pieces = tuple[bytes, ...]
"""What is sent, with a pause after each piece."""

LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""Ends a connection that would stay."""
ORIGIN = "https://shop.example"
_HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_SLOW = b'{"query":"{ slow(seconds: 0.05) }"}'
_NOTE = b'{"query":"mutation { slowNote(seconds: 0.01) }"}'
_KEPT = b'{"query":"{ kept(sku: \\"a\\") { sku cents } }"}'


def post(*fields: bytes, body: bytes = GOOD) -> bytes:
    return _framed(b"Content-Length: %d" % len(body), *fields) + body


def chunked(*parts: bytes, trailers: bytes = b"", fields: tuple[bytes, ...] = (), extension: bytes = b"") -> bytes:
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return _framed(b"Transfer-Encoding: chunked", *fields) + body + b"0\r\n" + trailers + b"\r\n"


def _framed(*fields: bytes) -> bytes:
    return _HEAD + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def _cut(request: bytes, size: int) -> Pieces:
    return tuple(request[at : at + size] for at in range(0, len(request), size))


def right() -> Iterator[tuple[str, Pieces]]:
    fields = {
        "nothing more": (),
        "the old media type": (b"Accept: application/json",),
        "the new media type": (b"Accept: application/graphql-response+json",),
        "a page": (b"Accept: text/html",),
        "a picture": (b"Accept: image/png",),
        "a stream": (b"Accept: text/event-stream",),
        "an allowed origin": (b"Origin: " + ORIGIN.encode(),),
        "another origin": (b"Origin: https://evil.example",),
        "a long origin": (b"Origin: https://" + b"a" * 2_000,),
        "an origin that is not ASCII": (b"Origin: https://\xe9",),
        "an upper-case close": (b"Connection: CLOSE",),
        "close among others": (b"Connection: keep-alive, close",),
        "keep-alive": (b"Connection: keep-alive",),
        "100-continue": (b"Expect: 100-continue",),
        "a context": (b"X-Commerce-Country: IE", b"X-Commerce-Currency: EUR", b"Accept-Language: he, en;q=0.5"),
        "a wrong context": (b"X-Commerce-Country: JP",),
        "a price": (b"X-Commerce-Cost: 1",),
        "a wrong token": (b"Authorization: Bearer a.b.c",),
        "a wrong key": (b"X-Api-Key: guess",),
        "a compressed body": (b"Content-Encoding: gzip",),
        "a forwarded address": (b"X-Forwarded-For: 198.51.100.7, 203.0.113.9",),
        "a forwarded address that is none": (b"X-Forwarded-For: you, me",),
        "a trace": (b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",),
    }
    bodies = {
        "a query": GOOD,
        "a query that waits": _SLOW,
        "a mutation": _NOTE,
        "an error": b'{"query":"{ broken }"}',
        "a fault": b'{"query":"{ nothing }"}',
        "a subscription": b'{"query":"subscription { counter(to: 2) }"}',
        "no JSON": b"{",
        "nothing": b"",
    }
    for what, more in fields.items():
        for asked, body in bodies.items():
            yield f"{asked} with {what}", (post(*more, body=body) + LAST,)
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        for what, more in fields.items():
            head = f"{method} /graphql?query=%7Bdeadline%7D HTTP/1.1\r\nHost: x\r\nX-Commerce-Client: a\r\n".encode()
            yield f"{method} with {what}", (head + b"".join(field + b"\r\n" for field in more) + b"\r\n" + LAST,)
    for version in (b"HTTP/1.0", b"HTTP/1.1"):
        for connection in (b"", b"Connection: keep-alive\r\n", b"Connection: close\r\n"):
            request = post().replace(b"HTTP/1.1", version).replace(b"Host: x\r\n", b"Host: x\r\n" + connection)
            yield f"{version!r} {connection!r}", (request + LAST,)
    for target in (b"/graphql?", b"/graphql?a=b", b"/%67raphql", b"http://x/graphql", b"/graphql#a", b"//graphql"):
        yield f"POST {target!r}", (post().replace(b"/graphql", target) + LAST,)


def in_pieces() -> Iterator[tuple[str, Pieces]]:
    request = post(body=_SLOW)
    for size in (1, 7, 40, 100):
        yield f"pieces of {size}", (*_cut(request, size), LAST)
    for what, whole in {"a request": request, "chunks": chunked(_SLOW[:9], _SLOW[9:])}.items():
        head = whole.index(b"\r\n\r\n") + 4
        for at in (head - 2, head, head + 3, len(whole) - 1):
            yield f"{what} cut at {at}", (whole[:at], whole[at:] + LAST)
    yield "a body after 100-continue", (_framed(b"Expect: 100-continue", b"Content-Length: 24"), GOOD + LAST)
    yield "a body for a wrong token", (_framed(b"Authorization: Bearer x", b"Content-Length: 24"), GOOD + LAST)
    yield "a large body", (post(body=b'{"query":"{ deadline }"' + b" " * 90_000 + b"}") + LAST,)
    yield "a large body in pieces", (*_cut(post(body=b'{"query":"{ deadline }"' + b" " * 90_000 + b"}"), 30_000), LAST)
    yield "a body too large", (_framed(b"Content-Length: 900000000"), b"{}")
    yield "chunks too large", tuple(_cut(chunked(*[b" " * 40_000] * 5), 50_000))
    yield "a body that never comes", (_framed(b"Content-Length: 24"),)
    yield "half a body", (_framed(b"Content-Length: 24") + GOOD[:10],)
    yield "half a body in chunks", (chunked(GOOD)[:-20],)
    yield "half a head", (_HEAD,)
    yield "half a head after an answer", (post(), _HEAD)
    yield "nothing after an answer", (post(),)


def in_a_row() -> Iterator[tuple[str, Pieces]]:
    wrong = {
        "two lengths": _framed(b"Content-Length: 24", b"Content-Length: 3") + GOOD,
        "a list of lengths": _framed(b"Content-Length: 24, 24") + GOOD,
        "length and chunks": chunked(GOOD, fields=(b"Content-Length: 3",)),
        "chunks and length": _framed(b"Content-Length: 24", b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + GOOD,
        "chunks in disguise": chunked(GOOD).replace(b": chunked", b":\x0bchunked"),
        "chunks not last": chunked(GOOD).replace(b": chunked", b": chunked, gzip"),
        "two encodings": chunked(GOOD, fields=(b"Transfer-Encoding: identity",)),
        "a folded field": post(b"A: b\r\n c"),
        "a space before a colon": post(b"A : b"),
        "a bare line feed": post(b"A: b\nC: d"),
        "a bare carriage return": post(b"A: b\rC: d"),
        "a zero": post(b"A: \0"),
        "a control character": post(b"Origin: \x01"),
        "a bad chunk": _framed(b"Transfer-Encoding: chunked") + b"5;\r\nzz\r\n\r\n",
        "a chunk longer than it says": _framed(b"Transfer-Encoding: chunked") + b"3\r\n" + GOOD + b"\r\n0\r\n\r\n",
        "a chunk size with a sign": _framed(b"Transfer-Encoding: chunked") + b"+18\r\n" + GOOD + b"\r\n0\r\n\r\n",
        "a chunk size in hexadecimal": _framed(b"Transfer-Encoding: chunked") + b"0x18\r\n" + GOOD + b"\r\n0\r\n\r\n",
        "a body longer than it says": _framed(b"Content-Length: 10") + GOOD,
        "no host": post().replace(b"Host: x\r\n", b""),
        "two hosts": post(b"Host: y"),
        "no HTTP": b"nonsense\r\n\r\n",
        "a head too large": post(b"A: " + b"a" * 70_000),
    }
    good = {
        "a query": post(),
        "a query that waits": post(body=_SLOW),
        "a page": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    }
    for what, request in wrong.items():
        yield f"{what} first", (request + LAST,)
        for before, first in good.items():
            yield f"{what} behind {before}", (first + request + LAST,)
            yield f"{what} later than {before}", (first, request + LAST)
    several = post() + post(body=_SLOW) + good["a page"] + post(body=_NOTE) + chunked(GOOD, trailers=b"A: b\r\n")
    yield "several", (several + LAST,)
    yield "several in pieces", (*_cut(several, 150), LAST)
    yield "several with a stream", (post(b"Accept: text/event-stream") + several + LAST,)
    yield "what follows the last", (post(b"Connection: close") + post(),)
    yield "more than wait", (post(body=_SLOW) + post() * 40,)
    yield "a kept answer twice", (post(body=_KEPT) + post(body=_KEPT) + LAST,)
    yield "trailers", (chunked(GOOD, trailers=b"Authorization: Bearer x\r\nHost: y\r\n") + LAST,)
    yield "a long extension", (chunked(GOOD, extension=b";a=" + b"x" * 1_000) + LAST,)
    yield "an offer of HTTP/2", (post(b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings") + post() + LAST,)


def shapes() -> list[tuple[str, Pieces]]:
    malformed = [(name, (request,)) for name, request in requests()]
    return [*malformed, ("a good one", (http(),)), *right(), *in_pieces(), *in_a_row()]
