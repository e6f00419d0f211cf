"""What an operation may cost at most, known before anything runs, in points of about the same work each.

An operation counts something for being asked at all, and so does each word of its text and each fetch. An object counts
one point, a plain leaf a tenth, what is computed or repeated under another name more; a field may state its weight. A
list multiplies what is below it by the value of its slicing argument, else by its assumed size. Compiled once per
operation to a sum that only needs the variables' values; fragments once per type they are spread on. How well the
points fit the work: `tests/bench/corpus.py`.
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
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    print_ast,
)
from msgspec import Struct

from gateway.errors import LimitExceeded
from gateway.graph.directives import Cost, ListSize, declared, hint, scalar_cost
from gateway.security.meta_sizes import MetaPlace, one_type, whole_schema

SLICING = ("first", "last", "limit", "pageSize")
KEYS = ("ids", "skus", "keys", "barcodes", "slugs", "storeIds")
"""Arguments whose length is the length of the answer."""
ASSUMED = 10
TENTHS = 10
"""All sums are in tenths of a point."""
OPERATION = 250 * TENTHS
TOKEN = 1 * TENTHS
FETCH = 30 * TENTHS
"""Of one place, however many objects it is for: they are fetched at once."""
OBJECT = 1 * TENTHS
LEAF = 1
COMPUTED = 3
REPEATED = 10
"""A leaf under another name may be the tenth time the same long text is written."""
META_ROOT = 150 * TENTHS
META_OBJECT = 20
META_LEAF = 4
"""The schema itself is asked for seldom, what asks for it is validated by all the rules, and each field of it is read
by a function of graphql-core: at these weights a point of the whole takes twice the usual (`tests/bench/corpus.py`)."""
MOST = 1_000
"""Sizes beyond this are counted as this: they are refused later, and must not overflow the sum here."""

CHEAPEST = -(-(OPERATION + 3 * TOKEN + LEAF) // TENTHS)
"""In points, of `{__typename}`: nothing costs less."""
PLAIN = 400
"""In points, of the price of one product and nothing else."""


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
    """In tenths of a point: `once` whatever lists it stands in, `constant` for each object it stands in, and for each
    part its size times what is below."""

    constant: int
    parts: tuple[tuple[Size, Sum], ...] = ()
    once: int = 0

    @property
    def size(self) -> int:
        """How many sums it is made of."""
        return 1 + sum(inner.size for _, inner in self.parts)

    def of(self, variables: Mapping[str, Any]) -> int:
        """In whole points, rounded up."""
        return -(-(self.once + self._of(variables)) // TENTHS)

    def _of(self, variables: Mapping[str, Any]) -> int:
        total = self.constant
        for size, inner in self.parts:
            total += size.of(variables) * inner._of(variables)
        return total


NOTHING = Sum(0)


def check_cost(cost: int, most: int) -> None:
    if cost > most:
        raise LimitExceeded(f"The operation may cost {cost}; this client may spend {most} at a time.")


def compile_cost(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    tokens: int = 0,
) -> Sum:
    """For a valid operation within the limits, of a document of so many tokens. `Sum.of(variables)` is its cost."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return NOTHING
    defaults = {
        definition.variable.name.value: definition.default_value
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    found = _Compiler(schema, fragments, defaults).selections(operation.selection_set, root, sized=False)
    return Sum(found.constant, found.parts, found.once + OPERATION + TOKEN * tokens)


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
        self._given: set[str] = set()
        self._known: dict[tuple[str, bool], Sum] = {}
        self._known_meta: dict[tuple[str, MetaPlace], int] = {}

    def selections(self, node: SelectionSetNode, parent: Any, *, sized: bool) -> Sum:
        constant = once = 0
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
            once += found.once
            parts.extend(found.parts)
        return Sum(constant, tuple(parts), once)

    def _fragment(self, name: str, sized: bool) -> Sum:
        known = self._known.get((name, sized))
        if known is None:
            fragment = self._fragments[name]
            kind = self._schema.get_type(fragment.type_condition.name.value)
            known = self._known[name, sized] = self.selections(fragment.selection_set, kind, sized=sized)
        return known

    def _field(self, node: FieldNode, parent: Any, sized: bool) -> Sum:
        field: GraphQLField | None = self._schema.get_field(parent, node.name.value)
        if field is None:
            return NOTHING
        own = declared(field)
        weight = weight_of(field)
        once = FETCH if getattr(own, "fetches", False) else 0
        if node.arguments:
            once += self._values(node, field)
        named = get_named_type(field.type)
        if node.name.value in ("__schema", "__type") and node.selection_set is not None:
            place = self._meta_root(node)
            asked = self._meta(node.selection_set, named, place)
            return Sum(META_OBJECT * place.count + asked, once=META_ROOT)
        if node.selection_set is None or not is_composite_type(named):
            leaf = max(weight, REPEATED if node.alias is not None else LEAF)
            return Sum(leaf * self._leaves(field), once=once)
        size, has_size = self._size(field, node, sized)
        each_object = OBJECT
        if not getattr(own, "fetches", False) and is_list_type(get_nullable_type(field.type)):
            each_object, weight = each_object + weight, 0  # a list is computed entry by entry
        below = self.selections(node.selection_set, named, sized=has_size)
        each = Sum(below.constant + each_object, below.parts)
        once += below.once
        if size.variable is None and not each.parts:
            return Sum(weight + size.number * each.constant, once=once)
        return Sum(weight, ((size, each),), once)

    def _meta_root(self, node: FieldNode) -> MetaPlace:
        if node.name.value == "__schema":
            return whole_schema(self._schema)
        given = next((argument.value for argument in node.arguments or () if argument.name.value == "name"), None)
        return one_type(self._schema, given.value if isinstance(given, StringValueNode) else None)

    def _meta(self, node: SelectionSetNode, kind: Any, place: MetaPlace) -> int:
        """In tenths, of all that is asked at one place of the introspection system; it knows no abstract type."""
        total = 0
        for selection in node.selections:
            if isinstance(selection, InlineFragmentNode):
                total += self._meta(selection.selection_set, kind, place)
            elif isinstance(selection, FragmentSpreadNode):
                key = (selection.name.value, place)
                known = self._known_meta.get(key)
                if known is None:
                    fragment = self._fragments[selection.name.value]
                    known = self._known_meta[key] = self._meta(fragment.selection_set, kind, place)
                total += known
            elif isinstance(selection, FieldNode):
                total += self._meta_field(selection, kind, place)
        return total

    def _meta_field(self, node: FieldNode, kind: Any, place: MetaPlace) -> int:
        field: GraphQLField | None = self._schema.get_field(kind, node.name.value)
        if field is None:
            return 0
        if node.selection_set is None:
            return place.count * (REPEATED if node.alias is not None else META_LEAF) * self._leaves(field)
        below = place.below(node.name.value, field)
        asked = self._meta(node.selection_set, get_named_type(field.type), below)
        return place.count * META_LEAF + below.count * META_OBJECT + asked

    def _values(self, node: FieldNode, field: GraphQLField) -> int:
        """Of those that take something to be understood: each once, wherever it stands."""
        total = 0
        for argument in node.arguments or ():
            definition = field.args.get(argument.name.value)
            weight = scalar_cost(get_named_type(definition.type)) if definition is not None else 0
            written = print_ast(argument.value) if weight else ""
            if written and written not in self._given:
                self._given.add(written)
                total += weight * TENTHS
        return total

    def _leaves(self, field: GraphQLField) -> int:
        """How many values: the entries of a list count each."""
        return ASSUMED if is_list_type(get_nullable_type(field.type)) else 1

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
        if any(name in field.args for name in slicing) or (listed is not None and not (is_list and sized)):
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


def weight_of(field: GraphQLField) -> int:
    """What one answer of a field counts by itself, in tenths of a point."""
    stated = hint(field, Cost)
    own = declared(field)
    weight = stated.weight if stated is not None else getattr(own, "cost", 0)
    if not weight and getattr(own, "function", None) is not None and not getattr(own, "fetches", False):
        return COMPUTED
    return int(weight * TENTHS)
