"""What an answer is about, as tags: a webhook names tags, and every answer that bears one of them is asked anew. A tag
is a data domain (`price`) or one thing in it (`price:SKU`, `product:<native id>`); `adapters` name them in `receive`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from gateway.errors import AdapterError
from gateway.ports.domain import KeyedOperation, ReadOperation

ABSENT = object()
"""Stands for "there is no such thing", which is an answer too."""


def tags_of(operation: ReadOperation, key: Any, value: Any) -> tuple[str, ...]:
    """The tags of one answer, an absence or an error. Pages bear `<domain>.pages`, because anything that changes may
    enter or leave them."""
    domain = operation.domain.name
    if not isinstance(operation, KeyedOperation):
        return (domain, f"{domain}.pages")
    tags = {f"{domain}:{_unnamed(name)}": None for name in operation.names(key)}
    if value is not ABSENT and value is not None and not isinstance(value, AdapterError):
        tags |= {f"{domain}:{_unnamed(name)}": None for name in operation.bears(value)}
    return (domain, *tags)


def touched(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags to invalidate when these things changed: they, and the pages of their domains."""
    wanted: dict[str, None] = {}
    for tag in unnamed(tags):
        wanted[tag] = None
        wanted[f"{tag.partition(':')[0]}.pages"] = None
    return tuple(wanted)


def unnamed(tags: Iterable[str]) -> tuple[str, ...]:
    """The same tags without anybody's address or number in them: tags stand in shared caches, channels and tables."""
    return tuple(f"{domain}{colon}{_unnamed(name)}" for domain, colon, name in (tag.partition(":") for tag in tags))


def _unnamed(name: str) -> str:
    if "@" not in name and not name.startswith("+"):
        return name
    return "#" + blake2b(name.encode(), digest_size=12).hexdigest()
