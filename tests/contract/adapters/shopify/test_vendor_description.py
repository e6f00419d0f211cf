"""The sandbox's SDL and the adapter's documents against the vendor's own introspection of 2026-10."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import gzip
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    parse,
    specified_directives,
    validate,
    visit,
)

from adapters.shopify.client import Document
from adapters.shopify.languages import LANGUAGES, NOT_COUNTRIES
from adapters.shopify.sandbox.schemas import schema
from adapters.shopify.shapes import UCUM
from adapters.shopify.webhooks import TOPICS

from .documents import DOCUMENTS

pytestmark = pytest.mark.specs
ROOT = Path(__file__).resolve().parents[4]
FILES = {"admin": "admin_2026-10.json.gz", "storefront": "storefront-graphql_2026-10.json.gz"}


@lru_cache(maxsize=2)
def vendor(api: str) -> GraphQLSchema:
    folder = Path(os.environ.get("VENDOR_SPECS") or ROOT.parent / "shared" / "specs") / "shopify"
    path = folder / FILES[api]
    if not path.exists():
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(f"the vendor's description is absent: {path}")
        pytest.skip(f"the vendor's description is absent: {path}")
    answer: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return build_client_schema(answer.get("data", answer), assume_valid=True)


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """Everything of ours that the vendor does not have, or has otherwise."""
    found: list[str] = []
    every: dict[str, Any] = dict(ours.type_map)
    for name, ours_type in every.items():
        if name.startswith("__"):
            continue
        their_type: Any = theirs.type_map.get(name)
        if their_type is None or type(their_type) is not type(ours_type):
            found.append(f"type {name}")
            continue
        if isinstance(ours_type, GraphQLObjectType | GraphQLInterfaceType):
            if missing := {i.name for i in ours_type.interfaces} - {i.name for i in their_type.interfaces}:
                found.append(f"{name} implements {missing}")
            for field_name, field in ours_type.fields.items():
                their_field = their_type.fields.get(field_name)
                if their_field is None or str(their_field.type) != str(field.type):
                    found.append(f"{name}.{field_name}: {field.type}")
                    continue
                for argument_name, argument in field.args.items():
                    their_argument = their_field.args.get(argument_name)
                    if their_argument is None or str(their_argument.type) != str(argument.type):
                        found.append(f"{name}.{field_name}({argument_name}: {argument.type})")
                required = {n for n, a in their_field.args.items() if str(a.type).endswith("!")}
                if required - set(field.args):
                    found.append(f"{name}.{field_name} lacks {required - set(field.args)}")
        elif isinstance(ours_type, GraphQLInputObjectType):
            if ours_type.is_one_of != their_type.is_one_of:
                found.append(f"{name} @oneOf")
            for field_name, field in ours_type.fields.items():
                their_field = their_type.fields.get(field_name)
                if their_field is None or str(their_field.type) != str(field.type):
                    found.append(f"{name}.{field_name}: {field.type}")
        elif isinstance(ours_type, GraphQLEnumType):
            found.extend(f"{name}.{value}" for value in set(ours_type.values) - set(their_type.values))
        elif isinstance(ours_type, GraphQLUnionType):
            extra = {t.name for t in ours_type.types} - {t.name for t in their_type.types}
            found.extend(f"{name} | {value}" for value in extra)
    return found


@pytest.mark.parametrize("api", ["admin", "storefront"])
def test_sandbox_schema_is_a_part_of_the_vendors(api: str) -> None:
    assert differences(schema(api), vendor(api)) == []
    directives = {d.name: d for d in schema(api).directives}
    standard = {directive.name for directive in specified_directives}
    for theirs in vendor(api).directives:
        ours = directives.get(theirs.name)
        if ours is not None and theirs.name not in standard:
            their_arguments = {name: str(argument.type) for name, argument in theirs.args.items()}
            assert {name: str(argument.type) for name, argument in ours.args.items()}.items() <= their_arguments.items()


def selected_fields(document: DocumentNode, schema_: GraphQLSchema) -> list[tuple[Any, str, Any]]:
    """Every field a document selects: its parent type, its name and the vendor's field."""
    found: list[tuple[Any, str, Any]] = []
    types = TypeInfo(schema_)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if field := types.get_field_def():
                found.append((types.get_parent_type(), node.name.value, field))

    visit(document, TypeInfoVisitor(types, Collect()))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: f"{document.api}-{document.name}")
def test_documents_are_valid_and_ask_for_nothing_deprecated(document: Document) -> None:
    parsed = parse(document.text)
    assert validate(schema(document.api), parsed) == []
    assert validate(vendor(document.api), parsed, max_errors=5) == []
    deprecated = [
        f"{parent}.{name}: {field.deprecation_reason}"
        for parent, name, field in selected_fields(parsed, vendor(document.api))
        if field.deprecation_reason
    ]
    assert deprecated == []


def test_webhook_topics_are_the_vendors() -> None:
    topics: Any = vendor("admin").type_map["WebhookSubscriptionTopic"]
    assert {topic.replace("/", "_").upper() for topic in TOPICS} <= set(topics.values)


def test_languages_and_countries_are_the_vendors() -> None:
    languages: Any = vendor("storefront").type_map["LanguageCode"]
    countries: Any = vendor("storefront").type_map["CountryCode"]
    assert set(languages.values) >= LANGUAGES
    assert NOT_COUNTRIES.isdisjoint(countries.values)
    assert set(UCUM) | {"UNKNOWN"} == set(vendor("admin").type_map["UnitPriceMeasurementMeasuredUnit"].values)  # pyright: ignore
