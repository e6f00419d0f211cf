"""`gateway config`: the configuration in effect, as TOML that could be loaded again. No secret is ever in it: the file
names them, the environment holds them, and what a person put into an address is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from gateway.constraints.addresses import hidden
from gateway.errors import ConfigurationError
from gateway.ports.manifest import Secret
from gateway.registry import manifest_of
from gateway.settings import Settings, draft, load
from gateway.structure import read, shown

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPECIAL = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
Flat = dict[tuple[str, ...], Any]


def print_config(path: Path, diff: str | None) -> int:
    """All keys with their values; with `diff`, those that differ from the defaults (empty) or from another file. Raises
    ConfigurationError."""
    settings = load(path)
    mine = flat(settings)
    if diff is None:
        print("\n".join(as_toml(mine)))
        return 0
    other_name = diff or "the defaults"
    theirs = flat(load(Path(diff))) if diff else _defaults(settings)
    print(f"--- {other_name}\n+++ {path}")
    for line in differences(theirs, mine):
        print(line)
    return 0


def flat(settings: Settings) -> Flat:
    """Every key by its path, defaults filled in."""
    found: Flat = {}
    for section in settings.__struct_fields__:
        if section not in ("environment", "base", "backends"):
            found |= _flattened((section,), getattr(settings, section))
    for name, backend in settings.backends.items():
        place = ("backends", name)
        common = {field: getattr(backend, field) for field in backend.__struct_fields__}
        for key in ("name", "options"):
            common.pop(key)
        found |= _flattened(place, common)
        found |= _flattened(place, {**_option_defaults(backend.adapter, place), **backend.options})
    return found


def _flattened(place: tuple[str, ...], value: Any) -> Flat:
    if isinstance(value, Struct):
        value = {
            field.encode_name: getattr(value, field.name)
            for field in msgspec.structs.fields(type(value))
            if getattr(value, field.name) is not None
        }
    if isinstance(value, Mapping) and value:
        found: Flat = {}
        for key, entry in cast("Mapping[str, Any]", value).items():
            found |= _flattened((*place, key), entry)
        return found
    return {place: value}


def _option_defaults(adapter: str, place: tuple[str, ...]) -> dict[str, Any]:
    """An adapter's own keys as they are when nobody says anything; none where it cannot be imported."""
    try:
        kind = manifest_of(adapter, place=".".join(place)).config
    except ConfigurationError:
        return {}
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if not field.required:
            value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            if value is not None and not isinstance(value, Secret):
                found[field.encode_name] = value
    return found


def _defaults(settings: Settings) -> Flat:
    """The same sections, backends and people, saying no more than they must."""
    bare: dict[str, Any] = {}
    for section, entry in settings.backends.items():
        bare.setdefault("backends", {})[section] = {"adapter": entry.adapter, "url": "-"}
    theirs = flat(draft(bare, {}).settings)
    for place in [place for place in theirs if place[:1] == ("backends",) and place[2] in ("url", "adapter")]:
        del theirs[place]
    named = ("domains", "identity", "locations", "stores", "channels", "shipping", "issuers", "profiles", "api_keys")
    for section in named:
        for name, entry in cast("Mapping[str, Struct]", getattr(settings, section)).items():
            empty: Struct | None
            empty, _ = read({}, type(entry), place="")
            required = {field.encode_name for field in msgspec.structs.fields(type(entry)) if field.required}
            if empty is not None:
                found = _flattened((section, name), empty)
                theirs |= {place: value for place, value in found.items() if place[2] not in required}
    return theirs


def differences(theirs: Flat, mine: Flat) -> Iterator[str]:
    """`-` what stands there, `+` what stands here."""
    for place in dict.fromkeys((*theirs, *mine)):
        before, after = theirs.get(place, _NOTHING), mine.get(place, _NOTHING)
        if _plain(before) == _plain(after) or (_is_empty(before) and _is_empty(after)):
            continue
        key = ".".join(map(_key, place))
        if before is not _NOTHING:
            yield f"- {key} = {_written(place, before)}"
        if after is not _NOTHING:
            yield f"+ {key} = {_written(place, after)}"


_NOTHING = object()


def _is_empty(value: Any) -> bool:
    return value is _NOTHING or (isinstance(value, Mapping) and not value)


def as_toml(found: Flat) -> Iterator[str]:
    """A table for each section and each named entry; what lies deeper is written with dots."""
    heading: tuple[str, ...] = ()
    named = {"secrets", "backends", "domains", "identity", "locations", "stores", "channels", "shipping", "issuers"}
    for place, value in found.items():
        if len(place) == 1:
            continue  # a section without an entry
        depth = 2 if place[0] in named | {"profiles", "api_keys"} else 1
        if place[:depth] != heading:
            heading = place[:depth]
            yield f"\n[{'.'.join(map(_key, heading))}]"
        yield f"{'.'.join(map(_key, place[depth:]))} = {_written(place, value)}"


def _written(place: tuple[str, ...], value: Any) -> str:
    value = _plain(value)
    if isinstance(value, str):
        named = (
            place[0] in ("secrets", "api_keys")
            or place[-1] in ("cursor_secret", "sealing_secret")
            or place[0] == "backends"
        )
        text = hidden(value) if named else shown(".".join(place), hidden(value))
        return f'"{"".join(_SPECIAL.get(letter, letter) for letter in text)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_written(place, entry) for entry in cast('list[Any]', value))}]"
    if isinstance(value, dict):
        entries = (f"{_key(key)} = {_written(place, entry)}" for key, entry in cast("dict[str, Any]", value).items())
        inside = ", ".join(entries)
        return f"{{ {inside} }}" if inside else "{}"
    return str(value)


def _plain(value: Any) -> Any:
    """As TOML knows it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in cast("tuple[Any, ...]", value)]
    if isinstance(value, Struct):
        return {
            name: _plain(getattr(value, name)) for name in value.__struct_fields__ if getattr(value, name) is not None
        }
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in cast("Mapping[str, Any]", value).items()}
    return value


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else f'"{name}"'
