"""Locations and what lies there."""

from __future__ import annotations

from msgspec import Raw, Struct

from adapters.square.wire.common import Answer, Instant


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


class Count(Struct, frozen=True):
    """`quantity` is a decimal text and may be negative."""

    catalog_object_id: str
    location_id: str
    state: str
    quantity: str
    calculated_at: Instant


class CountsAnswer(Answer, frozen=True, kw_only=True):
    counts: tuple[Count, ...] | None = None
