"""A proof, in one pass, that a document is valid: what nearly every document is, for a tenth of what it costs to look
for everything that could be wrong.

It never says what is wrong. Whatever it cannot prove it leaves to graphql-core, whose errors are the ones clients see:
anything invalid, and also what is rare (subscriptions, introspection, `null` written out, variables inside a scalar's
value) or would take more than one pass (fields of one response name that are not plainly the same).
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    get_named_type,
    is_composite_type,
    is_input_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.language.parser import MAX_NESTING_DEPTH
from graphql.utilities import do_types_overlap
from graphql.validation.rules.variables_in_allowed_position import allowed_variable_usage

from gateway.execution.read.arguments import written_alike
from gateway.execution.read.literals import Unproven, Usage, check_arguments, check_value, required

FIELDS, FRAGMENTS, OPERATIONS = 500, 50, 10
"""Beyond these graphql-core may stop because it has worked too long, and only it knows when."""
INCREMENTAL = ("defer", "stream")
PLACES = {OperationType.QUERY: DirectiveLocation.QUERY, OperationType.MUTATION: DirectiveLocation.MUTATION}


class Validity:
    """Of documents, against one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.directives = {one.name: one for one in schema.directives if one.name not in INCREMENTAL}
        self._fields: dict[str, dict[str, _Field]] = {}

    def proven(self, document: DocumentNode) -> bool:
        """Whether graphql-core's rules, and Strawberry's two, certainly find nothing wrong. Takes linear time."""
        try:
            _Proof(self, document).run()
        except (Unproven, RecursionError):
            return False
        return True

    def field(self, parent: Any, name: str) -> _Field:
        """What has to be known of a field, found in the schema once. Raises Unproven for one that is not there."""
        fields = self._fields.setdefault(parent.name, {})
        field = fields.get(name)
        if field is None:
            definition = self.schema.get_field(parent, name)
            if definition is None or (name.startswith("__") and name != "__typename"):
                raise Unproven
            named = get_named_type(definition.type)
            below = named if is_composite_type(named) else None
            field = fields[name] = _Field(definition.args, required(definition.args), below, str(definition.type))
        return field


class _Field(NamedTuple):
    """`below` is the type of what is selected of it; None for a leaf."""

    arguments: Mapping[str, GraphQLArgument]
    required: frozenset[str]
    below: Any
    type: str


class _Part:
    """What one operation or fragment spreads and uses itself, and how deep it goes."""

    def __init__(self) -> None:
        self.spreads: set[str] = set()
        self.usages: list[Usage] = []
        self.depth = 0


