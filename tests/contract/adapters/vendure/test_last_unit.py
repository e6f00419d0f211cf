"""Ten pieces of a real Vendure, far more buyers, several processes of a gateway, some of which die. Vendure's own
orders and allocations are what counts.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.contract.adapters.vendure.retailer import Shop, VendureRetail
from tests.contract.adapters.vendure.selling import Admin
from tests.servers.vendure_server import VendureServer
from tests.unit.checkout.crowd import Board, Buyer, Processes
from tests.unit.checkout.fleet import until
from tests.unit.checkout.vendors import Vendors
from tests.unit.checkout.worker import Station

PIECES = 10
SKU = "C24F390"
"""Sold in no other test."""


class Size(Struct, frozen=True):
    buyers: int
    processes: int
    kills: int


SMALL = Size(buyers=24, processes=2, kills=1)
FULL = Size(buyers=100, processes=2, kills=3)
SOAK = Size(buyers=1_000, processes=4, kills=20)


class Counter:
    """What Vendure says of the one variant."""

    def __init__(self, admin: Admin, server: VendureServer, sku: str) -> None:
        self._admin, self._server, self._variant = admin, server, server.seed.variants[sku]

    async def stock(self, pieces: int) -> None:
        """So many that are free at one place, none elsewhere."""
        levels = await self._levels()
        places = self._server.seed.locations
        wanted = {
            place: levels.get(place, {"stockAllocated": 0})["stockAllocated"]
            + (pieces if place == places["warehouse"] else 0)
            for place in places.values()
        }
        mutation = "mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }"
        given = {
            "id": self._variant,
            "trackInventory": "TRUE",
            "useGlobalOutOfStockThreshold": False,
            "outOfStockThreshold": 0,
            "stockLevels": [{"stockLocationId": place, "stockOnHand": count} for place, count in wanted.items()],
        }
        await self._admin.first(mutation, input=[given])

    async def allocated(self) -> int:
        return sum(level["stockAllocated"] for level in (await self._levels()).values())

    async def _levels(self) -> dict[str, Any]:
        levels = "stockLevels { stockLocationId stockOnHand stockAllocated }"
        query = f"query ($id: ID!) {{ productVariant(id: $id) {{ {levels} }} }}"
        found = await self._admin.ask(query, id=self._variant)
        return {level["stockLocationId"]: level for level in found["stockLevels"]}


async def rush(server: VendureServer, admin: Admin, folder: Path, size: Size) -> None:
    seed = server.seed
    shop = Shop(server.url, seed.channels["default"], seed.locations["warehouse"], SKU)
    counter = Counter(admin, server, SKU)
    await counter.stock(PIECES)
    before = await counter.allocated()
    url = f"sqlite+aiosqlite:///{folder}/state.sqlite"
    books = await VendureRetail.of(shop).books(url, 0)
    assert isinstance(books, VendureRetail)
    board = Board(books)
    watching = asyncio.create_task(board.watch())
    chance = random.Random()
    try:
        async with Vendors({"pay": books.pay}) as vendors:
            station = Station(url, vendors, pending=False, serves=True)
            module, told = "tests.contract.adapters.vendure.retailer", msgspec.json.encode(shop).decode()
            async with Processes(station, size.processes, module=module, more=(told,)) as processes:
                carts = [await books.wanting(number) for number in range(size.buyers)]
                buyers = [Buyer(processes, board, cart, total="9999.00") for cart in carts]
                buying = [asyncio.create_task(buyer.buy(1, within=240.0)) for buyer in buyers]
                for _ in range(size.kills):
                    await asyncio.sleep(chance.uniform(0.5, 2.0))
                    await processes.kill(chance)
                ended = await asyncio.gather(*buying)
                bought = [seen.state for seen in ended].count("COMPLETED")
                assert {seen.reason for seen in ended} <= {"", "OUT_OF_STOCK"}, ended
                assert bought == PIECES
                assert await counter.allocated() - before == PIECES
                placed = [order for run in board.seen for order in await admin.placed(run)]
                standing = [order for order in placed if order["state"] != "Cancelled"]
                assert sum(line["quantity"] for order in standing for line in order["lines"]) == PIECES
                paid = [payment["transactionId"] for order in standing for payment in order["payments"]]
                assert len(set(paid)) == len(paid) == PIECES

                async def captured() -> bool:
                    return sorted(
                        held.id for held in books.pay.book.payments.values() if held.state.value == "CAPTURED"
                    ) == sorted(paid)

                await until(60.0, captured)
                assert set(books.payments()) <= {"CAPTURED", "VOIDED"}
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await books.close_books()


async def test_never_eleven_of_vendures_ten(open_shop: VendureServer, admin: Admin, tmp_path: Path) -> None:
    await rush(open_shop, admin, tmp_path, SMALL)


@pytest.mark.full
async def test_never_eleven_of_vendures_ten_in_a_larger_crowd(
    open_shop: VendureServer, admin: Admin, tmp_path: Path
) -> None:
    await rush(open_shop, admin, tmp_path, FULL)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
async def test_never_eleven_of_vendures_ten_for_a_thousand(
    open_shop: VendureServer, admin: Admin, tmp_path: Path
) -> None:
    await rush(open_shop, admin, tmp_path, SOAK)
