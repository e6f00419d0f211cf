"""The arguments of a field at one place of a document, as the field's function takes them.

graphql-core and Strawberry say what they are, once: from then on only what a request's variables decide is looked at
again, and only converted where the type asks for it.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

import strawberry
from graphql import ArgumentNode, FieldNode, GraphQLField, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.execution.values import FragmentVariableValues, VariableValues, get_argument_values
from msgspec import Struct
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_argument, convert_arguments
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from gateway.execution.memo.memo import immutable

Make = Callable[[Any], Any]
_UNCHANGING = (str, int, float, bool, bytes, Decimal, Enum, date, time, UUID)
_AS_THEY_ARE: tuple[object, ...] = (str, int, float, bool, strawberry.ID)


class _Part(Struct, frozen=True):
    """One argument: `make` of `value`, or of the variable's value where one is named."""

    name: str
    variable: str | None
    make: Make
    value: Any = None


class Arguments:
    """`constant` where all requests may share one mapping; else `values` of a request's variables. `identity` is known
    where no variable has a say. Two places of an operation whose `alike` is equal have the same arguments."""

    __slots__ = ("_converter", "_definition", "_field", "_node", "_parts", "_whole", "alike", "constant", "identity")

    def __init__(
        self, converter: GraphQLCoreConverter, definition: GraphQLField, field: StrawberryField, node: FieldNode
    ) -> None:
        self._converter = converter
        self._definition = definition
        self._field = field
        self._node = node
        self._parts: tuple[_Part, ...] | None = None
        self._whole = False
        """Whether they cannot be taken apart, and are made anew for each request."""
        self.constant: Mapping[str, Any] | None = None
        self.identity: Hashable = None
        self.alike: Hashable = ()

    def values(self, variables: VariableValues, fragment: FragmentVariableValues | None = None) -> dict[str, Any]:
        """By Python name, converted as Strawberry does. Raises what graphql-core would locate at the field."""
        parts = self._parts
        if parts is None or fragment is not None:
            return self._in_general(variables, fragment)
        coerced = variables.coerced
        values: dict[str, Any] = {}
        for part in parts:
            value = part.value
            if part.variable is not None:
                value = coerced.get(part.variable)
                if value is None:  # absent or null: defaults and errors are graphql-core's to know
                    return self._in_general(variables, fragment)
            values[part.name] = part.make(value)
        return values

    def _in_general(self, variables: VariableValues, fragment: FragmentVariableValues | None) -> dict[str, Any]:
        raw = get_argument_values(self._definition, self._node, variables, fragment)
        values = convert_arguments(
            raw, self._field.arguments, scalar_registry=self._converter.scalar_registry, config=self._converter.config
        )
        if self._parts is None and fragment is None and not self._whole:
            self._parts = self._taken_apart(values)
            self._whole = self._parts is None
        return values

    def _taken_apart(self, values: Mapping[str, Any]) -> tuple[_Part, ...] | None:
        """None where a variable stands inside a value, or a value is of a class that nobody knows how to copy."""
        written = {argument.name.value: argument.value for argument in self._node.arguments or ()}
        parts: list[_Part] = []
        for argument in self._field.arguments:
            name = argument.python_name
            value = written.get(self._converter.config.name_converter.from_argument(argument))
            if isinstance(value, VariableNode):
                parts.append(_Part(name, value.name.value, self._maker(argument)))
            elif value is not None and has_variables(value):
                return None
            elif name in values:
                known = values[name]
                if not _can_be_copied(known):
                    return None
                parts.append(_Part(name, None, _same if immutable([known]) else twin, twin(known)))
        return tuple(parts)

    def _maker(self, argument: StrawberryArgument) -> Make:
        kind: object = argument.type
        while isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
            kind = kind.of_type
        if _is_as_it_is(kind):
            return _same
        if isinstance(kind, StrawberryList) and _is_as_it_is(kind.of_type):
            return list
        converter = self._converter

        def convert(value: Any) -> Any:
            return convert_argument(
                value, argument.type, scalar_registry=converter.scalar_registry, config=converter.config
            )

        return convert


def twin(value: Any) -> Any:
    """A value equal to this one that shares nothing mutable with it: input objects are mutable, and each request gets
    its own."""
    if isinstance(value, list):
        return [twin(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: twin(item) for name, item in cast("dict[str, Any]", value).items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        made = object.__new__(type(value))
        for name, item in vars(value).items():
            object.__setattr__(made, name, twin(item))
        return made
    return value


def _can_be_copied(value: Any) -> bool:
    if value is None or value is strawberry.UNSET or isinstance(value, _UNCHANGING):
        return True
    if type(value) is list:
        return all(map(_can_be_copied, cast("list[Any]", value)))
    if type(value) is dict:
        return all(map(_can_be_copied, cast("dict[str, Any]", value).values()))
    # An input object keeps its fields in its dictionary; what a scalar made may keep them in slots.
    is_input = dataclasses.is_dataclass(value) and hasattr(value, "__dict__") and not hasattr(value, "__slots__")
    return is_input and not isinstance(value, type) and all(map(_can_be_copied, vars(value).values()))


def _same(value: Any) -> Any:
    return value


def _is_as_it_is(kind: object) -> bool:
    """Whether Strawberry hands on what graphql-core made of a value of this type."""
    return isinstance(kind, StrawberryEnumDefinition) or any(kind is one for one in _AS_THEY_ARE)


def has_variables(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(has_variables(one) for one in value.values)
    if isinstance(value, ObjectValueNode):
        return any(has_variables(field.value) for field in value.fields)
    return isinstance(value, VariableNode)


def written_alike(arguments: Iterable[ArgumentNode]) -> Hashable:
    """The same for arguments that are written alike, whatever their order and layout."""
    return frozenset((argument.name.value, _alike(argument.value)) for argument in arguments)


def _alike(value: ValueNode) -> Hashable:
    if isinstance(value, ListValueNode):
        return (list, *(_alike(one) for one in value.values))
    if isinstance(value, ObjectValueNode):
        return (dict, *((field.name.value, _alike(field.value)) for field in value.fields))
    if isinstance(value, VariableNode):
        return (VariableNode, value.name.value)
    return (type(value), getattr(value, "value", None), getattr(value, "block", None))
