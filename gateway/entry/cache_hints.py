"""Whether the answers of an operation may be kept, by what the schema says of its fields.

Every root field must say for how long (`@cacheControl`); fields below may shorten that or make it private, and inherit
otherwise. Personal data and fields for roles are private whatever their hint. Introspection is never kept: it is rare.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)
from msgspec import Struct

from gateway.security.hints import CacheControl, CacheControlScope, declared, hint


class Keeping(Struct, frozen=True):
    """`seconds` is 0 where nothing may be kept. `private`: it holds what belongs to one person."""

    seconds: int
    private: bool


NEVER = Keeping(0, False)


def keeping_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Keeping:
    root = schema.get_root_type(operation.operation)
    if operation.operation is not OperationType.QUERY or root is None:
        return NEVER
    seconds: int | None = None
    private = False
    seen: set[tuple[str, str, bool]] = set()
    waiting: list[tuple[SelectionSetNode, Any, bool]] = [(operation.selection_set, root, True)]
    while waiting:
        selection_set, parent, at_root = waiting.pop()
        for selection in selection_set.selections:
            if isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = parent if condition is None else schema.get_type(condition.name.value)
                waiting.append((selection.selection_set, kind, at_root))
            elif isinstance(selection, FragmentSpreadNode):
                fragment = fragments[selection.name.value]
                place = (fragment.name.value, fragment.type_condition.name.value, at_root)
                if place not in seen:
                    seen.add(place)
                    waiting.append((fragment.selection_set, schema.get_type(place[1]), at_root))
            elif isinstance(selection, FieldNode):
                field = schema.get_field(parent, selection.name.value)
                if field is None or selection.name.value == "__typename":
                    continue
                found = _field(field, at_root)
                private = private or found.private
                if found.seconds >= 0:
                    seconds = found.seconds if seconds is None else min(seconds, found.seconds)
                if selection.selection_set is not None:
                    waiting.append((selection.selection_set, get_named_type(field.type), False))
    return Keeping(seconds or 0, private)


def _field(field: GraphQLField, at_root: bool) -> Keeping:
    """-1 seconds where the field says nothing and inherits."""
    said = hint(field, CacheControl)
    guard = getattr(declared(field), "guard", None)
    private = bool(guard) or (said is not None and said.scope is CacheControlScope.PRIVATE)
    if said is None:
        return Keeping(0 if at_root else -1, private)
    return Keeping(max(0, said.max_age), private)
