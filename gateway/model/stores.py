"""Places: locations, where stock lies, and stores, where customers go."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from msgspec import Struct

from gateway.constraints import COUNTRY, LATITUDE, LONGITUDE, TEXT
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.text import Text


class Address(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`country` is ISO 3166-1 alpha-2."""

    lines: tuple[Annotated[str, TEXT], ...] = ()
    city: Annotated[str, TEXT] | None = None
    region: Annotated[str, TEXT] | None = None
    postal_code: Annotated[str, TEXT] | None = None
    country: Annotated[str, COUNTRY] | None = None


class GeoPoint(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """WGS 84 degrees."""

    latitude: Annotated[float, LATITUDE]
    longitude: Annotated[float, LONGITUDE]


class OpeningPeriod(Struct, frozen=True, gc=False):
    """Local wall-clock times of the store. `weekday` is 0 for Monday. `closes` at or before `opens` means past
    midnight."""

    weekday: int
    opens: time
    closes: time


class SpecialHours(Struct, frozen=True, gc=False):
    """Hours of one date, in place of the weekly ones; no periods means closed."""

    date: date
    periods: tuple[tuple[time, time], ...] = ()
    name: str | None = None


class Store(Struct, frozen=True, gc=False):
    """A customer-facing store: the configuration, completed by what its backends know. `name` is its configured key;
    `title` what customers read, in the asked language where configured; `distance_km` set when asked near a point."""

    name: str
    title: Text
    country: str
    timezone: str
    address: Address | None = None
    point: GeoPoint | None = None
    phone: str | None = None
    hours: tuple[OpeningPeriod, ...] = ()
    special_hours: tuple[SpecialHours, ...] = ()
    services: tuple[str, ...] = ()
    currency: str | None = None
    channel: str | None = None
    refs: tuple[NativeRef, ...] = ()
    distance_km: float | None = None
    freshness: tuple[Freshness, ...] = ()
    unparsed_hours: str | None = None


class StoreRecord(Struct, frozen=True, gc=False):
    """A place as one backend knows it. `timezone` is an IANA name; None where the backend has none."""

    ref: NativeRef
    name: str
    freshness: Freshness
    address: Address | None = None
    point: GeoPoint | None = None
    phone: str | None = None
    timezone: str | None = None
    hours: tuple[OpeningPeriod, ...] = ()
    special_hours: tuple[SpecialHours, ...] = ()
    services: tuple[str, ...] = ()
    currency: str | None = None
    active: bool = True
    pickup: bool | None = None
    unparsed_hours: str | None = None
    """Opening hours as people wrote them, where they could not be read."""
