"""What the schema says about its fields for the door's sake: weight, list size, and how long an answer may be kept.

Printed in the SDL like any directive. `@batched(cost=...)` says the weight without one.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar, cast

import strawberry
from graphql import GraphQLField
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location

_D = TypeVar("_D")


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


@strawberry.enum(description="Who may be given a kept answer.")
class CacheControlScope(Enum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


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
