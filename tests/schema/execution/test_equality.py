"""The engine answers what graphql-core answers, over thousands of random operations."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from execution_equality import compare
from execution_shop import build
from execution_world import Context, World
from operation_generator import OperationGenerator

from gateway.execution import Engine, OperationRequest
from gateway.execution.declare.checks import graphql_schema

# graphql-core, on its own, drops coroutines when a failing sibling cancels them:
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*coroutine object Executor:pytest.PytestUnraisableExceptionWarning"),
]
WRITES = frozenset({"rename", "bump"})
NOTHING: frozenset[str] = frozenset()
SEEDS = [pytest.param(seed, marks=pytest.mark.full if seed < 104 else pytest.mark.soak) for seed in range(100, 110)]
PRINCIPALS = ((), ("staff",), ("staff", "boss"))


def visitor(seed: int, index: int) -> Callable[[], Context]:
    """Who asks, and on what kind of day: from the seed."""
    draw = random.Random(f"{seed}/{index}")
    mischief = draw.choices((0, 1, 2), (1, 3, 2))[0]
    roles = draw.choice(PRINCIPALS)
    personal_data = draw.random() < 0.8
    world = draw.randrange(10_000)
    return lambda: Context(World(world, mischief), roles, personal_data)


async def compare_many(seed: int, count: int) -> Counter[str]:
    """Compare `count` executions, two for each document; how they were answered."""
    schema = build()
    engine = Engine(schema, max_bytes=3_000_000)
    generator = OperationGenerator(graphql_schema(schema), seed)
    outcomes: Counter[str] = Counter()
    index = 0
    while sum(outcomes.values()) < count:
        index += 1
        operation = generator.operation()
        if engine.documents.get(operation.text).errors:
            continue
        for variables in operation.variables:
            request = OperationRequest(operation.text, variables)
            who, writes = visitor(seed, index), WRITES if operation.mutates else NOTHING
            result = await compare(engine, graphql_schema(schema), request, who, writes)
            outcomes[f"{result.executor}, {'errors' if result.errors else 'clean'}"] += 1
    assert engine.counters.plans_evicted < engine.counters.plans_compiled
    return outcomes


@pytest.mark.parametrize("seed", range(2))
async def test_random_operations_are_answered_as_graphql_core_answers_them(seed: int) -> None:
    outcomes = await compare_many(seed, 500)
    assert outcomes["plan, errors"] > 100, outcomes
    assert outcomes["plan, completed by graphql-core, errors"] > 20, outcomes


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", SEEDS)
async def test_ten_thousand_operations_are_answered_as_graphql_core_answers_them(seed: int) -> None:
    await compare_many(seed, 1_000)
