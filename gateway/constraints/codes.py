"""Codes that others keep the list of: countries, currencies, languages, time zones."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from iso4217 import Currency

from gateway.constraints.constraint import Constraint, Facts, Fault, nearest, unlisted

_NO_COUNTRY = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Codes of CLDR that ISO 3166-1 does not assign. Kosovo's XK is not ISO's either, and in use everywhere."""
_NO_ZONE = frozenset({"localtime", "posixrules", "Factory"})
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


@cache
def _named(kind: str) -> dict[str, str]:
    """CLDR's English names by code."""
    return dict(getattr(Locale("en"), kind))


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2."""
    return frozenset(code for code in _named("territories") if len(code) == 2 and code.isalpha()) - _NO_COUNTRY


@cache
def currencies() -> frozenset[str]:
    """Codes on ISO 4217's list that are legal tender somewhere today (CLDR), without funds and metals."""
    listed_by_iso = {currency.code for currency in Currency}
    today = date.today().timetuple()[:3]  # noqa: DTZ011  a day more or less
    return frozenset(
        code
        for listed in get_global("territory_currencies").values()
        for code, _, until, tender in listed
        if tender and (until is None or tuple(until) >= today) and code in listed_by_iso
    )


@cache
def time_zones() -> frozenset[str]:
    """IANA names."""
    return frozenset(zone for zone in available_timezones() if not zone.startswith(("posix/", "right/"))) - _NO_ZONE


@cache
def languages() -> frozenset[str]:
    return frozenset(code for code in _named("languages") if "_" not in code)


def country_fault(value: str) -> Fault | None:
    if value in countries():
        return None
    alias = get_global("territory_aliases").get(value.upper())
    likely = alias[0] if alias and alias[0] in countries() else _by_name(value) or nearest(value, countries())
    return Fault("is no country (ISO 3166-1 alpha-2, such as `GB`)", nearest=likely)


def _by_name(value: str) -> str | None:
    names = {name: code for code, name in _named("territories").items() if code in countries()}
    found = nearest(value, names, cutoff=0.8) if len(value) > 3 else None
    return names[found] if found else None


def currency_fault(value: str) -> Fault | None:
    if value in currencies():
        return None
    return unlisted("is no currency (ISO 4217, such as `GBP`)", value, sorted(currencies()))


def time_zone_fault(value: str) -> Fault | None:
    if value in time_zones():
        return None
    return unlisted("is no IANA time zone (such as `Europe/London`)", value, sorted(time_zones()))


def language_fault(value: str) -> Fault | None:
    """A BCP 47 tag of language, script and region, as CLDR writes it."""
    language, *rest = value.replace("_", "-").split("-")
    current = get_global("language_aliases").get(language.lower(), language.lower()).split("_")[0]
    parts = [current, *(part.title() if len(part) == 4 else part.upper() for part in rest)]
    canonical = "-".join(parts)
    region = next((part for part in parts[1:] if len(part) == 2), None)
    known = current in languages() and (region is None or region in countries())
    if known and canonical == value and _TAG.fullmatch(value):
        return None
    message = "is no language tag (BCP 47, such as `en` or `pt-BR`)"
    if known and _TAG.fullmatch(canonical):
        return Fault(message, nearest=canonical)
    return Fault(message, nearest=_language_by_name(value) or nearest(value, sorted(languages())))


def _language_by_name(value: str) -> str | None:
    names = {name: code for code, name in _named("languages").items() if code in languages()}
    found = nearest(value, names, cutoff=0.8) if len(value) > 3 else None
    return names[found] if found else None


COUNTRY = Constraint("country", lambda value, facts: country_fault(value))
CURRENCY = Constraint("currency", lambda value, facts: currency_fault(value))
TIME_ZONE = Constraint("time zone", lambda value, facts: time_zone_fault(value))
LANGUAGE = Constraint("language", lambda value, facts: language_fault(value))


def _available(value: str, facts: Facts) -> Fault | None:
    listed = facts.names.get("languages", ())
    return None if value in listed else unlisted("is not among `languages.available`", value, listed)


AVAILABLE_LANGUAGE = Constraint("available language", _available)
