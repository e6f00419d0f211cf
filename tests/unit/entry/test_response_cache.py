"""The cache of finished answers: time, room, tags, and changes that happen meanwhile."""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from typing import Any, cast

import pytest

from gateway.entry.response_cache import RECENT, ResponseCache, key_of
from gateway.model.context import CommerceContext
from gateway.model.touched import MOST_TAGS, TOUCHED, Touched, touched

GB = CommerceContext(country="GB", currency="GBP", language="en")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_lasts_as_long_as_its_hint() -> None:
    clock = Clock()
    cache = ResponseCache(clock=clock)
    cache.put("k", b"x", seconds=10, tags=["price:a"], moment=cache.moment())
    clock.now += 9.9
    assert cache.get("k") is not None
    clock.now += 0.2
    assert cache.get("k") is None
    assert len(cache) == 0


def test_the_least_recently_used_goes_first() -> None:
    cache = ResponseCache(entries=2)
    for key in ("a", "b"):
        cache.put(key, b"x", seconds=10, tags=["t:1"], moment=0)
    cache.get("a")
    cache.put("c", b"x", seconds=10, tags=["t:1"], moment=0)
    assert [cache.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]


def test_bytes_are_bounded_and_given_back() -> None:
    cache = ResponseCache(size=20_000)
    for key in range(50):
        cache.put(key, b"x" * 1_000, seconds=10, tags=[f"t:{key}"], moment=0)
    assert len(cache) == 10
    assert cache.invalidate(["t"]) == 10
    cache.put("large", b"x" * 18_000, seconds=10, tags=["t:1"], moment=cache.moment())
    assert cache.get("large") is not None


def test_what_an_answer_was_made_of_counts_too() -> None:
    cache = ResponseCache(size=1_000_000)
    gc.collect()
    tracemalloc.start()
    for key in range(1_000):
        cache.put(
            key_of(f"{key}", None, {}, "web", GB), b"x", seconds=10, tags=[f"t:{key}-{n}" for n in range(9)], moment=0
        )
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 100 < len(cache) < 1_000
    assert taken < 1_500_000


def test_the_key_takes_no_more_room_for_longer_names_and_values() -> None:
    def size(length: int) -> int:
        key = cast("tuple[bytes, str, object]", key_of("{ a }", "Q" * length, {"v": "x" * length}, "web", GB))
        return len(key[0])

    assert size(1) == size(100_000)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, nested(300)])
def test_what_cannot_be_a_key_is_kept_under_none(value: object) -> None:
    assert key_of("{ a }", None, {"v": value}, "web", GB) is None


def test_other_variables_operations_and_profiles_have_other_keys() -> None:
    keys = {
        key_of(source, name, variables, profile, GB)
        for source in ("{ a }", "{ b }")
        for name in (None, "Q")
        for variables in ({}, {"v": 1}, {"v": "1"}, {"v": 1.0}, {"v": None})
        for profile in ("web", "app")
    }
    assert len(keys) == 40
    assert key_of("{ a }", None, {"a": 1, "b": 2}, "web", GB) == key_of("{ a }", None, {"b": 2, "a": 1}, "web", GB)


def test_invalidation_is_exactly_by_what_an_answer_was_made_of() -> None:
    drawn = random.Random(3)
    for _ in range(200):
        cache = ResponseCache()
        made = {
            key: {f"{drawn.choice('ps')}:{drawn.randrange(6)}" for _ in range(drawn.randint(1, 4))} for key in range(20)
        }
        for key, tags in made.items():
            cache.put(key, b"x", seconds=10, tags=tags, moment=cache.moment())
        gone = {drawn.choice(["p", "s", "p:1", "s:2", "p:5"]) for _ in range(2)}
        cache.invalidate(gone)
        for key, tags in made.items():
            hit = any(tag in gone or tag.partition(":")[0] in gone for tag in tags)
            assert (cache.get(key) is None) == hit


def test_an_answer_of_a_whole_domain_goes_with_any_of_its_facts() -> None:
    cache = ResponseCache()
    cache.put("page", b"x", seconds=10, tags=["product"], moment=0)
    assert cache.invalidate(["product:7"]) == 1


def test_what_was_invalidated_while_it_was_made_is_not_kept() -> None:
    cache = ResponseCache()
    moment = cache.moment()
    cache.invalidate(["price:b"])
    assert cache.put("k", b"x", seconds=10, tags=["price:a"], moment=moment) is not None
    for gone in ("price:a", "price"):
        moment = cache.moment()
        cache.invalidate([gone])
        assert cache.put("k", b"x", seconds=10, tags=["price:a"], moment=moment) is None
    moment = cache.moment()
    cache.clear()
    assert cache.put("k", b"x", seconds=10, tags=["price:a"], moment=moment) is None
    moment = cache.moment()
    for number in range(RECENT + 1):
        cache.invalidate([f"stock:{number}"])
    assert cache.put("k", b"x", seconds=10, tags=["price:a"], moment=moment) is None


def test_too_many_facts_become_their_domains() -> None:
    collecting = Touched()
    token = TOUCHED.set(collecting)
    touched("price", range(MOST_TAGS))
    touched("stock", ["a"])
    TOUCHED.reset(token)
    touched("price", ["nobody listens"])
    assert collecting.tags == {"price", "stock"}


def test_an_answer_goes_when_anything_in_it_comes_to_its_own_end(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ResponseCache()
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)
    cache.put("k", b"x", seconds=60, tags=["price:a"], moment=cache.moment(), horizon=now + 20)
    monkeypatch.setattr("time.time", lambda: now + 19.9)
    assert cache.get("k") is not None
    monkeypatch.setattr("time.time", lambda: now + 20)
    assert cache.get("k") is None
    assert cache.put("k", b"x", seconds=60, tags=["price:a"], moment=cache.moment(), horizon=now + 20) is None
    assert len(cache) == 0
