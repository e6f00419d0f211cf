"""Items as products: mapping, barcodes, pages, archived items, and how many requests."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.square.sandbox.account import native_id
from gateway.errors import AmbiguousKey, InvalidCursor
from gateway.model.catalog import (
    Image,
    Product,
    ProductKey,
    ProductKeyKind,
    ProductOption,
    ProductQuery,
    SelectedOption,
)
from gateway.model.identity import NativeRef
from tests.contract.adapters.square.connected import (
    BACKEND,
    Connect,
    Connected,
    call,
    product,
    seen_by,
    small_seed,
    variant,
)

SEARCH, RETRIEVE = "POST /v2/catalog/search", "POST /v2/catalog/batch-retrieve"
BY_CATEGORY = "POST /v2/catalog/search-catalog-items"
GTIN = "05012345678900"


async def ask(till: Connected, *keys: ProductKey) -> dict[ProductKey, Any]:
    return dict(await till.adapter.get_products(keys, seen_by("product.get_products"), call()))


def sku(value: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SKU, value)


def barcode(value: str) -> ProductKey:
    return ProductKey(ProductKeyKind.BARCODE, value)


async def pages(till: Connected, first: int, **query: Any) -> list[list[Product]]:
    found: list[list[Product]] = []
    after: str | None = None
    while True:
        asked = ProductQuery(first=first, after=after, **query)
        page = await till.adapter.list_products(asked, seen_by("product.list_products"), call())
        found.append(list(page.products))
        if not page.has_next:
            return found
        after = page.positions[-1]


async def test_a_whole_product_by_one_of_its_skus(till: Connected) -> None:
    found = (await ask(till, sku("MUG-L")))[sku("MUG-L")]
    assert found.ref == NativeRef(BACKEND, native_id("ITEM", "101"))
    assert (found.title.value, found.title.language) == ("Item 1", "en")
    assert found.description.value == "Stoneware."
    assert found.options == (ProductOption("Size", ("S", "L")),)
    assert found.category_keys == (native_id("CATG", "11"),)
    assert found.media == (Image("https://images.example/mug.jpg", "A mug"),)
    small, large = found.variants
    assert (small.sku, small.title.value, small.gtins) == ("MUG-S", "Small", (GTIN,))
    assert large.options == (SelectedOption("Size", "L"),)
    assert small.product == found.ref


async def test_barcode_and_native_id_find_the_same_product(till: Connected) -> None:
    native = ProductKey(ProductKeyKind.NATIVE, native_id("ITEM", "101"))
    found = await ask(till, barcode(GTIN), native, ProductKey(ProductKeyKind.NATIVE, "NOPE"), barcode("00000000000017"))
    assert set(found) == {barcode(GTIN), native}
    assert found[barcode(GTIN)] == found[native]


async def test_a_barcode_borne_by_two_variations_is_ambiguous(connect: Connect) -> None:
    products = (product(1, variant(1, "A", gtin=GTIN)), product(2, variant(2, "B", gtin=GTIN)))
    till = await connect(small_seed(products=products, prices=(), stock=()))
    assert isinstance((await ask(till, barcode(GTIN)))[barcode(GTIN)], AmbiguousKey)


async def test_square_has_no_slugs(till: Connected) -> None:
    assert await ask(till, ProductKey(ProductKeyKind.SLUG, "item-1")) == {}
    assert till.asked() == []


async def test_an_archived_item_is_absent_and_not_listed(till: Connected) -> None:
    till.sandbox.account.catalog[native_id("ITEM", "103")]["item_data"]["is_archived"] = True
    native = ProductKey(ProductKeyKind.NATIVE, native_id("ITEM", "103"))
    assert await ask(till, sku("TOTE"), native) == {}
    listed = [each.title.value for page in await pages(till, 2) for each in page]
    assert listed == ["Item 1", "Item 4"]


async def test_a_sku_that_moved_to_another_item_is_looked_up_again(till: Connected) -> None:
    await ask(till, sku("TOTE"))
    till.sandbox.account.variation_of("TOTE")["item_variation_data"]["sku"] = "TOTE-OLD"
    till.sandbox.account.variation_of("GIFT")["item_variation_data"]["sku"] = "TOTE"
    assert (await ask(till, sku("TOTE")))[sku("TOTE")].title.value == "Item 4"


async def test_a_deleted_variation_is_not_among_the_variants(till: Connected) -> None:
    till.sandbox.delete("MUG-L")
    assert [each.sku for each in (await ask(till, sku("MUG-S")))[sku("MUG-S")].variants] == ["MUG-S"]
    assert await ask(till, sku("MUG-L")) == {}


async def test_requests_cold_and_warm(till: Connected) -> None:
    keys = (sku("MUG-S"), sku("MUG-L"), sku("TOTE"))
    await ask(till, *keys)
    assert till.asked() == [SEARCH, RETRIEVE, SEARCH]  # the last one: option names
    await ask(till, *keys)
    assert till.asked() == [RETRIEVE]


async def test_a_page_is_one_request_wherever_it_starts(connect: Connect) -> None:
    products = tuple(product(number, variant(number, f"SKU-{number}")) for number in range(25))
    till = await connect(small_seed(products=products, prices=(), stock=()))
    found = await pages(till, 10)
    assert [len(page) for page in found] == [10, 10, 5]
    assert till.asked() == [SEARCH] * 3


async def test_a_category_narrows_the_listing(till: Connected) -> None:
    found = await pages(till, 10, category=native_id("CATG", "11"))
    assert [[each.title.value for each in page] for page in found] == [["Item 1"]]
    assert found[0][0].media == (Image("https://images.example/mug.jpg", "A mug"),)
    assert till.asked() == [SEARCH, BY_CATEGORY, RETRIEVE, SEARCH]
    assert await pages(till, 10, collection="summer") == [[]]


async def test_categories_are_a_tree(till: Connected) -> None:
    found = await till.adapter.list_categories(None, seen_by("product.list_categories"), call())
    assert [(each.key, each.name.value, each.parent) for each in found] == [
        (native_id("CATG", "10"), "Kitchen", None),
        (native_id("CATG", "11"), "Mugs", native_id("CATG", "10")),
    ]
    assert await till.adapter.list_collections(None, seen_by("product.list_collections"), call()) == ()


@pytest.mark.parametrize("after", ["", "rubbish", '["x",0,0]', '["x",10,-1]', "[null,5000,0]", "{}"])
async def test_a_position_that_is_none_is_refused(till: Connected, after: str) -> None:
    query = ProductQuery(first=5, after=after)
    with pytest.raises(InvalidCursor):
        await till.adapter.list_products(query, seen_by("product.list_products"), call())


async def test_a_cursor_square_does_not_know_is_an_invalid_cursor(till: Connected) -> None:
    query = ProductQuery(first=5, after='["c29tZXRoaW5n",5,0]')
    with pytest.raises(InvalidCursor):
        await till.adapter.list_products(query, seen_by("product.list_products"), call())


@pytest.mark.parametrize("stored", [" MUG", "MUG ", "MUG"])
async def test_a_sku_with_a_blank_at_its_end_is_the_sku_without(connect: Connect, stored: str) -> None:
    till = await connect(small_seed(products=(product(1, variant(1, stored)),), prices=(), stock=()))
    key = ProductKey(ProductKeyKind.SKU, "MUG")
    found = (await till.adapter.get_products([key], seen_by("product.get_products"), call()))[key]
    assert isinstance(found, Product)
    assert found.variants[0].sku == "MUG"
