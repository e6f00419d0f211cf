"""The product's own schema, over in-memory backends of which nearly every type has an instance: random queries are
answered as graphql-core answers them, per principal, with backends down, failing and slow."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from execution_equality import compare
from graphql import GraphQLSchema
from operation_generator import OperationGenerator, Samples

from gateway.context import ContextFactory, OperationContext
from gateway.errors import AdapterError, AmbiguousKey, InvalidAnswer, RateLimited, Unavailable
from gateway.execution import Engine, OperationRequest
from gateway.model.principal import ANONYMOUS, Principal
from gateway.security.profiles import RequestFacts
from tests.unit.services import conftest as services
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, STAFF, shopper
from tests.unit.services.whole import whole_world

# graphql-core, on its own, drops coroutines when a failing sibling cancels them:
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*coroutine object Executor:pytest.PytestUnraisableExceptionWarning"),
]
build, quiet_logs = services.build, services.quiet_logs

PRINCIPALS = (ANONYMOUS, shopper("ada@example.com"), shopper("nobody@example.com"), STAFF, KIOSK)
FAULTS: tuple[AdapterError, ...] = (Unavailable(), RateLimited(retry_after=1.0), InvalidAnswer(), AmbiguousKey())
SEEDS = [pytest.param(seed, marks=pytest.mark.full if seed < 104 else pytest.mark.soak) for seed in range(100, 120)]
KEYS = ("MUG", "BOWL", "p1", "ada@example.com", "1", "10", "50", "70")


def samples(ids: dict[str, str]) -> Samples:
    """Arguments that mean something in that world, and some that do not."""
    return {
        "id": (*ids.values(), "nonsense"),
        "sku": ("MUG", "BOWL", "NONE"),
        "slug": ("p1", "none"),
        "barcode": ("4006381333931", "0"),
        "email": ("ada@example.com", "bob@example.com"),
        "key": ("10", "11", "20", "none"),
        "category": ("11", "none"),
        "collection": ("20",),
        "query": ("mug", ""),
        "first": (1, 2, 5, 1000),
        "after": ("forged",),
        "country": ("GB", "JP"),
        "language": ("en", "ja"),
        "locale": ("en-GB", "ja", "xx"),
        "quantity": (1, 10, 0, -1),
        "storeIds": (ids["store"], "nonsense"),
        "latitude": (51.5, 91.0),
        "longitude": (-0.12,),
    }


def caller(world: World, principal: Principal) -> Callable[[], OperationContext]:
    """Contexts of one moment, so that two executions can be compared."""
    factory = ContextFactory(world.services, world.profiles)
    first = factory(principal, world.profiles.of(principal), RequestFacts())
    return lambda: OperationContext(world.services, first.scope)


def weather(world: World, draw: random.Random) -> None:
    """A good day, or one on which something is down, failing, ambiguous or slow."""
    for backend in world.adapters.values():
        backend.down = draw.random() < 0.08
        backend.delay = draw.choice((0.0, 0.0, 0.0, 0.001))
        operations = sorted(backend.operations)
        some = draw.sample(operations, draw.choice((0, 0, 1, 3)))
        backend.failing = {operation: draw.choice(FAULTS) for operation in some}
        backend.fail_keys = {key: draw.choice(FAULTS) for key in draw.sample(KEYS, draw.choice((0, 0, 2)))}


async def compare_many(build: Build, seed: int, count: int) -> Counter[str]:
    world, ids = await whole_world(build)
    schema: GraphQLSchema = world.engine.schema
    generator = OperationGenerator(schema, seed, samples(ids))
    engine: Engine = world.engine
    outcomes: Counter[str] = Counter()
    draw = random.Random(seed)
    while sum(outcomes.values()) < count:
        operation = generator.operation(mutation_share=0)
        if engine.documents.get(operation.text).errors:
            continue
        for variables in operation.variables:
            weather(world, draw)
            who: Any = caller(world, draw.choice(PRINCIPALS))
            result = await compare(engine, schema, OperationRequest(operation.text, variables), who)
            outcomes[f"{result.executor}, {'errors' if result.errors else 'clean'}"] += 1
    return outcomes


@pytest.mark.parametrize("seed", range(2))
async def test_random_queries_are_answered_as_graphql_core_answers_them(build: Build, seed: int) -> None:
    outcomes = await compare_many(build, seed, 500)
    assert outcomes["plan, clean"] > 50, outcomes
    assert outcomes["plan, errors"] > 50, outcomes


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", SEEDS)
async def test_twenty_thousand_queries_are_answered_as_graphql_core_answers_them(build: Build, seed: int) -> None:
    await compare_many(build, seed, 1_000)


async def test_what_the_backends_were_asked_is_explained(build: Build) -> None:
    world, _ = await whole_world(build)
    context = caller(world, STAFF)()
    context.explain = True
    text = '{ product(by: {sku: "MUG"}) { variants { price { current { gross { amount } } } } } }'
    result = await world.engine.execute(OperationRequest(text), context)
    assert result.errors is None
    explanation = (result.extensions or {})["explain"]
    assert [step["field"] for level in explanation["levels"] for step in level] == ["Query.product", "Variant.price"]
    asked = Counter((call["backend"], call["operation"]) for call in explanation["calls"])
    made = Counter((name, one.operation) for name, adapter in world.adapters.items() for one in adapter.asked)
    assert asked == {("shop", "product.get_products"): 1, ("shop", "price.get_prices"): 1}
    assert asked.keys() <= made.keys()
    assert {call["outcome"] for call in explanation["calls"]} == {"ok"}


async def test_backends_are_explained_by_name_to_staff_and_by_alias_to_others(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = await whole_world(build)
    monkeypatch.setattr(world.services.ownership, "alias", "the {}".format)
    told: list[set[str]] = []
    for principal in (STAFF, ANONYMOUS):
        context = caller(world, principal)()
        context.explain = True
        text = '{ product(by: {sku: "MUG"}) { slug } }'
        explanation = ((await world.engine.execute(OperationRequest(text), context)).extensions or {})["explain"]
        told += [{step["backend"] for step in explanation[part]} for part in ("calls", "totals")]
    assert told == [{"shop"}, {"shop"}, {"the shop"}, {"the shop"}]
