"""A Square location to a store record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from adapters.square.wire.places import HoursPeriod, Location
from gateway.errors import InvalidAnswer
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, OpeningPeriod, StoreRecord

_DAYS = {"MON": 0, "TUE": 1, "WED": 2, "THU": 3, "FRI": 4, "SAT": 5, "SUN": 6}


def store(location: Location, freshness: Freshness) -> StoreRecord:
    """Square has weekly hours only: special hours are the gateway's configuration."""
    hours = location.business_hours.periods if location.business_hours else None
    return StoreRecord(
        ref=NativeRef(freshness.source, location.id),
        name=location.name or location.id,
        freshness=freshness,
        address=_address(location),
        point=_point(location),
        phone=location.phone_number,
        timezone=location.timezone,
        hours=tuple(_periods(hours or ())),
        currency=location.currency,
        active=location.status != "INACTIVE",
    )


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
    where = location.coordinates
    if where is None or where.latitude is None or where.longitude is None:
        return None
    return GeoPoint(where.latitude, where.longitude)


def _periods(periods: Iterable[HoursPeriod]) -> Iterable[OpeningPeriod]:
    for each in periods:
        if each.day_of_week not in _DAYS or not each.start_local_time or not each.end_local_time:
            raise InvalidAnswer(detail="business_hours.periods[] without day or times")
        yield OpeningPeriod(_DAYS[each.day_of_week], _local(each.start_local_time), _local(each.end_local_time))


def _local(text: str) -> time:
    """`8:30:00` and `08:30:00` are both written; 24:00 is midnight."""
    hour, _, rest = text.partition(":")
    try:
        return time.fromisoformat(f"{int(hour) % 24:02d}:{rest or '00'}")
    except ValueError:
        raise InvalidAnswer(detail="business_hours.periods[] with an impossible time") from None
