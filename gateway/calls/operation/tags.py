"""What an answer is about, as tags: a webhook names tags, and every answer that bears one of them is asked anew. A tag
is a data domain (`price`) or one thing in it (`price:SKU`, `product:<native id>`); `adapters` name them in `receive`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from gateway.model.catalog import Product, ProductKey
from gateway.model.customers import CustomerKey
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderOrigin
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey


def tags_of(domain: str, key: Any, value: Any) -> tuple[str, ...]:
    """The tags of one answer. Pages bear `<domain>.pages`, because anything that changes may enter or leave them."""
    names = _names(key)
    if names is None:
        return (domain, f"{domain}.pages")
    tags = {f"{domain}:{_unnamed(name)}": None for name in names}
    if isinstance(value, Product):
        tags[f"{domain}:{value.ref.id}"] = None
        for variant in value.variants:
            tags[f"{domain}:{variant.ref.id}"] = None
            if variant.sku is not None:
                tags[f"{domain}:{variant.sku}"] = None
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


def _names(key: Any) -> tuple[str, ...] | None:
    if isinstance(key, PriceKey | StockKey):
        return (key.variant if isinstance(key.variant, str) else key.variant.id,)
    if isinstance(key, ProductKey | CustomerKey):
        return (key.value,)
    if isinstance(key, NativeRef):
        return (key.id,)
    if isinstance(key, OrderOrigin):
        return (key.reference,)
    return (key,) if isinstance(key, str) else None
