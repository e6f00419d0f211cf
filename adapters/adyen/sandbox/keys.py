"""Idempotency keys as Adyen keeps them: at most 64 characters, at least a week, the first answer again; asked before it
is out, error 704, which is transient. Source: docs.adyen.com/development-resources/api-idempotency."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from adapters.adyen.sandbox.bodies import Problem
from gateway.testing.sandbox_server import Answer

KEPT_SECONDS = 7 * 86_400.0
LONGEST = 64


class _Kept(Struct):
    since: float
    busy_until: float
    answer: Answer


class Keys:
    def __init__(self, now: Callable[[], float], tick: Callable[[], float]) -> None:
        self._now = now
        self._tick = tick
        self._kept: dict[str, _Kept] = {}

    def before(self, key: str) -> Answer | None:
        """The first answer, where there was one, whatever is asked now. Raises Problem."""
        if len(key) > LONGEST:
            raise Problem(422, "702", "The idempotency key is too long")
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.since >= KEPT_SECONDS:
            self._kept.pop(key, None)
            return None
        if self._tick() < kept.busy_until:
            problem = Problem(422, "704", "request already processed or in progress")
            problem.transient = True
            raise problem
        return kept.answer

    def keep(self, key: str, answer: Answer, busy: float) -> None:
        """`busy`: seconds until the answer is out."""
        self._kept[key] = _Kept(self._now(), self._tick() + busy, answer)
