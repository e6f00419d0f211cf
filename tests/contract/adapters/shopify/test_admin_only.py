"""A shop without a Storefront token: the catalogue through Admin, within the cost of one query."""

from __future__ import annotations

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox.cost import strict
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery, ProductStatus
from gateway.model.pricing import PriceKey
from gateway.model.text import Text
from gateway.ports.product import CatalogPort
from gateway.ports.search import SearchPort
from gateway.testing.sandbox import SeedPrice

from .conftest import OpenShop
from .shops import Shopify, call, money, product, seed, shop_seed, view

LIST = "product.list_products"


def keys(kind: ProductKeyKind, *values: str) -> list[ProductKey]:
    return [ProductKey(kind, value) for value in values]


async def walk(shop: Shopify, first: int) -> list[Product]:
    found: list[Product] = []
    after: str | None = None
    while True:
        page = await shop.list_products(ProductQuery(first, after), view(MANIFEST, LIST), call())
        assert len(page.products) == len(page.positions) <= first
        found += page.products
        if not page.has_next:
            return found
        after = page.positions[-1]


async def test_it_has_a_catalogue_and_no_search(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(shop_seed(), storefront_token=None)
    assert isinstance(shop, CatalogPort)
    assert not isinstance(shop, SearchPort)
    wanted = [
        *keys(ProductKeyKind.SLUG, "mug-1", "no-such-mug"),
        *keys(ProductKeyKind.SKU, "MUG-02-M"),
        *keys(ProductKeyKind.NATIVE, "gid://shopify/Product/102", "gid://shopify/Product/999"),
    ]
    found = await shop.get_products(wanted, view(MANIFEST, "product.get_products", language="ja"), call())
    assert [each.slug for each in found.values() if isinstance(each, Product)] == ["mug-1", "mug-2", "mug-3"]
    first = found[wanted[0]]
    assert isinstance(first, Product)
    assert first.title == Text("Mug 1", "en")
    assert set(first.collection_keys) == {"kitchen", "mugs", "summer"}
    assert [request.operation for request in sandbox.requests] == ["VariantsByKey", "AdminProductsByKey"]
    assert [each.key for each in await shop.list_collections(None, view(MANIFEST, LIST), call())] == [
        "kitchen",
        "mugs",
        "summer",
    ]


async def test_drafts_and_unpublished_products_are_not_shown(open_shop: OpenShop) -> None:
    draft = product(2, "D", status=ProductStatus.DRAFT)
    sandbox, shop = await open_shop(seed(product(1, "A"), draft, product(3, "B")), storefront_token=None)
    sandbox.world.products["gid://shopify/Product/3"].published = False
    wanted = keys(ProductKeyKind.SLUG, "thing-1", "thing-2", "thing-3")
    assert set(await shop.get_products(wanted, view(MANIFEST, LIST), call())) == {wanted[0]}
    assert [each.slug for each in await walk(shop, 2)] == ["thing-1"]


async def test_nested_pages_shrink_to_the_cost_of_one_query_and_nothing_is_lost(open_shop: OpenShop) -> None:
    things = [product(n, *(f"P{n}-{i}" for i in range(12))) for n in range(1, 101)]
    sandbox, shop = await open_shop(seed(*things), storefront_token=None)
    found = await walk(shop, 24)
    assert [len(each.variants) for each in found] == [12] * 100
    assert all(request.status == 200 for request in sandbox.requests)
    assert sum(request.operation == "AdminProducts" for request in sandbox.requests) == 5
    sandbox.requests.clear()
    assert len(await walk(shop, 100)) == 100


async def test_a_dearer_vendor_only_costs_more_requests(open_shop: OpenShop) -> None:
    things = [product(n, f"P{n}-A", f"P{n}-B", f"P{n}-C") for n in range(1, 31)]
    sandbox, shop = await open_shop(seed(*things), storefront_token=None)
    sandbox.cost_model = lambda first, node: 3 * strict(first, node)
    found = await walk(shop, 24)
    assert len({each.ref for each in found}) == 30
    assert {len(each.variants) for each in found} == {3}


async def test_prices_need_no_storefront(open_shop: OpenShop) -> None:
    prices = (SeedPrice("MUG", money("9.50")),)
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=prices), storefront_token=None)
    found = await shop.get_prices([PriceKey("MUG")], view(MANIFEST, "price.get_prices"), call())
    assert len(found) == 1
    assert [request.operation for request in sandbox.requests] == ["PricesBySku"]
