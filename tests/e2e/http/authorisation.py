"""Operations that select every field of the schema, and what an answer shows of it."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

TABLE = Path(__file__).parents[2] / "schema" / "authorisation.txt"
ARGUMENTS = {
    "Product.variant": '(selectedOptions: [{name: "Size", value: "S"}])',
    "Variant.availability": "(fulfilment: PICKUP)",
}
"""Of fields below the root that cannot do without."""


def table() -> dict[str, str]:
    """Who may read each field, as the schema's own table says: public, personal, owner, staff."""
    lines = TABLE.read_text("utf-8").splitlines()
    return dict(line.split()[:2] for line in lines if line and not line.startswith("#"))


def fields_of(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    return {
        f"{kind.name}.{name}": field
        for kind in schema.type_map.values()
        if is_object_type(kind) and not is_introspection_type(kind)
        for name, field in kind.fields.items()
    }


def is_non_null(field: GraphQLField) -> bool:
    return is_non_null_type(field.type)


def everything(schema: GraphQLSchema, kind: Any, seen: set[str] | None = None) -> str:
    """Every field of a type and, once each, of all types below it."""
    seen = set() if seen is None else seen
    if is_abstract_type(kind):
        some = [one for one in schema.get_possible_types(kind) if one.name not in seen]
        return " ".join(["__typename", *(f"... on {one.name} {{ {everything(schema, one, seen)} }}" for one in some)])
    seen.add(kind.name)
    parts = ["__typename"]
    for name, field in kind.fields.items():
        arguments = ARGUMENTS.get(f"{kind.name}.{name}", "")
        if not arguments and any(is_required_argument(argument) for argument in field.args.values()):
            raise LookupError(f"{kind.name}.{name} needs arguments")
        below = cast(Any, get_named_type(field.type))
        if is_abstract_type(below) or (is_object_type(below) and below.name not in seen):
            parts.append(f"{name}{arguments} {{ {everything(schema, below, seen)} }}")
        elif is_object_type(below):
            parts.append(f"{name}{arguments} {{ __typename }}")
        else:
            parts.append(name + arguments)
    return " ".join(parts)


def refused(answer: dict[str, Any]) -> set[str]:
    """The fields for which a role or a permission was missing, as `Type.field`."""
    found: set[str] = set()
    for error in answer.get("errors", ()):
        if error["extensions"]["code"] == "FORBIDDEN":
            holder: Any = {"__typename": "Query", **(answer["data"] or {})}
            for step in error["path"][:-1]:
                holder = holder[step]
            found.add(f"{holder['__typename']}.{error['path'][-1]}")
    return found


def reached(value: Any) -> set[str]:
    """The fields of the objects in an answer, as `Type.field`, whatever their values."""
    if isinstance(value, list):
        return set[str]().union(*(reached(entry) for entry in cast("list[Any]", value)))
    if not isinstance(value, dict):
        return set()
    entries = cast("dict[str, Any]", value)
    own = (
        {f"{entries['__typename']}.{name}" for name in entries if name != "__typename"}
        if "__typename" in entries
        else set[str]()
    )
    return own.union(*(reached(entry) for entry in entries.values()))
