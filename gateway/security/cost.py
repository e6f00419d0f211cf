"""What an operation may cost at most, known before anything runs: objects and fetches, lists at their asked size.

An object counts 1, a fetch the weight its field declares, a leaf nothing. A list multiplies what is below it by the
value of its slicing argument, else by its assumed size. Compiled once per operation to a sum that only needs the
variables' values; fragments once per type they are spread on.
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
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from msgspec import Struct

from gateway.errors import LimitExceeded
from gateway.security.hints import Cost, ListSize, declared, hint

SLICING = ("first", "last", "limit", "pageSize")
KEYS = ("ids", "skus", "keys", "barcodes", "slugs", "storeIds")
"""Arguments whose length is the length of the answer."""
ASSUMED = 10
MOST = 1_000
"""Sizes beyond this are counted as this: they are refused later, and must not overflow the sum here."""


class Size(Struct, frozen=True):
    """How many: a number, or a variable's value (or its length), with what to assume when it says nothing."""

    number: int = 1
    variable: str | None = None

    def of(self, variables: Mapping[str, Any]) -> int:
        if self.variable is None:
            return self.number
        value = variables.get(self.variable)
        if isinstance(value, list):
            return min(len(value), MOST)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(0, min(value, MOST))
        return self.number


class Sum(Struct, frozen=True):
    """`constant`, and for each part its size times (its own weight and what is below)."""

    constant: int
    parts: tuple[tuple[Size, Sum], ...] = ()

    @property
    def size(self) -> int:
        """How many sums it is made of."""
        return 1 + sum(inner.size for _, inner in self.parts)

    def of(self, variables: Mapping[str, Any]) -> int:
        total = self.constant
        for size, inner in self.parts:
            total += size.of(variables) * inner.of(variables)
        return total


NOTHING = Sum(0)


def check_cost(cost: int, most: int) -> None:
    if cost > most:
        raise LimitExceeded(f"The operation may cost {cost}; this client may spend {most} at a time.")


def compile_cost(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Sum:
    """For a valid operation within the limits. `Sum.of(variables)` is its cost."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return NOTHING
    defaults = {
        definition.variable.name.value: definition.default_value
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    return _Compiler(schema, fragments, defaults).selections(operation.selection_set, root, sized=False)


class _Compiler:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        defaults: Mapping[str, ValueNode],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._defaults = defaults
        self._known: dict[tuple[str, bool], Sum] = {}

    def selections(self, node: SelectionSetNode, parent: Any, *, sized: bool) -> Sum:
        constant = 0
        parts: list[tuple[Size, Sum]] = []
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                found = self._field(selection, parent, sized)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = parent if condition is None else self._schema.get_type(condition.name.value)
                found = self.selections(selection.selection_set, kind, sized=sized)
            elif isinstance(selection, FragmentSpreadNode):
                found = self._fragment(selection.name.value, sized)
            else:
                continue
            constant += found.constant
            parts.extend(found.parts)
        return Sum(constant, tuple(parts))

    def _fragment(self, name: str, sized: bool) -> Sum:
        known = self._known.get((name, sized))
        if known is None:
            fragment = self._fragments[name]
            kind = self._schema.get_type(fragment.type_condition.name.value)
            known = self._known[name, sized] = self.selections(fragment.selection_set, kind, sized=sized)
        return known

    def _field(self, node: FieldNode, parent: Any, sized: bool) -> Sum:
        field: GraphQLField | None = self._schema.get_field(parent, node.name.value)
        if field is None or node.name.value.startswith("__"):
            return NOTHING
        weight = _weight(field)
        named = get_named_type(field.type)
        if node.selection_set is None or not is_composite_type(named):
            return Sum(weight)
        size, has_size = self._size(field, node, sized)
        below = self.selections(node.selection_set, named, sized=has_size)
        each = Sum(below.constant + 1, below.parts)
        if size.variable is None and not each.parts:
            return Sum(weight + size.number * each.constant)
        return Sum(weight, ((size, each),))

    def _size(self, field: GraphQLField, node: FieldNode, sized: bool) -> tuple[Size, bool]:
        """How many objects, and whether that is the size of the lists right below (of a connection)."""
        listed = hint(field, ListSize)
        is_list = is_list_type(get_nullable_type(field.type))
        assumed = listed.assumed_size if listed is not None else ASSUMED
        slicing = tuple(listed.slicing_arguments) if listed is not None and listed.slicing_arguments else SLICING
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name in (*slicing, *KEYS):
            if name not in field.args:
                continue
            default = field.args[name].default_value
            assumed = default if isinstance(default, int) and not isinstance(default, bool) else assumed
            value = given.get(name)
            if value is None:
                continue
            return self._value(value, assumed), not is_list
        if any(name in field.args for name in slicing) or listed is not None:
            return Size(assumed), not is_list
        return Size(assumed if is_list and not sized else 1), False

    def _value(self, value: ValueNode, assumed: int) -> Size:
        if isinstance(value, VariableNode):
            default = self._defaults.get(value.name.value)
            return Size(assumed if default is None else self._value(default, assumed).number, value.name.value)
        if isinstance(value, IntValueNode):
            return Size(min(int(value.value[:6]), MOST) if not value.value.startswith("-") else 0)
        if isinstance(value, ListValueNode):
            return Size(min(len(value.values), MOST))
        return Size(assumed)


def _weight(field: GraphQLField) -> int:
    stated = hint(field, Cost)
    return stated.weight if stated is not None else int(getattr(declared(field), "cost", 0))
