"""Right answers made wrong, whatever the vendor: JSON is taken apart without knowing what it means."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import msgspec

MEGABYTE = 1 << 20


def malformed(body: bytes) -> bytes:
    """No JSON any more: cut in the middle, with something after it."""
    return body[: max(1, len(body) // 2)] + b"\x00{"


def wrong_types(body: bytes) -> bytes:
    return _changed(body, _turned)


def missing_keys(body: bytes) -> bytes:
    return _changed(body, _emptied)


def nulls(body: bytes) -> bytes:
    return _changed(body, _nulled)


@cache
def gzip_bomb(megabytes: int = 60) -> bytes:
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=9) as packed:
        for _ in range(megabytes):
            packed.write(b" " * MEGABYTE)
    return target.getvalue()


def _emptied(value: Any) -> Any:
    return _innermost(value, lambda found: {})


def _nulled(value: Any) -> Any:
    return _innermost(value, lambda found: dict.fromkeys(found, None))


def _changed(body: bytes, change: Callable[[Any], Any]) -> bytes:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return malformed(body)
    return msgspec.json.encode(change(value))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_turned(item) for item in cast("list[Any]", value)]
    if isinstance(value, bool) or value is None:
        return {"unexpected": True}
    if isinstance(value, int | float):
        return [value]
    return 7


def _innermost(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Objects in which no object is left; a text or a list at the very top stays."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if not any(_has_object(item) for item in found.values()):
            return change(found)
        return {key: _innermost(item, change) if _has_object(item) else item for key, item in found.items()}
    if isinstance(value, list):
        return [_innermost(item, change) for item in cast("list[Any]", value)]
    return value


def _has_object(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and any(_has_object(item) for item in cast("list[Any]", value))
