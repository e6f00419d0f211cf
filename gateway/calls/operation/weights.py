"""About how many bytes a kept answer takes. Answers are trees of frozen records, so walking one is simple, but as dear
as making it: few are walked, picked by chance, and the others of their operation are taken to be like those."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping
from decimal import Decimal
from enum import Enum
from sys import getsizeof
from typing import Any, cast

from msgspec import Struct
from msgspec.msgpack import Encoder

OF_PLACE = 700
"""Its entry, its key, and its share of the cache's own tables."""
PER_TAG = 80
SAMPLED = 0.125
_STEP = 0.25
"""How much one answer moves what the next are taken to be."""

_written = Encoder(enc_hook=str).encode


class Scales:
    """Weighs answers by operation."""

    def __init__(self) -> None:
        self._usual: dict[Hashable, float] = {}

    def weigh(self, operation: Hashable, key: Hashable, value: Any, tags: tuple[str, ...]) -> int:
        """`operation` is one of few; `key` and `value` may be anything, None too."""
        # Keys are weighed each time: they are what strangers choose.
        found = OF_PLACE + 2 * len(_written(key)) + PER_TAG * len(tags) + len("".join(tags))
        if value is None:
            return found
        usual = self._usual.get(operation)
        if usual is not None and random.random() > SAMPLED:  # noqa: S311  no secret
            return found + int(usual)
        weighed = bytes_of(value)
        self._usual[operation] = weighed if usual is None else usual + (weighed - usual) * _STEP
        return found + weighed


def bytes_of(value: Any) -> int:
    """What a value takes with all in it; what stands in it twice counts once."""
    total = 0
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or isinstance(one, bool | Enum | type) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | int | float | Decimal):
            total += getsizeof(one)
        elif isinstance(one, Struct):
            total += getsizeof(one)
            waiting += [getattr(one, name) for name in one.__struct_fields__]
        elif isinstance(one, tuple | list | frozenset | set):
            total += getsizeof(cast("Any", one))
            waiting += cast("list[Any]", one)
        elif isinstance(one, Mapping):
            entries = cast("Mapping[Any, Any]", one)
            total += getsizeof(entries)
            waiting += entries.keys()
            waiting += entries.values()
        else:
            total += getsizeof(one, 64)
            waiting += getattr(one, "__dict__", {}).values()
    return total
