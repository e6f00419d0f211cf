"""Strict decoding that repeats nothing of what it read."""

from __future__ import annotations

import contextlib
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from gateway.errors import InvalidAnswer
from gateway.kit.decoding import decoded


class State(Enum):
    OPEN = "open"


class Shape(Struct, frozen=True):
    name: str
    count: int = 0
    state: State = State.OPEN
    code: Annotated[str, Meta(pattern="^[a-z]+$")] = "a"
    at: datetime | None = None
    by_person: dict[str, int] = {}


class Own(Struct, frozen=True):
    name: str

    def __post_init__(self) -> None:
        raise ValueError(f"no such {self.name}")


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""


SECRET = "secret-of-jane"
WRONG_NUMBER = "asked: Expected `int`, got `str`"


@pytest.mark.parametrize(
    ("body", "shape", "said"),
    [
        (b'{"name": 1}', Shape, "asked: Expected `str`, got `int` at $.name"),
        (b'{"count": 1}', Shape, "asked: Object missing required field `name` at $"),
        (b'{"name": "", "state": "secret-of-jane"}', Shape, "asked: Invalid enum value at $.state"),
        (b'{"name": "", "state": "secret-of-jane - at `x`"}', Shape, "asked: Invalid enum value at $.state"),
        (b'{"name": "", "code": "secret-of-jane"}', Shape, "asked: Expected `str` matching regex at $.code"),
        (
            b'{"name": "", "by_person": {"secret-of-jane": "x"}}',
            Shape,
            "asked: Expected `int`, got `str` at $.by_person[...]",
        ),
        (b'{"name": "", "at": "secret-of-jane"}', Shape, "asked: Invalid RFC3339 encoded datetime at $.at"),
        (b'{"name": "secret-of-jane"}', Own, "asked: makes no sense at $"),
        (b'{"secret-of-jane": 1}', Strict, "asked: Object contains unknown field at $"),
        (b'{"name": "secret-of-jane"', Shape, "asked: no JSON"),
        (b"<html>secret-of-jane</html>", Shape, "asked: no JSON"),
        (b"", Shape, "asked: no JSON"),
        (b'{"name": "secret-of-jane\xff"}', Shape, "asked: not UTF-8"),
        (b"[" * 100_000, list, "asked: nested too deeply"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_of_it_repeated(body: bytes, shape: type[Any], said: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        decoded(body, shape, "asked", source="shop")
    assert (raised.value.detail, raised.value.source) == (said, "shop")
    assert SECRET not in f"{raised.value} {raised.value.detail} {raised.value.__cause__}"


@given(st.binary(max_size=60))
def test_whatever_comes_is_an_answer_or_an_invalid_one(body: bytes) -> None:
    with contextlib.suppress(InvalidAnswer):
        decoded(body, Shape)


def test_a_number_of_no_declared_type_is_a_decimal() -> None:
    found: dict[str, Any] = decoded(b'{"a": 0.1, "b": 3}', dict[str, Any])
    assert found == {"a": Decimal("0.1"), "b": 3}
    assert type(found["a"]) is Decimal
