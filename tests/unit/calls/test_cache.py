from __future__ import annotations

import asyncio
import gc
import random
import time
import tracemalloc
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.calls.operation import cache as cache_module
from gateway.calls.operation.caller import BackendCaller
from gateway.errors import AdapterError, AmbiguousKey, Unavailable
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, Variant
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price
from gateway.model.text import Text
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS

from .conftest import GB, JP, SPEC, Shop, amounts, bound, keys


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self._real = time.monotonic
        self.ahead = 0.0

    def monotonic(self) -> float:
        return self._real() + self.ahead


REF = NativeRef("shop", "ref")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock.monotonic)
    return clock


def soon(**parts: object) -> CallContext:
    return CallContext.within(5.0, **parts)


async def price_of(
    caller: BackendCaller, sku: str, call: CallContext, context: CommerceContext = GB
) -> Price | AdapterError:
    return (await caller.keyed("shop", GET_PRICES, keys(sku), context, call))[keys(sku)[0]]


async def test_a_second_read_asks_nobody(caller: BackendCaller, shop: Shop) -> None:
    for _ in range(3):
        assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())) == {"S1": 1, "S2": 2}
    assert shop.asked == [("S1", "S2")]


async def test_only_unknown_keys_are_asked(caller: BackendCaller, shop: Shop) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    assert shop.asked == [("S1",), ("S2",)]


async def test_declared_parts_of_the_context_keep_answers_apart(caller: BackendCaller, shop: Shop) -> None:
    british, japanese = await price_of(caller, "S1", soon()), await price_of(caller, "S1", soon(), JP)
    assert isinstance(british, Price)
    assert isinstance(japanese, Price)
    assert (british.current.currency, japanese.current.currency) == ("GBP", "JPY")
    undeclared = CommerceContext(country="IE", currency="GBP", language="ga")
    await price_of(caller, "S1", soon(), undeclared)
    assert shop.asked == [("S1",), ("S1",)]


async def test_people_never_meet(caller: BackendCaller, shop: Shop) -> None:
    for _ in range(2):
        for person in ("ann", "bob"):
            answers = await caller.keyed("shop", PRICE_CONTEXT, [REF], GB, soon(person=person))
            assert answers == {REF: f"group of {person}"}
    assert len(shop.asked) == 2


async def test_a_fresh_read_goes_past_the_cache_and_renews_it(caller: BackendCaller, shop: Shop) -> None:
    await price_of(caller, "S1", soon())
    shop.prices["S1"] = Decimal(7)
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon(fresh=True))) == {"S1": 7}
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())) == {"S1": 7}
    assert len(shop.asked) == 2


async def test_a_caller_says_how_old_an_answer_may_be(caller: BackendCaller, shop: Shop, clock: Clock) -> None:
    await price_of(caller, "S1", soon())
    clock.ahead = 10.0
    await price_of(caller, "S1", soon(max_age=11.0))
    assert len(shop.asked) == 1
    await price_of(caller, "S1", soon(max_age=9.0))
    assert len(shop.asked) == 2


async def test_an_aged_answer_is_served_marked_while_a_newer_one_is_fetched(
    caller: BackendCaller, shop: Shop, clock: Clock
) -> None:
    await price_of(caller, "S1", soon())
    shop.prices["S1"] = Decimal(7)
    clock.ahead = 61.0
    aged = await price_of(caller, "S1", soon(priority=Priority.CHECKOUT, person="ann", trace_id="t"))
    assert isinstance(aged, Price)
    assert aged.current.stated.amount == 1
    assert aged.freshness.stale
    assert aged.freshness.reason == "REVALIDATING"
    await asyncio.sleep(0.01)
    renewed = await price_of(caller, "S1", soon())
    assert isinstance(renewed, Price)
    assert (renewed.current.stated.amount, renewed.freshness.stale) == (7, False)
    background = shop.calls[1]
    assert (background.priority, background.person, background.trace_id) == (Priority.BACKGROUND, None, "")


async def test_many_readers_of_an_aged_answer_start_one_renewal(
    caller: BackendCaller, shop: Shop, clock: Clock
) -> None:
    await price_of(caller, "S1", soon())
    clock.ahead = 61.0
    shop.gate.clear()
    await asyncio.gather(*(price_of(caller, "S1", soon()) for _ in range(20)))
    await asyncio.sleep(0)
    shop.gate.set()
    assert len(shop.asked) == 2


async def test_an_answer_stands_in_while_its_source_is_down_and_no_longer_than_declared(
    caller: BackendCaller, shop: Shop, clock: Clock
) -> None:
    await price_of(caller, "S1", soon())
    shop.failure = Unavailable()
    clock.ahead = 61.0
    await price_of(caller, "S1", soon())
    await asyncio.sleep(0.01)
    served = await price_of(caller, "S1", soon())
    assert isinstance(served, Price)
    assert (served.freshness.stale, served.freshness.reason) == (True, "BACKEND_UNAVAILABLE")
    clock.ahead = 661.0
    assert isinstance(await price_of(caller, "S1", soon()), Unavailable)


