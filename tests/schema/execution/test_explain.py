"""Explaining: the plan before it runs, what ran, and both as text and as a picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
import strawberry
from execution_shop import build
from execution_world import Context, World

from gateway.calls.observation import OBSERVER, BackendCall
from gateway.execution import Engine, OperationRequest, attribute, batched
from gateway.execution.explain.drawing import tree
from gateway.execution.explain.report import Explanation
from gateway.execution.explain.timeline import timeline

QUERY = """{ catalogue(first: 2) { nodes { variants { price { quantity } stock } } }
             product { variants { price { quantity } } related { id } } }"""


@pytest.fixture
def engine() -> Engine:
    return Engine(build())


def developer(*, personal_data: bool = True) -> Context:
    context = Context(World(1, 0), personal_data=personal_data)
    context.explain = True
    return context


async def explained(engine: Engine, text: str, *, personal_data: bool = True) -> Explanation:
    result = await engine.execute(OperationRequest(text), developer(personal_data=personal_data))
    assert result.extensions is not None
    told = result.extensions["explain"]
    assert told["predicted"] is None or told["predicted"] == sum(len(level) for level in told["levels"])

    return msgspec.convert(told, Explanation)


async def test_nobody_is_told_who_did_not_ask(engine: Engine) -> None:
    assert (await engine.execute(OperationRequest(QUERY), Context(World(1, 0)))).extensions is None


async def test_levels_say_what_waits_for_what(engine: Engine) -> None:
    explanation = await explained(engine, QUERY)
    fields = [[step.field for step in level] for level in explanation.levels]
    assert fields == [["Query.catalogue", "Query.product"], ["Variant.price", "Variant.stock", "Product.related"]]
    price = explanation.levels[1][0]
    assert price.at == ("catalogue.nodes.variants.price", "product.variants.price")
    assert price.waits_for == (0, 3)
    assert price.keys is not None and price.keys > 1  # noqa: PT018
    assert price.started is not None


async def test_the_prediction_is_what_is_fetched_at_most(engine: Engine) -> None:
    prediction = engine.predict(OperationRequest(QUERY), developer())
    assert isinstance(prediction, Explanation)
    assert prediction.predicted == 5
    context = developer()
    await engine.execute(OperationRequest(QUERY), context)
    assert len(context.world.calls) <= prediction.predicted
    assert engine.counters.fetches == len(context.world.calls)


async def test_a_request_that_cannot_run_is_not_predicted(engine: Engine) -> None:
    errors = engine.predict(OperationRequest("{ nope }"), developer())
    assert isinstance(errors, list)


async def test_without_a_plan_the_fetches_are_told(engine: Engine) -> None:
    explanation = await explained(engine, "{ product { id owner } }", personal_data=False)
    assert (explanation.executor, explanation.reason) == ("graphql-core", "refused non-null field")
    assert [step.field for step in explanation.levels[0]] == ["product"]


async def test_without_a_plan_what_variables_held_is_not_told() -> None:
    @strawberry.type
    class Query:
        @batched(int)
        @staticmethod
        async def found(
            parents: Sequence[None], ctx: Context, email: str, emails: list[str], first: int, old: bool | None = None
        ) -> Sequence[int]:
            return [1]

        secret: int = attribute(pii=True)

    text = "query ($email: String!) { found(email: $email, emails: [$email], first: 2) secret }"
    engine = Engine(strawberry.Schema(Query))
    who = developer(personal_data=False)
    result = await engine.execute(OperationRequest(text, {"email": "ada@example.com"}), who)
    assert result.executor == "graphql-core"
    told = (result.extensions or {})["explain"]["levels"][0][0]
    assert told["arguments"] == "email: ..., emails: ..., first: 2, old: null"


async def test_backend_calls_of_this_operation_are_told() -> None:
    @strawberry.type
    class Query:
        @batched(int)
        @staticmethod
        async def price(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            observer = OBSERVER.get()
            assert observer is not None
            observer(BackendCall("erp", "get_prices", 72, 3, time.monotonic(), 0.02, "BACKEND_TIMEOUT"))
            return [1]

    explanation = await explained(Engine(strawberry.Schema(Query)), "{ price }")
    assert [(call.backend, call.keys, call.requests, call.took) for call in explanation.calls] == [("erp", 72, 3, 20.0)]
    assert OBSERVER.get() is None
    assert "erp get_prices  72 keys, 3 requests" in tree(explanation)
    assert "erp get_prices: 72 keys, BACKEND_TIMEOUT" in timeline(explanation)


def call(backend: str, keys: int, outcome: str = "ok", **parts: Any) -> BackendCall:
    return BackendCall(backend, "get_prices", keys, 1, time.monotonic(), 0.02, outcome, **parts)


CALLS = (
    call("erp", 50, attempts=1, cost=1.0, chunk=1, chunks=2),
    call("erp", 22, "BACKEND_TIMEOUT", attempts=2, cost=2.0, chunk=2, chunks=2),
    call("erp", 30, "cached"),
    call("erp", 4, "shared"),
    call("erp", 5, "joined"),
    call("shop", 9, attempts=2, cost=12.5, unit="point", counted=10.0),
    call("shop", 3, attempts=1, cost=7.0, unit="point", background=True),
    call("crm", 2, "cached"),
)


@pytest.fixture
async def busy() -> Explanation:
    """An operation whose one fetch made these calls."""

    @strawberry.type
    class Query:
        @batched(int)
        @staticmethod
        async def price(parents: Sequence[None], ctx: Context) -> Sequence[int]:
            observer = OBSERVER.get()
            assert observer is not None
            for one in CALLS:
                observer(one)
            return [1]

    return await explained(Engine(strawberry.Schema(Query)), "{ price }")


async def test_a_call_says_which_chunk_it_is_and_what_it_cost(busy: Explanation) -> None:
    text = tree(busy)
    assert "erp get_prices   50 keys (chunk 1 of 2), 1 request declared, 1 made, " in text
    assert "erp get_prices   22 keys (chunk 2 of 2), 1 request declared, 2 made, " in text
    assert "shop get_prices  9 keys, 1 request declared, 2 made, 12.5 points (10 counted by the vendor), " in text
    assert "shop get_prices  3 keys, 1 request declared, 1 made, 7 points, " in text
    assert text.count("in the background") == 1
    assert "erp get_prices   30 keys, no call, at " in text


async def test_calls_are_summed_for_each_backend(busy: Explanation) -> None:
    told = [(one.backend, one.calls, one.keys, one.cached, one.joined, one.attempts, one.took) for one in busy.totals]
    assert told == [("erp", 2, 72, 34, 5, 3, 40.0), ("shop", 2, 12, 0, 0, 3, 40.0), ("crm", 0, 0, 2, 0, 0, 0.0)]
    assert [(one.cost, one.cost_unit, one.counted) for one in busy.totals[:2]] == [
        (3.0, "request", None),
        (19.5, "point", 10.0),
    ]
    rows = [line.split() for line in tree(busy).splitlines()[-4:]]
    assert rows[0][:3] == ["per", "backend", "calls"]
    assert rows[1] == ["erp", "2", "72", "34", "5", "3", "3", "requests", "40.0", "ms"]
    assert " ".join(rows[2][6:]) == "19.5 points (10 counted by the vendor) 40.0 ms"
    assert rows[3] == ["crm", "0", "0", "2", "0", "0", "none", "0.0", "ms"]


async def test_the_picture_shows_chunks_cost_and_sums(busy: Explanation) -> None:
    texts = [one.text for one in ElementTree.fromstring(timeline(busy)).iter("{http://www.w3.org/2000/svg}text")]
    assert {"erp get_prices 1/2", "20.0 ms, 50 keys, 1 request"} <= {*texts}
    assert {"erp get_prices 2/2", "20.0 ms, 22 keys, 2 requests, BACKEND_TIMEOUT"} <= {*texts}
    assert {"20.0 ms, 9 keys, 2 requests, 12.5 points", "30 keys cached", "5 keys joined"} <= {*texts}
    assert texts[-24:-16] == ["erp", "2", "72", "34", "5", "3", "3 requests", "40.0 ms"]


async def test_what_is_told_of_backends_holds_counts_only(busy: Explanation) -> None:
    for step in (*busy.builtins()["calls"], *busy.builtins()["totals"]):
        words = {name for name, value in step.items() if isinstance(value, str)}
        assert words <= {"backend", "operation", "outcome", "costUnit"}
        assert all(isinstance(value, str | int | float | None) for value in step.values())


async def test_the_tree_shows_each_fetch_once_below_what_it_waits_for(engine: Engine) -> None:
    text = tree(await explained(engine, QUERY))
    assert text.startswith("answered by plan in ")
    assert "at most 5 fetches predicted, 5 made, 2 levels" in text
    assert "├─ #0 Query.catalogue(first: 2)  1 key" in text
    assert "│  ├─ #1 Variant.price" in text
    assert "waits for #0 and #3" in text
    assert all(text.count(f"#{number} ") >= 1 for number in range(5))
    unrun = engine.predict(OperationRequest(QUERY), developer())
    assert isinstance(unrun, Explanation)
    assert tree(unrun).startswith("to be answered by plan: at most 5 fetches, 2 levels")


async def test_the_timeline_is_well_formed_and_has_a_bar_for_each_fetch(engine: Engine) -> None:
    picture = timeline(await explained(engine, QUERY), title="<Catalogue> & more")
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    bars = [one for one in root.iter(f"{space}rect") if one.find(f"{space}title") is not None]
    assert len(bars) == 5
    assert "&lt;Catalogue&gt; &amp; more" in picture


async def test_a_mutation_names_its_frames(engine: Engine) -> None:
    explanation = await explained(engine, "mutation { a: bump b: bump }")
    assert [(step.field, step.frame) for step in explanation.levels[0]] == [
        ("Mutation.bump", "a"),
        ("Mutation.bump", "b"),
    ]
    assert "in mutation b" in tree(explanation)
