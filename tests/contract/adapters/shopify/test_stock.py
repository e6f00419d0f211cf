"""Stock over a real socket: what is not counted is not zero, and pieces are cut to the cost of one query."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest

from adapters.shopify.manifest import MANIFEST
from gateway.errors import AdapterError, AmbiguousKey, InvalidAnswer
from gateway.model.stock import StockKey, StockLevels, Tracking
from gateway.testing.sandbox import SeedStock

from .conftest import OpenShop
from .shops import call, product, seed, view

GET = "stock.get_stock"


def places(count: int) -> tuple[str, ...]:
    return tuple(f"gid://shopify/Location/{number}" for number in range(1, count + 1))


async def test_oversold_untracked_and_not_kept_are_told_apart(open_shop: OpenShop) -> None:
    here, there = places(2)
    stock = (SeedStock("OVER", here, Decimal(2), Decimal(5)), SeedStock("FREE", here, Decimal(1)))
    sandbox, shop = await open_shop(seed(product(1, "OVER", "FREE"), stock=stock))
    for variant in sandbox.world.variants.values():
        variant.tracked = variant.sku != "FREE"
    over, free = StockKey("OVER", (here, there)), StockKey("FREE", (here, there))
    found = await shop.get_stock([over, free], view(MANIFEST, GET), call())
    levels, untracked = found[over], found[free]
    assert isinstance(levels, StockLevels)
    assert isinstance(untracked, StockLevels)
    assert (levels.levels[here].available, levels.levels[here].on_hand) == (-3, 2)
    assert levels.levels[there].tracking is Tracking.NOT_STOCKED
    assert levels.levels[there].available is None
    assert untracked.levels[here].tracking is Tracking.UNTRACKED
    assert untracked.levels[here].available is None


async def test_unknown_skus_are_absent_and_duplicates_ambiguous(open_shop: OpenShop) -> None:
    place = places(1)
    _, shop = await open_shop(seed(product(1, "TWIN"), product(2, "TWIN")))
    twin = StockKey("TWIN", place)
    found = await shop.get_stock([twin, StockKey("NONE", place)], view(MANIFEST, GET), call())
    assert set(found) == {twin}
    assert isinstance(found[twin], AmbiguousKey)


@pytest.mark.parametrize(("keys", "locations"), [(1, 12), (24, 12), (100, 12), (100, 14), (100, 1)])
async def test_requests_are_as_declared_and_fit_the_cost_of_one_query(
    open_shop: OpenShop, keys: int, locations: int
) -> None:
    skus = [f"SKU-{number:03}" for number in range(keys)]
    where = places(locations)
    stock = tuple(SeedStock(sku, place, Decimal(3)) for sku in skus for place in where)
    sandbox, shop = await open_shop(seed(*(product(n, sku) for n, sku in enumerate(skus, 1)), stock=stock))
    asked = [StockKey(sku, where) for sku in skus]
    await shop.get_stock(asked, view(MANIFEST, GET), call())
    sandbox.requests.clear()
    found = await shop.get_stock(asked, view(MANIFEST, GET), call())
    assert len(found) == keys
    declared = MANIFEST.operations[GET].requests(keys, {"locations": locations})
    assert [request.operation for request in sandbox.requests] == ["StockByItem"] * declared


async def test_keys_with_different_places_get_their_own(open_shop: OpenShop) -> None:
    here, there = places(2)
    stock = tuple(SeedStock("MUG", place, Decimal(number)) for number, place in enumerate((here, there), 1))
    sandbox, shop = await open_shop(seed(product(1, "MUG"), stock=stock))
    first, second = StockKey("MUG", (here,)), StockKey("MUG", (there,))
    found = await shop.get_stock([first, second], view(MANIFEST, GET), call())
    levels = [value.levels for value in found.values() if isinstance(value, StockLevels)]
    assert [{place: level.available for place, level in each.items()} for each in levels] == [{here: 1}, {there: 2}]
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("known", [0, 20, 60])
@pytest.mark.parametrize("spoilt", [1, 2])
async def test_a_query_that_fails_is_the_error_of_its_own_variants(
    open_shop: OpenShop, known: int, spoilt: int
) -> None:
    skus = [f"SKU-{number}" for number in range(60)]
    here = places(12)
    sandbox, shop = await open_shop(seed(*(product(number, sku) for number, sku in enumerate(skus, 1))))
    keys = [StockKey(sku, here) for sku in skus]
    if known:
        await shop.resolve(skus[:known], view(MANIFEST, GET), call())
    answers = count(1)
    sandbox.faults.rewrite = lambda body: b"<html>" if next(answers) == spoilt else body
    found = await shop.get_stock(keys, view(MANIFEST, GET), call())
    failed = [key for key in keys if isinstance(found[key], AdapterError)]
    assert all(isinstance(found[key], InvalidAnswer | StockLevels) for key in keys)
    assert 0 < len(failed) < len(keys)


async def test_where_every_query_fails_the_call_fails(open_shop: OpenShop) -> None:
    skus = [f"SKU-{number}" for number in range(60)]
    sandbox, shop = await open_shop(seed(*(product(number, sku) for number, sku in enumerate(skus, 1))))
    await shop.resolve(skus[:30], view(MANIFEST, GET), call())
    sandbox.faults.rewrite = lambda body: b"<html>"
    with pytest.raises(InvalidAnswer):
        await shop.get_stock([StockKey(sku, places(12)) for sku in skus], view(MANIFEST, GET), call())
