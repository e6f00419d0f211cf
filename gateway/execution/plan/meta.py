"""The introspection system's own fields, read as any computed field is: graphql-core would call a function for each of
the schema's thousands of types, fields and arguments, and anybody may ask for all of them."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from graphql import FieldNode, GraphQLField, GraphQLSchema, get_nullable_type, is_list_type
from graphql.execution.values import VariableValues, get_argument_values
from msgspec import Struct


class _Info(Struct, frozen=True):
    """What these resolvers ask of the operation."""

    schema: GraphQLSchema


def reader(schema: GraphQLSchema, definition: GraphQLField) -> Callable[..., Any]:
    """The field's value on a record, given its arguments."""
    resolve = cast("Callable[..., Any]", definition.resolve)
    info = _Info(schema)
    if not is_list_type(get_nullable_type(definition.type)):

        def read(record: Any, **arguments: Any) -> Any:
            return resolve(record, info, **arguments)

        return read

    def read_list(record: Any, **arguments: Any) -> list[Any] | None:
        found = resolve(record, info, **arguments)
        return None if found is None else list(found)

    return read_list


class MetaArguments:
    """The arguments of such a field at one place. `constant` where no variable has a say."""

    def __init__(self, definition: GraphQLField, node: FieldNode, variables: VariableValues, *, constant: bool) -> None:
        self._definition = definition
        self._node = node
        self.constant = self.values(variables) if constant else None

    def values(self, variables: VariableValues) -> dict[str, Any]:
        return get_argument_values(self._definition, self._node, variables)
