"""The code between two fetches: Python source that makes response objects of records, with the type checks inline.

The checks are sufficient conditions for "graphql-core would answer exactly this". Whatever fails one goes through the
type's own serialisation, and what fails that raises `GiveUp`, so that graphql-core has the last word.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from inspect import isawaitable
from typing import Any, cast

from graphql import GraphQLEnumType, GraphQLScalarType, Undefined, is_enum_type
from msgspec import Struct
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from gateway.execution.memo.response import class_bytes, response_class
from gateway.execution.memo.stretch import in_time
from gateway.execution.plan.plan import GiveUp

BYTES_OF_WORD = 150
LISTS = frozenset({list, tuple})


def unexpected(value: object) -> Any:
    """Called by generated code where a value is of no class it knows."""
    raise GiveUp(f"unexpected {type(value).__name__}")


class Namespace:
    """The global names of generated code: classes, functions and constants it refers to."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "unexpected": unexpected,
            "in_time": in_time,
            "LISTS": LISTS,
            "Undefined": Undefined,
        }
        self._known: dict[int, str] = {}
        self._words: dict[str, str] = {}
        self._leaves: dict[str, Leaf] = {}
        self.bytes = 0
        """Of what was made for this plan."""

    def word(self, text: str) -> str:
        """A name for a string, so that texts of code do not differ by it."""
        name = self._words.get(text)
        if name is None:
            name = self._words[text] = f"W{len(self.names)}"
            self.names[name] = text
            self.bytes += BYTES_OF_WORD
        return name

    def shape(self, names: tuple[str, ...]) -> str:
        """A name for the class of response objects with these response names."""
        known = len(self.names)
        name = self.refer("O", response_class(names))
        if len(self.names) > known:
            self.bytes += class_bytes(names)
        return name

    def refer(self, prefix: str, thing: object) -> str:
        """A name for `thing`, the same for the same object."""
        name = self._known.get(id(thing))
        if name is None:
            name = self._known[id(thing)] = f"{prefix}{len(self.names)}"
            self.names[name] = thing
        return name

    def leaf(self, kind: GraphQLScalarType | GraphQLEnumType) -> Leaf:
        """How to write the response value of a leaf."""
        made = self._leaves.get(kind.name)
        if made is None:
            made = self._leaves[kind.name] = self._make_leaf(kind)
        return made

    def _make_leaf(self, kind: GraphQLScalarType | GraphQLEnumType) -> Leaf:
        known: set[type] = set()
        slow = self.refer("s", _serializer(kind, known))
        if is_enum_type(kind):
            return Leaf("", self._member(kind, slow))
        if doubt := _DOUBT.get(kind.name):
            return Leaf(doubt, f"{slow}({{v}})")
        convert, classes = self.refer("t", kind.coerce_output_value), self.refer("k", known)
        return Leaf(
            "",
            f"y if type({{v}}) in {classes} and (y := {convert}({{v}})) is not None and y is not Undefined"
            f" else {slow}({{v}})",
        )

    def _member(self, kind: GraphQLEnumType, slow: str) -> str:
        """A member of the Python enum, by its own name where GraphQL uses the same, else by its identity: members live
        for ever, and look-alikes must not pass."""
        members = _members(kind)
        classes = {type(member) for member in members}
        if len(classes) == 1 and all(member.name == name for member, name in members.items()):
            return f"{{v}}._name_ if type({{v}}) is {self.refer('E', classes.pop())} else {slow}({{v}})"
        names = {id(member): name for member, name in members.items()}
        return f"{self.refer('e', names.get)}(id({{v}})) or {slow}({{v}})"


class Leaf(Struct, frozen=True):
    """`doubt` is when a value is not its own response value (empty: always), `value` what is then. Both are written
    over `{v}`, the variable that holds it."""

    doubt: str
    value: str

    def statement(self, variable: str, *, nullable: bool) -> str:
        """Makes the variable hold the response value."""
        value = f"{variable} = {self.value.format(v=variable)}"
        doubts = [f"({self.doubt.format(v=variable)})" if nullable else self.doubt.format(v=variable)]
        if nullable:
            doubts.append(f"{variable} is not None")
        if not self.doubt:
            doubts = doubts[1:]
        return f"if {' and '.join(doubts)}: {value}" if doubts else value


_DOUBT = {
    "String": "type({v}) is not str",
    "ID": "type({v}) is not str",
    "Int": "type({v}) is not int or not -2147483648 <= {v} <= 2147483647",
    "Boolean": "type({v}) is not bool",
    "Float": "type({v}) is not float or {v} - {v} != 0.0",
}


def _members(kind: GraphQLEnumType) -> dict[Enum, str]:
    """The name of each member of the Python enum in the schema."""
    if not isinstance(kind, CustomGraphQLEnumType):
        return {}
    return {member: kind.coerce_output_value(member) for member in cast("type[Enum]", kind.wrapped_cls)}


def _serializer(kind: GraphQLScalarType | GraphQLEnumType, known: set[type]) -> Callable[[Any], Any]:
    """The careful way, for a class not seen yet: a lenient scalar would serialise an exception or a coroutine."""

    def serialize(value: Any) -> Any:
        if value is None or value is Undefined or isinstance(value, Exception) or isawaitable(value):
            raise GiveUp(f"{type(value).__name__} for {kind.name}")
        answer = kind.coerce_output_value(value)
        if answer is None or answer is Undefined:
            raise GiveUp(f"{kind.name} serialised to nothing")
        known.add(type(value))
        return answer

    return serialize
