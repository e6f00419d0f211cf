"""What a schema must look like for a plan to be right; asked once, when the schema is built.

A plan resolves a field for all its parents without calling graphql-core, so whatever Strawberry would run around a
single resolver (extensions, permission classes, `info`) would be skipped. Such fields are refused, not tolerated.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, cast

import strawberry
from graphql import (
    GraphQLField,
    GraphQLSchema,
    is_abstract_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
)
from graphql.language import DirectiveLocation
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.execution.declare.batched import GatewayField, StreamedField

OF_OPERATIONS = {DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION}
"""Where a directive says something about the whole operation, to the door."""


def records(*kinds: type) -> Any:
    """`is_type_of = records(Price)` in a view: its sources are instances of exactly these classes."""

    def is_type_of(source: object, _info: object) -> bool:
        return source.__class__ in kinds

    is_type_of.records = kinds  # pyright: ignore[reportFunctionMemberAccess] # read back by the compiler
    return staticmethod(is_type_of)


def record_classes(is_type_of: Callable[..., Any] | None) -> tuple[type, ...]:
    """The classes that `records` was given; none for any other predicate."""
    return getattr(is_type_of, "records", ())


def declared(field: GraphQLField) -> StrawberryField | None:
    """The Strawberry field behind a field of the schema; None for the introspection system's own."""
    return (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)


def graphql_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema that Strawberry built."""
    return schema._schema  # pyright: ignore[reportPrivateUsage] # Strawberry offers no other way


def check_schema(schema: strawberry.Schema) -> None:
    """Raise TypeError naming every field and type that the breadth-first executor could not answer truthfully."""
    problems = list(_problems(schema))
    if problems:
        raise TypeError("this schema cannot be executed breadth first:\n- " + "\n- ".join(problems))


def _problems(schema: strawberry.Schema) -> Iterator[str]:
    if schema.config.default_resolver is not getattr:
        yield "the schema's default_resolver is not getattr"
    if schema.extensions:
        yield "the schema has extensions, which the engine does not run"
    for directive in schema.directives:
        if not set(directive.locations) <= OF_OPERATIONS:
            yield f"@{directive.python_name} may stand on fields or fragments, where the engine does not run it"
    core = graphql_schema(schema)
    for kind in core.type_map.values():
        if is_introspection_type(kind):
            continue
        if is_object_type(kind) or is_interface_type(kind):
            for name, field in kind.fields.items():
                for problem in _field_problems(field):
                    yield f"{kind.name}.{name} {problem}"
        if is_object_type(kind):
            for parent in kind.interfaces:
                for name, field in parent.fields.items():
                    if not _guard(field) <= _guard(kind.fields[name]):
                        yield f"{kind.name}.{name} is less guarded than {parent.name}.{name}"
        if is_abstract_type(kind):
            for member in core.get_possible_types(kind):
                if not record_classes(member.is_type_of):
                    yield f"{member.name} is a member of {kind.name} and needs `is_type_of = records(...)`"


def _guard(field: GraphQLField) -> frozenset[str]:
    """All that a field asks of its caller."""
    source = declared(field)
    if not isinstance(source, GatewayField):
        return frozenset()
    return source.guard.requires | ({"(personal data)"} if source.guard.pii else set())


def _field_problems(field: GraphQLField) -> Iterator[str]:
    source = declared(field)
    if source is None:
        return
    if source.permission_classes:
        yield "has permission classes: use `requires`, or decide in a service"
    elif source.extensions:
        yield "has field extensions"
    resolver = cast("StrawberryResolver[Any] | None", source.base_resolver)
    if resolver is None or isinstance(source, GatewayField):
        return
    if source.is_subscription and not isinstance(source, StreamedField):
        yield "is a plain subscription: use `@streamed`"
        return
    function = cast("Callable[..., Any]", resolver.wrapped_func)
    if iscoroutinefunction(function) or isasyncgenfunction(function):
        yield "has an async resolver: use `@batched`"
    if resolver.info_parameter is not None:
        yield "takes `info`: use `@batched` or `@computed`, which take `ctx`"
