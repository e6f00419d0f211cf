"""A configuration with the values its mistakes say were meant, so that what fits with what can be looked at without
hearing of each wrong value again in every place that is compared with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

from msgspec import NODEFAULT, Struct
from msgspec.structs import replace

from gateway.errors import Mistake
from gateway.structure import fields_of

S = TypeVar("S", bound=Struct)
_QUOTED = re.compile(r"`([^`]*)`")
_ENTRY = re.compile(r"\[[0-9]+\]$")
_SELECTS = re.compile(r"profiles\.[^.]+")


def mended(record: S, mistakes: Iterable[Mistake], place: str = "") -> S:
    """A wrong text becomes the nearest right one and stays where there is none, a wrong number becomes the default."""
    meant = {mistake.place: mistake for mistake in mistakes if mistake.place}
    return cast("S", _record(record, meant, place)) if meant else record


def follows(mistake: Mistake, told: Iterable[Mistake]) -> bool:
    """Whether a finding is a consequence of what was told: about the same place, or about a value that is wrong."""
    place = mistake.place or ""
    words = {*_QUOTED.findall(mistake.message), *mistake.allowed}
    for one in told:
        if one.place and place and (_within(place, one.place) or _ENTRY.sub("", one.place) == place):
            return True
        speaks_of_it = one.value is not None and len(one.value) > 1 and one.value in words
        if speaks_of_it and one.nearest is None and mistake.value != one.value:
            return True
        if one.place and one.nearest is None and one.place.startswith("channels.") and _SELECTS.fullmatch(place):
            return True  # what its clients get is computed from channels
    return False


def _within(place: str, told: str) -> bool:
    return place == told or place.startswith((f"{told}.", f"{told}["))


def _record(record: Struct, meant: Mapping[str, Mistake], place: str) -> Struct:
    changes: dict[str, Any] = {}
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        where = f"{place}.{field.encode_name}" if place else field.encode_name
        found = _value(value, meant, where)
        if where in meant and isinstance(value, int | float | Decimal) and field.default is not NODEFAULT:
            found = field.default
        if found is not value:
            changes[field.name] = found
    return replace(record, **changes) if changes else record


def _value(value: Any, meant: Mapping[str, Mistake], place: str) -> Any:
    if isinstance(value, Struct):
        return _record(value, meant, place)
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[str, Any]", value), meant, place)
    if isinstance(value, tuple):
        entries = cast("tuple[Any, ...]", value)
        found = [_value(entry, meant, f"{place}[{index}]") for index, entry in enumerate(entries)]
        if found == list(entries):
            return entries
        return tuple(dict.fromkeys(found)) if _texts(entries) else tuple(found)
    mistake = meant.get(place)
    if mistake is None or not isinstance(value, str):
        return value
    return mistake.nearest or value


def _texts(entries: tuple[Any, ...]) -> bool:
    return all(isinstance(entry, str) for entry in entries)


def _mapping(value: Mapping[str, Any], meant: Mapping[str, Mistake], place: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for key, entry in value.items():
        where = f"{place}.{key}"
        mistake = meant.get(where)
        about_key = mistake is not None and mistake.value == key and entry != key
        name = mistake.nearest or key if mistake is not None and about_key else key
        found.setdefault(name, _value(entry, {} if about_key and isinstance(entry, str) else meant, where))
    return found if found != value else value
