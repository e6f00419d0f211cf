"""A mutation the whole way down to a write port and back, under both executors. The product's schema has none yet: this
one is the test's own, over the product's engine, services and calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import pytest
import strawberry
import structlog
from structlog.testing import capture_logs

from gateway.calls.attempt.concurrency import BEGUN, Begun
from gateway.context import ContextFactory, OperationContext
from gateway.errors import GatewayError, Unavailable
from gateway.execution import Engine, OperationRequest, Result, batched, original, records
from gateway.execution.plan.plan import Unplannable
from gateway.execution.run.engine import BY_PLAN
from gateway.model.money import Money
from gateway.model.orders import PlacedOrder, PlaceOrder, PlaceOrderLine
from gateway.model.principal import ANONYMOUS
from gateway.ports.order import PLACE_ORDER
from gateway.security.profiles import RequestFacts
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, erp, shop

REFERENCE = "ORDER" + "0" * 21


@strawberry.type(name="Placed", description="An order that was placed.")
class PlacedView:
    is_type_of = records(PlacedOrder)

    number: str = strawberry.field(description="Its number.")


@strawberry.type
class Mutation:
    @batched(PlacedView | None, description="Place an order.")
    @staticmethod
    async def place(
        parents: Sequence[None],
        ctx: OperationContext,
        reference: Annotated[str, strawberry.argument(description="Ours.")],
        pieces: Annotated[int, strawberry.argument(description="How many.")] = 1,
    ) -> Sequence[PlacedOrder | GatewayError]:
        line = PlaceOrderLine("MUG", Decimal(pieces), Money(Decimal(10), "GBP"))
        command = PlaceOrder(reference, (line,))
        return [await ctx.services.systems.write(PLACE_ORDER, command, ctx.commerce, ctx.scope.call)]


@strawberry.type
class Query:
    nothing: int | None = strawberry.field(description="A schema needs a query.", default=None)


SCHEMA = strawberry.Schema(Query, Mutation)


@pytest.fixture
async def world(build: Build) -> World:
    settings = configuration(domains=domains(order={"order": ["shop", "erp"], "fallback": True}))
    return await build(settings, {"shop": shop("MUG"), "erp": erp("MUG")})


@pytest.fixture(params=["plan", "graphql-core"])
def executor(request: pytest.FixtureRequest) -> str:
    return request.param


class NoPlans:
    def get(self, *_: object) -> None:
        raise Unplannable("asked for")


async def mutate(world: World, text: str, executor: str, seconds: float = 10.0) -> Result:
    """As somebody anonymous, by a plan, or as an operation that no plan covers."""
    engine = Engine(SCHEMA)
    if executor == "graphql-core":
        engine._plans = NoPlans()  # type: ignore[assignment] # pyright: ignore
    profile = world.profiles.of(ANONYMOUS)
    context = ContextFactory(world.services, world.profiles)(ANONYMOUS, profile, RequestFacts(deadline=seconds))
    result = await engine.execute(OperationRequest(text, {}), context)
    assert (result.executor == BY_PLAN) == (executor == "plan")
    return result


def codes(result: Result) -> list[Any]:
    return [getattr(original(error), "code", type(error)) for error in result.errors or []]


PLACE = f'mutation {{ place(reference: "{REFERENCE}") {{ number }} }}'


async def test_a_mutation_writes_at_the_owner_and_says_what_it_said(world: World, executor: str) -> None:
    result = await mutate(world, PLACE, executor)
    assert result.errors is None
    assert result.data is not None
    assert result.data["place"] == {"number": "10000"}
    assert world["shop"].effects(REFERENCE) == 1
    again = await mutate(world, PLACE, executor)
    assert again.data is not None
    assert again.data["place"] == {"number": "10000"}
    assert world["shop"].effects(REFERENCE) == 1


async def test_root_fields_are_written_one_after_the_other(world: World, executor: str) -> None:
    fields = " ".join(f'f{number}: place(reference: "{REFERENCE[:-1]}{number}") {{ number }}' for number in range(4))
    result = await mutate(world, f"mutation {{ {fields} }}", executor)
    assert result.errors is None
    assert result.data is not None
    assert [result.data[f"f{number}"]["number"] for number in range(4)] == ["10000", "10001", "10002", "10003"]


async def test_the_owner_alone_is_asked_even_while_it_is_down(world: World, executor: str) -> None:
    refused = Unavailable()
    refused.unsent = True
    world["shop"].failing[PLACE_ORDER.name] = refused
    result = await mutate(world, PLACE, executor)
    assert codes(result) == ["BACKEND_UNAVAILABLE"]
    assert world["erp"].effects(REFERENCE) == 0


async def test_what_a_write_began_to_send_is_one_call_to_the_limit(
    world: World, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turned away as a whole or not at all: half of a write that is called unsent would be written twice."""
    seen: list[Begun | None] = []
    place_order = world["shop"].place_order

    async def noted(*asked: Any) -> PlacedOrder:
        seen.append(BEGUN.get())
        return await place_order(*asked)

    monkeypatch.setattr(world["shop"], "place_order", noted)
    for number in range(2):
        await mutate(world, PLACE.replace(REFERENCE, f"{REFERENCE[:-1]}{number}"), executor)
    assert len({id(begun) for begun in seen if begun is not None}) == 2
    assert BEGUN.get() is None


async def test_a_write_that_fails_is_one_line_with_its_trace(world: World, executor: str) -> None:
    refused = Unavailable(detail="connection refused")
    refused.unsent = True
    world["shop"].failing[PLACE_ORDER.name] = refused
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with capture_logs() as logs:
        await mutate(world, PLACE, executor)
    lines = [entry for entry in logs if entry["event"] == "backend_call_failed"]
    assert [(line["backend"], line["operation"], line["code"]) for line in lines] == [
        ("shop", PLACE_ORDER.name, "BACKEND_UNAVAILABLE")
    ]
    assert lines[0]["detail"] == "connection refused"


async def test_a_deadline_that_passes_after_the_sending_is_an_unknown_outcome(world: World, executor: str) -> None:
    """Seen before: BACKEND_TIMEOUT, retryable, although the order was there."""
    answered = asyncio.Event()

    async def late() -> None:
        await asyncio.sleep(0.6)
        answered.set()

    world["shop"].after_placing = late
    result = await mutate(world, PLACE, executor, seconds=0.2)
    assert codes(result) == ["OUTCOME_UNKNOWN"]
    (error,) = result.errors or []
    told = original(error)
    assert isinstance(told, GatewayError)
    assert told.extensions()["retryable"] is False
    await answered.wait()
    again = await mutate(world, PLACE, executor)
    assert again.data is not None
    assert again.data["place"] == {"number": "10000"}
    assert world["shop"].effects(REFERENCE) == 1


async def test_the_same_reference_with_another_content_is_a_conflict(world: World, executor: str) -> None:
    await mutate(world, PLACE, executor)
    other = PLACE.replace('")', '", pieces: 2)')
    assert codes(await mutate(world, other, executor)) == ["IDEMPOTENCY_CONFLICT"]


async def test_what_the_owner_refuses_is_refused_and_free_again(world: World, executor: str) -> None:
    none = PLACE.replace('")', '", pieces: 0)')
    assert codes(await mutate(world, none, executor)) == ["BACKEND_REFUSED"]
    result = await mutate(world, PLACE, executor)
    assert result.errors is None
