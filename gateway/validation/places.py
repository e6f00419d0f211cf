"""Where stock lies and where customers go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from babel.core import get_global

from gateway.constraints import nearest
from gateway.constraints.codes import countries, time_zones
from gateway.constraints.texts import phone_fault
from gateway.errors import ConfigurationError, Mistake
from gateway.model.identity import place_key
from gateway.model.stores import SpecialHours
from gateway.model.written_hours import meeting_nights, special_hours, weekly_hours
from gateway.ports.stock import STOCK
from gateway.settings import LocationSection, Settings, StoreSection

NOON = time(12)


def check_places(settings: Settings) -> Iterator[Mistake]:
    yield from _twice(settings)
    for name, location in settings.locations.items():
        yield from _location(name, location, settings)
    for name, store in settings.stores.items():
        yield from _store(name, store, settings)


def _twice(settings: Settings) -> Iterator[Mistake]:
    """One shelf that two locations name would be counted twice."""
    bearers: dict[tuple[str, str], str] = {}
    for name, location in settings.locations.items():
        for backend, ref in location.refs.items():
            other = bearers.setdefault((backend, place_key(ref)), name)
            if other != name:
                yield Mistake(
                    message=f"`{ref}` is the place of `locations.{other}` too: its stock would be counted twice",
                    place=f"locations.{name}.refs.{backend}",
                    value=ref,
                )
    for name, section in settings.backends.items():
        for index, ref in enumerate(section.ignored_places):
            mapped = bearers.get((name, place_key(ref)))
            if mapped is not None:
                yield Mistake(
                    message=f"`{ref}` is ignored, and yet the place of `locations.{mapped}`",
                    place=f"backends.{name}.ignored_places[{index}]",
                    value=ref,
                )
    shops: dict[str, str] = {}
    for name, store in settings.stores.items():
        for index, location in enumerate(store.locations):
            other = shops.setdefault(location, name)
            if other != name:
                yield Mistake(
                    message=f"`{location}` is a location of `stores.{other}` too",
                    place=f"stores.{name}.locations[{index}]",
                    grave=False,
                )


def _location(name: str, location: LocationSection, settings: Settings) -> Iterator[Mistake]:
    place = f"locations.{name}"
    owners = settings.domains[STOCK.name].order if STOCK.name in settings.domains else ()
    stock = location.stock or next((owner for owner in owners if owner in location.refs), None)
    if stock is None:
        yield Mistake(message="no backend counts stock here: name one in `stock`", place=place)
    elif stock in settings.backends and stock not in location.refs:
        yield Mistake(message=f"`refs` does not say what `{stock}` calls this place", place=f"{place}.refs")
    used = {each for store in settings.stores.values() for each in store.locations}
    used |= {each for channel in settings.channels.values() for each in channel.locations}
    if used and name not in used:
        yield Mistake(
            message="is named by no store and no channel: nothing is promised from it", place=place, grave=False
        )


def _store(name: str, store: StoreSection, settings: Settings) -> Iterator[Mistake]:
    place = f"stores.{name}"
    for days, hours in store.hours.items():
        yield from _hours({days: hours}, f"{place}.hours", days, weekly=True)
    for day, hours in store.special_hours.items():
        yield from _hours({day: hours}, f"{place}.special_hours", day, weekly=False)
    yield from _hours_together(store, place)
    if "pickup" in (store.services or ()) and not store.locations:
        yield Mistake(
            message="is empty, so nothing can be picked up: name where its stock lies", place=f"{place}.locations"
        )
    if store.address is not None and store.address.country not in (None, store.country):
        yield Mistake(
            message=f"`{store.address.country}` is not the store's `{store.country}`", place=f"{place}.address.country"
        )
    if store.phone is not None and phone_fault(store.phone) is None and not _is_assigned(store.phone):
        yield Mistake(
            message=f"`{store.phone}` is a number that nobody can have: a digit is missing, or one too many",
            place=f"{place}.phone",
            value=store.phone,
            grave=False,
        )
    if store.point is not None and store.point.latitude == 0 == store.point.longitude:
        yield Mistake(message="lies in the Gulf of Guinea", place=f"{place}.point")
    yield from _zone(store, f"{place}.timezone")
    yield from _market(store, place, settings)


def _hours_together(store: StoreSection, place: str) -> Iterator[Mistake]:
    """What only the whole week and the special dates beside it show."""
    try:
        week = weekly_hours(store.hours, place=f"{place}.hours")
    except ConfigurationError as error:
        yield from error.mistakes
        week = ()
    days: list[SpecialHours] = []
    for day, hours in store.special_hours.items():
        with contextlib.suppress(ConfigurationError):  # told of each by itself
            days += special_hours({day: hours}, place=place)
    for day, said in meeting_nights(week, days):
        yield Mistake(message=said, place=f"{place}.special_hours.{day}", value=store.special_hours[day.isoformat()])


def _hours(written: dict[str, str], place: str, key: str, *, weekly: bool) -> Iterator[Mistake]:
    """Each entry by itself, so that all wrong ones are found."""
    text = written[key]
    if text != text.strip() or not text.isprintable():
        yield Mistake(
            message="has blanks around it or control characters in it",
            place=f"{place}.{key}",
            value=text,
            nearest=text.strip(),
        )
    try:
        if weekly:
            periods = [(period.opens, period.closes) for period in weekly_hours(written, place=place)]
        else:
            periods = [each for day in special_hours(written, place=place) for each in day.periods]
        for opens, closes in dict.fromkeys(periods):
            if opens >= NOON >= closes and opens.hour - closes.hour < 12 and closes != time():
                yield Mistake(
                    message=f"`{text}` is open from {opens:%H:%M} through the night until {closes:%H:%M}",
                    place=f"{place}.{key}",
                    value=text,
                    nearest=f"{closes:%H:%M}-{opens:%H:%M}",
                    grave=False,
                )
    except ConfigurationError as error:
        message = error.mistakes[0].message
        yield Mistake(message=message, place=f"{place}.{key}", value=written[key])


def _is_assigned(phone: str) -> bool:
    """As far as its country's plan of numbers is known, which changes now and then."""
    import phonenumbers  # most workers have no other use for it, and it is large

    return phonenumbers.is_valid_number(phonenumbers.parse(phone, None))


