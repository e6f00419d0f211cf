"""What a query costs before it runs, and the bucket it is paid from. The published rule is strict: an object is 1
point, a connection `first` times its node, a list of ids as long as it is. Figures seen in the wild are far lower:
`observed` follows those. `extensions.cost` and both refusals are the vendor's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)
from graphql.type import GraphQLObjectType, is_composite_type

MUTATION = 10
"""Points of one, whatever it answers."""
CostModel = Callable[[int, float], float]
"""From `first` and the cost of one node to the cost of the connection."""


def strict(first: int, node: float) -> float:
    return first * node


def observed(first: int, node: float) -> float:
    return 2 + round(2 * math.log(max(first, 1))) * max(0.0, node - 1)


def query_cost(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any], model: CostModel = strict
) -> float:
    """Points of the document's first operation."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))

    def argument(field: FieldNode, name: str) -> Any:
        found = next((a for a in field.arguments or () if a.name.value == name), None)
        return value_from_ast_untyped(found.value, dict(variables)) if found else None

    def included(field: Any) -> bool:
        for directive in field.directives or ():
            if directive.name.value not in ("include", "skip"):
                continue
            value = value_from_ast_untyped(directive.arguments[0].value, dict(variables))
            if (directive.name.value == "include") is not bool(value):
                return False
        return True

    def of_selections(selections: SelectionSetNode | None, parent: Any) -> float:
        total = 0.0
        branches: list[float] = []
        for selection in selections.selections if selections else ():
            if not included(selection):
                continue
            if isinstance(selection, FieldNode):
                total += of_field(selection, parent)
            elif isinstance(selection, InlineFragmentNode):
                kind = selection.type_condition
                inner = schema.type_map[kind.name.value] if kind else parent
                branches.append(of_selections(selection.selection_set, inner))
            elif isinstance(selection, FragmentSpreadNode):
                fragment = fragments[selection.name.value]
                total += of_selections(fragment.selection_set, schema.type_map[fragment.type_condition.name.value])
        return total + max(branches, default=0.0)

    def of_field(field: FieldNode, parent: Any) -> float:
        if field.name.value.startswith("__") or not hasattr(parent, "fields"):
            return 0.0
        kind: Any = cast("Any", get_named_type)(parent.fields[field.name.value].type)
        if not is_composite_type(kind) or kind.name == "PageInfo":
            return 0.0
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            first = argument(field, "first")
            return model(first if isinstance(first, int) else 1, max(1.0, of_connection(field, kind)))
        ids = argument(field, "ids")
        count = len(cast("list[Any]", ids)) if isinstance(ids, list) else 1
        return count * (1.0 + of_selections(field.selection_set, kind))

    def of_connection(field: FieldNode, kind: GraphQLObjectType) -> float:
        """The cost of one node, whether asked as nodes or as edges."""
        total = 0.0
        for selection in field.selection_set.selections if field.selection_set else ():
            if not isinstance(selection, FieldNode) or selection.name.value not in ("nodes", "edges"):
                continue
            node_type: Any = cast("Any", get_named_type)(kind.fields[selection.name.value].type)
            if selection.name.value == "edges":
                total += of_selections(selection.selection_set, node_type)
            else:
                total += 1.0 + of_selections(selection.selection_set, node_type)
        return total

    if operation.operation is OperationType.MUTATION:
        fields = len(operation.selection_set.selections)
        return MUTATION * fields + of_selections(operation.selection_set, schema.mutation_type)
    return of_selections(operation.selection_set, schema.query_type)


class Bucket:
    """A leaky bucket of points; a Plus shop's by default."""

    def __init__(self, capacity: float = 20_000.0, restore_rate: float = 1_000.0) -> None:
        self.capacity = capacity
        self.restore_rate = restore_rate
        self.available = capacity
        self._filled_at = time.monotonic()

    def take(self, points: float) -> bool:
        now = time.monotonic()
        self.available = min(self.capacity, self.available + (now - self._filled_at) * self.restore_rate)
        self._filled_at = now
        if points > self.available:
            return False
        self.available -= points
        return True

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": self.capacity,
            "currentlyAvailable": math.floor(self.available),
            "restoreRate": self.restore_rate,
        }
