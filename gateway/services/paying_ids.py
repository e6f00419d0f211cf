"""Ids of what processors have (methods, sessions, kinds of gift cards), opaque to clients."""

from __future__ import annotations

import base64
import binascii

from msgspec import Struct

from gateway.model.identity import is_plain
from gateway.ownership import Ownership

LONGEST = 1_024


class AtProcessor(Struct, frozen=True):
    """Something of a processor's: its configured name, and its own id."""

    backend: str
    id: str


def public_id(backend: str, identifier: str, ownership: Ownership) -> str:
    """Opaque to clients, and the same for the same."""
    text = f"1\x1f{ownership.alias(backend)}\x1f{identifier}"
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def opened(identifier: str, ownership: Ownership) -> AtProcessor | None:
    """None for what was never given."""
    if len(identifier) > LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(identifier.encode("ascii") + b"=" * (-len(identifier) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    version, _, rest = raw.partition("\x1f")
    alias, _, native = rest.partition("\x1f")
    backend = ownership.backend_of_alias(alias)
    if version != "1" or backend is None or not native or not is_plain(native):
        return None
    return AtProcessor(backend, native) if public_id(backend, native, ownership) == identifier else None
