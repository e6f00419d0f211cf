"""Two whole gateways over one Redis: what one is told the other acts on; without Redis each goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.calls.operation.cache import AnswerCache
from gateway.calls.operation.caller import BackendCaller, BoundBackend
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.price import GET_PRICES
from gateway.state.shared import Shared, open_shared

from .servers import RedisServer

pytestmark = pytest.mark.redis

GB = CommerceContext(country="GB", currency="GBP", language="en")


class Source:
    """The one backend both gateways ask."""

    name = "shop"

    def __init__(self) -> None:
        self.amount = Decimal(1)
        self.asked = 0

    async def get_prices(self, keys: Any, context: Any, call: CallContext) -> dict[PriceKey, Price]:
        from datetime import UTC, datetime

        self.asked += 1
        freshness = Freshness("shop", datetime.now(UTC))
        return {key: Price(TaxedMoney(gross=Money(self.amount, "GBP")), freshness) for key in keys}


class Gateway:
    def __init__(self, source: Source, url: str) -> None:
        spec = OperationSpec(vary_on=frozenset({"currency"}), time_to_live=60.0)
        backend = Backend(ports=(source,), probe=source)  # type: ignore[arg-type]
        manifest = Manifest(
            name="shop",
            title="Shop",
            api_version="1",
            config=AdapterConfig,
            create=lambda _: backend,
            operations={GET_PRICES.name: spec},
        )
        bound = BoundBackend(name="shop", alias="shop", backend=backend, manifest=manifest)
        cache = AnswerCache()
        shared = open_shared(url, cache)
        assert shared is not None
        self.shared: Shared = shared
        self.heard: list[str | None] = []
        self.caller = BackendCaller({"shop": bound}, cache=cache, shared=shared.answers)
        shared.answers.on_changed = lambda backend, tags: self.heard.append(backend)

    async def price(self, sku: str = "S1") -> Decimal | str:
        answers = await self.caller.keyed("shop", GET_PRICES, [PriceKey(sku)], GB, CallContext.within(5))
        answer = answers[PriceKey(sku)]
        return answer.code if isinstance(answer, AdapterError) else answer.current.stated.amount

    async def close(self) -> None:
        await self.caller.close()
        await self.shared.close()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def pair(source: Source, redis: RedisServer) -> AsyncIterator[tuple[Gateway, Gateway]]:
    both = Gateway(source, redis.url), Gateway(source, redis.url)
    for gateway in both:
        await gateway.shared.start()
    yield both
    for gateway in both:
        await gateway.close()


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.01)


async def test_the_second_gateway_need_not_ask(pair: tuple[Gateway, Gateway], source: Source) -> None:
    assert [await gateway.price() for gateway in pair] == [1, 1]
    assert source.asked == 1


async def test_a_change_told_to_one_is_seen_by_the_other(pair: tuple[Gateway, Gateway], source: Source) -> None:
    one, two = pair
    assert [await gateway.price() for gateway in pair] == [1, 1]
    source.amount = Decimal(2)
    await one.caller.invalidate("shop", ["price:S1"])
    await until(lambda: two.heard)
    assert [await gateway.price() for gateway in pair] == [2, 2]
    assert two.heard == ["shop"]


async def test_killing_redis_in_the_middle_costs_no_answer(
    pair: tuple[Gateway, Gateway], source: Source, redis: RedisServer
) -> None:
    wrong = 0
    for number in range(60):
        if number == 20:
            redis.kill()
        if number == 40:
            redis.start()
        for gateway in pair:
            wrong += await gateway.price(f"S{number % 7}") != 1
        await asyncio.sleep(0.005)
    assert wrong == 0


def test_a_gateway_that_is_alone_shares_nothing(tmp_path: Path) -> None:
    assert open_shared("", AnswerCache()) is None
