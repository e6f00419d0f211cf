"""What can be promised to whoever asks now: when a pickup is ready, and when a delivery comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.markets import DeliveryPlan, MarketPlan
from gateway.model.opening_hours import SteadyOpening, closing, next_opening
from gateway.model.stock import Confidence, Promise
from gateway.model.touched import holds_until
from gateway.services.counting import StockCount
from gateway.services.openings import Openings, StoreHours
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

    def of(self, found: StockCount) -> Promise | None:
        if not found.buyable:
            return None
        return self.sure if found.sure else self.unsure


def pickup_promises(store: StoreHours, limits: ChannelSection, now: datetime, openings: Openings) -> Promises | None:
    """Ready while the store is open: after the preparation, or at the opening that follows. None where it never is.
    Where nobody knows the hours it is not sure. While the store is open it is told in whole minutes, never too early,
    and told anew when the next one begins; else when the store opens or closes."""
    steady = openings.of(store, now)
    ready, moves = _ready(store, limits, now, steady)
    if ready is None:
        holds_until(steady.until)
        return None
    told = ready
    if moves:
        told = _whole_minute(ready)
        holds_until(min(now + (told - ready), steady.until))
        if told != ready and steady.until <= told:
            told = _next(store, told) or told
    else:
        holds_until(steady.until)
    utc = told.astimezone(UTC)
    return Promises.between(utc, utc, known=bool(store.hours or store.special_hours))


def _ready(
    store: StoreHours, limits: ChannelSection, now: datetime, steady: SteadyOpening
) -> tuple[datetime | None, bool]:
    """When it is ready, and whether that moves with the clock."""
    preparing, cutoff = timedelta(seconds=limits.pickup_ready), timedelta(seconds=limits.pickup_cutoff)
    if steady.is_open and now + max(preparing, cutoff) < steady.until:
        return now + preparing, True
    begins = _begun(store, now, cutoff)
    if begins is None or not (store.hours or store.special_hours):
        return None if begins is None else begins + preparing, begins == now
    if limits.pickup_counts == "elapsed":
        exact = begins + preparing
        ready = _next(store, exact)
        return ready, begins == now and ready == exact
    return _after_working(store, begins, preparing), begins == now


def _begun(store: StoreHours, now: datetime, cutoff: timedelta) -> datetime | None:
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


def _after_working(store: StoreHours, begins: datetime, preparing: timedelta) -> datetime | None:
    """When so long has been worked, in opening hours only, and the store is open."""
    opening: datetime | None = begins
    for _ in range(_MOST_OPENINGS):
        closes = None if opening is None else _closes(store, opening)
        if opening is None or closes is None or opening + preparing < closes:
            return None if opening is None else opening + preparing
        preparing -= closes - opening
        opening = _next(store, closes)
    return None


def _next(store: StoreHours, instant: datetime) -> datetime | None:
    return next_opening(instant, store.timezone, store.hours, store.special_hours)


def _closes(store: StoreHours, instant: datetime) -> datetime | None:
    return closing(instant, store.timezone, store.hours, store.special_hours)


def delivery_promises(plan: DeliveryPlan, market: MarketPlan, now: datetime) -> Promises | None:
    """From the earliest to the latest day, counted in the market's working days at the time of day it is now; what is
    ordered after the cutoff, or on a day that does not count, counts from the next one that does. None where no day
    counts within a year."""
    zone = ZoneInfo(market.timezone)
    local = now.astimezone(zone)
    days = plan.days(market)
    today = local.date()
    late = days.counts(today) and plan.cutoff is not None and local.time() >= plan.cutoff
    first = days.on_or_after(today + timedelta(days=1) if late else today)
    earliest = None if first is None else days.after(first, plan.earliest)
    latest = None if first is None else days.after(first, plan.latest)
    holds_until(_whole_minute(now))
    if earliest is None or latest is None:
        return None
    clock = local.time()
    ready_at, ready_by = (datetime.combine(day, clock, zone).astimezone(UTC) for day in (earliest, latest))
    return Promises.between(_whole_minute(ready_at), _whole_minute(ready_by))


def _whole_minute(instant: datetime) -> datetime:
    """The first whole minute that is not before the instant."""
    begun = instant.replace(second=0, microsecond=0)
    return begun if begun == instant else begun + timedelta(minutes=1)
