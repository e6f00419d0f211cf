"""Every selection of a definition is seen once, with its place."""

from __future__ import annotations

from collections import Counter

from graphql import FieldNode, GraphQLSchema, build_schema, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.graph.walk import Definition, Step, walk

SCHEMA = build_schema("type Query { shop: Shop name: String } type Shop { name: String shop: Shop }")


def steps(text: str, schema: GraphQLSchema | None = None) -> list[Step]:
    definition = parse(text).definitions[0]
    assert isinstance(definition, Definition)
    return [*walk(definition, schema)]


def test_an_inner_selection_stands_a_level_below_and_an_inline_fragment_on_the_same() -> None:
    found = {step.response_name: step.level for step in steps("{ a { b ... on Shop { c } ...D } }")}
    assert found == {"a": 1, "b": 2, "": 2, "c": 2, "D": 2}


def test_what_is_merged_is_in_one_place_however_it_is_written() -> None:
    found = steps("{ one: shop { x } ... { one: shop { y } } two: shop { z } }")
    places = {step.response_name: step.place for step in found}
    assert places["x"] == places["y"] != places["z"]


def test_a_field_is_told_with_what_the_schema_says_of_it() -> None:
    told = {step.response_name: step.field for step in steps("{ shop { name nobody { name } } }", SCHEMA)}
    assert told["shop"] is not None
    assert told["nobody"] is None


def test_nothing_below_an_unknown_field_is_known() -> None:
    (inner,) = (step for step in steps("{ nobody { name } }", SCHEMA) if step.level == 2)
    assert inner.field is None


nested = st.recursive(st.just("{ leaf }"), lambda inner: st.lists(inner, min_size=1, max_size=4).map(
    lambda parts: "{ " + " ".join(f"f{index} {part}" for index, part in enumerate(parts)) + " }"
), max_leaves=30)  # fmt: skip


@given(nested)
def test_every_field_is_seen_exactly_once(text: str) -> None:
    found = Counter(id(step.node) for step in steps(text) if isinstance(step.node, FieldNode))
    assert set(found.values()) == {1}
    assert len(found) == text.count("leaf") + text.count("f0") + text.count("f1 ") + text.count("f2 ") + text.count(
        "f3 "
    )
