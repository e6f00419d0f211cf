"""Bodies from a backend: read and decompressed in steps, so that neither a huge body nor a small one that unpacks to a
huge one ever takes more memory than the cap.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from gateway.calls.refusals import BadTransfer

ACCEPTED_ENCODINGS = "gzip, deflate"


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


async def read_capped(content: ChunkReader, encoding: str, cap: int) -> bytes:
    """The decompressed body. Raises BadTransfer beyond `cap` bytes, on a broken or unknown coding."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        unpacker = None
    elif coding in ("gzip", "x-gzip"):
        unpacker = _Unpacker("gzip", cap)
    elif coding == "deflate":
        unpacker = _Unpacker("deflate", cap)
    else:
        raise BadTransfer(detail=f"content coding {coding[:40]!r} was not asked for")
    pieces: list[bytes] = []
    size = 0
    while chunk := await content.readany():
        piece = chunk if unpacker is None else unpacker.feed(chunk)
        size += len(piece)
        if size > cap:
            raise BadTransfer(detail=f"body has more than {cap} bytes")
        pieces.append(piece)
    if unpacker is not None and size + len(pieces):
        unpacker.end()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
