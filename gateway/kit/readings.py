"""One reading of a backend: who answered, and when."""

from __future__ import annotations

from datetime import datetime

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment


class Reading:
    """`freshness` is made once and shared by all records of an answer: a listing has hundreds. `as_of` is aware UTC,
    the instant after the backend answered."""

    __slots__ = ("backend", "freshness")

    def __init__(self, backend: str, as_of: datetime) -> None:
        self.backend = backend
        self.freshness = Freshness(backend, as_of)

    @classmethod
    def now(cls, env: AdapterEnvironment) -> Reading:
        return cls(env.name, env.clock())

    def ref(self, native: str) -> NativeRef:
        """A record of this backend."""
        return NativeRef(self.backend, native)
