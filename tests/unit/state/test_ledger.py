"""The stock ledger: all or nothing, never more than there is, and nothing kept back for ever."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal

from gateway.ownership import LocationPlan
from gateway.ports.order import Placement
from gateway.services.fulfilment.allocation import Shelves, Want, allocate, pieces_by_spot
from gateway.services.stock_items import Need, spot_of
from gateway.state.database import Database
from gateway.state.ledger import HoldState, Ledger, StockSpot

MUG, HANDLE = StockSpot("erp", "MUG", "london"), StockSpot("erp", "HANDLE", "london")


async def reserve(database: Database, run: str, wanted: dict[StockSpot, int]) -> bool:
    async with database.write() as connection:
        return not await Ledger(database).reserve(connection, run, wanted)


async def stocked(database: Database, **pieces: int) -> Ledger:
    ledger = Ledger(database)
    spots = {StockSpot("erp", name.upper(), "london"): number for name, number in pieces.items()}
    await ledger.read_at(spots, await ledger.now())
    return ledger


async def left(ledger: Ledger, spot: StockSpot) -> int:
    return (await ledger.free([spot]))[spot][0]


async def test_thirty_buyers_of_ten_pieces_hold_ten(database: Database) -> None:
    ledger = await stocked(database, mug=10)
    held = await asyncio.gather(*(reserve(database, f"R{number}", {MUG: 1}) for number in range(30)))
    assert sum(held) == 10
    assert await left(ledger, MUG) == 0


async def test_carts_with_the_same_items_in_any_order_wait_for_nobody_for_ever(database: Database) -> None:
    await stocked(database, mug=100, handle=100)
    chance = random.Random(1)

    async def buy(number: int) -> bool:
        spots = [MUG, HANDLE]
        chance.shuffle(spots)
        return await reserve(database, f"R{number}", dict.fromkeys(spots, 1))

    async with asyncio.timeout(30):
        assert all(await asyncio.gather(*(buy(number) for number in range(40))))


async def test_what_cannot_be_held_whole_is_not_held_at_all(database: Database) -> None:
    """A kit beside its part: both need the mug's handle."""
    ledger = await stocked(database, mug=5, handle=1)
    async with database.write() as connection:
        short = await ledger.reserve(connection, "R", {MUG: 2, HANDLE: 2})
    assert [(one.spot, one.wanted, one.available) for one in short] == [(HANDLE, 2, 1)]
    assert await left(ledger, MUG) == 5
    assert await ledger.of_run("R") == []


async def test_a_spot_that_was_never_read_has_nothing_to_hold(database: Database) -> None:
    async with database.write() as connection:
        short = await Ledger(database).reserve(connection, "R", {MUG: 1})
    assert [one.available for one in short] == [None]


async def test_the_same_run_holds_once(database: Database) -> None:
    ledger = await stocked(database, mug=5)
    assert await reserve(database, "R", {MUG: 2})
    assert await reserve(database, "R", {MUG: 2})
    assert await left(ledger, MUG) == 3


async def test_a_release_gives_back_what_was_held_and_once(database: Database) -> None:
    ledger = await stocked(database, mug=5)
    await reserve(database, "R", {MUG: 2})
    for released in (1, 0):
        async with database.write() as connection:
            assert await ledger.release(connection, "R") == released
    assert await left(ledger, MUG) == 5


async def test_what_was_handed_over_counts_until_a_reading_asked_for_afterwards(database: Database) -> None:
    ledger = await stocked(database, mug=5)
    await reserve(database, "R", {MUG: 2})
    before = await ledger.now()
    async with database.write() as connection:
        await ledger.hand_over(connection, "R", "erp", "order-1")
        assert await ledger.release(connection, "R") == 0
    await ledger.read_at({MUG: 5}, before)  # was under way when the order was made: may not know of it
    assert await left(ledger, MUG) == 3
    after = await ledger.now()
    await ledger.read_at({MUG: 3}, after, lag=60.0)  # an owner whose figures lag may not know of it either
    assert await left(ledger, MUG) == 1
    await ledger.read_at({MUG: 3}, await ledger.now())
    assert await left(ledger, MUG) == 3
    assert [hold.state for hold in await ledger.of_run("R")] == [HoldState.GONE]


async def test_an_owner_that_counts_until_it_ships_is_believed_only_then(database: Database) -> None:
    ledger = await stocked(database, mug=5)
    await reserve(database, "R", {MUG: 2})
    async with database.write() as connection:
        await ledger.hand_over(connection, "R", "erp", "order-1", counted=False)
    await ledger.read_at({MUG: 5}, await ledger.now())
    assert await left(ledger, MUG) == 3
    async with database.write() as connection:
        assert await ledger.fulfilled(connection, "R", "erp:order-1") == 1
    assert await left(ledger, MUG) == 3  # the reading that is kept may be from before it was shipped
    await ledger.read_at({MUG: 3}, await ledger.now() + 1.0)
    assert await left(ledger, MUG) == 3


