"""Refusals as Square words them, and cursors that belong to one query."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.square.sandbox.account import Json


class Refusal(Exception):
    """An error answer: `{"errors": [{category, code, detail, field}]}` with its HTTP status."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        error = {"category": category, "code": code, "detail": detail}
        self.body: Json = {"errors": [{**error, "field": field} if field else error]}


def invalid(code: str, detail: str, field: str | None = None) -> Refusal:
    return Refusal(400, "INVALID_REQUEST_ERROR", code, detail, field)


def limited(values: Sequence[Any] | None, most: int, field: str, least: int = 0) -> None:
    """A list's length, as the prose of Square's reference limits it."""
    size = len(values or ())
    if size > most:
        raise invalid("ARRAY_LENGTH_TOO_LONG", f"`{field}` must have at most {most} elements", field)
    if size < least:
        raise invalid("ARRAY_LENGTH_TOO_SHORT", f"`{field}` must have at least {least} elements", field)


_ID = re.compile(r"[A-Za-z0-9_-]{1,192}")


def ids(values: Sequence[str] | None, most: int, field: str, least: int = 0) -> None:
    """A list of ids: as many as may be, and each one that can be one."""
    limited(values, most, field, least)
    if not all(_ID.fullmatch(value) for value in values or ()):
        raise invalid("INVALID_VALUE", f"`{field}` has a value that is no id", field)


def page_size(body: Json, default: int, most: int) -> int:
    size = body.get("limit", default)
    if size < 1:
        raise invalid("VALUE_TOO_LOW", "`limit` must be at least 1", "limit")
    if size > most:
        raise invalid("VALUE_TOO_HIGH", f"`limit` must be at most {most}", "limit")
    return size


def page(body: Json, rows: Sequence[Json], size: int) -> tuple[Sequence[Json], Json]:
    """One page of `rows` and the cursor field, if there is more. A cursor is refused with any other query than the one
    that gave it (the limit may differ)."""
    query = msgspec.json.encode({name: body[name] for name in sorted(body) if name not in ("cursor", "limit")})
    digest = hashlib.sha256(query).hexdigest()[:16]
    start = _offset(body.get("cursor"), digest)
    end = start + size
    more = {"cursor": base64.urlsafe_b64encode(f"{digest}:{end}".encode()).decode()} if end < len(rows) else {}
    return rows[start:end], more


def _offset(cursor: str | None, digest: str) -> int:
    if not cursor:
        return 0
    try:
        bound, offset = base64.urlsafe_b64decode(cursor.encode()).decode().split(":")
    except (ValueError, binascii.Error):
        bound, offset = "", "0"
    if bound != digest or not (offset.isascii() and offset.isdigit()):
        raise invalid("INVALID_CURSOR", "The cursor is not valid for this query", "cursor")
    return int(offset)
