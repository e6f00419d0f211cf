"""When stores open next, as every pickup asks: worked out once, and kept until the next door opens or closes."""

from __future__ import annotations

from datetime import datetime

from gateway.model.opening_hours import SteadyOpening, steady_opening
from gateway.ownership import StorePlan


class Openings:
    """Of configured stores: one kept answer for each."""

    def __init__(self) -> None:
        self._kept: dict[str, SteadyOpening] = {}

    def next(self, plan: StorePlan, instant: datetime) -> datetime | None:
        """The first instant at or after `instant` at which the store is open; None if it does not open."""
        return self.steady(plan, instant).next(instant)

    def steady(self, plan: StorePlan, instant: datetime) -> SteadyOpening:
        """The same, with how long it holds."""
        kept = self._kept.get(plan.name)
        if kept is None or not kept.holds(instant):
            kept = steady_opening(instant, plan.section.timezone, plan.hours, plan.special_hours)
            self._kept[plan.name] = kept
        return kept
