"""How Odoo writes values: `false` for empty, naive UTC times, floats for money; and the specification of a row type,
so that what is asked of `web_search_read` and what is decoded cannot drift apart."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from gateway.errors import InvalidAnswer
from gateway.kit.moments import from_naive_utc
from gateway.model.identity import INT32, record_number

S = TypeVar("S", bound=msgspec.Struct)

Empty = bool
"""Odoo writes `false` for an empty text, date or relation. `true` there makes no sense and is refused."""


class Row(msgspec.Struct, frozen=True):
    """A record: what is asked of it are its fields, see `specification`."""

    id: int


class Named(Row, frozen=True):
    name: str | Empty


class Coded(Row, frozen=True):
    """A warehouse by its short name, a country by its code."""

    code: str | Empty


class CodeRow(Row, frozen=True):
    """A variant, with what its SKU may be in."""

    default_code: str | Empty
    barcode: str | Empty


def text(value: str | Empty) -> str | None:
    """An empty text is None."""
    if value is True:
        raise InvalidAnswer(detail="true where a text was expected")
    return value or None


def link(value: int | Empty) -> int | None:
    """The id of a many2one, None when empty. `bool` is checked first: in Python it is an int."""
    if value is True:
        raise InvalidAnswer(detail="true where a relation was expected")
    return None if value is False else value


def record(value: S | Empty) -> S | None:
    """A nested record, None when empty."""
    if isinstance(value, bool):
        if value:
            raise InvalidAnswer(detail="true where a record was expected")
        return None
    return value


def record_id(text: str) -> int | None:
    """A native id as Odoo's domains take it. Odoo counts its records in 4 bytes, from 1; what is written otherwise, or
    is larger, is an error of the whole request, so it is never sent."""
    return record_number(text, INT32)


def number(value: Decimal) -> Decimal:
    """A float of Odoo's, read through its text. `NaN` and infinities are refused."""
    if not value.is_finite():
        raise InvalidAnswer(detail="a number that is not finite")
    return value


def moment(value: str | Empty) -> datetime | None:
    """`2026-07-01 10:00:00`, naive and UTC."""
    written = text(value)
    return from_naive_utc(written) if written is not None else None


def written_moment(value: datetime) -> str:
    """As Odoo's domains take it."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def written_number(value: Decimal) -> int | float:
    """As a JSON number: Odoo keeps quantities and amounts as floats whatever is sent. The float's own text is the
    decimal's, up to 15 digits."""
    return int(value) if value == value.to_integral_value() else float(value)


def any_of(terms: Sequence[Any]) -> list[Any]:
    """Terms of a domain one after the other, joined by `|` in front. An `&` before two leaves makes them one term."""
    return [*["|"] * (len(terms) - 2 * terms.count("&") - 1), *terms]


@lru_cache(maxsize=128)
def specification(row: type[msgspec.Struct], version: int) -> Mapping[str, Any]:
    """What `web_search_read` of this version must be asked to fill `row`: every field it has, and nested records'
    fields in turn. Never empty, because Odoo answers an empty one with every field there is."""
    asked: dict[str, Any] = {}
    for field in msgspec.structs.fields(row):
        if field.encode_name == "id" or _since(field.type) > version:
            continue
        nested = _nested(field.type)
        asked[field.encode_name] = {"fields": specification(nested, version)} if nested is not None else {}
    return asked


def _since(kind: Any) -> int:
    """The first version that has a field, where its annotation says so (`Meta(extra={"since": 18})`)."""
    metas = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return max(
        (meta.extra.get("since", 0) for meta in metas if isinstance(meta, msgspec.Meta) and meta.extra), default=0
    )


def _nested(kind: Any) -> type[msgspec.Struct] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    if get_origin(kind) in (Union, types.UnionType, tuple):
        for part in get_args(kind):
            found = _nested(part)
            if found is not None:
                return found
    return None
