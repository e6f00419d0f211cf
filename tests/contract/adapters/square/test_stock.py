"""Counts by location: several pages, marks that override counts, unknown and untracked, and how many requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.errors import AdapterError, AmbiguousKey, Unavailable
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.testing.sandbox import SeedStock
from tests.contract.adapters.square.connected import (
    Connect,
    Connected,
    call,
    product,
    seen_by,
    small_seed,
    store,
    variant,
)

COUNTS, SEARCH = "POST /v2/inventory/counts/batch-retrieve", "POST /v2/catalog/search"
RETRIEVE = "POST /v2/catalog/batch-retrieve"
PLACES = ("L1", "L2")


async def ask(
    till: Connected, *skus: str, places: tuple[str, ...] = PLACES, fresh: bool = False
) -> Mapping[str, StockLevels | AdapterError]:
    keys = [StockKey(sku, places) for sku in skus]
    found = await till.adapter.get_stock(keys, seen_by("stock.get_stock"), call(fresh=fresh))
    return {key.sku or "": value for key, value in found.items()}


async def levels_of(till: Connected, sku: str, *, fresh: bool = False) -> dict[str, StockLevel]:
    found = (await ask(till, sku, fresh=fresh))[sku]
    assert isinstance(found, StockLevels)
    return found.levels


async def test_what_can_be_sold_by_location(till: Connected) -> None:
    levels = await levels_of(till, "MUG-S")
    assert {place: level.available for place, level in levels.items()} == {"L1": Decimal(5), "L2": Decimal(3)}
    assert {level.tracking for level in levels.values()} == {Tracking.TRACKED}
    assert len({id(level.freshness) for level in levels.values()}) == 1


async def test_no_row_is_unknown_and_a_negative_count_stays_negative(till: Connected) -> None:
    levels = await levels_of(till, "MUG-L")
    assert {place: level.available for place, level in levels.items()} == {"L1": Decimal(-1)}


async def test_a_fraction_of_a_piece(till: Connected) -> None:
    till.sandbox.set_stock("TOTE", "L1", Decimal("2.25"))
    assert (await levels_of(till, "TOTE"))["L1"].available == Decimal("2.25")


async def test_an_untracked_variation_never_runs_out(till: Connected) -> None:
    till.sandbox.account.variation_of("GIFT")["item_variation_data"]["track_inventory"] = False
    levels = await levels_of(till, "GIFT")
    assert {place: level.tracking for place, level in levels.items()} == dict.fromkeys(PLACES, Tracking.UNTRACKED)
    assert {level.available for level in levels.values()} == {None}


async def test_tracking_may_differ_at_one_location(till: Connected) -> None:
    till.sandbox.mark("MUG-S", "L2", track_inventory=False)
    levels = await levels_of(till, "MUG-S")
    assert [levels[place].tracking for place in PLACES] == [Tracking.TRACKED, Tracking.UNTRACKED]


async def test_sold_out_counts_as_zero_until_its_time_has_passed(till: Connected) -> None:
    till.sandbox.mark("MUG-S", "L1", sold_out=True, sold_out_valid_until="2026-07-01T12:01:00Z")
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(0)
    till.pass_time(61)
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(5)


async def test_a_fresh_read_sees_a_mark_that_is_newer_than_the_kept_ones(till: Connected) -> None:
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(5)
    till.sandbox.mark("MUG-S", "L1", sold_out=True)
    assert (await levels_of(till, "MUG-S", fresh=True))["L1"].available == Decimal(0)
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(0)


async def test_absent_at_a_location_is_not_stocked_there(till: Connected) -> None:
    till.sandbox.account.variation_of("MUG-S").update(present_at_all_locations=False, present_at_location_ids=["L1"])
    levels = await levels_of(till, "MUG-S")
    assert [levels[place].tracking for place in PLACES] == [Tracking.TRACKED, Tracking.NOT_STOCKED]


async def test_unknown_absent_and_duplicate_ambiguous(connect: Connect) -> None:
    products = (product(1, variant(1, "TWIN")), product(2, variant(2, "TWIN")))
    till = await connect(small_seed(products=products, prices=(), stock=()))
    found = await ask(till, "TWIN", "NOPE")
    assert set(found) == {"TWIN"}
    assert isinstance(found["TWIN"], AmbiguousKey)


async def test_requests_cold_warm_and_with_old_marks(till: Connected) -> None:
    await ask(till, "MUG-S", "MUG-L")
    assert till.asked() == [SEARCH, COUNTS]
    await ask(till, "MUG-S", "MUG-L")
    assert till.asked() == [COUNTS]
    till.pass_time(301)
    await ask(till, "MUG-S", "MUG-L")
    assert till.asked() == [RETRIEVE, COUNTS]


async def _many(connect: Connect, skus: int, places: int) -> tuple[Connected, list[str], tuple[str, ...]]:
    names = [f"SKU-{number}" for number in range(skus)]
    where = tuple(f"P{number}" for number in range(places))
    seed = small_seed(
        products=tuple(product(number, variant(number, sku)) for number, sku in enumerate(names)),
        prices=(),
        stores=tuple(store(place) for place in where),
        stock=tuple(SeedStock(sku, place, Decimal(2)) for sku in names for place in where),
    )
    return await connect(seed), names, where


@pytest.mark.parametrize(("skus", "places", "pages"), [(1, 12, 1), (24, 12, 1), (72, 12, 1), (72, 14, 2), (100, 10, 1)])
async def test_a_request_for_each_thousand_rows(connect: Connect, skus: int, places: int, pages: int) -> None:
    till, names, where = await _many(connect, skus, places)
    await ask(till, *names, places=where)
    till.asked()
    found = await ask(till, *names, places=where)
    assert till.asked() == [COUNTS] * pages
    sold = [
        level.available for each in found.values() if isinstance(each, StockLevels) for level in each.levels.values()
    ]
    assert sold == [Decimal(2)] * (skus * places)


async def test_1001_rows_are_answered_whole_or_not_at_all(connect: Connect) -> None:
    till, names, where = await _many(connect, 143, 7)
    found = await ask(till, *names, places=where)
    assert sum(len(each.levels) for each in found.values() if isinstance(each, StockLevels)) == 1001
    till.sandbox.faults.reply[COUNTS.split()[1]] = b'{"counts": [{"catalog_object_id"'
    till.sandbox.faults.reply_after = 1
    with pytest.raises(AdapterError):
        await ask(till, *names, places=where)


async def test_a_location_twice_over_two_pages_is_counted_once(till: Connected) -> None:
    variation = till.sandbox.account.variation_of("MUG-S")["id"]

    def row(quantity: int, second: int) -> str:
        moment = f"2026-07-01T11:59:{second:02d}Z"
        return (
            f'{{"catalog_object_id":"{variation}","location_id":"L1","state":"IN_STOCK","quantity":"{quantity}",'
            f'"calculated_at":"{moment}"}}'
        )

    body = f'{{"counts":[{row(4, 30)},{row(9, 10)}]}}'
    till.sandbox.faults.reply[COUNTS.split()[1]] = body.encode()
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(4)


async def test_a_backend_that_is_down_is_no_zero(till: Connected) -> None:
    till.sandbox.faults.down = True
    with pytest.raises(Unavailable):
        await ask(till, "MUG-S")


async def test_a_sku_given_to_another_variation_is_noticed_with_the_next_marks(till: Connected) -> None:
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(5)
    till.sandbox.account.variation_of("MUG-S")["item_variation_data"]["sku"] = "MUG-OLD"
    till.sandbox.account.variation_of("MUG-L")["item_variation_data"]["sku"] = "MUG-S"
    assert (await levels_of(till, "MUG-S", fresh=True))["L1"].available == Decimal(-1)
    till.sandbox.delete("MUG-S")
    till.pass_time(301)
    assert await ask(till, "MUG-S") == {}


async def test_what_is_cached_in_another_shape_is_read_anew(till: Connected) -> None:
    await ask(till, "MUG-S")
    for place, (_, expires) in list(till.identifiers.entries.items()):
        till.identifiers.entries[place] = ("[1, 2", expires)
    till.asked()
    assert (await levels_of(till, "MUG-S"))["L1"].available == Decimal(5)
    assert till.asked() == [SEARCH, COUNTS]


async def test_what_was_read_of_a_mark_that_ends_holds_until_it_ends(till: Connected) -> None:
    till.sandbox.mark("MUG-S", "L2", sold_out=True, sold_out_valid_until="2026-07-01T12:05:00Z")
    till.sandbox.mark("MUG-S", "L1", sold_out=True, sold_out_valid_until="2026-07-01T12:01:00Z")
    levels = (await ask(till, "MUG-S"))["MUG-S"]
    assert isinstance(levels, StockLevels)
    assert levels.horizon == datetime(2026, 7, 1, 12, 1, tzinfo=UTC)
