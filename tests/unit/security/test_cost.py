"""What an operation may cost: objects, leaves and fetches, lists at the size that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from graphql import build_schema as build_graphql

from gateway.errors import LimitExceeded
from gateway.execution import batched, computed
from gateway.execution.declare.checks import graphql_schema
from gateway.graph.directives import Cost, ListSize
from gateway.security.cost import (
    ASSUMED,
    COMPUTED,
    FETCH,
    LEAF,
    META_OBJECT,
    OBJECT,
    OPERATION,
    REPEATED,
    TENTHS,
    Sum,
    check_cost,
    compile_cost,
)
from schema import build_schema
from schema.scalars import LOCALE


@strawberry.type
class Item:
    name: str

    @batched("Price", cost=3)
    @staticmethod
    def price(parents: Any, ctx: Any) -> list[None]:
        return []

    @batched("list[Item]")
    @staticmethod
    def parts(parents: Any, ctx: Any) -> list[None]:
        return []

    @computed(str, cost=2)
    @staticmethod
    def shown(record: Any) -> str:
        return ""

    @computed(str)
    @staticmethod
    def plain(record: Any) -> str:
        return ""

    @computed("list[Label]", cost=4)
    @staticmethod
    def labels(record: Any) -> list[Any]:
        return []

    @batched("list[Item]", cost=0, directives=[ListSize(assumed_size=2), Cost(weight=7)])
    @staticmethod
    def pair(parents: Any, ctx: Any) -> list[None]:
        return []


@strawberry.type
class Label:
    text: str


@strawberry.type
class Price:
    amount: str


@strawberry.type
class Connection:
    nodes: list[Item]
    total: int


@strawberry.type
class Query:
    @batched("Connection")
    @staticmethod
    def items(parents: Any, ctx: Any, first: int = 20, after: str | None = None) -> list[None]:
        return []

    @batched("list[Item]")
    @staticmethod
    def by_skus(parents: Any, ctx: Any, skus: list[str]) -> list[None]:
        return []

    @batched("Item | None")
    @staticmethod
    def item(parents: Any, ctx: Any, sku: str) -> list[None]:
        return []


SCHEMA = graphql_schema(strawberry.Schema(query=Query))


F, T, OB, L = FETCH, TENTHS, OBJECT, LEAF
"""In tenths of a point: a fetch, a point, an object, a leaf."""


def compiled(query: str, tokens: int = 0) -> Sum:
    document = parse(query)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    return compile_cost(SCHEMA, operation, fragments, tokens)


def cost(query: str, **variables: Any) -> int:
    return compiled(query).of(variables)


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ('{ item(sku: "a") { name } }', {}, F + T + OB + L),
        ('{ item(sku: "a") { name price { amount } } }', {}, F + T + OB + L + (F + 3 * T + OB + L)),
        ('{ a: item(sku: "a") { name } b: item(sku: "b") { name } }', {}, 2 * (F + T + OB + L)),
        ("{ items(first: 5) { nodes { name } } }", {}, F + T + 5 * (OB + (OB + L))),
        ("{ items { nodes { name } total } }", {}, F + T + 20 * (OB + L + (OB + L))),
        (
            "query ($n: Int) { items(first: $n) { nodes { price { amount } } } }",
            {"n": 7},
            F + T + F + 7 * (OB + OB + (3 * T + OB + L)),
        ),
        ("query ($n: Int = 4) { items(first: $n) { total } }", {}, F + T + 4 * (OB + L)),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": -5}, F + T),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": 10**12}, F + T + 1_000 * (OB + L)),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": "many"}, F + T + 20 * (OB + L)),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": True}, F + T + 20 * (OB + L)),
        ('{ bySkus(skus: ["a", "b", "c"]) { name } }', {}, F + T + 3 * (OB + L)),
        ("query ($s: [String!]!) { bySkus(skus: $s) { name } }", {"s": ["a"] * 9}, F + T + 9 * (OB + L)),
        (
            '{ item(sku: "a") { parts { parts { name } } } }',
            {},
            3 * F + T + OB + (T + 10 * (OB + (T + 10 * (OB + L)))),
        ),
        ('{ item(sku: "a") { pair { name } } }', {}, 2 * F + T + OB + (7 * T + 2 * (OB + L))),
        (
            '{ item(sku: "a") { ...F ...F } } fragment F on Item { price { amount } }',
            {},
            F + T + OB + 2 * (F + 3 * T + OB + L),
        ),
        ('{ ... on Query { item(sku: "a") { ... { price { amount } } } } }', {}, F + T + OB + (F + 3 * T + OB + L)),
        ("{ __typename }", {}, L),
    ],
)
def test_the_cost_is_the_sum_that_the_schema_states(query: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(query, **variables) == -(-(OPERATION + expected) // TENTHS)


def test_what_is_computed_counts_for_each_row() -> None:
    assert each("shown") == 2 * T
    assert each("plain") == COMPUTED
    assert each("a: shown b: shown") == 4 * T
    assert each("labels { text }") == ASSUMED * (OB + 4 * T + L)


def test_a_leaf_under_another_name_counts_more_than_the_first() -> None:
    assert each("name") == L
    assert each("a: name b: name") == 2 * REPEATED


def test_each_word_of_the_text_counts() -> None:
    assert compiled("{ __typename }", 1_500).of({}) == compiled("{ __typename }").of({}) + 1_500


def each(selection: str) -> int:
    """What a selection adds to each of a list's rows, in tenths."""

    def tenths(rows: int) -> int:
        return cost(f"{{ items(first: {10 * rows}) {{ nodes {{ {selection} }} }} }}")

    return tenths(2) - tenths(1) - 2 * OB


