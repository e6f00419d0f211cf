"""Explaining: the plan before it runs, what ran, and both as text and as a picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from xml.etree import ElementTree

import msgspec
import pytest
import strawberry
from execution_shop import build
from execution_world import Context, World

from gateway.calls.observation import OBSERVER, BackendCall
from gateway.execution import Engine, Request, batched
from gateway.execution.drawing import timeline, tree
from gateway.execution.explain import Explanation

QUERY = """{ catalogue(first: 2) { nodes { variants { price { quantity } stock } } }
             product { variants { price { quantity } } related { id } } }"""


@pytest.fixture
def engine() -> Engine:
    return Engine(build())


def developer() -> Context:
    context = Context(World(1, 0))
    context.explain = True
    return context


async def explained(engine: Engine, text: str) -> Explanation:
    result = await engine.execute(Request(text), developer())
    assert result.extensions is not None
    told = result.extensions["explain"]
    assert told["predicted"] is None or told["predicted"] == sum(len(level) for level in told["levels"])

    return msgspec.convert(told, Explanation)


async def test_nobody_is_told_who_did_not_ask(engine: Engine) -> None:
    assert (await engine.execute(Request(QUERY), Context(World(1, 0)))).extensions is None


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
    prediction = engine.predict(Request(QUERY), developer())
    assert isinstance(prediction, Explanation)
    assert prediction.predicted == 5
    context = developer()
    await engine.execute(Request(QUERY), context)
    assert len(context.world.calls) <= prediction.predicted
    assert engine.counters.fetches == len(context.world.calls)


async def test_a_request_that_cannot_run_is_not_predicted(engine: Engine) -> None:
    errors = engine.predict(Request("{ nope }"), developer())
    assert isinstance(errors, list)


async def test_without_a_plan_the_fetches_are_told(engine: Engine) -> None:
    explanation = await explained(engine, '{ product { id } __type(name: "Query") { name } }')
    assert (explanation.executor, explanation.reason) == ("graphql-core", "introspection")
    assert [step.field for step in explanation.levels[0]] == ["product"]


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


async def test_the_tree_shows_each_fetch_once_below_what_it_waits_for(engine: Engine) -> None:
    text = tree(await explained(engine, QUERY))
    assert text.startswith("answered by plan in ")
    assert "at most 5 fetches predicted, 5 made, 2 levels" in text
    assert "├─ #0 Query.catalogue(first: 2)  1 key" in text
    assert "│  ├─ #1 Variant.price" in text
    assert "waits for #0 and #3" in text
    assert all(text.count(f"#{number} ") >= 1 for number in range(5))
    unrun = engine.predict(Request(QUERY), developer())
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
