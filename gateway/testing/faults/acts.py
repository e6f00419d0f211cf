"""What the fault server does with one request, by fault. Each act says whether the connection goes on."""

from __future__ import annotations

import asyncio
from typing import Protocol

from gateway.testing.faults import bodies
from gateway.testing.faults.http import Incoming, Outgoing, head, reset
from gateway.testing.faults.kinds import Fault

_JSON = {"content-type": "application/json"}
_STATUSES = {
    Fault.ERROR_500: Outgoing(500, {"content-type": "text/plain"}, b"Traceback (most recent call last): secret"),
    Fault.ERROR_502: Outgoing(502, {"content-type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>"),
    Fault.ERROR_503: Outgoing(503, _JSON, b'{"error": "maintenance"}'),
    Fault.AUTH_EXPIRED: Outgoing(401, _JSON, b'{"error": "token expired"}'),
    Fault.RATE_LIMITED: Outgoing(429, _JSON, b'{"error": "slow down"}'),
    Fault.EMPTY: Outgoing(200, _JSON, b""),
    Fault.HUGE_HEADERS: Outgoing(200, _JSON | {"x-long": "y" * 200_000}, b"{}"),
    Fault.UNKNOWN_ENCODING: Outgoing(200, _JSON | {"content-encoding": "zstd"}, b"{}"),
    Fault.BAD_GZIP: Outgoing(200, _JSON | {"content-encoding": "gzip"}, b'{"not": "gzip"}'),
}
_MUTATIONS = {
    Fault.MALFORMED: bodies.malformed,
    Fault.WRONG_TYPES: bodies.wrong_types,
    Fault.MISSING_KEYS: bodies.missing_keys,
    Fault.NULLS: bodies.nulls,
}
_HUNDRED_MEGABYTES = 100 * bodies.MEGABYTE
_DRIP_SECONDS = 0.02


class Intermediary(Protocol):
    """What an act may ask of the proxy that it acts for (`FaultProxy`)."""

    after: bool
    delay: float
    redirect_to: str
    requests: int
    retry_after: int

    async def forward(self, request: Incoming) -> Outgoing:
        """The answer of the backend itself."""
        ...


async def act(fault: Fault, proxy: Intermediary, request: Incoming, writer: asyncio.StreamWriter) -> bool:
    if proxy.after and fault is not Fault.NONE:
        answer = await proxy.forward(request)
        if fault is Fault.SLOW:
            await asyncio.sleep(proxy.delay)
            return await _send(writer, answer)
    if fault in _STATUSES:
        return await _send(writer, _STATUSES[fault])
    if fault in _MUTATIONS:
        answer = await proxy.forward(request)
        return await _send(writer, Outgoing(answer.status, answer.headers, _MUTATIONS[fault](answer.body)))
    if fault is Fault.RATE_LIMITED_FOR:
        return await _send(writer, Outgoing(429, _JSON | {"retry-after": str(proxy.retry_after)}, b"{}"))
    if fault is Fault.HALF_500 and proxy.requests % 2:
        return await _send(writer, _STATUSES[Fault.ERROR_500])
    if fault is Fault.REDIRECT:
        target = proxy.redirect_to or f"http://{request.headers.get('host', '')}/elsewhere"
        return await _send(writer, Outgoing(302, {"location": target}, b""))
    if fault in (Fault.CLOSE, Fault.RESET):
        return False
    if fault is Fault.HANG:
        await asyncio.Event().wait()
    if fault is Fault.NOT_HTTP:
        writer.write(b"220 mail.example.com ESMTP ready\r\n" * 3)
        await writer.drain()
        return False
    if fault is Fault.SLOW:
        await asyncio.sleep(proxy.delay)
    if fault is Fault.SLOW_HEADERS:
        return await _slow_headers(writer)
    if fault in (Fault.HUGE, Fault.HUGE_CHUNKED):
        return await _huge(writer, announced=fault is Fault.HUGE)
    if fault is Fault.GZIP_BOMB:
        return await _send(writer, Outgoing(200, _JSON | {"content-encoding": "gzip"}, bodies.gzip_bomb()))
    answer = await proxy.forward(request)
    if fault is Fault.SLOW_DRIP:
        return await _drip(writer, answer)
    if fault in (Fault.TRUNCATED, Fault.RESET_MID_BODY):
        return await _half(writer, answer, broken=fault is Fault.RESET_MID_BODY)
    return await _send(writer, answer)


async def _send(writer: asyncio.StreamWriter, answer: Outgoing) -> bool:
    writer.write(head(answer, length=len(answer.body)) + answer.body)
    await writer.drain()
    return True


async def _slow_headers(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        writer.write(f"x-{number % 50}: y\r\n".encode())
        await writer.drain()
        await asyncio.sleep(_DRIP_SECONDS * 5)
    return False


async def _drip(writer: asyncio.StreamWriter, answer: Outgoing) -> bool:
    padded = answer.body + b" " * 10_000  # white space after JSON is JSON still, however short the answer was
    writer.write(head(answer, length=len(padded)))
    for place in range(len(padded)):
        writer.write(padded[place : place + 1])
        await writer.drain()
        await asyncio.sleep(_DRIP_SECONDS)
    return True


async def _half(writer: asyncio.StreamWriter, answer: Outgoing, *, broken: bool) -> bool:
    writer.write(head(answer, length=len(answer.body)) + answer.body[: len(answer.body) // 2])
    await writer.drain()
    if broken:
        await asyncio.sleep(0.02)  # let the half arrive before the reset overtakes it
        reset(writer)
    return False


async def _huge(writer: asyncio.StreamWriter, *, announced: bool) -> bool:
    piece = b" " * 65_536
    if announced:
        writer.write(head(Outgoing(200, _JSON), length=_HUNDRED_MEGABYTES))
        pieces = (piece for _ in range(_HUNDRED_MEGABYTES // len(piece)))
    else:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        framed = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        pieces = (framed for _ in range(_HUNDRED_MEGABYTES // len(piece)))
    for part in pieces:
        writer.write(part)
        await writer.drain()
    if not announced:
        writer.write(b"0\r\n\r\n")
    return True