async def test_a_failing_renewal_is_not_repeated_at_every_read(caller: BackendCaller, shop: Shop, clock: Clock) -> None:
    await price_of(caller, "S1", soon())
    shop.failure = Unavailable()
    clock.ahead = 61.0
    for _ in range(20):
        await price_of(caller, "S1", soon())
        await asyncio.sleep(0.001)
    assert len(shop.asked) == 2
    clock.ahead = 63.0
    await price_of(caller, "S1", soon())
    await asyncio.sleep(0.001)
    assert len(shop.asked) == 3


async def test_a_fresh_read_is_never_answered_with_an_old_answer(caller: BackendCaller, shop: Shop) -> None:
    await price_of(caller, "S1", soon())
    shop.failure = Unavailable()
    assert isinstance(await price_of(caller, "S1", soon(fresh=True)), Unavailable)


async def test_failures_are_never_kept(caller: BackendCaller, shop: Shop) -> None:
    shop.failure = Unavailable()
    await price_of(caller, "S1", soon())
    shop.failure = None
    assert isinstance(await price_of(caller, "S1", soon()), Price)


async def test_absence_is_kept_for_a_shorter_time(caller: BackendCaller, shop: Shop, clock: Clock) -> None:
    for _ in range(2):
        assert await caller.keyed("shop", GET_PRICES, keys("NEW"), GB, soon()) == {}
    assert len(shop.asked) == 1
    clock.ahead = 20.0
    shop.prices["NEW"] = Decimal(3)
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("NEW"), GB, soon())) == {"NEW": 3}


async def test_an_ambiguous_key_is_kept_as_the_fact_it_is(caller: BackendCaller, shop: Shop) -> None:
    shop.prices["S1"] = AmbiguousKey()
    for _ in range(2):
        assert isinstance(await price_of(caller, "S1", soon()), AmbiguousKey)
    assert len(shop.asked) == 1


@pytest.mark.parametrize("tag", ["price:S1", "price"])
async def test_a_named_tag_is_asked_anew(caller: BackendCaller, shop: Shop, tag: str) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    shop.prices["S1"] = Decimal(7)
    await caller.invalidate("shop", [tag])
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())) == {"S1": 7}


async def test_other_tags_and_other_backends_are_left_alone(caller: BackendCaller, shop: Shop) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    await caller.invalidate("shop", ["price:S2", "stock:S1", "product"])
    await caller.invalidate("erp", ["price"])
    await price_of(caller, "S1", soon())
    assert len(shop.asked) == 1


