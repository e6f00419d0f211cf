"""Old ids that go on working after a re-keying or a re-platforming. Implemented in `state/`."""

from __future__ import annotations

from typing import Protocol


class Aliases(Protocol):
    async def current(self, identifier: str) -> str | None:
        """The id that an old one stands for now; None when it is not an alias."""
        ...

    async def add(self, old: str, new: str) -> None:
        """From now on `old` means `new`. Going back to an earlier id makes that one current again."""
        ...
