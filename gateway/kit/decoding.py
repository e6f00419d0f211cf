"""A vendor's JSON to typed structs, strictly."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from gateway.errors import InvalidAnswer

T = TypeVar("T")

_TYPED = re.compile(r"(?P<said>.*) - at `(?P<path>[^`]*)`", re.DOTALL)
_QUOTED = re.compile(r"""['"].*|(?<=unknown field).*""", re.DOTALL)
"""What the decoder repeats of an answer. Between backticks stand types and our own fields."""


@lru_cache(maxsize=512)
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """One for each type. A number whose type nobody declared is a Decimal, never a float."""
    return msgspec.json.Decoder(kind, float_hook=Decimal)


def decoded(body: bytes | msgspec.Raw, kind: type[T], what: str = "", *, source: str | None = None) -> T:
    """Raises InvalidAnswer for anything that is not `kind`; its `detail` names `what` was asked (a path, an operation),
    the place and the types, never a value: an answer may hold a customer's data."""
    try:
        return decoder(kind).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        said = reason(error)
        raise InvalidAnswer(source=source, detail=f"{what}: {said}" if what else said) from None


def reason(error: Exception) -> str:
    """Why something could not be decoded, without anything that stood in it."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if not isinstance(error, msgspec.ValidationError):
        return "no JSON"
    found = _TYPED.fullmatch(str(error))
    said, path = (found["said"], found["path"]) if found else (str(error), "$")
    if error.__cause__ is not None or error.__context__ is not None:  # a struct's own words may repeat its values
        said = ""
    return f"{_QUOTED.sub('', said).strip() or 'makes no sense'} at {path}"
