"""Enums say what each of their values means."""

from __future__ import annotations

from enum import Enum

import pytest
from graphql import build_schema

from gateway.graph.enums import described
from tests.check_schema import undescribed


class Size(Enum):
    SMALL = "SMALL"
    LARGE = "LARGE"


def test_a_value_that_nobody_described_is_refused_at_start() -> None:
    with pytest.raises(TypeError, match="Size has values without a description: LARGE"):
        described(Size, description="How large.", values={Size.SMALL: "Up to a hand."})


def test_the_check_names_a_value_without_one() -> None:
    schema = build_schema('"A." enum Size { "Up to a hand." SMALL LARGE } "Q." type Query { "S." size: Size }')
    assert list(undescribed(schema)) == ["Size.LARGE has no description"]
