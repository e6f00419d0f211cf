"""Which fields of a field's answer a document selects directly, for the functions that ask (`selected`)."""

from __future__ import annotations

from typing import Any, cast

from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails, FieldDetailsList, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from gateway.execution.memo.memo import Memo


def possible_types(schema: GraphQLSchema, output: Any) -> list[GraphQLObjectType]:
    """The object types a value of this type may have; none for a leaf."""
    named = cast(Any, get_named_type(output))
    if is_object_type(named):
        return [named]
    return list(schema.get_possible_types(named)) if is_abstract_type(named) else []


def directly_selected(
    schema: GraphQLSchema,
    fragments: dict[str, FragmentDetails],
    variables: VariableValues,
    operation: OperationDefinitionNode,
    output: Any,
    fields: FieldDetailsList,
) -> frozenset[str]:
    """Names (not aliases) of the sub-fields, on whatever type the answer turns out to have."""
    names: set[str] = set()
    for kind in possible_types(schema, output):
        grouped = collect_subfields(schema, fragments, variables, operation, kind, fields).grouped_field_set
        names.update(details[0].node.name.value for details in grouped.values())
    return frozenset(names)


def selected_names(info: GraphQLResolveInfo[Any], memo: Memo) -> frozenset[str]:
    """The same under graphql-core, worked out once per place in the document."""
    place = ("selected", *map(id, info.field_nodes))
    known = memo.scratch.get(place)
    if known is None:
        known = memo.scratch[place] = directly_selected(
            info.schema,
            {name: FragmentDetails(definition) for name, definition in info.fragments.items()},
            info.variable_values,
            info.operation,
            info.return_type,  # pyright: ignore[reportUnknownMemberType]
            [FieldDetails(node, None) for node in info.field_nodes],
        )
    return known
