"""Cursors: opaque, signed, and bound to what they were issued for. A cursor of another query, person or filter is
refused, so a client can neither forge a position nor carry one from one list to another. They are signed, not sealed:
backends stand in them by their public aliases."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TypeVar

import msgspec
from msgspec import Struct

from gateway.errors import InvalidCursor
from gateway.ports.manifest import Secret

_SIGNATURE_BYTES = 12
_Content = TypeVar("_Content", bound=Struct)


class PlainPosition(Struct, frozen=True, tag="p"):
    """A position that one backend understands, named by its public alias: no other is asked to go on from it."""

    backend: str
    position: str


class Cursors:
    """`key` signs with its first value and verifies with all of them, so that it can be rotated."""

    def __init__(self, key: Secret) -> None:
        self._keys = [value.encode() for value in key.values]

    def seal(self, content: Struct, *, bound_to: str) -> str:
        payload = msgspec.json.encode(content)
        return base64.urlsafe_b64encode(self._sign(self._keys[0], payload, bound_to) + payload).rstrip(b"=").decode()

    def open(self, cursor: str, kind: type[_Content], *, bound_to: str) -> _Content:
        """Raises InvalidCursor for anything that `seal` did not issue for the same binding."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError) as error:
            raise InvalidCursor("This is not a cursor of this list.") from error
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(signature, self._sign(key, payload, bound_to)) for key in self._keys):
            raise InvalidCursor("This is not a cursor of this list.")
        try:
            return msgspec.json.decode(payload, type=kind)
        except msgspec.DecodeError as error:
            raise InvalidCursor("This cursor is of an older version.") from error

    def _sign(self, key: bytes, payload: bytes, bound_to: str) -> bytes:
        return hmac.digest(key, bound_to.encode(errors="backslashreplace") + b"\x00" + payload, hashlib.sha256)[
            :_SIGNATURE_BYTES
        ]
