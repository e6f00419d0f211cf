"""graphql-core's rules over a document that was not proven valid: what is wrong with it, up to a few errors.

This is `graphql.validate`, but for what it leaves behind: each rule and each visitor keeps its own bound methods, a
ring that knows the whole tree, and strangers send invalid documents as fast as they can. Here they forget it at once.
"""

# graphql-core's visitors are untyped inside:
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, GraphQLSchema, TypeInfo, TypeInfoVisitor
from graphql.language import ParallelVisitor, Visitor, visit
from graphql.validation import ASTValidationRule, ValidationContext
from graphql.validation.validate import (
    FragmentNestingVisitor,
    ValidationAbortedError,
    query_document_keys_to_validate,
)

MOST_ERRORS = 10
"""Found in one document before the search ends: a person mends the first, and only a machine sends hundreds."""


def validated(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]]
) -> list[GraphQLError]:
    """The errors, as `graphql.validate(..., max_errors=MOST_ERRORS)` gives them."""
    errors: list[GraphQLError] = []

    def on_error(error: GraphQLError) -> None:
        if len(errors) >= MOST_ERRORS:
            raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
        errors.append(error)

    types = TypeInfo(schema)
    context = ValidationContext(schema, document, types, on_error)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    if fragments:
        visitors.insert(0, FragmentNestingVisitor(fragments))
    parallel = ParallelVisitor(visitors)
    typed = TypeInfoVisitor(types, parallel)
    try:
        visit(document, typed, query_document_keys_to_validate)
    except ValidationAbortedError as error:
        error.__context__ = None
        errors.append(error.with_traceback(None))
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    finally:
        ended: list[Any] = [*visitors, parallel, typed, context]
        for one in ended:
            one.__dict__.clear()
    return errors
