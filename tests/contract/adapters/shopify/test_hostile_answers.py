"""Whatever stands in the place of any one value of an answer: the call answers or raises an error of ours, never
another exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest

from adapters.shopify.manifest import MANIFEST
from gateway.errors import AdapterError
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.model.orders import OrdersQuery
from gateway.model.pricing import PriceKey
from gateway.model.search import SearchQuery
from gateway.model.stock import StockKey
from gateway.ports.search import SearchPort
from gateway.testing.conformance.wellformed import assert_well_formed

from .conftest import OpenShop
from .shops import Shopify, call, place, shop_seed, view

JUNK: tuple[Any, ...] = (None, 7, -1.5, "junk", True, [], {}, [None], "NaN", "1e99", "XXX", "2026-07-01T12:00:00")
Ask = Callable[[Shopify], Awaitable[object]]


def search(shop: Shopify) -> Awaitable[object]:
    assert isinstance(shop, SearchPort)
    return shop.search(SearchQuery("mug", 2), view(MANIFEST, "search.search"), call())


ASKS: dict[str, Ask] = {
    "products": lambda shop: shop.get_products(
        [ProductKey(ProductKeyKind.SLUG, "mug-1")], view(MANIFEST, "product.get_products"), call()
    ),
    "listing": lambda shop: shop.list_products(ProductQuery(1), view(MANIFEST, "product.list_products"), call()),
    "categories": lambda shop: shop.list_categories(None, view(MANIFEST, "product.list_categories"), call()),
    "search": search,
    "prices": lambda shop: shop.get_prices([PriceKey("MUG-01-S")], view(MANIFEST, "price.get_prices"), call()),
    "stock": lambda shop: shop.get_stock(
        [StockKey("MUG-01-S", (place("1001"),))], view(MANIFEST, "stock.get_stock"), call()
    ),
    "stores": lambda shop: shop.list_stores(None, view(MANIFEST, "store.list_stores"), call()),
    "customers": lambda shop: shop.find_customers(
        [CustomerKey(CustomerKeyKind.EMAIL, "ada@example.com")], view(MANIFEST, "customer.find_customers"), call()
    ),
    "orders": lambda shop: shop.list_orders(
        OrdersQuery((NativeRef("shop", "gid://shopify/Customer/501"),), 2), view(MANIFEST, "order.list_orders"), call()
    ),
    "probe": lambda shop: shop.probe(call()),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON document."""
    if path:
        yield path
    inner: Any = ()
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        inner = enumerate(cast("list[Any]", value))
    for key, each in inner:
        yield from places(each, (*path, key))


def put(document: Any, path: tuple[Any, ...], junk: Any) -> Any:
    changed = copy.deepcopy(document)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = junk
    return changed


async def hold_against_junk(open_shop: OpenShop, name: str, tried: int) -> None:
    own, shop = await open_shop(shop_seed())
    seen: list[bytes] = []

    def remember(body: bytes) -> bytes:
        seen.append(body)
        return body

    own.faults.rewrite = remember
    for _ in range(2):  # the second time by remembered ids, as all that follow
        await ASKS[name](shop)
    document = json.loads(seen[-1])
    every = [(path, junk) for path in places(document) for junk in JUNK]
    step = max(1, len(every) // tried) | 1  # odd, so that every kind of junk has its turn
    for path, junk in every[::step]:
        changed = json.dumps(put(document, path, junk)).encode()
        own.faults.rewrite = lambda body, changed=changed: changed
        try:
            answer = await ASKS[name](shop)
        except AdapterError:
            continue
        assert_well_formed(answer, "shop")


@pytest.mark.parametrize("name", ASKS)
async def test_junk_in_any_place_is_an_error_of_ours(open_shop: OpenShop, name: str) -> None:
    await hold_against_junk(open_shop, name, 20)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ASKS)
async def test_every_junk_in_every_place_is_an_error_of_ours(open_shop: OpenShop, name: str) -> None:
    await hold_against_junk(open_shop, name, 10**9)
