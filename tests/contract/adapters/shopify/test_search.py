"""Search over Storefront: facets that can be sent back, sorts, and what is refused."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.shopify.manifest import MANIFEST
from gateway.errors import UnsupportedFilter
from gateway.model.catalog import Product
from gateway.model.search import SearchFilter, SearchPage, SearchQuery, SearchSort
from gateway.ports.search import SearchPort
from gateway.testing.sandbox import Seed, SeedPrice

from .conftest import OpenShop
from .shops import Shopify, call, money, product, seed, view


def mugs() -> Seed:
    things: list[Product] = []
    for number, (brand, kind) in enumerate([("Blue", "Mug"), ("Red", "Mug"), ("Red", "Cup")], 1):
        thing = product(number, f"M{number}-0", f"M{number}-1", brand=brand, product_type=kind, tags=("stoneware",))
        things.append(replace(thing, title=replace(thing.title, value=f"{brand} {kind} {number}")))
    prices = tuple(
        SeedPrice(f"M{number}-{kind}", money(amount))
        for number, amount in ((1, "20"), (2, "5"), (3, "10"))
        for kind in (0, 1)
    )
    return seed(*things, prices=prices)


async def find(shop: Shopify, text: str, *filters: SearchFilter, sort: SearchSort = SearchSort.RELEVANCE) -> SearchPage:
    assert isinstance(shop, SearchPort)
    query = SearchQuery(text, 10, filters=filters, sort=sort)
    return await shop.search(query, view(MANIFEST, "search.search"), call())


def slugs(page: SearchPage) -> list[str | None]:
    return [each.slug for each in page.products]


async def test_facets_count_and_their_values_narrow(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(mugs())
    page = await find(shop, "stoneware")
    facets = {facet.name: {value.value: value.count for value in facet.values} for facet in page.facets}
    assert facets == {
        "availability": {"false": 3},
        "brand": {"Blue": 1, "Red": 2},
        "product_type": {"Cup": 1, "Mug": 2},
        "tag": {"stoneware": 3},
        "option.kind": {"0": 3, "1": 3},
        "price": {"0:20.0": 3},
    }
    assert page.total == 3
    narrowed = await find(shop, "stoneware", SearchFilter("brand", ("Red",)), SearchFilter("product_type", ("Mug",)))
    assert slugs(narrowed) == ["thing-2"]
    either = await find(shop, "stoneware", SearchFilter("product_type", ("Mug", "Cup")))
    assert len(either.products) == 3
    assert slugs(await find(shop, "stoneware", SearchFilter("price", ("6:12",)))) == ["thing-3"]
    assert len(sandbox.requests) == 4


async def test_hits_are_sorted_by_price_both_ways(open_shop: OpenShop) -> None:
    _, shop = await open_shop(mugs())
    assert slugs(await find(shop, "stoneware", sort=SearchSort.PRICE_ASC)) == ["thing-2", "thing-3", "thing-1"]
    assert slugs(await find(shop, "stoneware", sort=SearchSort.PRICE_DESC)) == ["thing-1", "thing-3", "thing-2"]


@pytest.mark.parametrize(
    ("facet", "value"),
    [
        ("shoe_size", "1"),
        ("option.", "x"),
        ("option.material", "wool"),
        ("availability", "maybe"),
        ("price", "12"),
        ("price", ":"),
        ("price", "-1:"),
        ("price", "NaN:"),
        ("price", "a:b"),
        ("price", "0:1e999"),
    ],
)
async def test_what_it_cannot_filter_is_refused(open_shop: OpenShop, facet: str, value: str) -> None:
    sandbox, shop = await open_shop(mugs())
    with pytest.raises(UnsupportedFilter):
        await find(shop, "mug", SearchFilter(facet, (value,)))
    assert sandbox.requests == []


@pytest.mark.parametrize("sort", [SearchSort.NEWEST, SearchSort.TITLE])
async def test_what_it_cannot_sort_by_is_refused(open_shop: OpenShop, sort: SearchSort) -> None:
    _, shop = await open_shop(mugs())
    with pytest.raises(UnsupportedFilter):
        await find(shop, "mug", sort=sort)
