"""What can be promised to whoever asks now: when a pickup is ready, and when a delivery comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.markets import DeliveryPlan, MarketPlan
from gateway.model.opening_hours import closing, next_opening
from gateway.model.stock import Confidence, Promise
from gateway.model.stores import Store
from gateway.model.touched import holds_until
from gateway.services.counting import Count
from gateway.services.openings import Openings
from gateway.settings import ChannelSection

_MOST_OPENINGS = 400
"""More than a preparation of any sense takes; then nothing is promised."""


class Promises(Struct, frozen=True):
    """One promise, by how sure the count is."""

    sure: Promise
    unsure: Promise

    @classmethod
    def between(cls, ready_at: datetime, ready_by: datetime, *, known: bool = True) -> Promises:
        """`known`: False where the promise itself rests on something nobody knows."""
        unsure = Promise(ready_at, ready_by, Confidence.LOW)
        return cls(Promise(ready_at, ready_by, Confidence.HIGH) if known else unsure, unsure)

    def of(self, found: Count) -> Promise | None:
        if not found.buyable:
            return None
        return self.sure if found.sure else self.unsure


def pickup_promises(store: Store, limits: ChannelSection, now: datetime, openings: Openings) -> Promises | None:
    """Ready while the store is open: after the preparation, or at the opening that follows. None where it never is.
    Where nobody knows the hours it is not sure."""
    opening = openings.of(store, now)
    holds_until(min(opening.until, _minute_after(now)) if opening.is_open else opening.until)
    ready = _ready(store, limits, now, openings)
    if ready is None:
        return None
    promised = _whole_minute(ready.astimezone(UTC))
    return Promises.between(promised, promised, known=bool(store.hours or store.special_hours))


def _ready(store: Store, limits: ChannelSection, now: datetime, openings: Openings) -> datetime | None:
    preparing, cutoff = timedelta(seconds=limits.pickup_ready), timedelta(seconds=limits.pickup_cutoff)
    opening = openings.of(store, now)
    if opening.is_open and now + max(preparing, cutoff) < opening.until:
        return now + preparing
    begins = _begun(store, now, cutoff)
    if begins is None or not (store.hours or store.special_hours):
        return None if begins is None else begins + preparing
    if limits.pickup_counts == "elapsed":
        return _next(store, begins + preparing)
    return _after_working(store, begins, preparing)


def _begun(store: Store, now: datetime, cutoff: timedelta) -> datetime | None:
    """When somebody starts: at once while the store is open, but for its last `cutoff`."""
    begins = _next(store, now)
    closes = None if begins is None else _closes(store, begins)
    if begins is None or closes is None or not cutoff or begins < closes - cutoff:
        return begins
    for _ in range(_MOST_OPENINGS):  # an opening shorter than the cutoff takes no orders
        begins = _next(store, closes)
        closes = None if begins is None else _closes(store, begins)
        if begins is None or closes is None or begins < closes - cutoff:
            return begins
    return None


def _after_working(store: Store, begins: datetime, preparing: timedelta) -> datetime | None:
    """When so long has been worked, in opening hours only, and the store is open."""
    opening: datetime | None = begins
    for _ in range(_MOST_OPENINGS):
        closes = None if opening is None else _closes(store, opening)
        if opening is None or closes is None or opening + preparing < closes:
            return None if opening is None else opening + preparing
        preparing -= closes - opening
        opening = _next(store, closes)
    return None


def _next(store: Store, instant: datetime) -> datetime | None:
    return next_opening(instant, store.timezone, store.hours, store.special_hours)


def _closes(store: Store, instant: datetime) -> datetime | None:
    return closing(instant, store.timezone, store.hours, store.special_hours)


def delivery_promises(plan: DeliveryPlan, market: MarketPlan, now: datetime) -> Promises | None:
    """From the earliest to the latest day, counted in the market's working days at the time of day it is now; what is
    ordered after the cutoff, or on a day that does not count, counts from the next one that does. None where no day
    counts within a year."""
    holds_until(_minute_after(now))
    zone = ZoneInfo(market.timezone)
    local = now.astimezone(zone)
    days = plan.days(market)
    today = local.date()
    late = days.counts(today) and plan.cutoff is not None and local.time() >= plan.cutoff
    first = days.on_or_after(today + timedelta(days=1) if late else today)
    earliest = None if first is None else days.after(first, plan.earliest)
    latest = None if first is None else days.after(first, plan.latest)
    if earliest is None or latest is None:
        return None
    clock = local.time()
    days_out = (datetime.combine(day, clock, zone).astimezone(UTC) for day in (earliest, latest))
    return Promises.between(*(_whole_minute(instant) for instant in days_out))


def _minute_after(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _whole_minute(instant: datetime) -> datetime:
    """Never too early: what is promised is said in whole minutes."""
    return instant if instant.second == instant.microsecond == 0 else _minute_after(instant)
