"""What a fact depends on (the commerce context) and what a call carries (the call context)."""

from __future__ import annotations

import time
from enum import IntEnum

from msgspec import Struct, field
from msgspec.structs import replace

CONTEXT_PARTS = ("channel", "country", "currency", "language", "store", "price_group")


class CommerceContext(Struct, frozen=True, gc=False, cache_hash=True):
    """Immutable for one operation. `channel` and `store` are configured names, `country` ISO 3166-1 alpha-2, `currency`
    ISO 4217, `language` BCP 47. `price_group` is what `PricePort.price_context` derived for the customer (such as a
    price list's id), opaque outside its backend; never chosen by a client."""

    country: str
    currency: str
    language: str
    channel: str | None = None
    store: str | None = None
    price_group: str | None = None

    def only(self, declared: frozenset[str]) -> ContextView:
        """What an adapter gets to see: reading a part it did not declare in `vary_on` raises, because a cache would
        then serve one context's answer to another."""
        return ContextView(self, declared)

    def parts(self, declared: frozenset[str]) -> tuple[str | None, ...]:
        """The declared parts in a fixed order, for cache keys."""
        return (
            self.channel if "channel" in declared else None,
            self.country if "country" in declared else None,
            self.currency if "currency" in declared else None,
            self.language if "language" in declared else None,
            self.store if "store" in declared else None,
            self.price_group if "price_group" in declared else None,
        )


class UndeclaredContext(AttributeError):
    """An adapter read a part of the commerce context that its operation does not declare in `vary_on`."""


class ContextView:
    """A commerce context narrowed to the parts an operation declared."""

    __slots__ = ("_context", "_declared")

    def __init__(self, context: CommerceContext, declared: frozenset[str]) -> None:
        self._context = context
        self._declared = declared

    def _part(self, name: str) -> str | None:
        if name not in self._declared:
            raise UndeclaredContext(f"`{name}` is not in this operation's vary_on")
        return getattr(self._context, name)

    @property
    def channel(self) -> str | None:
        return self._part("channel")

    @property
    def country(self) -> str:
        return self._part("country") or ""

    @property
    def currency(self) -> str:
        return self._part("currency") or ""

    @property
    def language(self) -> str:
        return self._part("language") or ""

    @property
    def store(self) -> str | None:
        return self._part("store")

    @property
    def price_group(self) -> str | None:
        return self._part("price_group")


class Priority(IntEnum):
    """Lanes of the rate budget and of shedding: lower is served first."""

    CHECKOUT = 0
    CART = 1
    BROWSE = 2
    BACKGROUND = 3


class CallContext(Struct, frozen=True, gc=False):
    """What a call carries. `deadline` is on the monotonic clock, in seconds. `fresh` asks past every cache and for the
    source's own calculation where the adapter has two ways. `max_age` (seconds) is how old an answer the caller takes.
    `person` is a key of who is asking, set only for operations declared personal. `once`: a write to a system that does
    not know our keys, so that no attempt may be repeated or begun after the deadline. `made` is when it was made, in
    monotonic seconds: what was read since is fresh. `operation` is the one that an adapter is called for
    (`price.get_prices`), by which its requests are limited and counted. Never part of a cache key but for `person`."""

    deadline: float
    priority: Priority = Priority.BROWSE
    trace_id: str = ""
    fresh: bool = False
    max_age: float | None = None
    person: str | None = None
    once: bool = False
    made: float = field(default_factory=time.monotonic)
    operation: str = ""

    def remaining(self) -> float:
        """Seconds left; negative when over."""
        return self.deadline - time.monotonic()

    def at_most(self, seconds: float) -> CallContext:
        """The same call, ending `seconds` from now at the latest."""
        return replace(self, deadline=min(self.deadline, time.monotonic() + seconds))

    @classmethod
    def within(cls, seconds: float, **parts: object) -> CallContext:
        """A call that must end `seconds` from now."""
        return cls(time.monotonic() + seconds, **parts)  # type: ignore[arg-type]
