"""What clients are told who may not see the schema: that a document is wrong, and neither how often nor where.

Whoever may send documents of their own and no introspection could else guess fields by the hundred in one document, and
read from the number and the places of the errors which of them exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError

from gateway.execution import original


def discreet(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """One error without its place for all that GraphQL says of the document and its variables; others as they are."""
    told: list[GraphQLError] = []
    for error in errors:
        if error.path is not None or not isinstance(original(error), GraphQLError):
            told.append(error)
        elif not any(one.path is None and isinstance(original(one), GraphQLError) for one in told):
            told.append(GraphQLError(error.message, extensions=error.extensions))
    return told
