"""Products over a real socket: by handle, SKU, barcode and id, in pages, and in the shopper's language."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from gateway.errors import AmbiguousKey
from gateway.model.catalog import (
    Category,
    Collection,
    Image,
    Model3d,
    Model3dSource,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductQuery,
    ProductStatus,
    Video,
)
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.text import Text
from gateway.testing.conformance.example import SEEN
from gateway.testing.sandbox import SeedTranslation

from .conftest import OpenShop
from .shops import Shopify, product, seed

CONTEXT = CommerceContext("GB", "GBP", "en")


def view(**parts: str) -> ContextView:
    return replace(CONTEXT, **parts).only(frozenset({"country", "language"}))


def call() -> CallContext:
    return CallContext.within(20)


def slug(value: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SLUG, value)


def sku(value: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SKU, value)


async def test_several_handles_are_one_request(shop: Shopify, sandbox: ShopifySandbox) -> None:
    keys = [slug(f"mug-{number}") for number in range(1, 13)]
    found = await shop.get_products([*keys, slug("no-such-mug")], view(), call())
    assert set(found) == set(keys)
    assert len(sandbox.requests) == 1
    mug = found[slug("mug-1")]
    assert isinstance(mug, Product)
    assert mug.title == Text("Mug 1", "en")
    assert [variant.sku for variant in mug.variants] == ["MUG-01-S", "MUG-01-M", "MUG-01-L"]
    assert mug.category_keys == ("mugs",)
    assert mug.collection_keys == ("summer",)


async def test_near_matches_and_other_case_are_not_served(shop: Shopify, sandbox: ShopifySandbox) -> None:
    found = await shop.get_products([sku("CASE-A"), sku("case-a"), sku("MUG-01")], view(), call())
    upper, lower = found[sku("CASE-A")], found[sku("case-a")]
    assert isinstance(upper, Product)
    assert isinstance(lower, Product)
    assert (upper.slug, lower.slug) == ("case-upper", "case-lower")
    assert sku("MUG-01") not in found
    assert [request.operation for request in sandbox.requests] == ["VariantsByKey", "ProductsByKey"]


async def test_two_bearers_of_a_sku_are_ambiguous(shop: Shopify) -> None:
    found = await shop.get_products([sku("TWIN")], view(), call())
    assert isinstance(found[sku("TWIN")], AmbiguousKey)


async def test_a_draft_is_absent(shop: Shopify, sandbox: ShopifySandbox) -> None:
    record = sandbox.world.seed.products[0]
    draft = replace(record, ref=replace(record.ref, id="900"), slug="draft", status=ProductStatus.DRAFT, variants=())
    sandbox.world.add_product(draft)
    key = ProductKey(ProductKeyKind.NATIVE, "gid://shopify/Product/900")
    assert await shop.get_products([slug("draft"), key], view(), call()) == {}


async def test_texts_are_in_the_language_they_say(shop: Shopify) -> None:
    japanese = (await shop.get_products([slug("mug-1")], view(language="ja-JP"), call()))[slug("mug-1")]
    unserved = (await shop.get_products([slug("mug-1")], view(language="fr"), call()))[slug("mug-1")]
    assert isinstance(japanese, Product)
    assert isinstance(unserved, Product)
    assert japanese.title == Text("マグカップ 1", "ja")
    assert unserved.title == Text("Mug 1", "en")


async def test_what_the_shop_did_not_translate_says_the_language_it_is_in(open_shop: OpenShop) -> None:
    texts = (SeedTranslation("1", "he", "דבר 1"),)
    thing = product(
        1, "A", "B", description=Text("Made of clay.", "en"), category_keys=("10",), collection_keys=("20",)
    )
    sandbox, shop = await open_shop(
        seed(
            thing,
            product(2, "C"),
            translations=texts,
            categories=(Category("10", Text("Home", "en"), SEEN, slug="home"),),
            collections=(Collection("20", Text("Summer", "en"), SEEN, slug="summer", description=Text("Hot.", "en")),),
        )
    )
    found = await shop.get_products([slug("thing-1"), slug("thing-2")], view(language="iw"), call())
    translated, plain = found[slug("thing-1")], found[slug("thing-2")]
    assert isinstance(translated, Product)
    assert isinstance(plain, Product)
    assert (translated.title, translated.title.direction) == (Text("דבר 1", "he"), "RTL")
    assert translated.description == Text("Made of clay.", "en")
    assert [variant.title for variant in translated.variants] == [Text("0", "en"), Text("1", "en")]
    assert (plain.title, plain.variants[0].title) == (Text("Thing 2", "en"), Text("Thing 2", "en"))
    assert [request.operation for request in sandbox.requests] == ["ProductsByKey", "ProductTexts"]
    (category,) = await shop.list_categories(None, view(language="he"), call())
    (collection,) = await shop.list_collections(None, view(language="he"), call())
    assert (category.name, collection.name) == (Text("Home", "en"), Text("Summer", "en"))
    assert collection.description == Text("Hot.", "en")


async def test_a_country_that_is_not_served_says_so(shop: Shopify) -> None:
    found = (await shop.get_products([slug("mug-1")], view(country="FR"), call()))[slug("mug-1")]
    assert isinstance(found, Product)
    assert found.freshness.reason == "not sold in FR: shown as in GB"


async def test_pages_walk_the_assortment(shop: Shopify) -> None:
    walked: list[str | None] = []
    after: str | None = None
    while True:
        page = await shop.list_products(ProductQuery(5, after), view(), call())
        walked += [product.slug for product in page.products]
        if not page.has_next:
            break
        after = page.positions[-1]
    assert len(walked) == len(set(walked)) == 17


async def test_a_product_with_many_variants_costs_one_more_request_for_all(open_shop: OpenShop) -> None:
    large = [product(n, *(f"P{n}-{i:03}" for i in range(count))) for n, count in ((1, 230), (2, 130), (3, 3))]
    sandbox, shop = await open_shop(seed(*large))
    found = await shop.get_products([slug(f"thing-{n}") for n in (1, 2, 3)], view(), call())
    assert [len(each.variants) for each in found.values() if isinstance(each, Product)] == [230, 130, 3]
    assert [request.operation for request in sandbox.requests] == ["ProductsByKey", "MoreVariants"]
    first = found[slug("thing-1")]
    assert isinstance(first, Product)
    assert [variant.sku for variant in first.variants] == [f"P1-{i:03}" for i in range(230)]


@pytest.mark.parametrize("count", [1, 24, 100])
async def test_requests_do_not_depend_on_how_many_are_asked(open_shop: OpenShop, count: int) -> None:
    sandbox, shop = await open_shop(seed(*(product(n, f"SKU-{n:03}") for n in range(1, count + 1))))
    by_slug = [slug(f"thing-{n}") for n in range(1, count + 1)]
    by_sku = [sku(f"SKU-{n:03}") for n in range(1, count + 1)]
    assert len(await shop.get_products(by_slug, view(), call())) == count
    assert len(sandbox.requests) == MANIFEST.operations["product.get_products"].requests(count, {}) == 1
    for expected in (["VariantsByKey", "ProductsByKey"], ["ProductsByKey"]):
        sandbox.requests.clear()
        assert len(await shop.get_products(by_sku, view(), call())) == count
        assert [request.operation for request in sandbox.requests] == expected


@pytest.mark.parametrize("digits", [8, 12, 13, 14])
async def test_a_barcode_is_found_in_whatever_length_it_is_stored(open_shop: OpenShop, digits: int) -> None:
    gtin = {8: "00000096385074", 12: "00036000291452", 13: "04006381333931", 14: "10614141000415"}[digits]
    thing = product(1, "PEN", None)
    thing = replace(thing, variants=(thing.variants[0], replace(thing.variants[1], gtins=(gtin,))))
    sandbox, shop = await open_shop(seed(thing))
    stored = sandbox.world.products["gid://shopify/Product/1"].variants[1].barcode
    assert stored is not None
    assert len(stored) == digits
    key = ProductKey(ProductKeyKind.BARCODE, gtin)
    found = await shop.get_products([key], view(), call())
    pen = found[key]
    assert isinstance(pen, Product)
    assert [variant.gtins for variant in pen.variants] == [(), (gtin,)]
    assert [variant.sku for variant in pen.variants] == ["PEN", None]


async def test_an_empty_sku_is_none(open_shop: OpenShop) -> None:
    _, shop = await open_shop(seed(product(1, "", None)))
    found = (await shop.get_products([slug("thing-1")], view(), call()))[slug("thing-1")]
    assert isinstance(found, Product)
    assert [variant.sku for variant in found.variants] == [None, None]


async def test_a_product_without_options_shows_none(open_shop: OpenShop) -> None:
    _, shop = await open_shop(seed(product(1, "ONLY")))
    found = (await shop.get_products([slug("thing-1")], view(), call()))[slug("thing-1")]
    assert isinstance(found, Product)
    assert found.options == ()
    assert found.variants[0].options == ()
    assert found.variants[0].title == Text("Thing 1", "en")


async def test_media_of_all_kinds_come_through(open_shop: OpenShop) -> None:
    media = (
        Image("https://cdn.example/a.jpg", "A mug", 800, 600),
        Video("https://cdn.example/a.mp4", None, "video/mp4"),
        Model3d("Turn me", (Model3dSource("https://cdn.example/a.glb", "model/gltf-binary"),)),
    )
    _, shop = await open_shop(seed(product(1, "MUG", media=media)))
    found = (await shop.get_products([slug("thing-1")], view(), call()))[slug("thing-1")]
    assert isinstance(found, Product)
    assert found.media == media


async def test_the_menu_is_the_category_tree_and_other_collections_are_not_in_it(shop: Shopify) -> None:
    categories = await shop.list_categories(None, view(), call())
    assert [(each.key, each.parent, each.name.value) for each in categories] == [
        ("kitchen", None, "Kitchen"),
        ("mugs", "kitchen", "Mugs"),
    ]
    assert [each.key for each in await shop.list_collections(None, view(), call())] == ["summer"]
    for category in ("mugs", "kitchen"):
        page = await shop.list_products(ProductQuery(50, category=category), view(), call())
        assert len(page.products) == 12
        assert {each.category_keys for each in page.products} == {("mugs",)}
    nothing = await shop.list_products(ProductQuery(50, category="no-such"), view(), call())
    assert (nothing.products, nothing.has_next) == ((), False)


async def test_a_sku_that_went_to_another_product_is_followed(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(product(1, "MUG"), product(2, "CUP")))
    keys = [sku("MUG"), sku("CUP")]
    await shop.get_products(keys, view(), call())
    first, second = sandbox.world.variants.values()
    first.sku, second.sku = "CUP", "MUG"
    found = await shop.get_products(keys, view(), call())
    assert [each.slug for each in found.values() if isinstance(each, Product)] == ["thing-2", "thing-1"]
    sandbox.requests.clear()
    await shop.get_products(keys, view(), call())
    assert len(sandbox.requests) == 1


async def test_an_unpublished_product_is_not_looked_up_at_every_call(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(product(1, "MUG")))
    sandbox.world.products["gid://shopify/Product/1"].published = False
    assert await shop.get_products([sku("MUG")], view(), call()) == {}
    sandbox.requests.clear()
    assert await shop.get_products([sku("MUG")], view(), call()) == {}
    assert [request.operation for request in sandbox.requests] == ["ProductsByKey"]


async def test_hostile_keys_are_just_unknown(shop: Shopify) -> None:
    hostile = ['"', "\\", '" OR sku:"MUG-01-S', "a:b", "(", "*", "\u0000", "💥", " "]
    keys = [ProductKey(kind, text) for text in hostile for kind in ProductKeyKind]
    assert await shop.get_products(keys, view(), call()) == {}


@pytest.mark.parametrize("stored", [" SP ACE/é", "SP ACE/é ", "SP ACE/é"])
async def test_a_sku_with_a_blank_at_its_end_is_the_sku_without(open_shop: OpenShop, stored: str) -> None:
    _, shop = await open_shop(seed(product(1, stored)))
    found = await shop.get_products([sku("SP ACE/é"), slug("Thing-1")], view(), call())
    assert set(found) == {sku("SP ACE/é"), slug("Thing-1")}
    for each in found.values():
        assert isinstance(each, Product)
        assert each.variants[0].sku == "SP ACE/é"
