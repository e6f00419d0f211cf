"""Arguments taken apart: each request gets what Strawberry would have made for it, and shares nothing mutable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NewType

import pytest
import strawberry
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments

from gateway.execution.declare.checks import declared, graphql_schema
from gateway.execution.read.arguments import Arguments, twin


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = "green"


@strawberry.input
class Inner:
    names: list[str]
    colour: Colour = Colour.RED


@strawberry.input
class Near:
    latitude: float
    inner: Inner | None = None
    tags: list[str] | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def find(
        self,
        text: str | None = None,
        first: int = 24,
        ids: list[strawberry.ID] | None = None,
        colour: Colour = Colour.GREEN,
        near: Near | None = None,
        many: list[Near] | None = None,
    ) -> int:
        return 1


SCHEMA = strawberry.Schema(Query)
CORE = graphql_schema(SCHEMA)
HEAD = (
    "query ($text: String, $first: Int! = 3, $ids: [ID!], $colour: Colour! = RED, $near: Near, $many: [Near!], "
    "$name: String!)"
)
PLACES = (
    "find",
    'find(text: "a", first: 3, colour: RED)',
    "find(text: $text, first: $first, ids: $ids, colour: $colour)",
    "find(near: $near, many: $many)",
    'find(near: {latitude: 1, inner: {names: ["a"]}})',
    "find(near: {latitude: 1, inner: {names: [$name]}}, first: $first)",
    'find(ids: ["a", "b"], many: [{latitude: 2, tags: null}], text: $text)',
    "find(ids: null, near: null, text: null)",
)

near = st.fixed_dictionaries(
    {"latitude": st.floats(-90, 90)}, optional={"tags": st.lists(st.text(max_size=2), max_size=2)}
)
variables = st.fixed_dictionaries(
    {"name": st.text(max_size=2)},
    optional={
        "text": st.none() | st.text(max_size=2),
        "first": st.integers(1, 5),
        "ids": st.none() | st.lists(st.text(max_size=2), max_size=3),
        "colour": st.sampled_from(["RED", "GREEN"]),
        "near": st.none() | near,
        "many": st.none() | st.lists(near, max_size=2),
    },
)


def place(text: str) -> tuple[Arguments, OperationDefinitionNode, FieldNode]:
    (operation,) = parse(f"{HEAD} {{ {text} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    definition: Any = CORE.query_type.fields["find"]  # type: ignore[union-attr]
    return Arguments(SCHEMA.schema_converter, definition, declared(definition), node), operation, node  # type: ignore[arg-type]


def coerced(operation: OperationDefinitionNode, given_values: dict[str, Any]) -> VariableValues:
    outcome = get_variable_values(CORE, operation.variable_definitions or (), given_values)
    assert isinstance(outcome, VariableValues), outcome
    return outcome


@given(text=st.sampled_from(PLACES), days=st.lists(variables, min_size=1, max_size=4))
def test_every_request_gets_what_strawberry_makes(text: str, days: list[dict[str, Any]]) -> None:
    arguments, operation, node = place(text)
    definition: Any = CORE.query_type.fields["find"]  # type: ignore[union-attr]
    field: Any = declared(definition)
    for day in days:
        values = coerced(operation, day)
        expected = convert_arguments(
            get_argument_values(definition, node, values),
            field.arguments,
            scalar_registry=SCHEMA.schema_converter.scalar_registry,
            config=SCHEMA.schema_converter.config,
        )
        assert arguments.values(values) == expected


def test_what_graphql_core_refuses_is_refused_every_time() -> None:
    arguments, operation, _ = place("find(first: $first)")
    bad = VariableValues(coerced(operation, {"name": ""}).sources, {"first": None})
    for _ in range(2):
        with pytest.raises(GraphQLError):
            arguments.values(bad)
    assert arguments.values(coerced(operation, {"name": "", "first": 2}))["first"] == 2
    with pytest.raises(GraphQLError):
        arguments.values(bad)


def test_a_request_that_changes_its_input_changes_nobody_elses() -> None:
    arguments, operation, _ = place('find(near: {latitude: 1, inner: {names: ["a"]}})')
    values = coerced(operation, {"name": ""})
    for _ in range(3):
        made = arguments.values(values)
        assert made["near"] == Near(latitude=1.0, inner=Inner(names=["a"]))
        made["near"].inner.names.append("b")
        made["near"].latitude = 2.0


class Basket:
    """What a custom scalar may make: mutable, and nobody knows how to copy it."""

    def __init__(self, names: list[str]) -> None:
        self.names = names


@dataclass(slots=True)
class SlottedBasket:
    names: list[str]


BasketType = NewType("BasketType", Basket)


@pytest.mark.parametrize("kind", [Basket, SlottedBasket])
def test_a_value_of_an_unknown_class_is_made_anew_for_each_request(kind: type[Basket | SlottedBasket]) -> None:
    scalar = strawberry.scalar(name="Basket", serialize=lambda one: one.names, parse_value=lambda value: kind([value]))

    @strawberry.type
    class Shop:
        @strawberry.field
        def weigh(self, basket: BasketType) -> int:
            return len(basket.names)

    schema = strawberry.Schema(Shop, config=StrawberryConfig(scalar_map={BasketType: scalar}))
    core = graphql_schema(schema)
    (operation,) = parse('{ weigh(basket: "apple") }').definitions
    assert isinstance(operation, OperationDefinitionNode)
    definition: Any = core.query_type.fields["weigh"]  # type: ignore[union-attr]
    node: Any = operation.selection_set.selections[0]
    arguments = Arguments(schema.schema_converter, definition, declared(definition), node)  # type: ignore[arg-type]
    for _ in range(3):
        basket = arguments.values(VariableValues({}, {}))["basket"]
        assert basket.names == ["apple"]
        basket.names.append("pear")


@dataclass
class Nested:
    inside: list[dict[str, list[int]]]


def test_a_twin_is_equal_and_shares_nothing() -> None:
    one = Nested([{"a": [1, 2]}])
    other = twin(one)
    assert other == one
    other.inside[0]["a"].append(3)
    assert one == Nested([{"a": [1, 2]}])
