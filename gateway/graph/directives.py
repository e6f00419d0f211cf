"""The schema's own words: its directives, all of them, and how a field is asked what it says of itself.

Printed in the SDL. `@batched(cost=..., requires=..., pii=...)` says the same in Python.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar, cast

import strawberry
from graphql import DirectiveLocation, GraphQLArgument, GraphQLDirective, GraphQLField, GraphQLString
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location

from gateway.graph.enums import described

_D = TypeVar("_D")

IN_CONTEXT = GraphQLDirective(
    name="inContext",
    locations=[DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
    description="Selects the commerce context of the whole operation, within the client profile; prevails over "
    "headers.",
    args={
        "country": GraphQLArgument(GraphQLString, description="ISO 3166-1 alpha-2, such as GB."),
        "language": GraphQLArgument(
            GraphQLString, description="BCP 47, such as ja. UNSUPPORTED_LANGUAGE if not served."
        ),
        "currency": GraphQLArgument(GraphQLString, description="ISO 4217; one that the channel sells in."),
        "channel": GraphQLArgument(GraphQLString, description="A sales channel's name."),
        "store": GraphQLArgument(GraphQLString, description="A store's key; brings its country and currency."),
    },
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="Only for principals that hold all these roles.",
)
class Requires:
    roles: list[str]


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="pii",
    description="Personal data: never in a shared cache, and not for client profiles of shared devices.",
)
class Pii:
    pass


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.SCALAR],
    name="cost",
    description="What one answer of this field counts, or one value of this scalar that an operation gives.",
)
class Cost:
    weight: int


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many entries to expect: the first of these arguments that is given, else the assumed size.",
)
class ListSize:
    assumed_size: int = 10
    slicing_arguments: list[str] = strawberry.field(default_factory=list[str])


class CacheControlScope(Enum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


described(
    CacheControlScope,
    description="Who may be given a kept answer.",
    values={CacheControlScope.PUBLIC: "Everybody.", CacheControlScope.PRIVATE: "Whoever it was made for."},
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cacheControl",
    description="For how many seconds an answer with this field may be kept, and for whom.",
)
class CacheControl:
    max_age: int = 0
    scope: CacheControlScope = CacheControlScope.PUBLIC


def declared(field: GraphQLField) -> Any:
    """The schema's own record of a field; None for the introspection system's."""
    return (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)


def scalar_cost(kind: Any) -> int:
    """What one value of a scalar counts, wherever an operation gives it."""
    extensions = cast("dict[str, object]", getattr(kind, "extensions", None) or {})
    definition = extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    directives = cast("list[object]", getattr(definition, "directives", None) or ())
    return next((one.weight for one in directives if isinstance(one, Cost)), 0)


def hint(field: GraphQLField, kind: type[_D]) -> _D | None:
    """The directive of that kind on a field."""
    for directive in cast("list[object]", getattr(declared(field), "directives", None) or ()):
        if isinstance(directive, kind):
            return directive
    return None
