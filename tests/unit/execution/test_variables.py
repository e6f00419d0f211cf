"""Variables: the short way gives what graphql-core's coercion gives, and nothing it would refuse."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.read.variables import Variables

SCHEMA = build_schema(
    """
    scalar Odd
    enum Colour { RED GREEN }
    input Near { latitude: Float! tags: [String!] }
    type Query { a(id: ID, near: Near, odd: Odd, colour: Colour, float: Float): Int }
    """
)
TYPES = (
    "String", "String!", "ID", "ID!", "Int", "Int!", "Boolean", "Boolean!", "Float", "Float!", "Odd", "Colour", "Near",
    "[String]", "[String!]", "[String!]!", "[ID!]!", "[Int!]", "[Boolean]", "[[String!]]", "[Near!]", "[Colour!]",
)  # fmt: skip
DEFAULTS = {"String": '"d"', "Int": "7", "[String!]": '["d"]', "Boolean": "true", "Colour": "RED"}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**30]),
    st.floats(allow_nan=True),
    st.text(max_size=3),
    st.sampled_from(["RED", "GREEN", "BLUE"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["latitude", "tags", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


def operation(types: list[str], defaults: bool) -> OperationDefinitionNode:
    given = ", ".join(
        f"$v{number}: {kind}" + (f" = {DEFAULTS[kind]}" if defaults and kind in DEFAULTS else "")
        for number, kind in enumerate(types)
    )
    (definition,) = parse(f"query ({given}) {{ a }}" if given else "{ a }").definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def shown(outcome: VariableValues | list[GraphQLError]) -> object:
    if isinstance(outcome, list):
        return [error.message for error in outcome]
    return repr(outcome.coerced), {name: repr(source.value) for name, source in outcome.sources.items()}


@given(
    types=st.lists(st.sampled_from(TYPES), max_size=3),
    given_values=st.dictionaries(st.sampled_from(["v0", "v1", "v2", "other"]), values, max_size=4),
    defaults=st.booleans(),
)
def test_the_short_way_and_graphql_core_agree(types: list[str], given_values: dict[str, Any], defaults: bool) -> None:
    definition = operation(types, defaults)
    expected = get_variable_values(SCHEMA, definition.variable_definitions or (), given_values, max_errors=50)
    assert shown(Variables(SCHEMA, definition).coerced(given_values)) == shown(expected)


@pytest.mark.parametrize(
    ("kind", "value"), [("String!", "a"), ("[ID!]!", ["a", "b"]), ("Int", 3), ("Boolean", False), ("[Int!]", [])]
)
def test_plain_values_need_no_coercion(kind: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.read.variables.get_variable_values", None)
    outcome = Variables(SCHEMA, operation([kind], False)).coerced({"v0": value})
    assert isinstance(outcome, VariableValues)
    assert outcome.coerced == {"v0": value}


def test_a_list_is_the_operations_own() -> None:
    given_list = ["a"]
    outcome = Variables(SCHEMA, operation(["[String!]"], False)).coerced({"v0": given_list})
    assert isinstance(outcome, VariableValues)
    outcome.coerced["v0"].append("b")
    assert given_list == ["a"]
