"""Idempotency keys as Stripe keeps them. Source: docs.stripe.com/api/idempotent_requests: the first answer is given
again for a day at least, errors that came after execution began included; other parameters are an error; two at once
are a conflict; what failed validation is not kept."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from adapters.stripe.sandbox.forms import Problem, invalid
from gateway.testing.sandbox_server import Answer

KEPT_SECONDS = 86_400.0
LONGEST = 255


class _Kept(Struct):
    asked: str
    since: float
    busy_until: float
    answer: Answer | None = None


class Keys:
    def __init__(self, now: Callable[[], float], tick: Callable[[], float]) -> None:
        self._now = now
        self._tick = tick
        self._kept: dict[str, _Kept] = {}

    def before(self, key: str, asked: str) -> Answer | None:
        """The first answer, where there was one. Raises Problem."""
        if len(key) > LONGEST:
            raise invalid("Idempotency keys may only be up to 255 characters in length.")
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.since >= KEPT_SECONDS:
            self._kept.pop(key, None)
            return None
        if kept.asked != asked:
            message = "Keys for idempotent requests can only be used with the parameters they were first used with."
            raise Problem(400, "idempotency_error", message)
        if self._tick() < kept.busy_until:
            message = "There is currently another in-progress request using this Idempotent Key."
            raise Problem(409, "idempotency_error", message, code="idempotency_key_in_use")
        return kept.answer

    def keep(self, key: str, asked: str, answer: Answer, busy: float) -> None:
        """`busy`: seconds until the answer is out."""
        self._kept[key] = _Kept(asked, self._now(), self._tick() + busy, answer)
