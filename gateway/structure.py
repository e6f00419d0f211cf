"""Parsed TOML into typed records, strictly: every unknown key, missing key and wrong type is found, not only the first.

What is wrong is replaced by something of the right type, so that the rest can still be looked at for its meaning."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, cast

import msgspec
from msgspec import Struct

from gateway.constraints import Constraint, nearest
from gateway.constraints.addresses import hidden
from gateway.errors import ConfigurationError, Mistake

_S = TypeVar("_S")
Hook = Callable[[type[Any], Any], Any]
_UNREADABLE = object()
_AT = re.compile(r" - at `\$?(?P<path>[^`]*)`")
_SECRETIVE = re.compile(r"secret|token|password|(^|[._])key|credential", re.IGNORECASE)


def convert(raw: object, kind: type[_S], *, place: str, dec_hook: Hook | None = None) -> _S:
    """Raises ConfigurationError with every mistake, each with its place and the nearest known key."""
    value, mistakes = read(raw, kind, place=place, dec_hook=dec_hook)
    if mistakes or value is None:
        raise ConfigurationError.of(mistakes)
    return value


def read(raw: object, kind: type[_S], *, place: str, dec_hook: Hook | None = None) -> tuple[_S | None, list[Mistake]]:
    """The record, with what could be kept of it where something is wrong; None where nothing could."""
    try:
        return msgspec.convert(raw, kind, dec_hook=dec_hook), []
    except (msgspec.ValidationError, ConfigurationError) as error:
        first = error
    walk = _Walk(dec_hook)
    kept = walk.value(raw, kind, place)
    if not walk.mistakes:
        return None, _whole(first, place)
    if kept is _UNREADABLE:
        return None, walk.mistakes
    try:
        return msgspec.convert(kept, kind, dec_hook=_forgiving(dec_hook)), walk.mistakes
    except (msgspec.ValidationError, ConfigurationError):
        return None, walk.mistakes


def _forgiving(hook: Hook | None) -> Hook | None:
    """Something empty in place of what the hook refuses, which is told already."""
    if hook is None:
        return None

    def forgive(kind: type[Any], raw: Any) -> Any:
        try:
            return hook(kind, raw)
        except ConfigurationError:
            return object.__new__(kind)

    return forgive


def shown(place: str, value: object, *, secret: bool = False) -> str:
    """A value as a message may say it: short, and never a credential."""
    if secret or (isinstance(value, str | list | dict) and _SECRETIVE.search(place.rpartition(".")[2])):
        return "***"
    text = hidden(value) if isinstance(value, str) else f"{value}"
    return text if len(text) <= 80 else f"{text[:77]}..."


@cache  # of the types of a configuration, no more
def fields_of(kind: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """A record's fields: their annotations are evaluated anew by whoever asks the library."""
    return msgspec.structs.fields(kind)


def marks_of(kind: Any) -> tuple[Any, tuple[Constraint, ...]]:
    """A type without its annotations, and the constraints that stood among them."""
    marks: list[Constraint] = []
    while typing.get_origin(kind) is Annotated:
        kind, *extra = typing.get_args(kind)
        marks += [mark for mark in extra if isinstance(mark, Constraint)]
    return kind, tuple(marks)


def _whole(error: Exception, place: str) -> list[Mistake]:
    """What a record says of itself as a whole."""
    if isinstance(error, ConfigurationError):
        return list(error.mistakes)
    message = str(error)
    at = _AT.search(message)
    path = at.group("path").strip(".") if at else ""
    return [Mistake(message=_AT.sub("", message), place=".".join(part for part in (place, path) if part) or None)]


