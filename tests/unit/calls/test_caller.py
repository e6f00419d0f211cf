from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from gateway.calls.operation.caller import BackendCaller
from gateway.errors import (
    AmbiguousKey,
    BadInput,
    ConfigurationError,
    DeadlineExceeded,
    InvalidAnswer,
    Unavailable,
)
from gateway.model.context import CallContext, Priority, UndeclaredContext
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.stock import GET_STOCK
from gateway.settings import PolicyNumbers

from .conftest import GB, SPEC, Shop, amounts, bound, keys

UNCACHED = OperationSpec(vary_on=frozenset({"currency"}), max_keys=3)


def soon() -> CallContext:
    return CallContext.within(5.0)


async def test_an_unknown_key_is_absent(caller: BackendCaller, shop: Shop) -> None:
    assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1", "NO"), GB, soon())) == {"S1": 1}


async def test_no_keys_ask_nobody(caller: BackendCaller, shop: Shop) -> None:
    assert await caller.keyed("shop", GET_PRICES, [], GB, soon()) == {}
    assert shop.asked == []


async def test_keys_asked_twice_are_asked_once(caller: BackendCaller, shop: Shop) -> None:
    await caller.keyed("shop", GET_PRICES, keys("S1", "S1", "S2"), GB, soon())
    assert shop.asked == [("S1", "S2")]


async def test_more_keys_than_a_call_takes_are_asked_in_several_calls_at_once(
    caller: BackendCaller, shop: Shop
) -> None:
    shop.gate.clear()
    skus = [f"S{number}" for number in range(1, 8)]
    task = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys(*skus), GB, soon()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [len(asked) for asked in shop.asked] == [3, 3, 1]
    shop.gate.set()
    assert list(amounts(await task)) == skus


async def test_a_call_that_fails_is_an_error_for_each_of_its_keys(caller: BackendCaller, shop: Shop) -> None:
    shop.failure = Unavailable()
    answers = await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    assert amounts(answers) == {"S1": "BACKEND_UNAVAILABLE", "S2": "BACKEND_UNAVAILABLE"}
    answer = next(iter(answers.values()))
    assert isinstance(answer, Unavailable)
    assert (answer.source, answer.domain) == ("shop", "price")


async def test_one_failed_chunk_fails_no_other(caller: BackendCaller, shop: Shop) -> None:
    shop.prices["S2"] = AmbiguousKey()
    answers = await caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon())
    assert amounts(answers) == {"S1": 1, "S2": "AMBIGUOUS_KEY"}


async def test_a_mistake_in_an_adapter_is_an_invalid_answer(caller: BackendCaller, shop: Shop) -> None:
    shop.failure = KeyError("amount")
    answer = (await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))[keys("S1")[0]]
    assert isinstance(answer, InvalidAnswer)


async def test_a_client_fault_is_raised(caller: BackendCaller, shop: Shop) -> None:
    shop.failure = BadInput()
    with pytest.raises(BadInput):
        await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())


async def test_reading_an_undeclared_part_of_the_context_is_never_hidden(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=OperationSpec())})
    with pytest.raises(UndeclaredContext):
        await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())


async def test_an_operation_that_is_not_listed_is_not_served(caller: BackendCaller) -> None:
    with pytest.raises(ConfigurationError, match=r"stock\.get_stock"):
        await caller.keyed("shop", GET_STOCK, [object()], GB, soon())  # type: ignore[list-item]


async def test_a_hanging_backend_costs_the_deadline_and_no_more(caller: BackendCaller, shop: Shop) -> None:
    shop.gate.clear()
    answers = await caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(0.05))
    assert isinstance(answers[keys("S1")[0]], DeadlineExceeded)
    await asyncio.sleep(0)
    assert shop.cancelled == 1


async def test_a_deadline_that_is_over_asks_nobody(caller: BackendCaller, shop: Shop) -> None:
    answers = await caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(-1))
    assert amounts(answers) == {"S1": "BACKEND_TIMEOUT"}
    assert shop.asked == []