async def test_an_older_reading_that_comes_later_changes_nothing(database: Database) -> None:
    ledger = await stocked(database, mug=5)
    now = await ledger.now()
    await ledger.read_at({MUG: 2}, now)
    await ledger.read_at({MUG: 9}, now - 1.0)
    assert await left(ledger, MUG) == 2


async def test_a_hold_without_pieces_is_refused(database: Database) -> None:
    await stocked(database, mug=5)
    for pieces in (0, -1):
        with pytest.raises(ValueError, match="pieces"):
            await reserve(database, "R", {MUG: pieces})


async def test_a_cart_of_many_lines_at_many_places_is_asked_for_whole(database: Database) -> None:
    ledger = Ledger(database)
    spots = [StockSpot("erp", f"SKU-{item}", f"P{place}") for item in range(500) for place in range(5)]
    kept = [spots[0], spots[-1]]
    await ledger.read_at(dict.fromkeys(kept, 3), await ledger.now())
    assert await reserve(database, "R", {spots[-1]: 2})
    assert {spot: pieces for spot, (pieces, _) in (await ledger.free(spots)).items()} == {spots[0]: 3, spots[-1]: 1}
    standing = await ledger.standing(spots)
    assert {spot: (each.reading, each.held) for spot, each in standing.items()} == {spots[0]: (3, 0), spots[-1]: (3, 2)}


class Shop:
    """A model: an owner whose figures lag, its till, and our sales at each stage, on a clock of its own."""

    LAG = 5.0

    def __init__(self, database: Database, spot: StockSpot, stock: int) -> None:
        self.database, self.spot, self.stock = database, spot, stock
        self.ledger = Ledger(database)
        self.time = 1_000.0
        self.effects: list[tuple[float, int]] = []
        """When the owner's stock changed, and by how much."""
        self.stages: dict[str, tuple[str, int]] = {}
        self.readings: list[tuple[float, int]] = []
        self.tilled = 0
        self.tick(0.0)

    def tick(self, seconds: float) -> None:
        self.time += seconds
        self.database.now = literal(self.time)

    def figure(self) -> int:
        return self.stock + sum(change for at, change in self.effects if at <= self.time - self.LAG)

    def ours(self) -> int:
        return sum(pieces for stage, pieces in self.stages.values() if stage != "over")

    async def step(self, what: str, number: int) -> None:
        together = {"sell": ("submit", "place", "hand over"), "look": ("ask", "hear")}
        if what in together:
            for part in together[what]:
                await self.step(part, number)
            return
        run = f"{self.spot.item}-{number}"
        stage, pieces = self.stages.get(run, ("new", 1 + number % 3))
        self.tick(0.5)
        if what == "submit" and stage == "new" and await reserve(self.database, run, {self.spot: pieces}):
            self.stages[run] = ("held", pieces)
        elif what == "place" and stage == "held":
            self.effects.append((self.time, -pieces))
            self.stages[run] = ("placed", pieces)
        elif what == "hand over" and stage == "placed":
            async with self.database.write() as connection:
                await self.ledger.hand_over(connection, run, "erp", run)
            self.stages[run] = ("sold", pieces)
        elif what == "undo" and stage in ("held", "placed"):
            if stage == "placed":
                self.effects.append((self.time, pieces))
            async with self.database.write() as connection:
                await self.ledger.release(connection, run)
            self.stages[run] = ("over", pieces)
        elif what == "till":
            self.effects.append((self.time, -1))
            self.tilled += 1
        elif what == "ask":
            self.readings.append((self.time, self.figure()))
        elif what == "hear" and self.readings:
            asked, figure = self.readings.pop(number % len(self.readings))
            await self.ledger.read_at({self.spot: figure}, asked, lag=self.LAG)
        elif what == "wait":
            self.tick(float(number))

    async def settle(self) -> None:
        """Every run is finished, all lags pass, and one more reading is heard."""
        for run, (stage, _) in list(self.stages.items()):
            number = int(run.rpartition("-")[2])
            if stage == "held":
                await self.step("undo", number)
            elif stage == "placed":
                await self.step("hand over", number)
        self.tick(self.LAG * 3)
        self.readings = [(self.time, self.figure())]
        await self.step("hear", 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sell", "submit", "place", "hand over", "undo", "till", "ask", "look", "hear", "wait"]),
        st.integers(0, 4),
    ),
    min_size=5,
    max_size=40,
)


