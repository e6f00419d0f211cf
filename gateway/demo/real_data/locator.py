"""The real stores: address, point, opening hours as people wrote them, and the time zone their coordinates lie in."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
from msgspec import Struct
from timezonefinder import TimezoneFinder

from gateway.errors import ConfigurationError

FILE = "stores.json.gz"
HOURS_RULE = (
    "Hours are written without morning or afternoon: openings are read as a.m. (12 as noon), closings as p.m. "
    "Whatever this does not read to a span that ends after it begins, or that never closes, stays as written."
)
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?")
_DAYS = {"mon": "mon", "tue": "tue", "tues": "tue", "wed": "wed", "thu": "thu", "thurs": "thu", "fri": "fri",
         "sat": "sat", "sun": "sun"}  # fmt: skip


class RealPoint(Struct, frozen=True):
    lat: float
    lon: float


class RealStore(Struct, frozen=True):
    """A store as published."""

    id: int
    type: str
    name: str
    address: str
    city: str
    state: str
    zip: str
    location: RealPoint
    hours: str
    services: tuple[str, ...] = ()
    address2: str | None = None

    @property
    def key(self) -> str:
        return f"s{self.id}"


class Locator(Struct, frozen=True):
    """`sections` are `[stores.*]` of the configuration; `parsed` and `unparsed` count opening hours."""

    stores: tuple[RealStore, ...]
    sections: dict[str, dict[str, Any]]
    parsed: int
    unparsed: int
    zones: Counter[str]
    without_zone: int


def read_stores(folder: Path) -> tuple[RealStore, ...]:
    """Raises ConfigurationError."""
    path = folder / FILE
    try:
        return tuple(msgspec.json.decode(gzip.decompress(path.read_bytes()), type=list[RealStore]))
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"cannot read the stores: {error}", place=str(path)) from error


def chosen_for_trade(stores: tuple[RealStore, ...], count: int) -> tuple[RealStore, ...]:
    """The stores with stock and a till: the first large one of each state, in the file's order."""
    first: dict[str, RealStore] = {}
    for store in stores:
        if store.type == "BigBox":
            first.setdefault(store.state, store)
    return tuple(list(first.values())[:count])


def locate(stores: tuple[RealStore, ...], trading: tuple[RealStore, ...], channel: str) -> Locator:
    finder = TimezoneFinder(in_memory=True)
    sections: dict[str, dict[str, Any]] = {}
    zones: Counter[str] = Counter()
    parsed = lost = 0
    keys = {store.key for store in trading}
    for store in stores:
        zone = finder.timezone_at(lng=store.location.lon, lat=store.location.lat)
        lost += zone is None
        zones[zone or "unknown"] += 1
        hours = weekly(store.hours)
        parsed += hours is not None
        section: dict[str, Any] = {
            "name": store.name.strip(),
            "locations": [store.key] if store.key in keys else [],
            "country": "US",
            "timezone": zone or "UTC",
            "currency": "GBP",
            "channel": channel,
            "point": {"latitude": store.location.lat, "longitude": store.location.lon},
            "address": {
                "lines": [line.strip() for line in (store.address, store.address2) if line and line.strip()],
                "city": store.city.strip(),
                "region": store.state.strip(),
                "postal_code": store.zip.strip(),
                "country": "US",
            },
            "services": [*(_word(service) for service in store.services), *(["pickup"] if store.key in keys else ())],
        }
        if hours is not None:
            section["hours"] = hours
        else:
            section["unparsed_hours"] = store.hours
        sections[store.key] = section
    return Locator(stores, sections, parsed, len(stores) - parsed, zones, lost)


def weekly(written: str) -> dict[str, str] | None:
    """`Mon: 10-9:30; Sun: 11-7` as the configuration writes hours; None where it cannot be read."""
    week: dict[str, str] = {}
    for part in written.split(";"):
        day, colon, span = part.strip().partition(":")
        name = _DAYS.get(day.strip().lower())
        found = _SPAN.fullmatch(span.strip().lower().replace(" ", ""))
        if not colon or name is None or name in week:
            return None
        if span.strip().lower() == "closed":
            week[name] = "closed"
            continue
        if found is None:
            return None
        opens, closes = _minutes(found[1], found[2], after_noon=False), _minutes(found[3], found[4], after_noon=True)
        if opens is None or closes is None or closes <= opens or closes - opens > 20 * 60:
            return None
        week[name] = f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
    return week or None


def _minutes(hour: str, minute: str | None, *, after_noon: bool) -> int | None:
    hours, minutes = int(hour), int(minute or 0)
    if hours > 12 or minutes > 59:
        return None
    return (hours % 12 + 12 if after_noon or hours == 12 else hours) * 60 + minutes


def _word(service: str) -> str:
    """A service as configurations name it: `Geek Squad Services` is `geek_squad_services`."""
    plain = normalize("NFKD", service).encode("ascii", "ignore").decode().lower()
    return _BETWEEN_WORDS.sub("_", plain).strip("_")
