"""Which fetches an operation needs, and which of them are one: the places that share field, arguments and depth."""
# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any, cast

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails
from graphql.execution.values import VariableValues
from msgspec import Struct
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from gateway.execution.declare.authorise import Grants
from gateway.execution.declare.batched import BatchedField
from gateway.execution.declare.selection import directly_selected
from gateway.execution.memo.memo import identity, immutable
from gateway.execution.plan.plan import FetchGroup, Unplannable
from gateway.execution.read.arguments import Arguments, has_variables, written_alike


class Compilation(Struct, frozen=True):
    """What is compiled: one operation of a document, with the values that `@skip` and `@include` read."""

    schema: GraphQLSchema
    converter: GraphQLCoreConverter
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    grants: Grants
    max_fields: int


class PlanPosition(Struct, frozen=True):
    """Where in the response the compiler is: below which fetch, in which mutation frame, at which path."""

    feeder: FetchGroup | None
    level: int
    frame: str | None
    path: tuple[str, ...]

    def at(self, name: str) -> PlanPosition:
        return PlanPosition(self.feeder, self.level, self.frame, (*self.path, name))


class Grouping:
    """The groups of one operation, made as its places are met."""

    def __init__(self, operation: Compilation) -> None:
        self._operation = operation
        self._groups: dict[Hashable, FetchGroup] = {}

    def groups(self) -> tuple[FetchGroup, ...]:
        """All of them, once every place was met."""
        groups = tuple(self._groups.values())
        fetching = Counter(group.field for group in groups)
        for group in groups:
            group.sole = fetching[group.field] == 1
        return groups

    def group(
        self,
        field: BatchedField,
        definition: GraphQLField,
        details: FieldDetailsList,
        place: PlanPosition,
        parent: GraphQLObjectType,
    ) -> FetchGroup:
        """The group that fetches this field at this place, fed by the fetch above it."""
        operation = self._operation
        arguments = self.arguments(definition, field, details)
        selected: frozenset[str] = frozenset()
        if "selected" in field.takes:
            selected = directly_selected(
                operation.schema,
                operation.fragments,
                operation.variables,
                operation.definition,
                cast(Any, definition.type),
                details,
            )
        shared = (place.frame, place.level, field, arguments.alike, selected)
        group = self._groups.get(shared)
        if group is None:
            group = FetchGroup(len(self._groups), field, arguments, selected, place.level, place.frame, parent.name)
            self._groups[shared] = group
        if place.feeder is not None and place.feeder.index not in group.feeders:
            group.feeders.add(place.feeder.index)
            place.feeder.dependents.append(group)
        return group

    def arguments(self, definition: GraphQLField, field: StrawberryField, details: FieldDetailsList) -> Arguments:
        """The arguments as written at this place. Raises Unplannable where graphql-core would refuse them."""
        node = details[0].node
        if details[0].fragment_variable_values is not None:
            raise Unplannable("fragment variables")
        arguments = Arguments(self._operation.converter, definition, field, node)
        written = node.arguments or ()
        if not definition.args:
            arguments.constant = {}
            return arguments
        if any(has_variables(argument.value) for argument in written):
            arguments.alike = written_alike(written)
            return arguments
        try:
            values = arguments.values(self._operation.variables)
        except Exception as error:
            raise Unplannable("bad arguments") from error
        if immutable(values.values()):  # Strawberry's input objects are mutable: each request gets its own
            arguments.constant = values
        arguments.identity = arguments.alike = identity(values)
        return arguments
