"""The rest of what a real Vendure is asked: trees, listings by category, search sorts, orders by number."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import aiohttp
import pytest

from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.identity import CaseRule, KeyRule, NativeRef
from gateway.model.money import Money
from gateway.model.orders import Order, OrderOrigin, OrderStatus
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import SearchFilter, SearchQuery, SearchSort
from tests.contract.adapters.vendure.connected import Connect, Connected, a_call, by_key, by_login, seen
from tests.servers.vendure_server import VendureServer


async def test_categories_are_vendures_collections_as_a_tree(shop: Connected) -> None:
    tree = await shop.adapter.list_categories(None, seen("product.list_categories"), a_call())
    by_slug = {category.slug: category for category in tree}
    assert len(tree) == 9
    assert by_slug["electronics"].parent is None
    assert by_slug["computers"].parent == by_slug["electronics"].key
    assert await shop.adapter.list_collections(None, seen("product.list_collections"), a_call()) == ()


async def test_merchandised_collections_leave_the_tree(vendure: VendureServer, connect: Connect) -> None:
    plain = await connect(vendure, by_key(vendure)).adapter.list_categories(
        None, seen("product.list_categories"), a_call()
    )
    computers = next(category.key for category in plain if category.slug == "computers")
    shop = connect(vendure, by_key(vendure, merchandised=(computers,)))
    tree = await shop.adapter.list_categories(None, seen("product.list_categories"), a_call())
    sets = await shop.adapter.list_collections(None, seen("product.list_collections"), a_call())
    assert "computers" not in {category.slug for category in tree}
    assert [(entry.slug, entry.image is not None) for entry in sets] == [("computers", True)]
    key = ProductKey(ProductKeyKind.SLUG, "laptop")
    laptop = (await shop.adapter.get_products([key], seen("product.get_products"), a_call()))[key]
    assert isinstance(laptop, Product)
    assert laptop.collection_keys == (computers,)
    assert computers not in laptop.category_keys


async def test_products_of_a_category_are_paged_by_name(shop: Connected) -> None:
    tree = await shop.adapter.list_categories(None, seen("product.list_categories"), a_call())
    computers = next(category.key for category in tree if category.slug == "computers")
    walked: list[Product] = []
    after: str | None = None
    while True:
        page = await shop.adapter.list_products(
            ProductQuery(3, after, category=computers), seen("product.list_products"), a_call()
        )
        walked += page.products
        assert page.total == 10
        if not page.has_next:
            break
        after = page.positions[-1]
    assert len({product.ref for product in walked}) == len(walked) == 10
    assert all(computers in product.category_keys for product in walked)


async def test_search_sorts_and_narrows(shop: Connected) -> None:
    view = seen("search.search")
    cheap = await shop.adapter.search(SearchQuery("", 3, sort=SearchSort.PRICE_ASC), view, a_call())
    dear = await shop.adapter.search(SearchQuery("", 3, sort=SearchSort.PRICE_DESC), view, a_call())
    assert {product.ref for product in cheap.products}.isdisjoint(product.ref for product in dear.products)
    titles = await shop.adapter.search(SearchQuery("", 50, sort=SearchSort.TITLE), view, a_call())
    names = [product.title.value for product in titles.products]
    assert names == sorted(names, key=str.casefold)
    brand = next(facet for facet in titles.facets if facet.name == "brand")
    apple = next(value for value in brand.values if value.label == "Apple")
    filters = (SearchFilter("brand", (apple.value,)),)
    found = await shop.adapter.search(SearchQuery("", 50, filters=filters), view, a_call())
    assert {product.brand for product in found.products} == {"Apple"}
    assert found.total == apple.count


async def test_values_of_one_facet_widen_and_facets_narrow(shop: Connected) -> None:
    view = seen("search.search")
    everything = await shop.adapter.search(SearchQuery("", 1), view, a_call())
    brands = {value.label: value for facet in everything.facets if facet.name == "brand" for value in facet.values}
    collections = {
        value.label: value for facet in everything.facets if facet.name == "collection" for value in facet.values
    }
    either = SearchFilter("brand", (brands["Apple"].value, brands["Samsung"].value))
    both = await shop.adapter.search(SearchQuery("", 50, filters=(either,)), view, a_call())
    assert both.total == (brands["Apple"].count or 0) + (brands["Samsung"].count or 0)
    computers = SearchFilter("collection", (collections["Computers"].value,))
    narrowed = await shop.adapter.search(SearchQuery("", 50, filters=(either, computers)), view, a_call())
    assert {product.brand for product in narrowed.products} <= {"Apple", "Samsung"}
    assert 0 < (narrowed.total or 0) <= (both.total or 0)


async def test_duplicate_sku_is_ambiguous_for_some_and_the_rest_is_served(shop: Connected) -> None:
    keys = [PriceKey("TWICE"), PriceKey("L2201308"), PriceKey("NOPE")]
    answer = await shop.adapter.get_prices(keys, seen("price.get_prices"), a_call())
    assert [type(answer.get(key)).__name__ for key in keys] == ["AmbiguousKey", "Price", "NoneType"]


async def test_rule_that_ignores_case_finds_both_and_says_so(vendure: VendureServer, connect: Connect) -> None:
    """Folding a key on the way out cannot find what is stored in the other case; what comes back is compared folded."""
    shop = connect(vendure, by_key(vendure), KeyRule(case=CaseRule.LOWER))
    audit = await shop.adapter.audit(a_call())
    assert "l2201308" in audit.duplicates


async def test_audit_counts_every_variant(shop: Connected) -> None:
    audit = await shop.adapter.audit(a_call())
    assert (audit.records, audit.missing, audit.duplicates) == (88, 0, ("404.038.96", "TWICE"))


async def test_own_number_and_origin_find_orders(vendure: VendureServer, shop: Connected) -> None:
    first, *_, last = vendure.seed.customer.orders
    own, foreign = OrderOrigin(first.code, "shop"), OrderOrigin("TILL-2", "till")
    answer = await shop.adapter.get_by_origin(
        [own, foreign, OrderOrigin("TILL-9", "till"), OrderOrigin("NOPE", "shop")],
        seen("order.get_by_origin"),
        a_call(),
    )
    assert {key: value.ref.id for key, value in answer.items() if isinstance(value, Order)} == {
        own: first.id,
        foreign: last.id,
    }


async def test_basket_is_no_order(vendure: VendureServer, shop: Connected) -> None:
    refs = [NativeRef("shop", str(number)) for number in range(1, 10)]
    answer = await shop.adapter.get_orders(refs, seen("order.get_orders"), a_call())
    assert {ref.id for ref in answer} == {order.id for order in vendure.seed.customer.orders}
    assert {order.status for order in answer.values() if isinstance(order, Order)} == {OrderStatus.CONFIRMED}


async def test_concurrent_first_calls_log_in_and_read_the_channel_once(
    vendure: VendureServer, connect: Connect
) -> None:
    shop = connect(vendure, by_login(vendure))
    before = vendure.requests
    answers = await asyncio.gather(
        *(shop.adapter.get_prices([PriceKey("L2201308")], seen("price.get_prices"), a_call()) for _ in range(5))
    )
    assert all(isinstance(answer[PriceKey("L2201308")], Price) for answer in answers)
    assert vendure.requests - before == 1 + 1 + 5


async def test_probe_tells_channel_currencies_and_counts(everywhere: Connected) -> None:
    probe = await everywhere.adapter.probe(a_call())
    assert probe.notes == (
        "54 products, 2 stock locations",
        "channel `__default_channel__`: prices in USD excluding tax",
        "channel `eu` (for `europe`): prices in EUR, GBP including tax",
        "channel `jp` (for `japan`): prices in JPY excluding tax",
    )


@pytest.mark.parametrize(("channel", "sku"), [("default", "834444"), ("eu", "L2201308")])
async def test_line_of_five_is_what_a_real_cart_charges(
    vendure: VendureServer, everywhere: Connected, channel: str, sku: str
) -> None:
    document = """mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 5) {
        ... on Order { lines { linePrice linePriceWithTax } } } }"""
    body = {"query": document, "variables": {"id": vendure.seed.variants[sku]}}
    headers = {"vendure-token": vendure.seed.channels[channel]}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{vendure.url}/shop-api", json=body) as answer,
    ):
        (charged,) = (await answer.json())["data"]["addItemToOrder"]["lines"]
    key = PriceKey(sku, Decimal(5))
    parts = {"channel": "europe", "currency": "EUR"} if channel == "eu" else {}
    price = (await everywhere.adapter.get_prices([key], seen("price.get_prices", **parts), a_call()))[key]
    assert isinstance(price, Price)
    assert price.line is not None
    assert price.line.net is not None
    assert price.line.gross is not None
    cents = (price.line.net.amount * 100, price.line.gross.amount * 100)
    assert cents == (charged["linePrice"], charged["linePriceWithTax"])


async def test_price_does_not_depend_on_quantity(shop: Connected) -> None:
    one, many = PriceKey("834444"), PriceKey("834444", Decimal(12))
    answer = await shop.adapter.get_prices([one, many], seen("price.get_prices"), a_call())
    assert [answer[key].current.net for key in (one, many)] == [Money(Decimal("18.99"), "USD")] * 2  # type: ignore[union-attr]
