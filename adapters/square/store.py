"""`StorePort`: locations, and their hours."""

from __future__ import annotations

import re
from datetime import time

import msgspec
import structlog
from msgspec import Raw, Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.rows import Answer
from gateway.kit.places import geo_point
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, OpeningPeriod, StoreRecord
from gateway.ports.manifest import AdapterEnvironment

_DAYS = {"MON": 0, "TUE": 1, "WED": 2, "THU": 3, "FRI": 4, "SAT": 5, "SUN": 6}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]+)?)?")
_LONGEST_UNREAD = 500
_ID = re.compile(r"[A-Z0-9]{1,32}")
_MOST_TOLD = 1_000
_told: set[tuple[str, str]] = set()
_log = structlog.get_logger(__name__)


class WireAddress(Struct, frozen=True):
    address_line_1: str | None = None
    address_line_2: str | None = None
    address_line_3: str | None = None
    locality: str | None = None
    administrative_district_level_1: str | None = None
    postal_code: str | None = None
    country: str | None = None


class WireCoordinates(Struct, frozen=True):
    latitude: float | None = None
    longitude: float | None = None


class HoursPeriod(Struct, frozen=True):
    day_of_week: str | None = None
    start_local_time: str | None = None
    end_local_time: str | None = None


class WireHours(Struct, frozen=True):
    periods: tuple[HoursPeriod, ...] | None = None


class Location(Struct, frozen=True):
    """What is not needed to know the place is decoded apart, so that a mistake in it costs nothing else."""

    id: str
    name: str | None = None
    address: WireAddress | None = None
    timezone: str | None = None
    status: str | None = None
    country: str | None = None
    currency: str | None = None
    phone_number: str | None = None
    business_hours: Raw = Raw(b"null")
    coordinates: Raw = Raw(b"null")
    type: str | None = None


class LocationsAnswer(Answer, frozen=True, kw_only=True):
    locations: tuple[Location, ...] | None = None


async def read_locations(client: SquareClient, call: CallContext) -> tuple[Location, ...]:
    """All of them, inactive ones too, in one request."""
    return (await client.get("/v2/locations", LocationsAnswer, call)).locations or ()


class Stores:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        self._env = env
        self._client = client

    async def list_stores(self, query: None, context: ContextView, call: CallContext) -> tuple[StoreRecord, ...]:
        locations = await read_locations(self._client, call)
        freshness = Reading.now(self._env).freshness
        return tuple(store(each, freshness) for each in locations)


def store(location: Location, freshness: Freshness) -> StoreRecord:
    """Square has weekly hours only: special hours are the gateway's configuration. Hours that cannot be read are
    unknown, and shown as they were written."""
    hours, unread = _hours(location)
    if unread is not None:
        _tell(freshness.source, location.id)
    return StoreRecord(
        ref=NativeRef(freshness.source, location.id),
        name=location.name or location.id,
        freshness=freshness,
        address=_address(location),
        point=_point(location),
        phone=location.phone_number,
        timezone=location.timezone,
        hours=hours,
        unparsed_hours=unread,
        currency=location.currency,
        active=location.status != "INACTIVE",
    )


def _tell(backend: str, place: str) -> None:
    """Once for each place; what does not look like an id is not written down, because nobody knows what it is."""
    named = place if _ID.fullmatch(place) else "no id"
    if (backend, named) not in _told and len(_told) < _MOST_TOLD:
        _told.add((backend, named))
        _log.warning("opening hours cannot be read", backend=backend, place=named)


def _address(location: Location) -> Address | None:
    wire = location.address
    if wire is None:
        return Address(country=location.country) if location.country else None
    lines = (wire.address_line_1, wire.address_line_2, wire.address_line_3)
    return Address(
        lines=tuple(line for line in lines if line),
        city=wire.locality,
        region=wire.administrative_district_level_1,
        postal_code=wire.postal_code,
        country=wire.country or location.country,
    )


def _point(location: Location) -> GeoPoint | None:
    try:
        where = msgspec.json.decode(location.coordinates, type=WireCoordinates | None)
    except msgspec.DecodeError:
        return None
    return geo_point(where.latitude, where.longitude) if where is not None else None


def _hours(location: Location) -> tuple[tuple[OpeningPeriod, ...], str | None]:
    """The usual week; with what was written where it cannot be read: a part of a week would say that the rest is
    closed."""
    raw = bytes(location.business_hours)
    try:
        written = msgspec.json.decode(raw, type=WireHours | None)
        return tuple(_period(each) for each in (written.periods if written else None) or ()), None
    except (ValueError, msgspec.DecodeError):
        return (), raw.decode("utf-8", "replace")[:_LONGEST_UNREAD]


def _period(written: HoursPeriod) -> OpeningPeriod:
    """Raises ValueError for what is no period of a day."""
    opens, closes = _clock(written.start_local_time), _clock(written.end_local_time, end=True)
    if written.day_of_week not in _DAYS or (opens == closes and opens != time()):
        raise ValueError("no period of a day")
    return OpeningPeriod(_DAYS[written.day_of_week], opens, closes)


def _clock(text: str | None, *, end: bool = False) -> time:
    """`8:30:00` and `08:30:00` are both written; 24:00 is an end only, the midnight that follows."""
    found = _CLOCK.fullmatch(text or "")
    hour = int(found[1]) if found else 24
    if found is not None and end and hour == 24 and int(found[2]) == 0:
        return time()
    if found is None or hour > 23:
        raise ValueError("no time of day")
    return time(hour, int(found[2]))
