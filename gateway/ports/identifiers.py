"""The key-value store in which adapters keep what rarely changes: business key to native id, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class IdentifierCache(Protocol):
    """One per backend; implemented in `state/`. Values are short texts. No personal datum goes in here."""

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Known keys only. `space` separates maps of one adapter, such as `sku` and `variation`."""
        ...

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        """`ttl` in seconds. An empty text may stand for "known to be absent"."""
        ...

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        """Forget some keys, or the whole space."""
        ...
