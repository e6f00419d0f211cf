"""Products over a real socket: by handle, SKU, barcode and id, in pages, and in the shopper's language."""

from __future__ import annotations

from msgspec.structs import replace

from adapters.shopify.adapter import Shopify
from adapters.shopify.sandbox import ShopifySandbox
from gateway.errors import AmbiguousKey
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery, ProductStatus
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.text import Text

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