class _Proof:
    """Of one document. Every step raises Unproven where it fails."""

    def __init__(self, validity: Validity, document: DocumentNode) -> None:
        self._validity = validity
        self._schema = validity.schema
        self._document = document
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._parts: dict[str, _Part] = {}
        self._here = _Part()
        self._fields: list[tuple[str, str, FieldNode, _Field]] = []
        self._repeats = False
        """Whether some place has one response name twice."""
        self._narrows = False
        """Whether some fragment stands where the type is not its own."""

    def run(self) -> None:
        operations: list[OperationDefinitionNode] = []
        for one in self._document.definitions:
            if isinstance(one, OperationDefinitionNode):
                operations.append(one)
            elif isinstance(one, FragmentDefinitionNode) and not one.variable_definitions:
                self._fragments[one.name.value] = one
            else:
                raise Unproven
        names = {one.name.value if one.name is not None else None for one in operations}
        unnamed = None in names and len(operations) > 1
        if unnamed or len(names) + len(self._fragments) < len(self._document.definitions):
            raise Unproven
        for name, fragment in self._fragments.items():
            self._parts[name] = self._part(fragment, DirectiveLocation.FRAGMENT_DEFINITION)
            self._selections(fragment.selection_set, self._condition(fragment, None), set(), 1)
        reached: set[str] = set()
        deepest = 0
        for operation in operations:
            part = self._operation(operation)
            deepest = max(deepest, part.depth)
            reached |= self._spread(part)
        if self._fragments:
            self._check_fragments(reached, len(operations), deepest)
        if self._fragments or self._repeats:
            self._check_merging()

    # --- definitions ----------------------------------------------------------------------------------------------

    def _part(self, node: OperationDefinitionNode | FragmentDefinitionNode, place: DirectiveLocation) -> _Part:
        self._here = _Part()
        if node.directives:
            self._directives(node.directives, place)
        return self._here

    def _operation(self, operation: OperationDefinitionNode) -> _Part:
        """Check it, and that it gives every variable it uses, also in fragments, and uses every one it gives."""
        place, root = PLACES.get(operation.operation), self._schema.get_root_type(operation.operation)
        if place is None or root is None:
            raise Unproven
        part = self._part(operation, place)
        given: dict[str, tuple[Any, ValueNode | None]] = {}
        for one in operation.variable_definitions or ():
            name, kind = one.variable.name.value, type_from_ast(self._schema, one.type)
            if name in given or not is_input_type(kind):
                raise Unproven
            if one.default_value is not None:
                check_value(one.default_value, kind, Undefined, part.usages)
            if one.directives:
                self._directives(one.directives, DirectiveLocation.VARIABLE_DEFINITION)
            given[name] = (kind, one.default_value)
        self._selections(operation.selection_set, root, set(), 1)
        used: set[str] = set()
        for each in (part, *(self._parts[name] for name in self._spread(part))):
            for usage in each.usages:
                if usage.variable not in given:
                    raise Unproven
                used.add(usage.variable)
                kind, default = given[usage.variable]
                if usage.present and not is_non_null_type(kind):
                    raise Unproven
                if not allowed_variable_usage(self._schema, kind, default, usage.type, usage.default):
                    raise Unproven
        if len(used) < len(given):
            raise Unproven
        return part

    def _spread(self, part: _Part) -> set[str]:
        """The fragments it reaches."""
        reached: set[str] = set()
        waiting = list(part.spreads)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(self._parts[name].spreads)
        return reached

    def _check_fragments(self, reached: set[str], operations: int, deepest: int) -> None:
        """All are used, none by itself, and they nest less deep than graphql-core goes: at most one in each other."""
        if len(reached) < len(self._fragments) or len(self._fragments) > FRAGMENTS or operations > OPERATIONS:
            raise Unproven
        if sum(part.depth for part in self._parts.values()) + deepest > MAX_NESTING_DEPTH:
            raise Unproven
        left = {name: part.spreads for name, part in self._parts.items()}
        while innermost := [name for name, spreads in left.items() if not spreads & left.keys()]:
            for name in innermost:
                del left[name]
        if left:
            raise Unproven

    def _check_merging(self) -> None:
        """Fields that are merged are the same field with the same arguments.

        Without narrowing fragments, what is merged has one parent type, place by place from the root down: so it is
        enough that all fields of one parent type and response name in the document are the same. Otherwise it is
        enough that all of one response name are, and of one type.
        """
        if len(self._fields) > FIELDS:
            raise Unproven
        known: dict[tuple[str | None, str], tuple[str, str, Hashable]] = {}
        for parent, response, node, field in self._fields:
            here = (node.name.value, field.type, written_alike(node.arguments or ()))
            if known.setdefault((None if self._narrows else parent, response), here) != here:
                raise Unproven

    # --- selections -----------------------------------------------------------------------------------------------

    def _condition(self, node: FragmentDefinitionNode | InlineFragmentNode, parent: Any) -> Any:
        """The type a fragment is of, which must be possible where the type is `parent`."""
        if node.type_condition is None:
            return parent
        kind = self._schema.get_type(node.type_condition.name.value)
        if not is_composite_type(kind):
            raise Unproven
        if parent is not None and kind is not parent:
            self._narrows = True
            if not do_types_overlap(self._schema, kind, parent):
                raise Unproven
        return kind

    def _selections(self, selected: SelectionSetNode, parent: Any, names: set[str], depth: int) -> None:
        """`names` are the response names that this place has already."""
        here = self._here
        here.depth = max(here.depth, depth)
        for one in selected.selections:
            if isinstance(one, FieldNode):
                name = one.name.value
                field = self._validity.field(parent, name)
                response = name if one.alias is None else one.alias.value
                if response in names:
                    self._repeats = True
                names.add(response)
                self._fields.append((parent.name, response, one, field))
                if one.directives:
                    self._directives(one.directives, DirectiveLocation.FIELD)
                if one.arguments or field.required:
                    check_arguments(one.arguments or (), field.arguments, field.required, here.usages)
                if field.below is not None and one.selection_set is not None:
                    self._selections(one.selection_set, field.below, set(), depth + 1)
                elif field.below is not None or one.selection_set is not None:
                    raise Unproven
            elif isinstance(one, InlineFragmentNode):
                if one.directives:
                    self._directives(one.directives, DirectiveLocation.INLINE_FRAGMENT)
                self._selections(one.selection_set, self._condition(one, parent), names, depth + 1)
            else:
                spread = cast(FragmentSpreadNode, one)
                fragment = self._fragments.get(spread.name.value)
                if fragment is None or spread.arguments:
                    raise Unproven
                if spread.directives:
                    self._directives(spread.directives, DirectiveLocation.FRAGMENT_SPREAD)
                self._condition(fragment, parent)
                here.spreads.add(spread.name.value)

    def _directives(self, nodes: Sequence[DirectiveNode], place: DirectiveLocation) -> None:
        seen: set[str] = set()
        for node in nodes:
            name = node.name.value
            directive = self._validity.directives.get(name)
            if directive is None or place not in directive.locations or (name in seen and not directive.is_repeatable):
                raise Unproven
            seen.add(name)
            check_arguments(node.arguments or (), directive.args, required(directive.args), self._here.usages)
