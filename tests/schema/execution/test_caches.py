"""The caches of documents and plans are bounded by count and by size, and keep nothing alive that they need not."""

from __future__ import annotations

import gc
import weakref

from execution_shop import build
from execution_world import Context, World
from graphql import DocumentNode, SourceLocation

from gateway.execution import Engine, Request


async def ask(engine: Engine, text: str) -> None:
    result = await engine.execute(Request(text), Context(World(1, 0)))
    assert result.errors is None


async def test_a_document_is_read_once() -> None:
    engine = Engine(build())
    for _ in range(3):
        await ask(engine, "{ version }")
        engine.documents.get("{ nope }")
    assert engine.counters.documents_parsed == 2
    assert engine.counters.plans_compiled == 1


async def test_as_many_documents_are_kept_as_were_allowed() -> None:
    engine = Engine(build(), max_documents=5, max_plans=5)
    for _ in range(2):
        for number in range(5):
            await ask(engine, f"{{ a{number}: version }}")
    assert engine.counters.documents_parsed == 5
    await ask(engine, "{ one: version more: version }")
    await ask(engine, "{ a0: version }")  # the oldest, evicted meanwhile
    assert engine.counters.documents_parsed == 7
    assert engine.counters.plans_compiled == 7


async def test_a_large_document_takes_the_place_of_several() -> None:
    engine = Engine(build(), max_documents=5, max_plans=5)
    large = "{ " + " ".join(f"a{number}: version" for number in range(340)) + " }"  # a thousand tokens
    for number in range(5):
        await ask(engine, f"{{ a{number}: version }}")
    await ask(engine, large)
    assert engine.counters.documents_parsed == 6
    for number in range(5):
        await ask(engine, f"{{ a{number}: version }}")
    assert engine.counters.documents_parsed == 11


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
    await engine.execute(Request("{ catalogue { nodes { variants { price { quantity } } } } }"), Context(world))
    gone = weakref.ref(world)
    del world
    gc.collect()
    assert gone() is None
