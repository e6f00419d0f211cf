"""How much of the introspection system an operation reads: what asking for the schema costs.

Counted in this very schema, place by place, and not by means: nothing is rounded, and a field that leads to many is as
dear as what it leads to. So a tool's whole introspection costs what there is to list, and grows with it: about 60
points for each type, with its share of fields, arguments and values. 210 types cost 12,800; the 20,000 that a client
may spend are reached at about 330, and `cost_limit` is then to be raised for the clients that introspect.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from msgspec import Struct


class _Info(Struct, frozen=True):
    """What graphql-core's resolvers of the introspection system ask of the operation."""

    schema: GraphQLSchema


class MetaPlace:
    """What stands at one place of an answer about the schema, and how often: `types { fields }` is every field of
    every type. Deprecated ones included, whatever is asked. What it holds is bounded by the schema and by validation,
    which lets no list of types or fields stand in another one more than once."""

    __slots__ = ("_below", "_info", "_things", "count")

    def __init__(self, info: _Info, found: Iterable[tuple[Any, int]]) -> None:
        self._info = info
        self._below: dict[str, MetaPlace] = {}
        self._things: dict[int, tuple[Any, int]] = {}
        for thing, often in found:
            # a field, an argument or a value comes as a new pair with its name
            key = id(cast("tuple[Any, ...]", thing)[-1] if isinstance(thing, tuple) else thing)
            self._things[key] = (thing, often + self._things.get(key, (None, 0))[1])
        self.count = sum(often for _, often in self._things.values())

    def below(self, name: str, field: GraphQLField) -> MetaPlace:
        """What a field that has fields of its own finds on all of them."""
        known = self._below.get(name)
        if known is None:
            known = self if not self.count else MetaPlace(self._info, self._found(field))
            self._below[name] = known
        return known

    def _found(self, field: GraphQLField) -> Iterable[tuple[Any, int]]:
        arguments = {"includeDeprecated": True} if "includeDeprecated" in field.args else {}
        listed = is_list_type(get_nullable_type(field.type))
        resolve = cast("Any", field.resolve)
        for thing, often in self._things.values():
            found = resolve(thing, self._info, **arguments)
            if found is not None:
                yield from ((each, often) for each in (found if listed else (found,)))


@lru_cache(8)
def whole_schema(schema: GraphQLSchema) -> MetaPlace:
    """Where `__schema` is asked."""
    return MetaPlace(_Info(schema), [(schema, 1)])


def one_type(schema: GraphQLSchema, name: str | None) -> MetaPlace:
    """Where `__type` is asked. Without a name, which is then a variable's value, the largest of each kind at once:
    nobody can name more than that."""
    if name is not None:
        named = schema.get_type(name)
        return MetaPlace(_Info(schema), [] if named is None else [(named, 1)])
    return MetaPlace(_Info(schema), [(kind, 1) for kind in _largest(schema)])


@lru_cache(8)
def _largest(schema: GraphQLSchema) -> tuple[GraphQLNamedType, ...]:
    types: list[Any] = list(schema.type_map.values())
    kinds = (
        max((one for one in types if is_object_type(one) or is_interface_type(one)), key=_written, default=None),
        max((one for one in types if is_input_object_type(one)), key=_written, default=None),
        max((one for one in types if is_enum_type(one)), key=lambda one: len(one.values), default=None),
        max(
            (one for one in types if is_abstract_type(one)),
            key=lambda one: len(schema.get_possible_types(one)),
            default=None,
        ),
    )
    return tuple(one for one in kinds if one is not None)


def _written(kind: Any) -> int:
    """Fields and their arguments."""
    return sum(1 + len(getattr(field, "args", ())) for field in kind.fields.values())
