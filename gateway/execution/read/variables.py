"""The variables of an operation: what a request gives, coerced as graphql-core does.

For the plainest values (strings, integers in range, booleans, and lists of them) that is what they are; which variables
are so plain is found out once per operation. Everything else, and everything wrong, is graphql-core's.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, is_list_type, is_non_null_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from gateway.execution.memo.failures import blamed

Plain = Callable[[Any], bool]
NO_VARIABLES = VariableValues({}, {})
MOST_ERRORS = 10


class Variables:
    """The variables one operation declares."""

    __slots__ = ("_definitions", "_plain", "_schema")

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, definition) for definition in self._definitions]
        self._plain = [
            (signature.name, signature, _plain(signature.type))
            for signature in signatures
            if isinstance(signature, GraphQLVariableSignature)
        ]

    def coerced(self, given: Mapping[str, Any] | None) -> VariableValues | list[GraphQLError]:
        """The values of a request; errors where they do not fit."""
        if not self._definitions:
            return NO_VARIABLES
        given = given or {}
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, is_plain in self._plain:
            value = given.get(name)
            if is_plain is None or not is_plain(value):
                return self._in_general(given)
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = list(cast("list[Any]", value)) if type(value) is list else value
        if len(coerced) < len(self._definitions):
            return self._in_general(given)
        return VariableValues(sources, coerced)

    def _in_general(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        try:
            values = get_variable_values(self._schema, self._definitions, dict(given), max_errors=MOST_ERRORS)
        except RecursionError:
            return [GraphQLError("The variables are nested too deeply.")]
        return values if isinstance(values, VariableValues) else blamed(values)


def _plain(kind: Any) -> Plain | None:
    """Whether a value given for a variable of this type is its own coerced value; None where none can be."""
    named = kind.of_type if is_non_null_type(kind) else kind
    if is_list_type(named):
        item = named.of_type.of_type if is_non_null_type(named.of_type) else named.of_type
        of_item = _PLAIN.get(getattr(item, "name", ""))
        return None if of_item is None else lambda value: type(value) is list and all(map(of_item, value))
    return _PLAIN.get(named.name)


_PLAIN: dict[str, Plain] = {
    "String": lambda value: type(value) is str,
    "ID": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "Int": lambda value: type(value) is int and -2147483648 <= value <= 2147483647,
}
"""By the name of a scalar of GraphQL's own, which nothing else can have."""
