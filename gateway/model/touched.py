"""What one operation's answer was made of: collected on the way, so that a kept answer can be dropped when any of it
changes. Whoever serves facts reports them; where nobody collects, reporting does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime

from gateway.model.horizon import ENDLESS

MOST_TAGS = 2_000


class Touched:
    """`tags` name facts (`price:SKU`) or a whole domain (`price`). `shareable` is False once anything depended on who
    asked, or was degraded: such an answer may not be kept. `horizon` (seconds since 1970) is the earliest end of
    anything in it: it may not be kept any longer."""

    __slots__ = ("horizon", "shareable", "tags")

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.shareable = True
        self.horizon = ENDLESS

    def add(self, domain: str, keys: Iterable[object]) -> None:
        """Facts of one domain; the whole domain instead, when there are too many to name."""
        self.name(f"{domain}:{key}" for key in keys)

    def name(self, tags: Iterable[str]) -> None:
        """The same, as tags."""
        self.tags.update(tags)
        if len(self.tags) > MOST_TAGS:
            self.tags = {tag.partition(":")[0] for tag in self.tags}


TOUCHED: ContextVar[Touched | None] = ContextVar("touched", default=None)


def collecting() -> bool:
    """Whether anybody wants to know."""
    return TOUCHED.get() is not None


def touched(domain: str, keys: Iterable[object]) -> None:
    """Report that an answer depends on these facts of a domain."""
    told = TOUCHED.get()
    if told is not None:
        told.add(domain, keys)


def holds_until(instant: datetime) -> None:
    """Report that an answer depends on the clock, and says something else from this aware instant on."""
    told = TOUCHED.get()
    if told is not None:
        told.horizon = min(told.horizon, instant.timestamp())


def not_shareable() -> None:
    """Report that an answer depends on who asked, or is not as it should be."""
    told = TOUCHED.get()
    if told is not None:
        told.shareable = False
