"""The part of a vendor's API that its sandbox speaks, described by ourselves, and the one checker of it. A sandbox
checks what it is asked and what it answers; a contract test holds the description to be a part of the vendor's own.

Types: `string`, `integer`, `number`, `boolean`, `time` (a text, ISO 8601 with its zone), the name of a model, `[type]`
for a list, `{type}` for a map of texts to it; `?` after a type: may be null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from msgspec import Struct

_SCALARS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "time": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class Model(Struct, frozen=True):
    """`words`: the texts a field may have, by field."""

    fields: Mapping[str, str]
    required: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = {}


class Mismatch(ValueError):
    """A message that the description does not allow. `kind` says what is wrong: `unknown`, `missing`, `word`, `zone`,
    or the type that was expected (`string`, `list`, `object`, ...); `place` is the path to it, empty for the whole."""

    def __init__(self, kind: str, place: str, text: str) -> None:
        super().__init__(f"{place or 'the body'}: {text}")
        self.kind = kind
        self.place = place


class Description:
    """Models by name."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self.models = models

    def check(self, kind: str, value: object, place: str = "") -> None:
        """Raises Mismatch for the first field that is unknown, missing, of another type or no word of its list."""
        if kind.endswith("?"):
            if value is None:
                return
            kind = kind[:-1]
        if kind.startswith("["):
            if not isinstance(value, list):
                raise Mismatch("list", place, "not a list")
            for index, each in enumerate(cast("list[object]", value)):
                self.check(kind[1:-1], each, f"{place}[{index}]")
        elif kind.startswith("{"):
            for name, each in _object(value, place).items():
                self.check(kind[1:-1], each, _below(place, name))
        elif kind in self.models:
            self._check_model(kind, _object(value, place), place)
        else:
            _check_scalar(kind, value, place)

    def _check_model(self, name: str, given: Mapping[str, object], place: str) -> None:
        model = self.models[name]
        for field, value in given.items():
            where = _below(place, field)
            if field not in model.fields:
                raise Mismatch("unknown", where, f"unknown field of {name}")
            self.check(model.fields[field], value, where)
            words = model.words.get(field)
            if words is not None and value not in words:
                raise Mismatch("word", where, f"`{value}` is not one of {', '.join(words)}")
        for field in model.required:
            if field not in given:
                raise Mismatch("missing", _below(place, field), f"required by {name}")


def read_models(text: str) -> Mapping[str, Model]:
    """One line is one model: its name, then `field:type`; `*` after a field's name: it must be there."""
    return dict(map(_read_line, filter(None, text.splitlines())))


def bare_type(kind: str) -> tuple[str, str]:
    """`list`, `map` or an empty text, and the type inside."""
    kind = kind.removesuffix("?")
    if kind.startswith("["):
        return "list", kind[1:-1].removesuffix("?")
    return ("map", kind[1:-1].removesuffix("?")) if kind.startswith("{") else ("", kind)


def _read_line(line: str) -> tuple[str, Model]:
    name, *fields = line.split()
    pairs = [(key, kind) for key, _, kind in (field.partition(":") for field in fields)]
    required = tuple(_marked(pairs))
    return name, Model({key.rstrip("*"): kind for key, kind in pairs}, required)


def _marked(pairs: list[tuple[str, str]]) -> Iterator[str]:
    return (key.rstrip("*") for key, _ in pairs if key.endswith("*"))


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _object(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Mismatch("object", place, "not an object")
    return cast("dict[str, Any]", value)


def _check_scalar(kind: str, value: object, place: str) -> None:
    right = isinstance(value, _SCALARS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not right:
        raise Mismatch(kind, place, f"not of type {kind}")
    if kind == "time" and isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None:
        raise Mismatch("zone", place, "a time without its zone")
