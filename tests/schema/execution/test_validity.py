"""Whatever is proven valid in one pass is valid by every rule of graphql-core's and Strawberry's, and what clients
send is proven. Documents are drawn, then broken token by token; those that show one rule each are written out."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from execution_shop import build
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Lexer,
    Source,
    TokenKind,
    build_schema,
    parse,
    print_ast,
    specified_rules,
    validate,
)
from operation_generator import OperationGenerator
from strawberry.schema.schema import validate_document
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.execution import Engine
from gateway.execution.declare.checks import graphql_schema
from gateway.execution.read.validity import FIELDS, Validity
from schema import build_schema as build_product_schema

SHOP = graphql_schema(build())
PRODUCT = graphql_schema(build_product_schema())
SEEDS = [pytest.param(seed, marks=pytest.mark.full if seed < 102 else pytest.mark.soak) for seed in range(100, 110)]
SCHEMAS = {"shop": SHOP, "product": PRODUCT}
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
SPICES = (
    *("null", "__typename", "__schema", "@skip(if: true)", "@include(if: $v0)", "@nope", "@skip", "$v0", "$nope"),
    *(
        "... on Product",
        "... on Query",
        "...F0",
        "...F1",
        "1",
        '"x"',
        "[]",
        "{}",
        "true",
        "id",
        "x1: id",
        "x1",
        "query",
    ),
    *("mutation", "subscription { ticks }", "query Op { version }", "fragment F0 on Product { id }", "!", "(first: 1)"),
)


def errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What graphql-core and Strawberry say, asked for everything."""
    return validate_document(schema, document, tuple(specified_rules))


def is_valid(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """The same without the words, which take longest: they suggest what else might have been meant."""
    try:
        return not validate(schema, document, RULES, max_errors=1, hide_suggestions=True)
    except (AttributeError, KeyError):  # Strawberry's rule of `@oneOf` stumbles over undefined variables
        return False


def tokens(text: str) -> list[str]:
    lexer, found = Lexer(Source(text)), list[str]()
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        found.append(text[token.start : token.end])
    return found


def broken(text: str, draw: random.Random) -> DocumentNode | None:
    """The document with one to three tokens lost, doubled, swapped or put in; None where that is no document."""
    parts = tokens(text)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        at = draw.randrange(len(parts))
        match draw.randrange(5):
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, parts[at])
            case 2:
                parts[at] = draw.choice(parts)
            case 3:
                parts[at] = draw.choice(SPICES)
            case _:
                parts.insert(at, draw.choice(SPICES))
        if not parts:
            return None
    try:
        return parse(" ".join(parts))
    except GraphQLSyntaxError:
        return None


def outcomes(schema: GraphQLSchema, seed: int, count: int) -> Counter[tuple[bool, bool]]:
    """How many documents were (proven, valid). Fails on one that was proven and is not valid."""
    found: Counter[tuple[bool, bool]] = Counter()
    validity, draw = Validity(schema), random.Random(seed)
    generator = OperationGenerator(schema, seed)
    while found.total() < count:
        text = generator.operation().text
        for document in (parse(text), *(broken(text, draw) for _ in range(8))):
            if document is None:
                continue
            proven = validity.proven(document)
            valid = is_valid(schema, document)
            assert valid or not proven, f"{print_ast(document)}\n{errors(schema, document)}"
            found[proven, valid] += 1
    return found


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_proven_is_valid(name: str, seed: int) -> None:
    found = outcomes(SCHEMAS[name], seed, 400)
    assert found[False, False] > 100, found
    assert found[True, True] > found[False, True] > 0, found


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proven_is_valid_forty_thousand_times(name: str, seed: int) -> None:
    outcomes(SCHEMAS[name], seed, 2_000)


