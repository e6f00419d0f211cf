"""How long the lists of the introspection system are in one schema: what asking for the schema costs."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)


@lru_cache(8)
def meta_sizes(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """By type and field of the introspection system; what is not there is one object. All types together; of the lists
    of one type the mean over all types, rounded up: a schema with many inputs and enums has no more fields for it."""
    types: list[Any] = list(schema.type_map.values())
    composite = [kind for kind in types if is_object_type(kind) or is_interface_type(kind)]
    fields = [field for kind in composite for field in kind.fields.values()]
    counted = {
        "interfaces": sum(len(kind.interfaces) for kind in composite),
        "possibleTypes": sum(len(schema.get_possible_types(kind)) for kind in types if is_abstract_type(kind)),
        "enumValues": sum(len(kind.values) for kind in types if is_enum_type(kind)),
        "inputFields": sum(len(kind.fields) for kind in types if is_input_object_type(kind)),
    }
    return {
        ("__Schema", "types"): len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): _mean(len(fields), len(types)),
        ("__Field", "args"): _mean(sum(len(field.args) for field in fields), len(fields)),
        ("__Directive", "args"): _mean(sum(len(one.args) for one in schema.directives), len(schema.directives)),
        **{("__Type", name): _mean(number, len(types)) for name, number in counted.items()},
    }


def _mean(number: int, of: int) -> int:
    return max(1, -(-number // max(1, of)))
