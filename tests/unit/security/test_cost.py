"""What an operation may cost: objects and fetches, lists at the size that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from gateway.errors import LimitExceeded
from gateway.execution import batched
from gateway.execution.checks import graphql_schema
from gateway.security.cost import check_cost, compile_cost
from gateway.security.hints import Cost, ListSize


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

    @batched("list[Item]", cost=0, directives=[ListSize(assumed_size=2), Cost(weight=7)])
    @staticmethod
    def pair(parents: Any, ctx: Any) -> list[None]:
        return []


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


def cost(query: str, **variables: Any) -> int:
    document = parse(query)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    return compile_cost(SCHEMA, operation, fragments).of(variables)


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ('{ item(sku: "a") { name } }', {}, 1 + 1),
        ('{ item(sku: "a") { name price { amount } } }', {}, 1 + 1 + (3 + 1)),
        ('{ a: item(sku: "a") { name } b: item(sku: "b") { name } }', {}, 4),
        ("{ items(first: 5) { nodes { name } } }", {}, 1 + 5 * (1 + (0 + 1))),
        ("{ items { nodes { name } total } }", {}, 1 + 20 * (1 + 1)),
        ("query ($n: Int) { items(first: $n) { nodes { price { amount } } } }", {"n": 7}, 1 + 7 * (1 + 1 + 4)),
        ("query ($n: Int = 4) { items(first: $n) { total } }", {}, 1 + 4),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": -5}, 1),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": 10**12}, 1 + 1_000),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": "many"}, 1 + 20),
        ("query ($n: Int) { items(first: $n) { total } }", {"n": True}, 1 + 20),
        ('{ bySkus(skus: ["a", "b", "c"]) { name } }', {}, 1 + 3),
        ("query ($s: [String!]!) { bySkus(skus: $s) { name } }", {"s": ["a"] * 9}, 1 + 9),
        ('{ item(sku: "a") { parts { parts { name } } } }', {}, 1 + 1 + (1 + 10 * (1 + (1 + 10)))),
        ('{ item(sku: "a") { pair { name } } }', {}, 1 + 1 + (7 + 2)),
        ('{ item(sku: "a") { ...F ...F } } fragment F on Item { price { amount } }', {}, 1 + 1 + 4 + 4),
        ('{ ... on Query { item(sku: "a") { ... { price { amount } } } } }', {}, 1 + 1 + 4),
        ("{ __schema { types { name } } __typename }", {}, 0),
    ],
)
def test_the_cost_is_the_sum_that_the_schema_states(query: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(query, **variables) == expected


def test_nested_lists_multiply_and_are_refused_beyond_the_clients_limit() -> None:
    query = "query ($n: Int!) { items(first: $n) { nodes { parts { parts { price { amount } } } } } }"
    assert cost(query, n=100) > 50_000
    check_cost(20_000, 20_000)
    with pytest.raises(LimitExceeded, match="20001"):
        check_cost(20_001, 20_000)
