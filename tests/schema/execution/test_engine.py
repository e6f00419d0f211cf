"""What the engine promises beside being right: order, limits, cancellation, who may see what, what it counts."""

# graphql-core's own executor is partially typed:
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest
import strawberry
from execution_records import Product
from execution_shop import build
from execution_world import Context, World
from graphql import DocumentNode, SourceLocation, execute_sync, get_introspection_query, parse
from strawberry.schema.config import StrawberryConfig

from gateway.errors import LimitExceeded, Unavailable
from gateway.execution import Engine, Memo, OperationRequest, Result, batched, computed, original, records
from gateway.execution.memo import stretch
from gateway.execution.plan.plan import Unplannable

GOOD_DAY = 0


@pytest.fixture
def engine() -> Engine:
    return Engine(build())


def someone(roles: Sequence[str] = (), personal_data: bool = True) -> Context:
    return Context(World(1, GOOD_DAY), roles, personal_data)


async def ask(engine: Engine, text: str, context: Context | None = None) -> Result:
    return await engine.execute(OperationRequest(text, debug=True), context or someone())


# --- how fields are fetched -------------------------------------------------------------------------------------------


async def test_a_field_is_fetched_once_for_all_its_parents(engine: Engine) -> None:
    context = someone()
    result = await ask(
        engine,
        """{ catalogue { nodes { variants { price { quantity } again: price { current { amount } } } } }
             product(id: "p9") { variants { price { quantity } } } }""",
        context,
    )
    assert result.executor == "plan"
    assert sorted(context.world.calls) == ["catalogue", "price", "product"]


