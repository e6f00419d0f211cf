"""Every selection written in a document, each once: for all who have something to learn of it."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

Definition = OperationDefinitionNode | FragmentDefinitionNode


class Step(NamedTuple):
    """One selection. `field` is what the schema says of it: None without a schema, and for what it does not know.
    `level` is 1 for what an operation or fragment selects itself. Selections of one `place` are merged with each other:
    they have the same response names above them."""

    node: SelectionNode
    field: GraphQLField | None
    level: int
    place: int

    @property
    def response_name(self) -> str:
        """Of a field or a spread: what it is called in the answer, or the fragment."""
        node = self.node
        if isinstance(node, FieldNode):
            return node.alias.value if node.alias is not None else node.name.value
        return node.name.value if isinstance(node, FragmentSpreadNode) else ""


def walk(definition: Definition, schema: GraphQLSchema | None = None) -> Iterator[Step]:
    """The selections of one definition, the outer before the inner, in no other order. Spreads are named, not followed:
    a fragment is a definition of its own. Takes linear time and no recursion, so it may see what nobody validated."""
    places: dict[tuple[int, str], int] = {}
    waiting: list[tuple[SelectionSetNode, Any, int, int]] = [
        (definition.selection_set, None if schema is None else selected_from(definition, schema), 1, 0)
    ]
    while waiting:
        selected, parent, level, place = waiting.pop()
        for node in selected.selections:
            if isinstance(node, FieldNode):
                field = None if schema is None or parent is None else schema.get_field(parent, node.name.value)
                step = Step(node, field, level, place)
                yield step
                if node.selection_set is not None:
                    kind = None if field is None else get_named_type(field.type)
                    below = places.setdefault((place, step.response_name), len(places) + 1)
                    waiting.append((node.selection_set, kind, level + 1, below))
                continue
            yield Step(node, None, level, place)
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                named = parent if condition is None or schema is None else schema.get_type(condition.name.value)
                waiting.append((node.selection_set, named, level, place))


def selected_from(definition: Definition, schema: GraphQLSchema) -> Any:
    """The type that a definition selects from; None where the schema has none."""
    if isinstance(definition, OperationDefinitionNode):
        return schema.get_root_type(definition.operation)
    return schema.get_type(definition.type_condition.name.value)
