"""A record that cannot be what it says it is costs its own key, and nothing else."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from gateway.calls.operation.caller import BackendCaller
from gateway.errors import InvalidAnswer
from gateway.model.context import CallContext
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price
from gateway.ports.price import GET_PRICES

from .conftest import GB, SPEC, Shop, amounts, bound, keys

TAIL = Decimal.from_float(8.09)


@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, time_to_live=0.0), replace(SPEC, idempotent=False)])
async def test_the_other_keys_of_the_call_are_answered(shop: Shop, spec: OperationSpec) -> None:
    shop.prices["S2"] = TAIL
    caller = BackendCaller({"shop": bound(shop, get_prices=spec)})
    with capture_logs() as logs:
        answers = await caller.keyed("shop", GET_PRICES, keys("S1", "S2", "S3", "NO"), GB, CallContext.within(5))
    assert amounts(answers) == {"S1": 1, "S2": "BACKEND_INVALID", "S3": 3}
    refused = answers[keys("S2")[0]]
    assert isinstance(refused, InvalidAnswer)
    assert (refused.source, refused.domain) == ("shop", "price")
    assert refused.detail is not None
    assert "current.gross" in refused.detail
    told = [entry for entry in logs if entry["event"] == "records_refused"]
    assert [(entry["backend"], entry["operation"], entry["count"]) for entry in told] == [("shop", GET_PRICES.name, 1)]
    assert "8.0" not in str(logs)
    await caller.close()


async def test_it_is_never_kept_and_what_was_known_stands_in(shop: Shop) -> None:
    caller = BackendCaller({"shop": bound(shop, get_prices=replace(SPEC, time_to_live=0.001))})
    first = await caller.keyed("shop", GET_PRICES, keys("S2"), GB, CallContext.within(5))
    assert amounts(first) == {"S2": 2}
    shop.prices["S2"] = TAIL
    fresh = await caller.keyed("shop", GET_PRICES, keys("S2"), GB, CallContext.within(5, fresh=True))
    assert amounts(fresh) == {"S2": "BACKEND_INVALID"}
    await asyncio.sleep(0.01)
    (known,) = (await caller.keyed("shop", GET_PRICES, keys("S2"), GB, CallContext.within(5))).values()
    assert isinstance(known, Price)
    assert (known.current.stated.amount, known.freshness.stale) == (2, True)
    shop.prices["S2"] = Decimal(7)
    again = await caller.keyed("shop", GET_PRICES, keys("S2"), GB, CallContext.within(5, fresh=True))
    assert amounts(again) == {"S2": 7}
    await caller.close()
