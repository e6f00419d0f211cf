"""Bodies from a backend: read and decompressed in steps, so that neither a huge body nor a small one that unpacks to a
huge one ever takes more memory than the cap.
"""

from __future__ import annotations

import re
import zlib
from typing import Protocol

from gateway.calls.wire.errors import BadTransfer

ACCEPTED_ENCODINGS = "gzip, deflate"


_WHOLE = re.compile(
    rb"(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
)
_MOST_HALVES = 2_000
"""Pieces of a text, two for each half: what has more of them is no slip of somebody's, and not worth the time."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def without_halves(body: bytes) -> bytes:
    """A JSON text in which halves of characters (a title cut in the middle of an emoji) are replaced by U+FFFD: one
    such title makes the whole text unreadable to a strict decoder."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    pieces: list[bytes] = []
    start = at = 0
    while len(pieces) < _MOST_HALVES and (whole := _WHOLE.match(body, at)) and (half := _HALF.match(body, whole.end())):
        pieces += (body[start : half.start()], rb"\ufffd")
        start = at = half.end()
    return b"".join((*pieces, body[start:])) if pieces else body


class ChunkReader(Protocol):
    async def readany(self) -> bytes: ...


class _Unpacker:
    """Undoes one content coding and stops at the cap."""

    def __init__(self, coding: str, cap: int) -> None:
        self._cap = cap
        self._size = 0
        self._coding = coding
        self._undo = zlib.decompressobj(31 if coding == "gzip" else 15)
        self._first = True

    def feed(self, chunk: bytes) -> bytes:
        try:
            piece = self._unpack(chunk)
        except zlib.error as error:
            raise BadTransfer(detail=f"body is not {self._coding}") from error
        self._size += len(piece)
        if self._undo.unconsumed_tail or self._size > self._cap:
            raise BadTransfer(detail=f"body unpacks to more than {self._cap} bytes")
        if self._undo.unused_data:
            raise BadTransfer(detail="data after the end of the compressed body")
        return piece

    def _unpack(self, chunk: bytes) -> bytes:
        room = self._cap - self._size + 1
        first, self._first = self._first, False
        try:
            return self._undo.decompress(chunk, room)
        except zlib.error:
            if not first or self._coding != "deflate":
                raise
            self._undo = zlib.decompressobj(-15)  # "deflate" without the zlib header, as some servers send it
            return self._undo.decompress(chunk, room)

    def end(self) -> None:
        if not self._undo.eof:
            raise BadTransfer(detail="compressed body is cut short")


class Body:
    """A body as it arrives: `feed` its pieces, then `whole` is the decompressed body. Both raise BadTransfer beyond
    `cap` bytes and on a broken coding, and an unknown coding is refused at once."""

    __slots__ = ("_cap", "_pieces", "_size", "_unpacker")

    def __init__(self, encoding: str, cap: int) -> None:
        self._unpacker = _unpacker_of(encoding, cap) if encoding else None
        self._cap = cap
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        piece = chunk if self._unpacker is None else self._unpacker.feed(chunk)
        self._size += len(piece)
        if self._size > self._cap:
            raise BadTransfer(detail=f"body has more than {self._cap} bytes")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        pieces = self._pieces
        if self._unpacker is not None and pieces:
            self._unpacker.end()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpacker_of(encoding: str, cap: int) -> _Unpacker | None:
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding in ("gzip", "x-gzip"):
        return _Unpacker("gzip", cap)
    if coding == "deflate":
        return _Unpacker("deflate", cap)
    raise BadTransfer(detail=f"content coding {coding[:40]!r} was not asked for")


async def read_capped(content: ChunkReader, encoding: str, cap: int) -> bytes:
    """The decompressed body. Raises BadTransfer beyond `cap` bytes, on a broken or unknown coding."""
    body = Body(encoding, cap)
    while chunk := await content.readany():
        body.feed(chunk)
    return body.whole()