def _zone(store: StoreSection, place: str) -> Iterator[Mistake]:
    """A zone whose clocks no place of the country has."""
    theirs: list[str] = get_global("territory_zones").get(store.country, [])
    known = [zone for zone in theirs if zone in time_zones()]
    if store.timezone not in time_zones() or store.country not in countries() or not known:
        return
    if clocks(store.timezone) not in {clocks(zone) for zone in known}:
        yield Mistake(
            message=f"`{store.timezone}` has other clocks than any place in `{store.country}`",
            place=place,
            nearest=known[0] if len(known) == 1 else None,
            grave=False,
        )


def clocks(zone: str) -> tuple[object, object]:
    """What tells a zone's clocks from another's this year: the offset in winter and in summer."""
    year = datetime.now(UTC).year
    return tuple(datetime(year, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))  # type: ignore[return-value]


def _market(store: StoreSection, place: str, settings: Settings) -> Iterator[Mistake]:
    if not settings.channels:
        return
    if store.channel is None:
        selling = [name for name, channel in settings.channels.items() if store.country in channel.countries]
        message = "says no channel: its shoppers get the first one that sells to its country"
        if not selling:
            message = f"no channel sells to `{store.country}`, so this store can sell nothing"
        yield Mistake(
            message=message,
            place=f"{place}.channel",
            allowed=tuple(settings.channels),
            nearest=selling[0] if len(selling) == 1 else None,
            grave=False,
        )
        return
    channel = settings.channels.get(store.channel)
    if channel is None:
        return
    if store.country not in channel.countries:
        yield Mistake(
            message=f"channel `{store.channel}` does not sell to `{store.country}`",
            place=f"{place}.country",
            value=store.country,
            allowed=channel.countries,
            nearest=nearest(store.country, channel.countries),
        )
    sold = channel.currencies.get(store.country, ())
    if store.currency is not None and sold and store.currency not in sold:
        yield Mistake(
            message=f"channel `{store.channel}` does not sell in `{store.currency}` there",
            place=f"{place}.currency",
            value=store.currency,
            allowed=sold,
            nearest=nearest(store.currency, sold),
        )
