"""Relay connections as the vendor pages them: `first` at most 250, keyset cursors that survive changes in between."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

MOST = 250
Key = tuple[Any, ...]


def _cursor(order: str, key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, *key]).encode()).decode()


def _key(order: str, cursor: str) -> Key:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor))
        if found[0] != order:
            raise ValueError(order)
        return tuple(found[1:])
    except (ValueError, TypeError, IndexError):
        raise GraphQLError("Invalid cursor for current pagination sort.") from None


def connection(
    items: Sequence[Any],
    render: Callable[[Any], Any],
    *,
    order: str,
    key: Callable[[Any], Key],
    first: int | None,
    after: str | None,
    reverse: bool = False,
) -> dict[str, Any]:
    """A page of `items` sorted by `key`, as nodes and as edges."""
    if first is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if not 0 <= first <= MOST:
        raise GraphQLError(
            f"first must be between 0 and {MOST}", extensions={"code": "BAD_REQUEST", "argumentName": "first"}
        )
    ordered = sorted(((key(item), item) for item in items), key=lambda pair: pair[0], reverse=reverse)
    if after is not None:
        last = _key(order, after)
        try:
            ordered = [pair for pair in ordered if (pair[0] < last if reverse else pair[0] > last)]
        except TypeError:
            raise GraphQLError("Invalid cursor for current pagination sort.") from None
    page = ordered[:first]
    nodes = [render(item) for _, item in page]
    cursors = [_cursor(order, place) for place, _ in page]
    return {
        "nodes": nodes,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)],
        "pageInfo": {"hasNextPage": len(ordered) > len(page), "endCursor": cursors[-1] if cursors else None},
    }