async def test_an_answer_on_its_way_when_it_is_invalidated_is_not_kept(caller: BackendCaller, shop: Shop) -> None:
    shop.gate.clear()
    reading = asyncio.create_task(price_of(caller, "S1", soon()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await caller.invalidate("shop", ["price:S1"])
    shop.gate.set()
    await reading
    await price_of(caller, "S1", soon())
    assert len(shop.asked) == 2


async def test_an_older_answer_never_replaces_a_newer_one(caller: BackendCaller, shop: Shop) -> None:
    shop.gate.clear()
    slow = asyncio.create_task(price_of(caller, "S1", soon()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    old_gate, shop.gate = shop.gate, asyncio.Event()
    shop.gate.set()
    shop.prices["S1"] = Decimal(9)
    await price_of(caller, "S1", soon(fresh=True))
    shop.prices["S1"] = Decimal(1)  # what the slow one will come back with
    old_gate.set()
    await slow
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())) == {"S1": 9}


def kept(cache: cache_module.AnswerCache, key: Hashable, value: object) -> None:
    scope = cache_module.scope_of("shop", "price.get_prices", SPEC, GB, soon())
    cache.keep(scope, key, value, SPEC, time.monotonic(), ("price", f"price:{key}"))


@pytest.mark.parametrize("length", [10, 1_000, 100_000])
def test_no_more_bytes_are_kept_than_there_is_room_for(length: int) -> None:
    cache = cache_module.AnswerCache(size=2_000_000)
    for number in range(4_000):
        kept(cache, f"{number}" * (length // 4), "one price")
        kept(cache, number, f"{number}" * (length // 4))
        assert cache.bytes <= 2_000_000
    assert len(cache) > 5


def test_what_is_counted_is_about_what_answers_take() -> None:
    def product(number: int, variants: int) -> Product:
        ref = NativeRef("shop", f"p{number}")
        seen = Freshness("shop", datetime.now(UTC))
        made = tuple(
            Variant(NativeRef("shop", f"v{number}-{one}"), ref, f"SKU-{number}-{one}", Text(f"Size {one}", "en"), seen)
            for one in range(variants)
        )
        return Product(ref, Text(f"Product {number}", "en"), seen, variants=made)

    cache = cache_module.AnswerCache()
    draw = random.Random(7)
    gc.collect()
    tracemalloc.start()
    for number in range(2_000):
        kept(cache, ProductKey(ProductKeyKind.SLUG, f"slug-{number}"), product(number, draw.choice((1, 3, 3, 30))))
        kept(cache, ProductKey(ProductKeyKind.SLUG, f"none-{number}"), cache_module.ABSENT)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.8 * taken < cache.bytes < 2 * taken


async def test_clearing_forgets_what_is_on_its_way_too(shop: Shop) -> None:
    cache = cache_module.AnswerCache()
    caller = BackendCaller({"shop": bound(shop)}, cache=cache)
    await price_of(caller, "S1", soon())
    shop.gate.clear()
    flying = asyncio.create_task(price_of(caller, "S2", soon()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cache.clear()
    shop.gate.set()
    await flying
    assert len(cache) == 0


async def test_personal_answers_are_not_renewed_in_nobodys_name(shop: Shop, clock: Clock) -> None:
    caller = BackendCaller(
        {"shop": bound(shop, price_context=OperationSpec(personal=True, time_to_live=1, stale_for=60))}
    )
    call = soon(person="ann")
    await caller.keyed("shop", PRICE_CONTEXT, [REF], GB, call)
    clock.ahead = 2.0
    await caller.keyed("shop", PRICE_CONTEXT, [REF], GB, soon(person="ann"))
    assert [call.person for call in shop.calls] == ["ann", "ann"]


def test_the_spec_used_here_is_cached() -> None:
    assert SPEC.time_to_live == 60
    assert SPEC.stale_for == 600


MUG = ProductKey(ProductKeyKind.SLUG, "mug")


async def test_a_source_that_went_back_is_believed_after_a_while(
    shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that is behind catches up; a restored backup does not."""
    versions = {"now": 2}

    async def get_products(keys: Sequence[ProductKey], context: object, call: CallContext) -> Mapping[ProductKey, Any]:
        return {key: product(versions["now"]) for key in keys}

    monkeypatch.setattr(shop, "get_products", get_products, raising=False)
    monkeypatch.setattr(shop, "list_products", get_products, raising=False)
    caller = BackendCaller({"shop": bound(shop, get_products=replace(SPEC, time_to_live=5.0, stale_for=600.0))})

    async def served(**parts: object) -> tuple[int, str | None]:
        (found,) = (await caller.keyed("shop", GET_PRODUCTS, [MUG], GB, soon(**parts))).values()
        assert isinstance(found, Product)
        assert found.updated_at is not None
        return found.updated_at.day, found.freshness.reason

    assert await served() == (2, None)
    versions["now"] = 1
    clock.ahead = 59.0
    assert await served(fresh=True) == (2, "OLDER_ANSWER_REFUSED")
    clock.ahead = 61.0
    assert await served(fresh=True) == (1, None)
    assert await served() == (1, None)
    versions["now"] = 3
    assert await served(fresh=True) == (3, None)
    await caller.close()


async def test_a_restored_backup_is_seen_though_nobody_asks_for_fresh_answers(
    shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"now": 2}

    async def get_products(keys: Sequence[ProductKey], context: object, call: CallContext) -> Mapping[ProductKey, Any]:
        return {key: product(versions["now"]) for key in keys}

    monkeypatch.setattr(shop, "get_products", get_products, raising=False)
    monkeypatch.setattr(shop, "list_products", get_products, raising=False)
    caller = BackendCaller({"shop": bound(shop, get_products=replace(SPEC, time_to_live=5.0, stale_for=30.0))})
    seen: list[int] = []
    for second in range(0, 120, 4):
        clock.ahead = float(second)
        (found,) = (await caller.keyed("shop", GET_PRODUCTS, [MUG], GB, soon())).values()
        await asyncio.sleep(0.001)
        assert isinstance(found, Product)
        assert found.updated_at is not None
        seen.append(found.updated_at.day)
        versions["now"] = 1
    assert seen[:5] == [2] * 5
    assert seen[-5:] == [1] * 5
    await caller.close()


def product(day: int) -> Product:
    """As its owner last changed it on that day."""
    at = datetime(2026, 11, day, tzinfo=UTC)
    return Product(NativeRef("shop", "1"), Text("Mug", "en"), Freshness("shop", at), updated_at=at)


def test_a_kept_error_keeps_no_frame_of_those_it_came_through() -> None:
    cache = cache_module.AnswerCache()
    try:
        raise AmbiguousKey()
    except AmbiguousKey as error:
        kept(cache, "S1", error)
    scope = cache_module.scope_of("shop", "price.get_prices", SPEC, GB, soon())
    entry = cache.find(scope, "S1")
    assert entry is not None
    assert isinstance(entry.value, AmbiguousKey)
    assert entry.value.__traceback__ is None
    assert not gc.is_tracked(entry)
