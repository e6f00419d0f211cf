"""graphql-core over the operation's memo: what no plan covers, and the last word when a plan gives up."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import inspect
from typing import Any, cast

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution.executor import Executor

PASSES = 100
"""More than any operation needs: each pass fetches at least one level. A field that is never the same twice is the
schema's fault, and ends here with the answer of the last pass."""


async def complete(
    schema: GraphQLSchema,
    document: DocumentNode,
    context: Any,
    variables: dict[str, Any] | None,
    operation_name: str | None,
) -> ExecutionResult:
    """Execute until a pass awaits nothing. That pass is synchronous, so its errors are in document order; an answer
    without errors needs no such pass."""
    result = ExecutionResult(None, None)
    for _ in range(PASSES):
        executor = cast(
            "Executor[Any] | list[GraphQLError]",
            Executor.build(
                schema,
                document,
                context_value=context,
                raw_variable_values=variables,
                operation_name=operation_name,
            ),
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        outcome = executor.execute_operation()
        if not inspect.isawaitable(outcome):
            return cast(ExecutionResult, outcome)
        result = cast(ExecutionResult, await outcome)
        if not result.errors:
            return result
    return result