_items = itertools.count()


def test_never_more_is_sold_than_there_is_and_nothing_is_kept_for_ever(tmp_path: Path) -> None:
    """An owner with lag, its till, ours, and any of ours cut short anywhere: a run that goes no further is one whose
    next step does not come."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(f"sqlite+aiosqlite:///{tmp_path}/ledger.sqlite"))

        @settings(max_examples=120, deadline=None)
        @given(steps=STEPS, stock=st.integers(0, 4))
        def modelled(steps: list[tuple[str, int]], stock: int) -> None:
            runner.run(model(database, steps, stock))

        try:
            modelled()
        finally:
            runner.run(database.close())


async def model(database: Database, steps: list[tuple[str, int]], stock: int) -> None:
    spot = StockSpot("erp", f"ITEM{next(_items)}", "london")
    shop = Shop(database, spot, stock)
    await shop.ledger.read_at({spot: stock}, shop.time - 1.0)
    for what, number in steps:
        await shop.step(what, number)
        assert shop.ours() <= stock  # whatever the till sells: our own never exceed what was there
    await shop.settle()
    sold = sum(pieces for stage, pieces in shop.stages.values() if stage == "sold")
    assert await left(shop.ledger, spot) == stock - sold - shop.tilled
    assert [hold for hold in await shop.ledger.held_since(-1e9) if hold.spot == spot] == []


BASKETS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "undo", "place", "look"]),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from(["MUG", "PEN", "PAIR", "DESK"]), st.integers(1, 2), min_size=1, max_size=3),
    ),
    min_size=4,
    max_size=25,
)
MADE = {"PAIR": {"MUG": 2}, "DESK": {"MUG": 1, "PEN": 2}}


def test_no_interleaving_of_carts_with_kits_and_parts_sells_more_parts_than_there_are(tmp_path: Path) -> None:
    """Every cart is allotted over readings that may be old, and holds what that came to: whoever bought between the
    two, as parts or in kits, is seen by the row alone."""
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(f"sqlite+aiosqlite:///{tmp_path}/kits.sqlite"))

        @settings(max_examples=100, deadline=None)
        @given(steps=BASKETS, mugs=st.integers(0, 6), pens=st.integers(0, 4))
        def modelled(steps: list[tuple[str, int, dict[str, int]]], mugs: int, pens: int) -> None:
            runner.run(baskets(database, steps, {"MUG": mugs, "PEN": pens}))

        try:
            modelled()
        finally:
            runner.run(database.close())


async def baskets(database: Database, steps: list[tuple[str, int, dict[str, int]]], there: dict[str, int]) -> None:
    plan = LocationPlan("london", "erp", f"london{next(_items)}", {}, 0)
    ledger = Ledger(database)
    spots = {sku: spot_of(plan, sku) for sku in there}
    made = {
        spot_of(plan, kit): tuple(Need(spots[part], Decimal(each)) for part, each in parts.items())
        for kit, parts in MADE.items()
    }
    sold: Counter[StockSpot] = Counter()
    open_: dict[str, tuple[str, dict[StockSpot, int]]] = {}

    async def look() -> dict[StockSpot, int]:
        asked = await ledger.now()
        await ledger.read_at({spot: there[sku] - sold[spot] for sku, spot in spots.items()}, asked)
        return {spot: free for spot, (free, _) in (await ledger.free(spots.values())).items()}

    seen = await look()
    for what, number, basket in steps:
        run = f"{plan.ref}-{number}"
        stage, wanted = open_.get(run, ("new", {}))
        if what == "look":
            seen = await look()
        elif what == "buy" and stage == "new":
            wants = [Want(sku, sku, pieces, (plan,)) for sku, pieces in basket.items()]
            found = allocate(wants, Shelves(dict(seen), set(), made), Placement.PER_LINE)
            wanted = pieces_by_spot(found.allotments)
            if not found.lacking and await reserve(database, run, wanted):
                open_[run] = ("held", wanted)
        elif what == "place" and stage == "held":
            sold.update(wanted)
            async with database.write() as connection:
                await ledger.hand_over(connection, run, "erp", run)
            open_[run] = ("sold", wanted)
        elif what == "undo" and stage == "held":
            async with database.write() as connection:
                await ledger.release(connection, run)
            open_[run] = ("over", wanted)
        ours: Counter[StockSpot] = Counter()
        for stage, mine in open_.values():
            ours.update(mine if stage in ("held", "sold") else {})
        assert all(ours[spot] <= there[sku] for sku, spot in spots.items())
