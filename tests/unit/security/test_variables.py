from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import LimitExceeded
from gateway.security.variables import CHARACTERS, DEPTH, VALUES, check_variables


def nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "lists" else {"a": value}
    return value


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"a": None, "b": 1, "c": 1.5, "d": True, "e": "x"},
        {"a": nested(DEPTH - 1, "lists")},
        {"a": nested(DEPTH - 1, "objects")},
        {"a": [1] * (VALUES - 1)},
        {"a": "x" * (CHARACTERS - 1)},
    ],
)
def test_usual_variables_pass(variables: dict[str, Any]) -> None:
    check_variables(variables)


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({"a": nested(DEPTH + 1, "lists")}, "levels"),
        ({"a": nested(5_000, "lists")}, "levels"),
        ({"a": nested(5_000, "objects")}, "levels"),
        ({"a": [1] * VALUES}, "values"),
        ({"a": [["x"]] * VALUES}, "values"),
        ({f"v{number}": 1 for number in range(VALUES + 1)}, "values"),
        ({"a": [{"b": [1] * 100}] * 100}, "values"),
        ({"a": "x" * CHARACTERS}, "characters"),
        ({"a": {"x" * CHARACTERS: 1}}, "characters"),
        ({"a": ["x" * 100] * 700}, "characters"),
    ],
)
def test_more_than_is_allowed_is_refused_by_name(variables: dict[str, Any], limit: str) -> None:
    with pytest.raises(LimitExceeded, match=limit):
        check_variables(variables)
