"""What "the same as graphql-core" means, strictly and loosely.

Strictly, against graphql-core replayed over the very answers the engine got: equal data in equal order, equal errors in
equal order. Loosely, against graphql-core on its own, asynchronously: equal data, equal landing points of errors, and
no error that the operation could not give. (Which of several errors below one null is reported depends on timing.)
And a query asks nothing twice.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import isawaitable
from typing import Any, cast

from execution_world import World
from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from graphql.execution.executor import Executor

from gateway.execution import Engine, Memo, OperationRequest, Result
from gateway.execution.run.core import complete


class Different(AssertionError):
    pass


async def compare(
    engine: Engine,
    schema: GraphQLSchema,
    request: OperationRequest,
    context: Callable[[], Any],
    writes: frozenset[str] = frozenset(),
) -> Result:
    """Execute by the engine and by graphql-core; raises Different with all there is to know. `writes` names the fields
    that a mutation's effect is counted by."""
    ours = context()
    result = await engine.execute(request, ours)
    document = engine.documents.get(request.query)
    assert document.node is not None
    asked = asked_of(ours)
    if not writes and len(set(asked)) != len(asked):
        twice = {one for one in asked if asked.count(one) > 1}
        raise Different(f"asked twice: {twice}\n{_told(request, ours)}")

    strict = await complete(schema, document.node, ours, request.variables, request.operation_name)
    if [one for one in asked_of(ours) if one[0] in writes] != [one for one in asked if one[0] in writes]:
        raise Different(f"written again: {asked_of(ours)}\n{_told(request, ours)}")
    if _data(result.data) != _data(strict.data) or _errors(result) != _errors(strict):
        raise Different(f"strictly:\n{_shown(result)}\n{_shown(strict)}\n{_told(request, ours)}")

    theirs = context()
    loose = await _run(schema, document.node, request, theirs, propagate=True)
    if [one for one in asked if one[0] in writes] != [one for one in asked_of(theirs) if one[0] in writes]:
        raise Different(f"written: {asked}\n{asked_of(theirs)}\n{_told(request, ours)}")
    if _data(result.data) != _data(loose.data) or _landings(result) != _landings(loose):
        raise Different(f"loosely:\n{_shown(result)}\n{_shown(loose)}\n{_told(request, ours)}")
    if result.errors:
        possible = _run(schema, document.node, request, context(), propagate=False)
        impossible = set(_errors(result)) - set(_errors(await possible))
        if impossible:
            raise Different(f"impossible errors: {impossible}\n{_shown(result)}\n{_told(request, ours)}")
    return result


async def _run(
    schema: GraphQLSchema, document: DocumentNode, request: OperationRequest, context: Any, *, propagate: bool
) -> ExecutionResult:
    context.memo = Memo(context)
    executor = cast(
        Any,
        Executor.build(
            schema,
            document,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
        ),
    )
    if isinstance(executor, list):
        return ExecutionResult(None, cast(Any, executor))
    executor.error_propagation = propagate
    outcome = executor.execute_operation()
    return await outcome if isawaitable(outcome) else outcome


def _data(data: dict[str, Any] | None) -> str:
    return json.dumps(data, default=repr)


def _errors(result: Result | ExecutionResult) -> list[str]:
    return [json.dumps(error.formatted) for error in result.errors or ()]


def _landings(result: Result | ExecutionResult) -> set[tuple[str | int, ...]]:
    """For each error, the shortest prefix of its path where the data is null."""
    found: set[tuple[str | int, ...]] = set()
    for error in result.errors or ():
        value: Any = result.data
        landed: list[str | int] = []
        for step in error.path or ():
            if value is None:
                break
            value = value[step]
            landed.append(step)
        found.add(tuple(landed))
    return found


def _shown(result: Result | ExecutionResult) -> str:
    return f"{_data(result.data)}\n  " + "\n  ".join(_errors(result))


def _told(request: OperationRequest, context: Any) -> str:
    world = getattr(context, "world", None)
    day = f"world {world.seed}, mischief {world.mischief}" if isinstance(world, World) else ""
    return f"{request.query}\n{request.variables}\n{day} {context.principal}"


def asked_of(context: Any) -> list[tuple[str, str, str]]:
    """What a shop's context was asked, in order; of other contexts nothing is known."""
    world = getattr(context, "world", None)
    return list(world.asked) if isinstance(world, World) else []
