"""graphql-core over the operation's memo: what no plan covers, and the last word when a plan gives up."""
# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import inspect
from typing import Any, cast

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationType
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
    """Execute until a pass awaits nothing and leaves nothing in flight. Such a pass knows every answer, so its errors
    are complete and in document order; an answer without errors needs no such pass.

    The first pass lets nulls propagate nowhere: otherwise one error would cancel its siblings' fetches and ask for yet
    another pass. Not for mutations, where a null at the root must stop the fields after it.
    """
    result = ExecutionResult(None, None)
    for attempt in range(PASSES):
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
        fetching = attempt == 0 and executor.operation.operation is OperationType.QUERY
        if fetching:
            executor.error_propagation = False
        outcome = executor.execute_operation()
        waited = inspect.isawaitable(outcome)
        result = cast(ExecutionResult, await outcome if waited else outcome)
        unsettled = result.errors and await context.memo.settle()
        if not result.errors or not (waited or fetching or unsettled):
            return result
    return result
