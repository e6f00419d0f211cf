"""The door to execution: a request's text, variables and context in; data, errors and extensions out."""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol, cast

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, subscribe
from graphql.execution.values import VariableValues
from msgspec import Struct

from gateway.calls.observation import OBSERVER
from gateway.errors import LimitExceeded
from gateway.execution.declare.authorise import Grantee, Grants
from gateway.execution.declare.checks import check_schema, graphql_schema
from gateway.execution.explain.report import Explanation, Recorder, predicted
from gateway.execution.memo.counters import ExecutionCounters
from gateway.execution.memo.failures import raisable
from gateway.execution.memo.memo import Memo
from gateway.execution.memo.response import ResponseTree, builtins
from gateway.execution.memo.stretch import OVERLONG, Overlong
from gateway.execution.plan.plan import Plan, Unplannable
from gateway.execution.plan.plans import Plans
from gateway.execution.read.documents import Document, DocumentGuard, Documents
from gateway.execution.run import core
from gateway.execution.run.run import Run

BY_PLAN = "plan"
BY_CORE = "graphql-core"
BY_NONE = "refused"
BY_BOTH = "plan, completed by graphql-core"


MOST_BYTES = 16_777_216
"""Of documents kept, with their plans."""


class Context(Grantee, Protocol):
    """What the executor needs of an operation's context. It puts a memo there for graphql-core to find. A context may
    have a `deadline` on the monotonic clock: what has not come by then is an error, and the rest is answered."""

    memo: Any


