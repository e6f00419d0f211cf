"""Of the proof that a document is valid (see `validity`): its arguments, the literals in them, and where its variables
stand. Whatever cannot be proven raises `Unproven`."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    GraphQLArgument,
    GraphQLInputField,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_required_argument,
)
from graphql.utilities.validate_input_value import validate_input_literal


class Unproven(Exception):
    pass


class Usage(NamedTuple):
    """A variable where a value of `type` belongs. `present`: its own type must be non-null, whatever that one is."""

    variable: str
    type: Any
    default: Any
    present: bool


def required(arguments: Mapping[str, GraphQLArgument]) -> frozenset[str]:
    return frozenset(name for name, argument in arguments.items() if is_required_argument(argument))


def check_arguments(
    nodes: Sequence[ArgumentNode], known: Mapping[str, GraphQLArgument], needed: frozenset[str], usages: list[Usage]
) -> None:
    """Each known, written once and of its type, none missing. Variables are added to `usages`."""
    names = {node.name.value for node in nodes}
    if len(names) < len(nodes) or not needed <= names:
        raise Unproven
    for node in nodes:
        argument = known.get(node.name.value)
        if argument is None:
            raise Unproven
        check_value(node.value, argument.type, _default(argument), usages)


def check_value(value: ValueNode, kind: Any, default: Any, usages: list[Usage]) -> None:
    """A literal by graphql-core's own check, which says nothing of variables."""
    _read(value, kind, default, usages)
    if not isinstance(value, VariableNode):
        validate_input_literal(value, kind, _doubt)


def _read(value: ValueNode, kind: Any, default: Any, usages: list[Usage], *, present: bool = False) -> None:
    if isinstance(value, VariableNode):
        usages.append(Usage(value.name.value, kind, default, present))
    elif isinstance(value, ListValueNode):
        items = get_nullable_type(kind)
        if not is_list_type(items):
            raise Unproven
        for item in value.values:
            _read(item, items.of_type, Undefined, usages)
    elif isinstance(value, ObjectValueNode):
        _read_object(value, get_named_type(kind), usages)
    elif isinstance(value, NullValueNode):
        raise Unproven


def _read_object(value: ObjectValueNode, kind: Any, usages: list[Usage]) -> None:
    if not is_input_object_type(kind) or len({one.name.value for one in value.fields}) < len(value.fields):
        raise Unproven
    one_of = kind.is_one_of or getattr(kind.extensions.get("strawberry-definition"), "is_one_of", False)
    if one_of and len(value.fields) != 1:
        raise Unproven
    for one in value.fields:
        field = kind.fields.get(one.name.value)
        if field is None:
            raise Unproven
        _read(one.value, field.type, _default(field), usages, present=one_of)


def _default(place: GraphQLArgument | GraphQLInputField) -> Any:
    return place.default_value if place.default is None else place.default


def _doubt(*_: object) -> None:
    raise Unproven
