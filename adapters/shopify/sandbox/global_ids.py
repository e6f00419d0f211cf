"""What the vendor says of ids before it runs anything: whatever stands where an `ID` is wanted must be a global id,
`gid://shopify/<type>/<number>`, or the whole query is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import graphql
from graphql import GraphQLError, GraphQLID, GraphQLInputObjectType, GraphQLSchema, OperationDefinitionNode

_typed: Any = graphql

LARGEST = 2**63 - 1
_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})(?:\?[a-z_=0-9&]*)?", re.ASCII)


def refused(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> list[Any]:
    """Errors, in the vendor's shape, for variables that hold an id that is none."""
    errors: list[Any] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind: Any = _typed.type_from_ast(schema, definition.type)
        problems = [
            {"path": path, "explanation": f"Invalid global id '{value}'", "message": f"Invalid global id '{value}'"}
            for path, value in _malformed(kind, variables.get(name), [])
        ]
        if problems:
            where = ".".join(str(step) for step in problems[0]["path"])
            told = f"for {where} " if where else ""
            message = f"Variable ${name} of type {kind} was provided invalid value {told}({problems[0]['message']})"
            errors.append(
                {
                    "message": message,
                    "extensions": {"value": variables.get(name), "problems": problems, "code": "INVALID_VARIABLE"},
                }
            )
    return errors


def _malformed(kind: Any, value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], Any]]:
    if isinstance(kind, _typed.GraphQLNonNull):
        yield from _malformed(kind.of_type, value, path)
    elif value is None:
        return
    elif isinstance(kind, _typed.GraphQLList):
        for place, item in enumerate(cast("list[Any]", value) if isinstance(value, list) else [value]):
            yield from _malformed(kind.of_type, item, [*path, place])
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in kind.fields.items():
            if name in value:
                yield from _malformed(field.type, value[name], [*path, name])
    elif kind is GraphQLID and not is_global(value):
        yield path, value


def is_global(value: Any) -> bool:
    found = _GID.fullmatch(value) if isinstance(value, str) else None
    return found is not None and int(found[1]) <= LARGEST


def of_type(kind: str, native: str) -> str:
    """An argument that takes ids of one type only."""
    if not native.startswith(f"gid://shopify/{kind}/"):
        raise GraphQLError(f"Invalid id: {native}", extensions={"code": "RESOURCE_NOT_FOUND"})
    return native
