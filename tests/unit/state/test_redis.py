"""Two gateways over one Redis, and over none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway.calls.attempt.rates import RateBudget
from gateway.calls.operation.cache import ABSENT, AnswerCache, Entry
from gateway.calls.operation.shared import Reader, place_of, read, reader_of, written
from gateway.errors import ConfigurationError, RateLimited
from gateway.model.context import CallContext, Priority
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.ports.price import GET_PRICES
from gateway.ports.transport import ThrottleSignal
from gateway.state.rate_ledger import RedisLedger
from gateway.state.redis_link import RedisLink
from gateway.state.shared_answers import RedisAnswers

from .servers import RedisServer, free_port

pytestmark = pytest.mark.redis

SCOPE = ("shop", "price.get_prices", (None, "GB", "GBP", None, None, None), None)
PRICES = cast("Reader", reader_of(GET_PRICES))
KEY = PriceKey("S1", Decimal(2), "dozen")
PRICE = Price(
    TaxedMoney(gross=Money(Decimal("13.327333"), "GBP"), treatment=TaxTreatment.INCLUDED),
    Freshness("shop", datetime(2026, 11, 1, 12, 0, 0, 1, tzinfo=UTC)),
    valid_until=datetime(2026, 12, 1, tzinfo=UTC),
)


class Gateway:
    """One of several: a cache of its own, and the shared one."""

    def __init__(self, url: str) -> None:
        self.link = RedisLink(url)
        self.local = AnswerCache()
        self.answers = RedisAnswers(self.link, self.local)

    async def keep(self, value: Any, *tags: str, seconds: float = 60.0) -> None:
        import time

        now = time.monotonic()
        entry = Entry(value, now, now + seconds, now + seconds, tags)
        self.local.adopt(SCOPE, KEY, entry)
        await self.answers.put("shop", [(place_of(SCOPE, KEY), written(entry), seconds, tags)])

    async def found(self) -> Any:
        body = (await self.answers.get([place_of(SCOPE, KEY)]))[0]
        entry = read(PRICES, body) if body is not None else None
        return entry.value if entry is not None else None

    async def close(self) -> None:
        await self.answers.close()
        await self.link.close()


@pytest.fixture
async def pair(redis: RedisServer) -> AsyncIterator[tuple[Gateway, Gateway]]:
    both = Gateway(redis.url), Gateway(redis.url)
    for gateway in both:
        await gateway.answers.start()
    yield both
    for gateway in both:
        await gateway.close()


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.01)


async def test_what_one_gateway_learnt_the_other_knows(pair: tuple[Gateway, Gateway]) -> None:
    one, two = pair
    await one.keep(PRICE, "price:S1")
    assert await two.found() == PRICE
    await one.keep(ABSENT, "price:S1")
    assert await two.found() is ABSENT


async def test_an_answer_ends_in_redis_too(pair: tuple[Gateway, Gateway], redis: RedisServer) -> None:
    one, two = pair
    await one.keep(PRICE, "price:S1", seconds=0.05)
    await asyncio.sleep(0.1)
    assert await two.found() is None
    client: Any = two.link.client
    assert await client.keys("*") == []


async def test_what_one_is_told_the_other_forgets(pair: tuple[Gateway, Gateway]) -> None:
    one, two = pair
    await one.keep(PRICE, "price", "price:S1")
    await two.keep(PRICE, "price", "price:S1")
    await one.answers.invalidate("shop", ["price:S1"])
    assert await two.found() is None
    await until(lambda: two.local.find(SCOPE, KEY) is None)


async def test_other_backends_and_tags_stay(pair: tuple[Gateway, Gateway]) -> None:
    one, two = pair
    await one.keep(PRICE, "price:S1")
    await one.answers.invalidate("shop", ["price:S2"])
    await one.answers.invalidate("erp", ["price:S1"])
    assert await two.found() == PRICE


async def test_what_was_stored_just_after_it_changed_is_forgotten_a_moment_later(
    pair: tuple[Gateway, Gateway],
) -> None:
    one, two = pair
    await one.answers.invalidate("shop", ["price:S1"])
    await two.keep(PRICE, "price:S1")  # it was on its way
    assert await two.found() == PRICE
    for _ in range(200):
        await asyncio.sleep(0.02)
        if await two.found() is None:
            return
    pytest.fail("the old answer stayed")


async def test_without_redis_everything_goes_on_and_says_so_once(redis: RedisServer) -> None:
    gateway = Gateway(redis.url)
    await gateway.answers.start()
    await gateway.keep(PRICE, "price:S1")
    with capture_logs() as logs:
        redis.kill()
        for _ in range(20):
            assert await gateway.found() is None
            await gateway.keep(PRICE, "price:S1")
            await gateway.answers.invalidate("shop", ["price:S2"])
        assert not gateway.link.is_up
        redis.start()
        await asyncio.sleep(1.1)
        await gateway.keep(PRICE, "price:S1")
        assert await gateway.found() == PRICE
        await until(lambda: len(gateway.local) in (0, 1))
    assert [entry["event"] for entry in logs] == ["redis_away_going_on_in_process", "redis_back"]
    await gateway.close()


async def test_news_missed_while_redis_was_away_cost_the_local_cache(redis: RedisServer) -> None:
    gateway = Gateway(redis.url)
    await gateway.answers.start()
    await gateway.keep(PRICE, "price:S1")
    redis.kill()
    await asyncio.sleep(0.1)
    assert gateway.local.find(SCOPE, KEY) is not None, "it is used for as long as there is no other"
    redis.start()
    await until(lambda: gateway.local.find(SCOPE, KEY) is None)
    await gateway.close()


async def test_a_redis_that_answers_too_late_is_asked_once_and_left_alone(
    pair: tuple[Gateway, Gateway], redis: RedisServer
) -> None:
    one, _ = pair
    await one.keep(PRICE, "price:S1")
    redis.hold(still=True)
    with capture_logs() as logs:
        for _ in range(50):
            assert await one.found() is None
    assert [entry["event"] for entry in logs] == ["redis_away_going_on_in_process"]
    assert one.local.find(SCOPE, KEY) is not None
    redis.hold(still=False)
    await asyncio.sleep(1.1)
    assert await one.found() == PRICE


async def test_a_redis_that_forgot_everything_is_filled_again(pair: tuple[Gateway, Gateway]) -> None:
    one, two = pair
    await one.keep(PRICE, "price:S1")
    budget = RateBudget("shop", ledger=RedisLedger(one.link))
    await budget.take(1.0, CallContext.within(5))
    client: Any = one.link.client
    await client.flushall()
    await client.script_flush()
    assert await two.found() is None
    await one.keep(PRICE, "price:S1")
    assert await two.found() == PRICE
    await budget.take(1.0, CallContext.within(5))
    await budget.close()


async def test_a_redis_that_was_never_there_is_no_reason_not_to_start() -> None:
    gateway = Gateway(f"redis://127.0.0.1:{free_port()}/0")
    await gateway.answers.start()
    assert await gateway.found() is None
    await gateway.close()


def test_a_url_that_makes_no_sense_is_the_operators_mistake() -> None:
    with pytest.raises(ConfigurationError, match=r"gateway\.redis"):
        RedisLink("nonsense")


def test_what_another_release_wrote_is_not_read() -> None:
    assert read(PRICES, b"\x93\x01\x02\x03") is None


async def test_two_gateways_never_draw_the_same_point(pair: tuple[Gateway, Gateway]) -> None:
    budgets = [RateBudget("shop", ledger=RedisLedger(gateway.link)) for gateway in pair]
    full = ThrottleSignal(remaining=100.0, capacity=100.0, restore_rate=0.001)
    for budget in budgets:
        await budget.take(0.0, CallContext.within(5))
        budget.learn(full, 0.0)
        await budget.close()
    drawn = 0
    for number in range(60):
        try:
            await budgets[number % 2].take(5.0, CallContext.within(0.5, priority=Priority.CHECKOUT))
            drawn += 1
        except RateLimited:
            pass
    assert drawn == 20


async def test_a_pause_told_to_one_holds_the_other_back(pair: tuple[Gateway, Gateway]) -> None:
    one, two = (RateBudget("shop", ledger=RedisLedger(gateway.link)) for gateway in pair)
    await one.take(1.0, CallContext.within(5))
    one.learn(ThrottleSignal(limited=True, retry_after=30.0), 1.0)
    await one.close()
    with pytest.raises(RateLimited) as refused:
        await two.take(1.0, CallContext.within(60.0))
    assert refused.value.retry_after == pytest.approx(30.0, abs=5.0)


async def test_without_redis_each_gateway_follows_what_it_sees_itself(redis: RedisServer) -> None:
    gateway = Gateway(redis.url)
    budget = RateBudget("shop", ledger=RedisLedger(gateway.link))
    redis.kill()
    await budget.take(1.0, CallContext.within(5))
    budget.learn(ThrottleSignal(limited=True, retry_after=30.0), 1.0)
    with pytest.raises(RateLimited):
        await budget.take(1.0, CallContext.within(5))
    await budget.close()
    await gateway.close()
