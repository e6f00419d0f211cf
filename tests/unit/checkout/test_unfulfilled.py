"""`capture = "at_fulfilment"`: money is held with the order, and taken once all of it is fulfilled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from gateway.checkout.reconcile.rounds import Reconciler
from gateway.checkout.unfulfilled import AGEING_TASK, Unfulfilled
from gateway.model.checkouts import CheckoutState
from gateway.model.orders import OrderStatus
from gateway.settings import ChannelSection

from .conftest import both_stores
from .fleet import until
from .retail import Retail


@pytest.fixture
async def retail(url: str) -> AsyncIterator[Retail]:
    opened = await Retail.open(url)
    channels = cast("dict[str, ChannelSection]", opened.ownership.channels)
    channels["web"] = replace(channels["web"], orders=replace(channels["web"].orders, capture="at_fulfilment"))
    yield opened
    await opened.close()


async def bought(retail: Retail) -> str:
    checkout = await retail.buy(await retail.cart())
    assert checkout.state is CheckoutState.COMPLETED
    while await retail.outbox.deliver_one("checkout"):
        pass
    assert retail.payments() == ["AUTHORISED"]
    return checkout.id


def stands(retail: Retail, status: OrderStatus) -> None:
    (number,) = retail.erp.order_states
    retail.erp.order_states[number] = status


async def age(retail: Retail, days: int) -> None:
    async with retail.database.write() as connection:
        seconds = days * 86_400
        await connection.execute(text(f"UPDATE checkouts SET ended = ended - {seconds}, moved = moved - {seconds}"))


@both_stores
async def test_money_is_taken_once_when_all_is_fulfilled(retail: Retail) -> None:
    unfulfilled = Unfulfilled(retail.given)
    await bought(retail)
    assert await unfulfilled.round() == 0
    stands(retail, OrderStatus.PARTIALLY_FULFILLED)
    assert await unfulfilled.round() == 0
    assert retail.payments() == ["AUTHORISED"]
    stands(retail, OrderStatus.FULFILLED)
    assert await unfulfilled.round() == 1
    await unfulfilled.round()  # begun once, however often it is seen

    async def captured() -> bool:
        return retail.payments() == ["CAPTURED"] and not await retail.runs.pending()

    await until(10.0, captured)
    assert await unfulfilled.round() == 0
    assert [entry.kind for entry in retail.pay.book.entries].count("capture") == 1


async def test_a_person_hears_of_money_that_cannot_be_held_much_longer(retail: Retail) -> None:
    unfulfilled = Unfulfilled(retail.given)
    run = await bought(retail)
    await age(retail, 4)
    assert await unfulfilled.round() == 0
    assert await retail.tasks.list(kind=AGEING_TASK) == []
    await age(retail, 2)
    await unfulfilled.round()
    assert [task.subject for task in await retail.tasks.list(kind=AGEING_TASK)] == [run]
    stands(retail, OrderStatus.FULFILLED)
    assert await unfulfilled.round() == 1
    assert await retail.tasks.list(kind=AGEING_TASK) == []


async def test_money_that_waits_for_the_goods_is_no_finding_until_they_are_gone(retail: Retail) -> None:
    await bought(retail)
    await age(retail, 1)
    reconciler = Reconciler(
        retail.database, retail.runs, ownership=retail.ownership, caller=retail.caller, tasks=retail.tasks
    )
    assert (await reconciler.whole()).findings == []
    stands(retail, OrderStatus.FULFILLED)
    assert [finding.kind.value for finding in (await reconciler.whole()).findings] == ["payment.untaken"]