ONE_RULE_EACH = build_schema("""
  directive @about(text: String!, more: Int) on QUERY | FIELD | FRAGMENT_DEFINITION | VARIABLE_DEFINITION
  directive @many repeatable on FIELD
  directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
  scalar Anything
  enum Colour { RED GREEN }
  input Range { low: Int! = 0 high: Int colour: Colour inner: [Range!] }
  input By @oneOf { id: ID slug: String }
  interface Thing { id: ID! name: String size: Int }
  type Book implements Thing { id: ID! name: String size: Int pages(from: Int! = 1, to: Int!): [String!]! thing: Thing }
  type Pen implements Thing { id: ID! name: String size: Int ink: Colour pages: [Int] thing: Thing }
  union Either = Book | Pen
  type Query {
    thing(by: By, range: Range, ranges: [Range!], any: Anything): Thing book(id: ID): Book pen: Pen either: Either
    number(of: Int = 1, more: [[Int!]]): Int
  }
  type Mutation { write(by: By!): Book }
  type Subscription { ticks: Int }
""")

PROVEN = (
    "{ number }",
    "query A { number } query B { number }",
    "mutation { write(by: {id: 1}) { id } }",
    '{ thing(by: {slug: "x"}) { __typename id ... on Book { name } ... on Pen { ink } } }',
    "{ thing { id id name name: name } }",
    "{ number(of: 1, more: [[1]]) number(more: [[ 1 ]], of: 1) }",
    "{ a: number(of: 1) b: number(of: 2) }",
    "query ($a: ID!) { thing(by: {id: $a}) { id } }",
    "query ($a: Int = 1, $b: [Range!]) { number(of: $a) thing(ranges: $b) { id } }",
    "query ($a: Int!) { thing(range: {low: $a, inner: [{low: $a}, {high: $a}]}) { id } }",
    "query ($a: Int) { thing(range: {low: $a}) { id } }",
    "query ($a: Int = 3) { book { pages(to: $a) } }",
    "query ($a: Int!) { number(more: [[$a, 1], [2]]) }",
    '{ number @about(text: "x") @many @many @skip(if: true) }',
    'query ($a: Boolean! @about(text: "x")) @about(text: "y") { number @include(if: $a) }',
    "{ pen { ...F } } fragment F on Pen { thing { ...T } } fragment T on Thing { ...U } fragment U on Thing { id }",
    "query A($a: Int) { ...F } query B($a: Int!) { ...F } fragment F on Query { number(of: $a) }",
    "{ thing { ...B ...P } } fragment B on Book { id name } fragment P on Pen { id name ink }",
    "{ either { __typename ... on Thing { id } } }",
)

LEFT = (
    # invalid, by the rule
    "type A { b: Int } { number }",
    "query A { number } query A { number }",
    "{ number } query A { number }",
    "{ number } { number }",
    "{ book { ... on Nothing { id } } }",
    "{ book { ... on Int { id } } }",
    "{ ...F } fragment F on Colour { id }",
    "query ($a: Book) { number(of: $a) }",
    "query ($a: Nothing) { number(of: $a) }",
    "{ book }",
    "{ number { id } }",
    "{ nothing }",
    "{ either { id } }",
    "{ ...F } fragment F on Query { number } fragment F on Query { number }",
    "{ ...F }",
    "{ number } fragment F on Query { number }",
    "{ book { ... on Pen { id } } }",
    "{ book { ...F } } fragment F on Pen { id }",
    "{ ...F } fragment F on Query { number ...F }",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { number ...F }",
    "{ number } fragment F on Query { ...G } fragment G on Query { number ...F }",
    "query ($a: Int, $a: Int) { number(of: $a) }",
    "{ number(of: $a) }",
    "query ($a: Int) { ...F } query B { ...F } fragment F on Query { number(of: $a) }",
    "query ($a: Int) { number }",
    "{ number @nothing }",
    '{ ... @about(text: "x") { number } }',
    '{ number @about(text: "x") @about(text: "x") }',
    "{ number @skip(if: true) @skip(if: true) }",
    "{ number @about }",
    "{ number @about(text: 1) }",
    '{ number @about(text: "x", nothing: 1) }',
    "query @skip(if: true) { number }",
    "{ ... @defer(label: $a) { number } }",
    "mutation { ... @defer { write(by: {id: 1}) { id } } }",
    "{ number @stream }",
    "{ number(nothing: 1) }",
    "{ number(of: 1, of: 1) }",
    '{ number(of: "x") }',
    "{ number(of: RED) }",
    "{ number(more: {a: 1}) }",
    "{ thing(range: {nothing: 1}) { id } }",
    "{ thing(range: {low: 1, low: 1}) { id } }",
    "{ thing(range: {low: null}) { id } }",
    "{ thing(by: {}) { id } }",
    '{ thing(by: {id: 1, slug: "x"}) { id } }',
    "{ thing(by: {id: null}) { id } }",
    "query ($a: ID) { thing(by: {id: $a}) { id } }",
    "{ book { pages } }",
    "query ($a: Int) { book { pages(to: $a) } }",
    "query ($a: String) { number(of: $a) }",
    "query ($a: [Int]) { number(of: $a) }",
    "query ($a: Int) { number(more: [[$a]]) }",
    'query ($a: Int = "x") { number(of: $a) }',
    "{ number(of: 1) number(of: 2) }",
    '{ thing(by: {slug: "x"}) { id } thing(by: {slug: """x"""}) { id } }',
    "{ number: book { id } number }",
    "{ book { x: id x: name } }",
    "{ thing { ... on Book { x: name } ... on Pen { x: size } } }",
    "{ thing { ... on Book { pages(to: 1) } ... on Pen { pages } } }",
    "{ ...F ...G } fragment F on Query { x: number } fragment G on Query { x: number(of: 1) }",
    "{ book { thing { x: id } ...F } } fragment F on Book { thing { x: name } }",
    "subscription { ticks more: ticks }",
    # valid, and rare
    "subscription { ticks }",
    "{ __schema { queryType { name } } }",
    "{ number(of: null) }",
    "{ thing(any: [1]) { id } }",
    "query ($a: Int) { thing(any: [$a]) { id } }",
    "{ a: book { ...F } b: book { name: id } } fragment F on Book { name }",
    "{ " + "number " * (FIELDS + 1) + "}",
)


