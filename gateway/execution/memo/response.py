"""Objects of the response as the generated code makes them: dictionaries, until an operation has come often; then a
class for each list of response names, whose fields stand in the order of the selection. Objects of these are half as
large, and made, encoded and forgotten in less time; but a class takes long to make, and longer to be collected.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Union, cast
from weakref import WeakValueDictionary

from msgspec import Struct, defstruct

BYTES_OF_CLASS = 2_400
BYTES_PER_FIELD = 230

MOST_CLASSES = 1_000
"""Those in use and those the collector has not come for yet, at 15 microseconds each: all of them at once still make a
pause that nobody notices. What is made beyond them stays dictionaries."""
COLLECTED_EVERY = 60.0
"""Seconds at least between two collections for their sake."""

ResponseTree = Union["ResponseObject", dict[str, Any]]
_classes: WeakValueDictionary[tuple[str, ...], type[ResponseObject]] = WeakValueDictionary()


class ResponseObject(Struct, gc=False):
    """Fields are `f0`, `f1`, ...; encoded under their response names. In no ring ever, so not for the collector."""

    def items(self) -> Iterator[tuple[str, str, Any]]:
        """Field, response name and value of each, in order."""
        kind = type(self)
        for field, name in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
            yield field, name, getattr(self, field)


def response_class(names: tuple[str, ...]) -> Callable[..., ResponseObject]:
    """The class of objects with these response names."""
    made = _classes.get(names)
    if made is None:
        fields = [(field_of(index), Any) for index in range(len(names))]
        rename = {field_of(index): name for index, name in enumerate(names)}
        made = defstruct("ResponseObject", fields, bases=(ResponseObject,), gc=False, rename=rename)
        _classes[names] = made = cast("type[ResponseObject]", made)
    return made


class _Collected:
    at = 0.0


def has_room() -> bool:
    """Whether more classes may be made. Where there are too many, those that nobody uses any more are collected."""
    if len(_classes) >= MOST_CLASSES and monotonic() - _Collected.at > COLLECTED_EVERY:
        _Collected.at = monotonic()
        gc.collect()
    return len(_classes) < MOST_CLASSES


def class_bytes(names: tuple[str, ...]) -> int:
    """About what such a class takes in memory."""
    return BYTES_OF_CLASS + sum(BYTES_PER_FIELD + len(name) for name in names)


def field_of(index: int) -> str:
    return f"f{index}"


def items_of(value: ResponseTree) -> Iterator[tuple[str, str, Any]]:
    """Field, response name and value of each, in order; the field of a dictionary is its response name."""
    if isinstance(value, ResponseObject):
        return value.items()
    return ((name, name, item) for name, item in value.items())


def builtins(value: Any) -> Any:
    """The same tree of dictionaries and lists."""
    if isinstance(value, ResponseObject):
        return {name: builtins(item) for _, name, item in value.items()}
    if isinstance(value, dict):
        return {name: builtins(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [builtins(item) for item in cast("list[Any]", value)]
    return value
