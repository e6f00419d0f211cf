"""Goods of systems that have not heard of the order that takes them: they are told again, every hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.checkout.references import derived
from gateway.checkout.saga import COMMIT

if TYPE_CHECKING:
    from gateway.checkout.given import Given

_AT_ONCE = 50
_LATE_SECONDS, _AGAIN_SECONDS = 60.0, 3_600.0


class Unheard:
    """Goes through all of them in turn, some at each `round`: what the outbox started is found under way, or over."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._after = ""

    async def round(self) -> int:
        """How many are told now, or were in this hour. Raises StateUnavailable."""
        rows = await self._given.ledger.unheard(self._after, _AT_ONCE, _LATE_SECONDS)
        self._after = rows[-1][0] if len(rows) == _AT_ONCE else ""
        for run, seconds in rows:
            await self._given.runs.start(COMMIT, derived(run, COMMIT, int(seconds // _AGAIN_SECONDS)), run)
        return len(rows)