@pytest.mark.parametrize("text", PROVEN)
def test_this_is_proven(text: str) -> None:
    document = parse(text)
    assert errors(ONE_RULE_EACH, document) == []
    assert Validity(ONE_RULE_EACH).proven(document)


@pytest.mark.parametrize("text", LEFT)
def test_this_is_left_to_graphql_core(text: str) -> None:
    assert not Validity(ONE_RULE_EACH).proven(parse(text))


def test_a_chain_of_fragments_deeper_than_graphql_core_goes_is_left_to_it() -> None:
    deep = "{ ...F0 } " + " ".join(
        f"fragment F{n} on Query {{ {'... { ' * 5} ...F{n + 1} {'} ' * 5} }}" for n in range(49)
    )
    document = parse(deep + " fragment F49 on Query { number }")
    assert errors(ONE_RULE_EACH, document)
    assert not Validity(ONE_RULE_EACH).proven(document)


def test_the_errors_are_graphql_cores_in_its_order() -> None:
    engine = Engine(build())
    text = "query ($a: Nope, $b: Int) { nope catalogue { nodes { title { x } ...F } } } fragment G on Product { id }"
    found = engine.documents.get(text).errors
    assert [error.formatted for error in found] == [error.formatted for error in errors(SHOP, parse(text))]
    assert len(found) > 4


def test_a_proof_takes_linear_time() -> None:
    def document(fields: int) -> DocumentNode:
        names = " ".join(f"a{n}: number(of: {n})" for n in range(fields))
        return parse(f"{{ {names} ...F }} fragment F on Query {{ {names} }}")

    def cpu(document: DocumentNode) -> float:
        validity, best = Validity(ONE_RULE_EACH), float("inf")
        for _ in range(5):
            started = time.process_time()
            validity.proven(document)
            best = min(best, time.process_time() - started)
        return best

    assert cpu(document(1_600)) < 12 * cpu(document(200))


def test_a_fragment_may_stand_before_the_operation_that_gives_its_variables() -> None:
    """Strawberry's rule of `@oneOf` stumbles there."""
    text = "fragment F on Product { label(by: {title: $a}) } query ($a: String!) { catalogue { nodes { ...F } } }"
    with pytest.raises(AttributeError):
        errors(SHOP, parse(text))
    assert Engine(build()).documents.get(text).errors == []
