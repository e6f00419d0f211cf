"""A sale ends when it says it ends, whoever kept its price meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.shared import SharedAnswers
from gateway.errors import Unavailable, UnsupportedPriceRule
from gateway.model.context import CallContext
from gateway.model.horizon import horizon_of
from gateway.model.money import TaxedMoney
from gateway.model.pricing import Price, QuantityBreak
from gateway.model.touched import TOUCHED, Touched
from gateway.ports.price import GET_PRICES

from .conftest import GB, SPEC, Shop, bound, keys, price

SALE, REGULAR = Decimal(6), Decimal(9)


class Clock:
    """Both clocks, moved by hand; `sleep` moves the wall alone, as a machine that is suspended does."""

    def __init__(self) -> None:
        self._monotonic, self._wall = time.monotonic, time.time
        self.ahead = self.slept = 0.0

    def monotonic(self) -> float:
        return self._monotonic() + self.ahead

    def time(self) -> float:
        return self._wall() + self.ahead + self.slept

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock.monotonic)
    monkeypatch.setattr("time.time", clock.time)
    return clock


class Till(Shop):
    """Sells S1 for 6.00 until the sale is over, then for 9.00; `dated` says how it tells."""

    def __init__(self, clock: Clock, dated: Callable[[Price, datetime], Price]) -> None:
        super().__init__()
        self.clock = clock
        self.ends = clock.now() + timedelta(seconds=20)
        self.dated = dated
        self.late = 0.0

    async def get_prices(self, keys, context, call):  # type: ignore[no-untyped-def]
        sale = self.dated(price(SALE), self.ends)
        on_sale = self.clock.now() < self.ends
        await self._work([key.sku for key in keys], call)
        self.clock.ahead += self.late
        self.late = 0.0
        return {key: sale if on_sale else price(REGULAR) for key in keys}


def by_its_end(sale: Price, ends: datetime) -> Price:
    return replace(sale, valid_until=ends)


def by_the_next_change(sale: Price, ends: datetime) -> Price:
    return replace(sale, changes_at=ends, valid_until=ends + timedelta(days=30))


def by_a_break(sale: Price, ends: datetime) -> Price:
    return replace(sale, breaks=(QuantityBreak(Decimal(10), sale.current, valid_until=ends),))


@pytest.fixture(params=[by_its_end, by_the_next_change, by_a_break])
def till(request: pytest.FixtureRequest, clock: Clock) -> Till:
    return Till(clock, request.param)


@pytest.fixture
def telling() -> Generator[Touched]:
    told = Touched()
    token = TOUCHED.set(told)
    yield told
    TOUCHED.reset(token)


async def ask(caller: BackendCaller, **parts: object) -> Decimal | str:
    (answer,) = (await caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(60.0, **parts))).values()
    return answer.current.stated.amount if isinstance(answer, Price) else answer.code


async def test_the_cache_keeps_a_sale_until_its_end_and_not_a_moment_longer(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till)})
    assert await ask(caller) == SALE
    clock.ahead = 19.9
    assert await ask(caller) == SALE
    assert len(till.asked) == 1
    clock.ahead = 20.0
    assert await ask(caller) == REGULAR
    await caller.close()


async def test_a_machine_that_slept_does_not_sell_yesterdays_sale(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till)})
    assert await ask(caller) == SALE
    clock.slept = 20.0
    assert await ask(caller) == REGULAR
    await caller.close()


async def test_nothing_is_served_stale_beyond_its_end_while_it_is_renewed(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till, get_prices=replace(SPEC, time_to_live=10.0))})
    assert await ask(caller) == SALE
    clock.ahead = 15.0
    till.gate.clear()
    assert await ask(caller) == SALE  # stale, and a renewal is on its way
    clock.ahead = 20.0
    till.gate.set()
    assert await ask(caller) == REGULAR
    await caller.close()


async def test_a_source_that_is_down_ends_no_later(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till, get_prices=replace(SPEC, time_to_live=10.0))})
    assert await ask(caller) == SALE
    till.failure = Unavailable()
    clock.ahead = 15.0
    assert await ask(caller) == SALE
    clock.ahead = 20.0
    assert await ask(caller) == "BACKEND_UNAVAILABLE"
    await caller.close()


async def test_an_answer_that_ends_on_its_way_is_asked_anew(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till)})
    clock.ahead, till.late = 19.0, 2.0
    assert await ask(caller) == REGULAR
    assert len(till.asked) == 2
    assert await ask(caller) == REGULAR
    assert len(till.asked) == 2
    await caller.close()


async def test_nobody_is_given_a_sale_by_a_flight_that_took_off_before_its_end(till: Till, clock: Clock) -> None:
    caller = BackendCaller({"shop": bound(till, get_prices=replace(SPEC, time_to_live=0.0))})
    till.gate.clear()
    first = asyncio.create_task(ask(caller))
    await asyncio.sleep(0.01)
    clock.ahead = 21.0
    second = asyncio.create_task(ask(caller))
    await asyncio.sleep(0.01)
    till.gate.set()
    assert [await first, await second] == [REGULAR, REGULAR]
    await caller.close()


async def test_what_its_source_insists_on_is_marked_and_kept_by_nobody(clock: Clock, telling: Touched) -> None:
    till = Till(clock, by_its_end)
    caller = BackendCaller({"shop": bound(till)})

    def over(sale: Price, ends: datetime) -> Price:
        return replace(sale, valid_until=clock.now() - timedelta(seconds=1))

    till.dated = over
    (answer,) = (await caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(5))).values()
    assert isinstance(answer, Price)
    assert (answer.freshness.stale, answer.freshness.reason) == (True, "OVER_AT_SOURCE")
    assert not telling.shareable
    assert len(till.asked) == 2
    await ask(caller)
    assert len(till.asked) == 4
    await caller.close()


async def test_a_refusal_ends_with_the_rule_it_is_about(clock: Clock) -> None:
    shop = Shop()
    ends = clock.now() + timedelta(seconds=3)
    shop.prices["S1"] = UnsupportedPriceRule(horizon=ends)
    caller = BackendCaller({"shop": bound(shop)})
    assert await ask(caller) == "UNSUPPORTED_PRICE_RULE"
    shop.prices["S1"] = Decimal(5)
    assert await ask(caller) == "UNSUPPORTED_PRICE_RULE"
    clock.ahead = 3.0
    assert await ask(caller) == 5
    await caller.close()


async def test_whoever_keeps_the_whole_answer_is_told_the_earliest_end(till: Till, telling: Touched) -> None:
    caller = BackendCaller({"shop": bound(till)})
    for _ in range(2):  # from the source, and from the cache
        telling.horizon = inf
        await ask(caller)
        assert telling.horizon == till.ends.timestamp()
    await caller.close()


class Store(SharedAnswers):
    """A store that forgets nothing by itself, and remembers for how long it was asked to keep."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.seconds: list[float] = []

    async def get(self, places: Sequence[bytes]) -> Sequence[bytes | None]:
        return [self.kept.get(place) for place in places]

    async def put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
        for place, entry, seconds, _ in entries:
            self.kept[place] = entry
            self.seconds.append(seconds)

    async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
        self.kept.clear()


