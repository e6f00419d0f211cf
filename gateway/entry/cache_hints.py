"""Whether the answers of an operation may be kept, by what the schema says of its fields.

Every root field must say for how long (`@cacheControl`); fields below may shorten that or make it private, and inherit
otherwise. Personal data and fields for roles are private whatever their hint. Introspection is never kept: it is rare.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from msgspec import Struct

from gateway.graph.directives import CacheControl, CacheControlScope, declared, hint
from gateway.graph.walk import Definition, walk


class Keeping(Struct, frozen=True):
    """`seconds` is 0 where nothing may be kept. `private`: it holds what belongs to one person."""

    seconds: int
    private: bool


NEVER = Keeping(0, False)


def keeping_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Keeping:
    if operation.operation is not OperationType.QUERY:
        return NEVER
    seconds: int | None = None
    private = False
    seen: set[tuple[str, bool]] = set()
    waiting: list[tuple[Definition, bool]] = [(operation, True)]
    while waiting:
        definition, outermost = waiting.pop()
        for step in walk(definition, schema):
            at_root = outermost and step.level == 1
            if isinstance(step.node, FragmentSpreadNode):
                place = (step.response_name, at_root)
                if place not in seen:
                    seen.add(place)
                    waiting.append((fragments[step.response_name], at_root))
            elif isinstance(step.node, FieldNode) and step.field is not None and step.node.name.value != "__typename":
                found = _field(step.field, at_root)
                private = private or found.private
                if found.seconds >= 0:
                    seconds = found.seconds if seconds is None else min(seconds, found.seconds)
    return Keeping(seconds or 0, private)


def _field(field: GraphQLField, at_root: bool) -> Keeping:
    """-1 seconds where the field says nothing and inherits."""
    said = hint(field, CacheControl)
    guard = getattr(declared(field), "guard", None)
    private = bool(guard) or (said is not None and said.scope is CacheControlScope.PRIVATE)
    if said is None:
        return Keeping(0 if at_root else -1, private)
    return Keeping(max(0, said.max_age), private)
