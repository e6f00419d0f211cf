"""Goods that lie at another system than the order's: it hears of them, and until then they are sold to nobody else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from gateway.checkout.service import CheckoutService
from gateway.checkout.steps.commit import REFUSED_TASK
from gateway.checkout.unheard import Unheard
from gateway.errors import RequestRefused, Unavailable
from gateway.model.stock import GoodsSold
from gateway.ports.stock import COMMIT_STOCK
from gateway.ports.writes import WriteSpec
from gateway.state.ledger import HoldState

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import SellingShop, selling


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[SellingShop]:
    async with selling(tmp_path, counts="till") as opened:
        yield opened


async def becomes(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110  a run of its own does it
            await asyncio.sleep(0.05)


async def bought(shop: SellingShop, pieces: int) -> str:
    checkout = (await shop.submit(await shop.cart(pieces)))["checkout"]
    assert checkout["state"]["__typename"] == "CheckoutCompleted"
    return checkout["id"]


def service(shop: SellingShop) -> CheckoutService:
    found = shop.gateway.selling.service
    assert found is not None
    return found


def committed(shop: SellingShop) -> list[tuple[GoodsSold, ...]]:
    return [command.goods for _, command, _, _ in shop.till.committed]


async def test_what_is_sold_at_the_shop_is_taken_off_the_tills_stock_once(shop: SellingShop) -> None:
    await bought(shop, 3)

    async def heard() -> bool:
        return committed(shop) == [(GoodsSold("MUG", "LON", 3),)]

    await becomes(heard)
    reference, order, _ = shop.erp.placed[0]
    assert shop.till.committed[0][1].order == order.number
    (hold,) = await service(shop).given.ledger.of_run(reference)
    assert (hold.state, hold.quantity) == (HoldState.HANDED_OVER, 3)

    async def shown() -> bool:
        return await shop.in_stock() == 7

    await becomes(shown)


async def test_while_the_till_is_silent_its_pieces_are_sold_to_nobody_else(shop: SellingShop) -> None:
    shop.till.failing[COMMIT_STOCK.name] = Unavailable()
    await bought(shop, 8)

    async def shown() -> bool:
        return await shop.in_stock() == 2

    await becomes(shown)
    another = (await shop.submit(await shop.cart(3)))["checkout"]
    assert (another["state"]["__typename"], another["state"]["reason"]) == ("CheckoutFailed", "OUT_OF_STOCK")
    del shop.till.failing[COMMIT_STOCK.name]

    async def heard() -> bool:
        return committed(shop) == [(GoodsSold("MUG", "LON", 8),)]

    await becomes(heard)
    await becomes(shown)  # neither counted twice nor forgotten


async def test_a_till_that_says_no_is_a_persons_task_and_is_asked_again(shop: SellingShop) -> None:
    shop.till.failing[COMMIT_STOCK.name] = RequestRefused(detail="no")
    run = await bought(shop, 1)
    tasks, given = shop.gateway.kept.tasks, service(shop).given

    async def told() -> bool:
        return [task.subject for task in await tasks.list(kind=REFUSED_TASK)] == [f"{run}:till"]

    await becomes(told)
    del shop.till.failing[COMMIT_STOCK.name]
    async with given.checkouts.database.write() as connection:
        await connection.exec_driver_sql("UPDATE holds SET handed_over = handed_over - 7300")
    assert await Unheard(given).round() == 1

    async def mended() -> bool:
        return not await tasks.list(kind=REFUSED_TASK) and committed(shop) == [(GoodsSold("MUG", "LON", 1),)]

    await becomes(mended)
    assert await Unheard(given).round() == 0


async def test_nothing_is_sold_from_a_system_that_cannot_be_told(shop: SellingShop) -> None:
    writes = cast("dict[str, WriteSpec]", shop.gateway.registry.backends["till"].manifest.writes)
    kept = writes.pop(COMMIT_STOCK.name)
    try:
        told = (await shop.submit(await shop.cart(1)))["checkout"]
        assert (told["state"]["reason"], shop.payments()) == ("OUT_OF_STOCK", [])
    finally:
        writes[COMMIT_STOCK.name] = kept