async def test_two_callers_share_one_flight(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=UNCACHED)})
    shop.gate.clear()
    one = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1", "S2"), GB, soon()))
    await asyncio.sleep(0)
    two = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S2", "S3"), GB, soon()))
    await asyncio.sleep(0)
    shop.gate.set()
    assert amounts(await one) == {"S1": 1, "S2": 2}
    assert amounts(await two) == {"S2": 2, "S3": 3}
    assert shop.asked == [("S1", "S2"), ("S3",)]


async def test_a_fresh_read_never_joins_an_older_flight(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=UNCACHED)})
    shop.gate.clear()
    one = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))
    await asyncio.sleep(0)
    two = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(5, fresh=True)))
    await asyncio.sleep(0)
    three = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))
    await asyncio.sleep(0)
    shop.gate.set()
    await asyncio.gather(one, two, three)
    assert shop.asked == [("S1",), ("S1",)]
    assert [call.fresh for call in shop.calls] == [False, True]


async def test_a_flight_has_the_latest_deadline_and_the_highest_priority(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=UNCACHED)})
    shop.gate.clear()
    patient = CallContext.within(5, priority=Priority.CART)
    hasty = caller.keyed("shop", GET_PRICES, keys("S1"), GB, CallContext.within(0.05))
    one = asyncio.create_task(hasty)
    await asyncio.sleep(0)
    two = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, patient))
    assert amounts(await one) == {"S1": "BACKEND_TIMEOUT"}
    assert shop.calls[0].deadline == patient.deadline
    assert shop.calls[0].priority is Priority.CART
    shop.gate.set()
    assert amounts(await two) == {"S1": 1}
    assert shop.cancelled == 0


async def test_a_caller_who_leaves_cancels_only_what_nobody_else_waits_for(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=UNCACHED)})
    shop.gate.clear()
    one = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))
    two = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon()))
    lonely = asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S5"), GB, soon()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.cancel()
    lonely.cancel()
    await asyncio.gather(one, lonely, return_exceptions=True)
    await asyncio.sleep(0)
    assert shop.cancelled == 1
    shop.gate.set()
    assert amounts(await two) == {"S1": 1}


async def test_what_is_not_idempotent_is_never_joined(shop: Shop) -> None:
    spec = OperationSpec(vary_on=frozenset({"currency"}), idempotent=False, time_to_live=60)
    caller = BackendCaller({"shop": bound(shop, get_prices=spec)})
    shop.gate.clear()
    both = [asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())) for _ in range(2)]
    await asyncio.sleep(0)
    shop.gate.set()
    await asyncio.gather(*both)
    await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())
    assert shop.asked == [("S1",)] * 3


async def test_a_backend_that_may_not_coalesce_is_asked_by_each_and_its_chunks_at_once(shop: Shop) -> None:
    spec = OperationSpec(vary_on=frozenset({"currency"}), max_keys=2)
    caller = BackendCaller({"shop": bound(shop, PolicyNumbers(cache=False, coalesce=False), get_prices=spec)})
    shop.gate.clear()
    both = [asyncio.create_task(caller.keyed("shop", GET_PRICES, keys("S1", "S2", "S3"), GB, soon())) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert sorted(shop.asked) == [("S1", "S2"), ("S1", "S2"), ("S3",), ("S3",)]
    shop.gate.set()
    for answers in await asyncio.gather(*both):
        assert amounts(answers) == {"S1": 1, "S2": 2, "S3": 3}


async def test_personal_answers_of_nobody_are_never_shared(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop)})
    for _ in range(2):
        await caller.keyed("shop", PRICE_CONTEXT, [NativeRef("shop", "a")], GB, soon())
    assert shop.asked == [(NativeRef("shop", "a"),)] * 2


async def test_a_backend_whose_cache_is_off_is_asked_every_time(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, PolicyNumbers(cache=False), get_prices=SPEC)})
    for number in (1, 2):
        shop.prices["S1"] = Decimal(number)
        assert amounts(await caller.keyed("shop", GET_PRICES, keys("S1"), GB, soon())) == {"S1": number}
