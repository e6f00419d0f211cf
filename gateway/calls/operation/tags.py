"""What an answer is about, as tags: a webhook names tags, and every answer that bears one of them is asked anew. A tag
is a data domain (`price`) or one thing in it (`price:SKU`, `product:<native id>`); `adapters` name them in `receive`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from gateway.errors import AdapterError
from gateway.model.horizon import horizon_of
from gateway.model.identity import canonical_key
from gateway.model.touched import TOUCHED
from gateway.ports.domain import KeyedOperation, ReadOperation

Changed = Callable[[str, Sequence[str]], Awaitable[None]]
"""Is told that what these tags name has changed at a backend."""

ABSENT = object()
"""Stands for "there is no such thing", which is an answer too."""


def tags_of(operation: ReadOperation, key: Any, value: Any) -> tuple[str, ...]:
    """The tags of one answer, an absence or an error. Pages bear `<domain>.pages`, because anything that changes may
    enter or leave them."""
    domain = operation.domain.name
    if not isinstance(operation, KeyedOperation):
        return (domain, f"{domain}.pages")
    tags = {f"{domain}:{_compared(name)}": None for name in operation.names(key)}
    if value is not ABSENT and value is not None and not isinstance(value, AdapterError):
        tags |= {f"{domain}:{_compared(name)}": None for name in operation.bears(value)}
    return (domain, *tags)


def touched(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags to invalidate when these things changed: they, and the pages of their domains."""
    wanted: dict[str, None] = {}
    for tag in tags:
        domain, colon, name = tag.partition(":")
        wanted[f"{domain}{colon}{_compared(name)}"] = None
        wanted[f"{domain}.pages"] = None
    return tuple(wanted)


def unnamed(tags: Iterable[str]) -> tuple[str, ...]:
    """The same tags without anybody's address or number in them: tags stand in shared caches, channels and tables."""
    return tuple(f"{domain}{colon}{_unnamed(name)}" for domain, colon, name in (tag.partition(":") for tag in tags))


def _compared(name: str) -> str:
    """A name as tags are compared. A vendor tells of a key as it is written there (another case, blanks at its ends,
    padded with zeros: `KeyRule`), readers asked for it as its owner writes it: to ask two things anew where one
    changed costs a request, to miss one costs a wrong answer."""
    return _unnamed(_folded(name))


def _folded(name: str) -> str:
    key = canonical_key(name).casefold()
    return (key.lstrip("0") or "0") if key.isdigit() else key


def _unnamed(name: str) -> str:
    if "@" not in name and not name.startswith("+"):
        return name
    return "#" + blake2b(_folded(name).encode(), digest_size=12).hexdigest()


def report(operation: ReadOperation, *, personal: bool, keys: Iterable[Any], answers: Mapping[Any, Any]) -> None:
    """Tells whoever keeps finished answers what one was made of: the tags of each answer and each absence, and the
    earliest end that any of them states. Personal and failed answers make the whole unfit to be kept; stale ones are
    reported where they are marked."""
    collecting = TOUCHED.get()
    if collecting is None:
        return
    if personal:
        collecting.shareable = False
    for key in keys:
        answer = answers.get(key)
        collecting.horizon = min(collecting.horizon, horizon_of(answer))
        if isinstance(answer, AdapterError):
            collecting.shareable = False
        collecting.name(tag for tag in tags_of(operation, key, answer) if tag != operation.domain.name)
