"""Marks the facts of an answer that is served although a newer one was wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.freshness import Freshness

REVALIDATING = "REVALIDATING"
"""A newer answer is on its way."""
OLDER_REFUSED = "OLDER_ANSWER_REFUSED"
"""The source answered with an earlier version than it had given before."""
OVER_AT_SOURCE = "OVER_AT_SOURCE"
"""The source gives an answer that is over by what it says itself, and gives no other."""


def marked_stale(value: Any, reason: str) -> Any:
    """The same answer with every `freshness` in it marked. Answers are trees of frozen records, tuples and dicts."""
    if isinstance(value, Freshness):
        return replace(value, stale=True, reason=reason)
    if isinstance(value, Struct):
        changed: dict[str, Any] = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            if isinstance(before, Struct | tuple | list | dict):
                after = marked_stale(cast("Any", before), reason)
                if after is not before:
                    changed[name] = after
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        items = cast("tuple[Any, ...] | list[Any]", value)
        after = [marked_stale(item, reason) for item in items]
        if all(new is old for new, old in zip(after, items, strict=True)):
            return items
        return tuple(after) if isinstance(items, tuple) else after
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {key: marked_stale(item, reason) for key, item in entries.items()}
    return value


def version_of(value: Any) -> Any:
    """What orders two answers about one thing, where its source says when it last changed it; else None."""
    return getattr(value, "updated_at", None)
