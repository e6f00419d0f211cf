"""When stores open next, as every pickup asks: worked out once, and kept until the next door opens or closes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from gateway.model.opening_hours import Hours, Special, SteadyOpening, steady_opening


class StoreHours(Protocol):
    """A store as its clock sees it: as configured, or completed by what its systems know."""

    @property
    def name(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def hours(self) -> Hours: ...
    @property
    def special_hours(self) -> Special: ...


class Openings:
    """Of stores: one kept answer for each, as long as its hours are what they were."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[StoreHours, SteadyOpening]] = {}

    def of(self, store: StoreHours, instant: datetime) -> SteadyOpening:
        kept = self._kept.get(store.name)
        if kept is not None and kept[1].holds(instant) and _same_doors(kept[0], store):
            return kept[1]
        opening = steady_opening(instant, store.timezone, store.hours, store.special_hours)
        self._kept[store.name] = (store, opening)
        return opening

    def next(self, store: StoreHours, instant: datetime) -> datetime | None:
        """The first instant at or after `instant` at which the store is open; None if it does not open."""
        return self.of(store, instant).next(instant)


def _same_doors(one: StoreHours, other: StoreHours) -> bool:
    return one.hours == other.hours and one.special_hours == other.special_hours and one.timezone == other.timezone
