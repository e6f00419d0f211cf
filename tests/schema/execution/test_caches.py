"""The caches of documents and plans are bounded in bytes, and what they push out is gone without the collector."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from typing import Any, cast

import pytest
from execution_shop import build
from execution_world import Context, World
from graphql import DocumentNode, SourceLocation, parse, validate

from gateway.execution import Engine, OperationRequest
from gateway.execution.memo.response import _classes  # pyright: ignore[reportPrivateUsage]


async def ask(engine: Engine, text: str) -> None:
    result = await engine.execute(OperationRequest(text), Context(World(1, 0)))
    assert result.errors is None


async def test_a_document_is_read_once() -> None:
    engine = Engine(build())
    for _ in range(3):
        await ask(engine, "{ version }")
        engine.documents.get("{ nope }")
    assert engine.counters.documents_parsed == 2
    assert engine.counters.plans_compiled == 1


def many(count: int, mark: object = "") -> str:
    return "{ " + " ".join(f"a{mark}x{number}: version" for number in range(count)) + " }"


async def test_documents_are_kept_within_the_bytes_that_were_allowed() -> None:
    engine = Engine(build(), max_bytes=1_000_000)
    for number in range(300):
        await ask(engine, many(30, number))
        assert 0 < engine.documents.bytes <= 1_000_000
    parsed = engine.counters.documents_parsed
    await ask(engine, many(30, 299))
    await ask(engine, many(30, 0))  # the oldest, pushed out meanwhile
    assert engine.counters.documents_parsed == parsed + 1


async def test_what_is_counted_is_about_what_it_takes() -> None:
    texts = [
        [many(1, number) for number in range(40)],
        [many(300, number) for number in range(10)],
        [
            f"query ($n: Int = {number}) {{ catalogue(first: $n) {{ nodes {{ title variants {{ sku a{number}: title"
            " price { current { amount formatted } } stock } } } }"
            for number in range(40)
        ],
        [f"{{ nope{number} nor{number} }}" for number in range(40)],
    ]
    engine = Engine(build(), max_bytes=100_000_000)
    for kind in texts:
        for text in kind[:2]:
            await engine.execute(OperationRequest(text), Context(World(1, 0)))
        gc.collect()
        tracemalloc.start()
        counted = engine.documents.bytes
        for text in kind[2:]:
            await engine.execute(OperationRequest(text), Context(World(1, 0)))
        gc.collect()
        taken, counted = tracemalloc.get_traced_memory()[0], engine.documents.bytes - counted
        tracemalloc.stop()
        assert taken <= counted <= 4 * taken


async def test_a_plan_counts_for_its_document() -> None:
    engine = Engine(build(), max_bytes=100_000_000)
    engine.documents.get(many(100))
    before = engine.documents.bytes
    await ask(engine, many(100))
    assert engine.documents.bytes > before * 1.2


async def test_a_flood_of_new_documents_does_not_wash_out_what_comes_again() -> None:
    engine = Engine(build(), max_bytes=1_000_000)
    for _ in range(2):
        await ask(engine, "{ version }")
    for number in range(500):
        await ask(engine, many(20, number))
    parsed = engine.counters.documents_parsed
    await ask(engine, "{ version }")
    assert engine.counters.documents_parsed == parsed


async def test_what_is_pushed_out_needs_no_collector() -> None:
    text = (
        "query Q($n: Int = 2, $on: Boolean = true) { catalogue(first: $n) { ...F total } }"
        " fragment F on ProductPage { nodes { title @include(if: $on) variants { sku media { url checksum }"
        " price(quantity: 2) { current { formatted } } product { title } margin } } }"
    )
    engine = Engine(build(), max_bytes=10_000_000)
    gc.collect()
    gc.disable()
    try:
        trees: list[weakref.ref[Any]] = []
        builds: list[weakref.ref[Any]] = []
        for number in range(200):
            one = text.replace("catalogue", f"a{number}: catalogue")
            for _ in range(2 if number % 2 else 1):
                assert (await engine.execute(OperationRequest(one), Context(World(1, 0)))).data is not None
            document = engine.documents.get(one)
            trees.append(weakref.ref(cast(Any, document.node)))
            builds += [weakref.ref(plan.build) for plan in document.plans.values()]
        assert len(builds) == 200
        assert len(engine.documents) < 150
        assert sum(tree() is not None for tree in trees) <= len(engine.documents)
        assert sum(build() is not None for build in builds) <= len(engine.documents)
    finally:
        gc.enable()


UNUSED = ", ".join(f"$v{number}: Int" for number in range(90))
WRONG = (
    "{ nope }",
    "{ " + " ".join(f"nope{number}" for number in range(50)) + " }",
    f"query ({UNUSED}) {{ version }}",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    "{ product { ...F } } fragment F on Product { variants { sku: title sku } } fragment G on Nobody { a }",
    "{ version @skip catalogue(first: true, last: 1) { nodes } product(id: 1.5) { id { a } } }",
    "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_a_document_is_what_graphql_core_says(text: str) -> None:
    engine = Engine(build())
    expected = validate(engine.schema, parse(text), max_errors=10)
    found = engine.documents.get(text).errors
    assert [(one.message, one.locations) for one in found] == [(one.message, one.locations) for one in expected]


async def test_reading_a_document_leaves_nothing_for_the_collector() -> None:
    engine = Engine(build(), max_bytes=1)
    texts = [many(50, number) for number in range(20)] + ["{ a: catalogue { nodes { id } } # a remark\n }"]
    gc.collect()
    gc.disable()
    try:
        for text in texts:
            await ask(engine, text)
        for text in WRONG:
            engine.documents.get(text)
        assert gc.collect() < 60 + 40 * len(WRONG)  # the loop's own odds and ends, and what a rule makes inside
    finally:
        gc.enable()


async def test_classes_are_made_for_what_comes_again_and_no_more_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(build())
    gc.collect()
    known = len(_classes)
    for number in range(50):
        await ask(engine, many(3, f"once{number}"))
    assert len(_classes) == known
    monkeypatch.setattr("gateway.execution.memo.response.MOST_CLASSES", known + 3)
    monkeypatch.setattr("gateway.execution.memo.response.COLLECTED_EVERY", 1_000_000.0)
    for number in range(10):
        for _ in range(30):
            result = await engine.execute(OperationRequest(many(3, f"often{number}")), Context(World(1, 0)))
            assert result.data == {f"aoften{number}x{one}": "1" for one in range(3)}
    assert len(_classes) == known + 3


async def test_classes_that_nobody_uses_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    monkeypatch.setattr("gateway.execution.memo.response.MOST_CLASSES", len(_classes) + 3)
    monkeypatch.setattr("gateway.execution.memo.response.COLLECTED_EVERY", 0.0)
    engine = Engine(build(), max_bytes=60_000)
    for number in range(30):
        for _ in range(21):
            await ask(engine, many(3, f"then{number}"))
        (plan,) = engine.documents.get(many(3, f"then{number}")).plans.values()
        assert plan.shaped


async def test_of_an_invalid_document_only_its_errors_are_kept() -> None:
    read: list[weakref.ref[DocumentNode]] = []
    engine = Engine(build(), guards=[lambda document: read.append(weakref.ref(document))])
    document = engine.documents.get("{ nope }")
    assert [error.locations for error in document.errors] == [[SourceLocation(1, 3)]]
    gc.collect()
    assert read[0]() is None


async def test_a_plan_keeps_no_record_of_a_request() -> None:
    engine = Engine(build())
    world = World(1, 0)
    await engine.execute(
        OperationRequest("{ catalogue { nodes { variants { price { quantity } } } } }"), Context(world)
    )
    gone = weakref.ref(world)
    del world
    gc.collect()
    assert gone() is None