async def test_a_slow_backend_delays_only_what_needs_it() -> None:
    child_was_asked = asyncio.Event()

    @strawberry.type
    class Leaf:
        @batched(int)
        @staticmethod
        async def child(parents: Sequence[int], ctx: Context) -> Sequence[int]:
            child_was_asked.set()
            return parents

    @strawberry.type
    class Query:
        @batched(int)
        @staticmethod
        async def slow(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            await child_was_asked.wait()  # answers only if nobody waits for it
            return [1]

        @batched(Leaf)
        @staticmethod
        async def fast(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            return [2]

    result = await asyncio.wait_for(ask(Engine(strawberry.Schema(Query)), "{ slow fast { child } }"), 10)
    assert result.data == {"slow": 1, "fast": {"child": 2}}


async def test_each_mutation_reads_what_the_one_before_wrote() -> None:
    stored = [0]

    @strawberry.type
    class Counter:
        @batched(int)
        @staticmethod
        async def value(parents: Sequence[int], ctx: Context) -> Sequence[int]:
            return [stored[0] for _ in parents]

    @strawberry.type
    class Query:
        @batched(int)
        @staticmethod
        async def nothing(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            return [0]

    @strawberry.type
    class Mutation:
        @batched(Counter)
        @staticmethod
        async def add(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            await asyncio.sleep(0)
            stored[0] += 1
            return [7]

    result = await ask(
        Engine(strawberry.Schema(Query, Mutation)), "mutation { a: add { value } b: add { value } c: add { value } }"
    )
    assert result.data == {"a": {"value": 1}, "b": {"value": 2}, "c": {"value": 3}}


async def test_failed_keys_are_answered_by_the_plan(engine: Engine) -> None:
    error = Unavailable(source="erp")
    context = Context(World(1, GOOD_DAY, {"price": error}))
    result = await ask(engine, "{ catalogue { nodes { variants { price { quantity } } } } }", context)
    assert result.executor == "plan"
    assert result.errors
    assert {original(one) for one in result.errors} == {error}
    assert result.errors[0].path == ["catalogue", "nodes", 0, "variants", 0, "price"]
    assert result.errors[0].locations == [SourceLocation(1, 34)]


async def test_on_the_unexpected_graphql_core_completes_and_fetches_nothing_again(engine: Engine) -> None:
    context = Context(World(1, GOOD_DAY, {"count": "many"}))
    result = await ask(engine, "{ catalogue { nodes { count variants { stock } } } }", context)
    assert result.executor == "plan, completed by graphql-core"
    assert result.data == {"catalogue": None}
    assert [one.message for one in result.errors or ()] == ["Int cannot represent non-integer value: 'many'"]
    assert len(context.world.calls) == len(set(context.world.calls))
    assert engine.counters.gave_up == {"GraphQLError": 1}


async def test_what_no_plan_covers_goes_to_graphql_core_and_says_so(engine: Engine) -> None:
    result = await ask(engine, "{ product { owner } }", someone(personal_data=False))
    assert result.extensions == {"execution": {"executor": "graphql-core", "reason": "refused non-null field"}}
    assert engine.counters.unplannable == {"refused non-null field": 1}


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (get_introspection_query(), {}),
        (get_introspection_query(True, True, True, True, True, True), {}),
        ("{ __schema { queryType { name } } product { id } }", {}),
        ('{ __type(name: "Product") { ...F } } fragment F on __Type { kind name fields { name args { name } } }', {}),
        ('query ($n: String!) { __type(name: $n) { name } none: __type(name: "No") { name } }', {"n": "Product"}),
        (
            "query ($d: Boolean!) { __schema { types { name fields(includeDeprecated: $d) { name isDeprecated } } } }",
            {"d": True},
        ),
        (
            "{ __schema { __typename types { __typename } directives { name locations isRepeatable args { name } } } }",
            {},
        ),
    ],
)
async def test_introspection_is_planned_and_says_what_graphql_core_says(
    engine: Engine, text: str, variables: dict[str, Any]
) -> None:
    result = await engine.execute(OperationRequest(text, variables), someone())
    assert result.executor == "plan"
    known = await engine.execute(OperationRequest("{ product { id } }"), someone())
    assert known.data is not None
    expected = execute_sync(engine.schema, parse(text.replace("product { id }", "")), variable_values=variables)
    assert {**(expected.data or {}), **(known.data if "product {" in text else {})} == result.data
    assert result.errors is None


async def test_introspection_takes_a_small_part_of_what_graphql_core_takes(engine: Engine) -> None:
    text = get_introspection_query()
    for _ in range(2):
        await engine.execute(OperationRequest(text), someone())
    before = time.process_time()
    await engine.execute(OperationRequest(text), someone())
    planned = time.process_time() - before
    before = time.process_time()
    execute_sync(engine.schema, parse(text))
    assert planned < (time.process_time() - before) / 2


async def test_errors_stored_in_a_cache_do_not_grow(engine: Engine) -> None:
    error = Unavailable(source="erp")

    async def fail_often() -> int:
        for _ in range(30):
            await ask(
                engine, '{ search(text: "abc") { ... on Product { owner } } }', Context(World(1, 0, {"owner": error}))
            )
            await ask(engine, "{ product { variants { price { quantity } } } }", Context(World(1, 0, {"price": error})))
        gc.collect()
        return len(gc.get_objects())

    await fail_often()
    before = await fail_often()
    assert await fail_often() - before < 300
    assert error.__traceback__ is None


# --- ending ----------------------------------------------------------------------------------------------------------


class Hanging:
    """A schema of two fields: one answers, one never does. Without plans graphql-core executes."""

    def __init__(self, *, planned: bool = True) -> None:
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        hanging = self

        @strawberry.type
        class Query:
            @batched(int | None)
            @staticmethod
            async def never(parents: Sequence[None], ctx: Context) -> Sequence[int]:
                hanging.started.set()
                try:
                    return await asyncio.Future[Sequence[int]]()
                finally:
                    hanging.ended.set()

            @batched(int | None)
            @staticmethod
            async def soon(parents: Sequence[None], ctx: Context) -> Sequence[int]:
                return [1]

        self.engine = Engine(strawberry.Schema(Query))
        if not planned:
            self.engine._plans.get = _no_plan  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


def _no_plan(*_: object) -> NoReturn:
    raise Unplannable("a test")


@pytest.mark.parametrize(
    ("text", "planned"), [("{ soon never }", True), ("{ never soon }", True), ("{ soon never }", False)]
)
async def test_cancelling_the_operation_ends_its_fetches(text: str, planned: bool) -> None:
    hanging = Hanging(planned=planned)
    task = asyncio.ensure_future(ask(hanging.engine, text))
    await asyncio.wait_for(hanging.started.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(hanging.ended.wait(), 10)


@pytest.mark.parametrize("planned", [True, False])
async def test_after_the_deadline_the_rest_is_answered(planned: bool) -> None:
    hanging = Hanging(planned=planned)
    context = someone()
    context.deadline = time.monotonic()
    result = await asyncio.wait_for(ask(hanging.engine, "{ soon never }", context), 10)
    assert result.data is not None
    assert (result.data["soon"], result.data["never"]) == (1, None)
    assert [original(one).code for one in result.errors or ()] == ["BACKEND_TIMEOUT"]  # type: ignore[attr-defined]


# --- who may see what ------------------------------------------------------------------------------------------------


async def test_a_refused_field_is_null_with_an_error_and_never_fetched(engine: Engine) -> None:
    context = someone()
    result = await ask(engine, "{ headcount product { variants { margin } } }", context)
    assert result.executor == "plan"
    assert result.data == {"headcount": None, "product": {"variants": [{"margin": None}] * 3}}
    assert [(one.path, original(one).code) for one in result.errors or ()] == [  # type: ignore[attr-defined]
        (["headcount"], "FORBIDDEN"),
        *((["product", "variants", index, "margin"], "FORBIDDEN") for index in range(3)),
    ]
    assert context.world.calls == ["product"]


async def test_plans_are_not_shared_between_those_who_may_and_those_who_may_not(engine: Engine) -> None:
    for _ in range(2):
        assert (await ask(engine, "{ headcount }", someone(["staff"]))).data == {"headcount": 7}
        assert (await ask(engine, "{ headcount }", someone())).data == {"headcount": None}
        assert (await ask(engine, "{ headcount }", someone(["other"]))).data == {"headcount": None}
    assert engine.counters.plans_compiled == 2


async def test_a_refused_field_that_is_not_null_nulls_its_parent_and_is_never_fetched(engine: Engine) -> None:
    context = someone(personal_data=False)
    result = await ask(engine, "{ product { owner } }", context)
    assert result.data == {"product": None}
    assert [original(one).code for one in result.errors or ()] == ["FORBIDDEN"]  # type: ignore[attr-defined]
    assert "owner" not in context.world.calls


async def test_answers_with_personal_data_are_private(engine: Engine) -> None:
    assert (await ask(engine, "{ product { email } }")).private
    assert not (await ask(engine, "{ product { title } }")).private


# --- limits ----------------------------------------------------------------------------------------------------------


def doubling(levels: int) -> str:
    fragments = [
        f"fragment F{level} on Product {{ a: related {{ ...F{level + 1} }} b: related {{ ...F{level + 1} }} }}"
        for level in range(levels)
    ]
    return "\n".join(["{ product { ...F0 } }", *fragments, f"fragment F{levels} on Product {{ id }}"])


async def test_a_document_that_expands_without_end_costs_little_more_than_its_validation(engine: Engine) -> None:
    text = doubling(40)
    before = time.process_time()
    assert not engine.documents.get(text).errors
    validating = time.process_time() - before
    before = time.process_time()
    result = await ask(engine, text)
    compiling = time.process_time() - before
    assert isinstance(original((result.errors or [])[0]), LimitExceeded)
    before = time.process_time()
    await ask(engine, text)
    assert time.process_time() - before < compiling / 5 + 0.01
    assert compiling < 3 * validating + 0.05


async def test_fragments_may_be_used_many_times(engine: Engine) -> None:
    uses = " ".join(f"a{number}: product {{ ...F }}" for number in range(60))
    text = f"{{ {uses} }} fragment F on Product {{ id title subtitle count active tags email }}"
    assert (await ask(engine, text)).errors is None


async def test_plans_of_one_document_are_bounded() -> None:
    engine = Engine(build())
    names = [f"v{i}" for i in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: version @include(if: ${name})" for name in names)
    for number in range(64):
        flags = {name: bool(number >> i & 1) for i, name in enumerate(names)}
        result = await engine.execute(OperationRequest(f"query ({declared}) {{ {fields} }}", flags), someone())
        assert result.data == {name: "1" for name, on in flags.items() if on}
    assert engine.counters.plans_compiled == 64
    assert engine.counters.plans_evicted == 64 - 16


async def test_guards_see_a_document_before_it_is_validated_and_only_once() -> None:
    seen: list[DocumentNode] = []

    def refuse(document: DocumentNode) -> None:
        seen.append(document)
        raise LimitExceeded("too deep")

    engine = Engine(build(), guards=[refuse])
    for _ in range(3):
        result = await ask(engine, "{ thisFieldDoesNotExist }")
        assert [one.message for one in result.errors or ()] == ["too deep"]
    assert len(seen) == 1
    assert engine.counters.documents_refused == 1


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("{ nope }", None, "Cannot query field 'nope' on type 'Query'."),
        ("{", None, "Syntax Error: Expected Name, found <EOF>."),
        ("query A { version } query B { version }", None, "Say which operation to run: `operationName`."),
        ("query A { version }", "B", "The document has no operation of that name."),
        ("fragment F on Query { version }", None, "Fragment 'F' is never used."),
        ("subscription { changes { id } }", None, "A subscription needs a transport that can stream."),
        ("query ($n: Int!) { catalogue(first: $n) { hasNext } }", None, "Variable '$n' has invalid value"),
    ],
)
async def test_a_request_that_cannot_be_executed_says_why(
    engine: Engine, text: str, name: str | None, message: str
) -> None:
    result = await engine.execute(OperationRequest(text, operation_name=name), someone())
    assert result.data is None
    assert (result.errors or [])[0].message.startswith(message)


# --- graphql-core over the same memo ----------------------------------------------------------------------------------


async def test_every_event_of_a_subscription_has_a_memo_of_its_own(engine: Engine) -> None:
    context = someone()
    text = "subscription { changes(count: 2) { id related { id } } }"
    events = [event async for event in engine.subscribe(OperationRequest(text), context)]
    assert [event.data and event.data["changes"]["id"] for event in events] == ["p0", "p1"]
    assert context.world.calls == ["related", "related"]
    assert {event.executor for event in events} == {"graphql-core"}


async def test_a_subscription_that_cannot_start_says_why(engine: Engine) -> None:
    events = [event async for event in engine.subscribe(OperationRequest("subscription { nope }"), someone())]
    errors = [error for event in events for error in event.errors or ()]
    assert [error.message for error in errors] == ["Cannot query field 'nope' on type 'Subscription'."]


async def test_batched_fields_work_below_defer() -> None:
    @strawberry.type
    class Item:
        @batched(str, key="id")
        @staticmethod
        async def name(parents: Sequence[Product], ctx: Context) -> Sequence[str]:
            ctx.world.calls.append("name")
            return [f"name of {parent.id}" for parent in parents]

    @strawberry.type
    class Query:
        @batched(list[Item])
        @staticmethod
        async def items(parents: Sequence[None], ctx: Context) -> Sequence[Sequence[Product]]:
            return [[ctx.world.product("a"), ctx.world.product("b")]]

    schema = strawberry.Schema(Query, config=StrawberryConfig(enable_experimental_incremental_execution=True))
    context = someone()
    context.memo = Memo(context)
    stream: Any = await schema.stream("{ items { __typename ... @defer { name } } }", context_value=context)
    frames = [frame async for frame in stream]
    later = [part.data for frame in frames[1:] for part in frame.incremental]
    assert later == [{"name": "name of a"}, {"name": "name of b"}]
    assert context.world.calls == ["name"]


# --- long stretches ---------------------------------------------------------------------------------------------------


class Slow:
    """A schema whose computed field takes ten milliseconds, for each of a hundred rows."""

    def __init__(self) -> None:
        self.computed = 0
        slow = self

        @strawberry.type(name="Product")
        class Row:
            is_type_of = records(Product)
            title: str

            @computed(str, cost=10)
            @staticmethod
            def dear(record: Product) -> str:
                slow.computed += 1
                time.sleep(0.01)
                return record.title

        @strawberry.type
        class Query:
            @batched(list[Row])
            @staticmethod
            async def rows(parents: Sequence[None], ctx: Context) -> Sequence[list[Product]]:
                return [[World(1, GOOD_DAY).product(f"p{number}") for number in range(100)]]

        self.engine = Engine(strawberry.Schema(Query))


@pytest.mark.parametrize("planned", [True, False])
async def test_what_is_computed_ends_with_the_operations_time(planned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "SECONDS", 0.1)
    slow = Slow()
    if not planned:
        slow.engine._plans.get = _no_plan  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    context = someone()
    context.deadline = time.monotonic() + 0.05
    names = " ".join(f"title{number}: title" for number in range(30))
    before = time.monotonic()
    result = await ask(slow.engine, f"{{ rows {{ dear {names} }} }}", context)
    assert time.monotonic() - before < 0.6
    assert result.data is None
    assert 2 < slow.computed < 60


async def test_an_operation_that_is_late_still_has_time_to_answer_what_it_fetched(engine: Engine) -> None:
    context = someone()
    context.deadline = time.monotonic()
    names = " ".join(f"title{number}: title" for number in range(30))
    result = await ask(engine, f"{{ catalogue {{ nodes {{ {names} }} }} }}", context)
    assert result.errors is None
