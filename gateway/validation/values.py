"""Every value held to what stands beside its key: records walked with their types, whoever declared them."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Union, cast

from msgspec import Struct

from gateway.constraints import Constraint, Facts
from gateway.constraints.addresses import hidden
from gateway.errors import Mistake
from gateway.structure import fields_of, marks_of, shown


def check_record(record: Struct, facts: Facts, place: str) -> Iterator[Mistake]:
    """What is wrong with a record's values, one by one."""
    for field in fields_of(type(record)):
        where = f"{place}.{field.encode_name}" if place else field.encode_name
        yield from _check(getattr(record, field.name), field.type, facts, where, optional=not field.required)


def _check(value: Any, kind: Any, facts: Facts, place: str, *, optional: bool = False) -> Iterator[Mistake]:
    kind, marks = marks_of(kind)
    if value is None:
        return
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        choices = [choice for choice in typing.get_args(kind) if choice is not type(None)]
        if len(choices) == 1:
            yield from _check(value, choices[0], facts, place, optional=optional)
    elif isinstance(value, Struct):
        yield from check_record(value, facts, place)
    elif isinstance(value, Mapping):
        yield from _mapping(cast("Mapping[str, Any]", value), kind, facts, place, marks)
        return
    elif isinstance(value, tuple | list):
        yield from _sequence(cast("tuple[Any, ...]", value), kind, facts, place)
    for mark in marks:
        if not mark.of_keys:
            yield from _held(mark, value, facts, place)


def _mapping(
    value: Mapping[str, Any], kind: Any, facts: Facts, place: str, marks: tuple[Constraint, ...]
) -> Iterator[Mistake]:
    arguments = typing.get_args(kind)
    for key, entry in value.items():
        where = f"{place}.{key}"
        for mark in marks:
            if mark.of_keys:
                yield from _held(mark, key, facts, where)
        if len(arguments) == 2:
            yield from _check(entry, arguments[1], facts, where)


def _sequence(value: tuple[Any, ...], kind: Any, facts: Facts, place: str) -> Iterator[Mistake]:
    arguments = typing.get_args(kind)
    seen: set[Any] = set()
    fixed = bool(arguments) and arguments[-1] is not Ellipsis and typing.get_origin(kind) is tuple
    for index, entry in enumerate(value):
        where = f"{place}[{index}]"
        if arguments:
            yield from _check(entry, arguments[index] if fixed else arguments[0], facts, where)
        written = entry.value if isinstance(entry, Enum) else entry
        if not fixed and isinstance(written, str):
            if written in seen:
                yield Mistake(message=f"`{shown(where, written)}` stands twice in this list", place=where)
            seen.add(written)


def _held(mark: Constraint, value: Any, facts: Facts, place: str) -> Iterator[Mistake]:
    fault = mark.fault(value, facts)
    if fault is None:
        return
    hide = mark.secret and not _speaks(value, fault.nearest)
    said = shown(place, value, secret=hide)
    near = None if fault.nearest is None else hidden(fault.nearest)
    yield Mistake(message=f"`{said}` {fault.message}", place=place, value=said, allowed=fault.allowed, nearest=near)


def _speaks(value: Any, near: str | None) -> bool:
    """Whether what should be a name is one, misspelt perhaps, and no credential that somebody pasted."""
    text = str(value)
    return near is not None or (len(text) <= 24 and text.isascii() and text.replace("_", "").isalpha())
