"""Markets and deliveries as configured, read once at start: the zone a country's times are told in, how far "near"
reaches there, and the days on which a channel delivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, time

from babel.core import get_global
from msgspec import Struct

from gateway.errors import ConfigurationError
from gateway.model.working_days import WorkingDays
from gateway.model.written_hours import clock_of, days_of, iso_date, known_zone
from gateway.settings import ChannelSection, MarketSection, Settings

_ZONES: Mapping[str, list[str]] = get_global("territory_zones")
HALF_WAY_ROUND_KM = 20_040
_MOST_DAYS = 365


class MarketPlan(Struct, frozen=True):
    """A country (ISO 3166-1 alpha-2). `timezone` (IANA) is where its days begin, `near_radius_km` how far "near"
    reaches unless a client says; nothing is delivered on `holidays`. `tax_at_order`: a cart may be
    bought before its tax is known."""

    country: str
    timezone: str
    near_radius_km: float
    holidays: frozenset[date] = frozenset()
    tax_at_order: bool = False


class DeliveryPlan(Struct, frozen=True):
    """When a channel delivers: from `earliest` to `latest` working days after the order, which counts from the next one
    where it is placed at `cutoff` (the market's local time) or later."""

    earliest: int
    latest: int
    weekdays: frozenset[int]
    cutoff: time | None

    def days(self, market: MarketPlan) -> WorkingDays:
        return WorkingDays(self.weekdays, market.holidays)


class Markets:
    """Raises ConfigurationError for anything that cannot be."""

    def __init__(self, settings: Settings) -> None:
        countries = {country for channel in settings.channels.values() for country in channel.countries}
        countries |= {store.country for store in settings.stores.values()} | set(settings.markets)
        self._markets = {country: _market(country, settings) for country in sorted(countries)}
        self._deliveries = {name: _delivery(name, channel) for name, channel in settings.channels.items()}

    def of(self, country: str) -> MarketPlan:
        return self._markets.get(country) or MarketPlan(country, _own_zone(country), MarketSection().near_radius_km)

    def delivery(self, channel: str | None) -> DeliveryPlan:
        return self._deliveries.get(channel or "") or _UNCONFIGURED


def _market(country: str, settings: Settings) -> MarketPlan:
    place = f"markets.{country}"
    section = settings.markets.get(country, MarketSection())
    if not 0 < section.near_radius_km <= HALF_WAY_ROUND_KM:
        raise ConfigurationError(
            f"`{section.near_radius_km}` must be more than 0 km and at most half way round the Earth",
            place=f"{place}.near_radius_km",
        )
    zones = Counter(store.timezone for store in settings.stores.values() if store.country == country)
    timezone = section.timezone or (zones.most_common(1)[0][0] if zones else _own_zone(country))
    known_zone(timezone, place=f"{place}.timezone")
    holidays = frozenset(iso_date(day, place=f"{place}.holidays") for day in section.holidays)
    return MarketPlan(country, timezone, section.near_radius_km, holidays, section.tax == "owner_at_order")


def _own_zone(country: str) -> str:
    """UTC where a country has several. Source: CLDR through Babel."""
    zones = _ZONES.get(country, [])
    return zones[0] if len(zones) == 1 else "UTC"


def _delivery(name: str, channel: ChannelSection) -> DeliveryPlan:
    place = f"channels.{name}"
    earliest, latest = channel.delivery_days
    if not 0 <= earliest <= latest <= _MOST_DAYS:
        raise ConfigurationError(
            f"`[{earliest}, {latest}]` must be the earliest and the latest day, from 0 to {_MOST_DAYS}",
            place=f"{place}.delivery_days",
        )
    for key in ("pickup_ready", "pickup_cutoff"):
        if not 0 <= getattr(channel, key) <= _MOST_DAYS * 86_400:
            raise ConfigurationError("must be a number of seconds, from 0 to a year", place=f"{place}.{key}")
    weekdays: set[int] = set()
    for days in channel.delivery_weekdays.split(","):
        weekdays.update(days_of(days, place=f"{place}.delivery_weekdays"))
    cutoff = channel.delivery_cutoff
    return DeliveryPlan(
        earliest,
        latest,
        frozenset(weekdays),
        clock_of(cutoff, place=f"{place}.delivery_cutoff") if cutoff else None,
    )


_UNCONFIGURED = DeliveryPlan(*ChannelSection(countries=(), currencies={}).delivery_days, frozenset(range(7)), None)