class _Walk:
    """Through raw values and types side by side. Every method answers what is to be kept."""

    def __init__(self, hook: Hook | None) -> None:
        self._hook = hook
        self.mistakes: list[Mistake] = []

    def value(self, raw: object, kind: Any, place: str) -> Any:
        kind, marks = marks_of(kind)
        origin = typing.get_origin(kind)
        secret = any(mark.secret for mark in marks)
        if origin in (Union, types.UnionType):
            choices = [choice for choice in typing.get_args(kind) if choice is not type(None)]
            return self.value(raw, choices[0], place) if len(choices) == 1 else self._leaf(raw, kind, place, secret)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self._struct(raw, kind, place)
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(raw, dict):
            return self._mapping(cast("dict[str, Any]", raw), typing.get_args(kind)[1], place)
        if origin in (tuple, list) and isinstance(raw, list):
            return self._sequence(cast("list[Any]", raw), kind, place, secret)
        return self._leaf(raw, kind, place, secret)

    def _struct(self, raw: object, kind: type[Struct], place: str) -> Any:
        if not isinstance(raw, dict):
            return self._wrong(raw, place, f"Expected a section, got `{_named(raw)}`")
        given = cast("dict[str, Any]", raw)
        fields = {field.encode_name: field for field in fields_of(kind)}
        kept: dict[str, Any] = {}
        for key, value in given.items():
            where = _below(place, key)
            if key not in fields:
                self._unknown(key, [*fields, *_known_keys(kind)], where)
                continue
            found = self.value(value, fields[key].type, where)
            if found is not _UNREADABLE:
                kept[key] = found
        for key, field in fields.items():
            if key in kept or not field.required:
                continue
            if key not in given:
                message = f"Object missing required field `{key}`"
                self.mistakes.append(Mistake(message=message, place=_below(place, key) if place else key))
            stand_in = _stand_in(field.type)
            if stand_in is _UNREADABLE:
                return _UNREADABLE
            kept[key] = stand_in
        return kept

    def _mapping(self, raw: dict[str, Any], kind: Any, place: str) -> dict[str, Any]:
        found = {key: self.value(value, kind, _below(place, key)) for key, value in raw.items()}
        return {key: value for key, value in found.items() if value is not _UNREADABLE}

    def _sequence(self, raw: list[Any], kind: Any, place: str, secret: bool) -> Any:
        arguments = typing.get_args(kind)
        if typing.get_origin(kind) is tuple and arguments[-1] is not Ellipsis:
            return self._leaf(raw, kind, place, secret)
        found = [self.value(value, arguments[0], f"{place}[{index}]") for index, value in enumerate(raw)]
        return [value for value in found if value is not _UNREADABLE]

    def _leaf(self, raw: object, kind: Any, place: str, secret: bool) -> Any:
        secret = secret or _is_anothers(kind)
        try:
            msgspec.convert(raw, kind, dec_hook=self._hook)
        except msgspec.ValidationError as error:
            return self._refused(raw, kind, place, str(error), secret)
        except ConfigurationError as error:
            section = place.rpartition(".")[0]
            self.mistakes += [
                msgspec.structs.replace(mistake, place=place) if mistake.place in (None, section) else mistake
                for mistake in error.mistakes
            ]
        return raw

    def _refused(self, raw: object, kind: Any, place: str, said: str, secret: bool) -> Any:
        allowed = _listed(kind)
        value = shown(place, raw, secret=secret)
        if allowed and isinstance(raw, str):
            near = nearest(raw, allowed)
            message = f"`{value}` is none of the values known here"
            self.mistakes.append(Mistake(message=message, place=place, value=value, allowed=allowed, nearest=near))
            return _UNREADABLE
        return self._wrong(raw, place, f"{_AT.sub('', said)} (`{value}`)", allowed, secret)

    def _wrong(self, raw: object, place: str, message: str, allowed: tuple[str, ...] = (), secret: bool = False) -> Any:
        value = shown(place, raw, secret=secret)
        self.mistakes.append(Mistake(message=message, place=place or None, value=value, allowed=allowed))
        return _UNREADABLE

    def _unknown(self, key: str, known: list[str], place: str) -> None:
        near = nearest(key, [name for name in dict.fromkeys(known) if name != key], cutoff=0.5)
        self.mistakes.append(Mistake(message=f"unknown key `{key}`", place=place, nearest=near))


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _named(raw: object) -> str:
    names = {"dict": "table", "list": "array"}
    return names.get(type(raw).__name__, type(raw).__name__)


def _is_anothers(kind: Any) -> bool:
    """A type that only the hook can make, such as a secret: what stands in its place is not told."""
    return typing.get_origin(kind) is None and kind not in _EMPTY and not _listed(kind)


def _listed(kind: Any) -> tuple[str, ...]:
    """The words of an enumeration."""
    if typing.get_origin(kind) is Literal:
        return tuple(str(word) for word in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(member.value) for member in kind)
    return ()


_EMPTY: Mapping[Any, Callable[[], Any]] = {str: str, int: int, float: float, bool: bool, Decimal: Decimal}


def _stand_in(kind: Any) -> Any:
    """Something of the type, to go on with; `_UNREADABLE` where there is nothing."""
    kind, _ = marks_of(kind)
    origin = typing.get_origin(kind)
    if kind in _EMPTY:
        return _EMPTY[kind]()
    if isinstance(kind, type) and not issubclass(kind, Struct | Enum) and kind not in (tuple, list, dict):
        return ""  # of what a hook makes, see `_forgiving`
    if words := _listed(kind):
        return words[0]
    if origin is tuple and typing.get_args(kind)[-1] is Ellipsis:
        return []
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    return _UNREADABLE


def _known_keys(kind: type[Any]) -> list[str]:
    """Every field name of a section and of the sections below it: good enough to suggest from."""
    names: dict[str, None] = {}
    waiting: list[Any] = [kind]
    seen: set[Any] = set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if isinstance(current, type) and issubclass(current, Struct):
            for field in fields_of(current):
                names[field.encode_name] = None
                waiting.append(field.type)
        else:
            waiting.extend(typing.get_args(current))
    return list(names)