class OperationRequest(Struct, frozen=True):
    """`debug` asks for the name of the executor in the answer's extensions. `prepared` is the document of `query`, from
    a door that has looked it up before."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    debug: bool = False
    prepared: Document | None = None


class Result(Struct):
    """`answer` is the response's data as its executor made it, ready to be encoded; `data` the same as dictionaries.
    `executor` is how it was answered and `reason` why not by a plan alone. A `private` answer may contain personal
    data: it may be put in no shared cache."""

    answer: ResponseTree | None
    errors: list[GraphQLError] | None = None
    extensions: dict[str, Any] | None = None
    executor: str = ""
    reason: str | None = None
    private: bool = True

    @property
    def data(self) -> dict[str, Any] | None:
        return builtins(self.answer)


class Engine:
    """One per schema. `guards` see every document before it is validated; see `Documents`. `before` is what must be
    awaited between coercing arguments and computing with them, if anything."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        guards: Sequence[DocumentGuard] = (),
        counters: ExecutionCounters | None = None,
        max_bytes: int = MOST_BYTES,
        max_fields: int = 5_000,
        max_tokens: int = 5_000,
        max_characters: int = 100_000,
        before: Callable[[], Awaitable[None] | None] = lambda: None,
    ) -> None:
        check_schema(schema)
        self.counters = counters or ExecutionCounters()
        self._before = before
        self._schema = graphql_schema(schema)
        self.documents = Documents(
            schema,
            guards,
            self.counters,
            max_bytes=max_bytes,
            max_tokens=max_tokens,
            max_characters=max_characters,
        )
        self._plans = Plans(self._schema, schema.schema_converter, self.counters, self.documents, max_fields=max_fields)

    @property
    def schema(self) -> GraphQLSchema:
        """What the doors read types and hints from."""
        return self._schema

    def prepare(self, text: str) -> Document:
        """The document of a text, read once: what is wrong with it, or what it needs to be run; whatever a door learns
        of it may be hung on it (`Document.annex`)."""
        return self.documents.get(text)

    async def execute(self, request: OperationRequest, context: Context) -> Result:
        """Answer a query or a mutation. Cancelling it ends every fetch."""
        document = request.prepared or self.documents.get(request.query)
        operation = self._operation(document, request)
        if isinstance(operation, list):
            return Result(None, operation)
        if operation.operation is OperationType.SUBSCRIPTION:
            return Result(None, [GraphQLError("A subscription needs a transport that can stream.", operation)])
        variables = document.variables(self._schema, operation).coerced(request.variables)
        if isinstance(variables, list):
            return Result(None, variables)
        if (waiting := self._before()) is not None:
            await waiting
        explain = getattr(context, "explain", False)
        recorder = Recorder(self.counters, getattr(context, "source", str)) if explain else None
        memo = context.memo = Memo(context, recorder or self.counters, getattr(context, "deadline", None))
        watching = recorder and OBSERVER.set(recorder.called)
        try:
            result = await self._answer(document, operation, variables, request, context, memo, recorder)
        finally:
            memo.close()
            if watching is not None:
                OBSERVER.reset(watching)
        self.counters.operations[result.executor] += 1
        if request.debug:
            result.extensions = {"execution": {"executor": result.executor, "reason": result.reason}}
        if recorder is not None:
            explanation = recorder.explanation(result.executor, result.reason)
            result.extensions = {**(result.extensions or {}), "explain": explanation.builtins()}
        return result

    def predict(self, request: OperationRequest, context: Context) -> Explanation | list[GraphQLError]:
        """What executing would fetch, before anything runs; errors where it cannot be executed."""
        document = request.prepared or self.documents.get(request.query)
        operation = self._operation(document, request)
        if isinstance(operation, list):
            return operation
        variables = document.variables(self._schema, operation).coerced(request.variables)
        if isinstance(variables, list):
            return variables
        try:
            return predicted(self._plans.get(document, operation, variables, Grants.of(context)))
        except LimitExceeded as refusal:
            return [raisable(refusal)]
        except Unplannable as refusal:
            return Explanation(BY_CORE, refusal.reason, None, ())

    async def subscribe(self, request: OperationRequest, context: Context) -> AsyncIterator[Result]:
        """The answers to a subscription, one per event; a single one with errors where it cannot start."""
        document = request.prepared or self.documents.get(request.query)
        operation = self._operation(document, request)
        if isinstance(operation, list):
            yield Result(None, operation)
            return
        memo = context.memo = Memo(context, self.counters)
        stream: Any = None
        try:
            stream = subscribe(
                self._schema,
                cast(Any, document.node),
                context_value=context,
                variable_values=request.variables,
                operation_name=request.operation_name,
            )
            if hasattr(stream, "__await__"):
                stream = await stream
            if isinstance(stream, ExecutionResult):
                yield Result(stream.data, stream.errors, executor=BY_CORE)
                return
            async for event in stream:
                self.counters.operations[BY_CORE] += 1
                yield Result(event.data, event.errors, executor=BY_CORE, reason="subscription")
        finally:
            memo.close()
            if isinstance(stream, AsyncGenerator):
                await cast("AsyncGenerator[ExecutionResult]", stream).aclose()

    def _operation(self, document: Document, request: OperationRequest) -> OperationDefinitionNode | list[GraphQLError]:
        if document.errors:
            return document.errors
        operation = document.chosen(request.operation_name)
        return [operation] if isinstance(operation, GraphQLError) else operation

    async def _answer(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        request: OperationRequest,
        context: Context,
        memo: Memo,
        recorder: Recorder | None,
    ) -> Result:
        try:
            plan = self._plans.get(document, operation, variables, Grants.of(context))
        except LimitExceeded as refusal:
            return Result(None, [raisable(refusal)], executor=BY_NONE)
        except Unplannable as refusal:
            self.counters.unplannable[refusal.reason] += 1
            return await self._core(document, request, context, BY_CORE, refusal.reason)
        run = Run(plan, context, memo, variables)
        if recorder is not None:
            recorder.plan, recorder.cells = plan, run.cells
        await run.run()
        if isinstance(run.gave_up, Overlong):
            return Result(None, [raisable(LimitExceeded(OVERLONG))], executor=BY_NONE)
        if run.gave_up is not None:
            reason = str(run.gave_up) or type(run.gave_up).__name__
            self.counters.gave_up[type(run.gave_up).__name__] += 1
            return await self._core(document, request, context, BY_BOTH, reason, plan)
        errors = run.failures.located(run.data) if run.failures and run.data is not None else None
        return Result(run.data, errors, executor=BY_PLAN, private=plan.private)

    async def _core(
        self,
        document: Document,
        request: OperationRequest,
        context: Context,
        executor: str,
        reason: str,
        plan: Plan | None = None,
    ) -> Result:
        answer = await core.complete(
            self._schema,
            cast(Any, document.node),
            context,
            request.variables,
            request.operation_name,
        )
        private = plan is None or plan.private
        return Result(answer.data, answer.errors, executor=executor, reason=reason, private=private)
