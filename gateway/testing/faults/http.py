"""As much HTTP/1.1 as the fault server needs on its own side of the wire: it has to break rules that a server library
would keep for it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping

from msgspec import Struct

_LARGEST_REQUEST = 16 << 20


class Incoming(Struct, frozen=True):
    """`headers` have lower-case names; `body` is whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Outgoing(Struct, frozen=True):
    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


async def read_request(reader: asyncio.StreamReader) -> Incoming | None:
    """None when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        for line in head.split(b"\r\n")[1:]:
            name, found, value = line.decode("latin-1").partition(":")
            if found:
                headers[name.strip().lower()] = value.strip()
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        return None
    return Incoming(method, target, headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces: list[bytes] = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if size > _LARGEST_REQUEST:
            raise ValueError("too large")
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(pieces)


def head(answer: Outgoing, *, length: int | None) -> bytes:
    """Status line and headers; `length` is what Content-Length says, None leaves it out."""
    lines = [f"HTTP/1.1 {answer.status} X"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in _FRAMING]
    if length is not None:
        lines.append(f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