async def test_gateways_that_share_a_cache_share_its_end(till: Till, clock: Clock) -> None:
    store = Store()
    one, other = (BackendCaller({"shop": bound(till)}, shared=store) for _ in range(2))
    assert await ask(one) == SALE
    assert store.seconds == [pytest.approx(20.0, abs=0.5)]
    clock.ahead = 19.5
    assert await ask(other) == SALE
    assert len(till.asked) == 1
    clock.ahead = 20.0
    third = BackendCaller({"shop": bound(till)}, shared=store)
    assert [await ask(other), await ask(third)] == [REGULAR, REGULAR]
    for caller in (one, other, third):
        await caller.close()


NOW = datetime(2026, 11, 29, tzinfo=UTC)
INSTANTS = st.none() | st.integers(0, 1000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(INSTANTS, INSTANTS, st.lists(INSTANTS, max_size=4))
def test_the_horizon_is_the_earliest_end_of_any_part(
    until: datetime | None, changes: datetime | None, steps: list[datetime | None]
) -> None:
    breaks = tuple(QuantityBreak(Decimal(2), TaxedMoney(), valid_until=end) for end in steps)
    dated = replace(price(SALE), valid_until=until, changes_at=changes, breaks=breaks)
    stated = [end.timestamp() for end in (until, changes, *steps) if end is not None]
    assert horizon_of(dated) == min(stated, default=inf)
    assert horizon_of((price(SALE), dated, "anything", None)) == horizon_of(dated)