def test_asking_for_the_schema_counts_by_its_size() -> None:
    names = cost("{ __schema { types { name } } }")
    fields = cost("{ __schema { types { fields { name } } } }")
    deep = cost("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }")
    assert names > cost("{ __typename }") + 0.5 * len(SCHEMA.type_map)
    assert names < fields < deep
    often = "{ " + " ".join(f"a{number}: __schema {{ types {{ fields {{ name }} }} }}" for number in range(20)) + " }"
    assert cost(often) > 20 * (fields - OPERATION // TENTHS)
    one = cost('{ __type(name: "Item") { fields { name } } }')
    assert OPERATION // TENTHS < one < fields


def test_a_tools_whole_introspection_fits_and_two_do_not() -> None:
    schema = graphql_schema(build_schema())
    text = get_introspection_query(descriptions=True, input_value_deprecation=True)
    document = parse(text)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    whole = compile_cost(schema, operation, fragments, 400).of({})
    twice = compile_cost(schema, repeated(operation), fragments, 400).of({})
    assert 5_000 < whole < 0.75 * 20_000 < 20_000 < twice


def repeated(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    """All it asks, asked once more."""
    selected = operation.selection_set.selections
    return OperationDefinitionNode(
        operation=operation.operation, selection_set=SelectionSetNode(selections=(*selected, *selected))
    )


def test_the_schema_is_counted_as_it_is_and_not_by_means() -> None:
    """Few types have what many lead to: an interface with thirty kinds of it is read for each of the thirty."""
    kinds = "".join(f"type Kind{number} implements Node {{ id: ID! }} " for number in range(30))
    schema = build_graphql(f"interface Node {{ id: ID! }} {kinds} type Query {{ node: Node }}")

    def points(selected: str) -> float:
        (operation,) = parse(f"{{ __schema {{ types {{ {selected} }} }} }}").definitions
        assert isinstance(operation, OperationDefinitionNode)
        return compile_cost(schema, operation, {}).of({})

    crossed = points("interfaces { possibleTypes { name } }") - points("interfaces { name }")
    assert crossed > 30 * 30 * META_OBJECT / TENTHS
    assert points("enumValues { name }") < points("interfaces { name }")


def test_a_type_that_a_variable_names_costs_what_the_largest_costs() -> None:
    names = [name for name in SCHEMA.type_map if not name.startswith("__")]
    selected = "{ fields { name args { name } } inputFields { name } enumValues { name } possibleTypes { name } }"
    named = [cost(f'{{ __type(name: "{name}") {selected} }}') for name in names]
    unnamed = cost(f"query($name: String!) {{ __type(name: $name) {selected} }}")
    assert max(named) <= unnamed
    assert min(named) < max(named)
    assert cost(f'{{ __type(name: "NoSuchType") {selected} }}') < min(named)


def test_nested_lists_multiply_and_are_refused_beyond_the_clients_limit() -> None:
    query = "query ($n: Int!) { items(first: $n) { nodes { parts { parts { price { amount } } } } } }"
    assert cost(query, n=100) > 50_000
    check_cost(20_000, 20_000)
    with pytest.raises(LimitExceeded, match="20001"):
        check_cost(20_001, 20_000)


def test_each_locale_that_is_asked_for_counts_once() -> None:
    schema = graphql_schema(build_schema())

    def points(selected: str) -> int:
        price = f"price {{ current {{ gross {{ {selected} }} }} }}"
        document = parse(f'query ($l: Locale) {{ product(by: {{sku: "x"}}) {{ variants {{ {price} }} }} }}')
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        return compile_cost(schema, operation, {}).of({})

    plain = points("a: formatted")
    assert points('a: formatted(locale: "ja")') == plain + LOCALE
    assert points("a: formatted(locale: $l)") == plain + LOCALE
    two = points("a: formatted b: formatted")
    assert points('a: formatted(locale: "ja") b: formatted(locale: "ja")') == two + LOCALE
    assert points('a: formatted(locale: "ja") b: formatted(locale: "de")') == two + 2 * LOCALE
