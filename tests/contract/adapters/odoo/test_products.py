"""The catalogue: templates with variants, texts that know their language, and how many requests they take."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from adapters.odoo.manifest import MANIFEST
from gateway.errors import AmbiguousKey, InvalidCursor
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery, SelectedOption
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.text import Text
from gateway.testing.conformance.example import example_seed
from tests.contract.adapters.odoo.connected import Running, run

LANGUAGES = {"en": "en_US", "ja": "ja_JP"}
SPECS = MANIFEST.operations


def seen_in(language: str) -> ContextView:
    return CommerceContext("GB", "GBP", language).only(frozenset({"language"}))


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, example_seed(), version)


async def product(odoo: Running, key: ProductKey, language: str = "en") -> Product:
    found = (await odoo.adapter(languages=LANGUAGES).get_products([key], seen_in(language), CallContext.within(10)))[
        key
    ]
    assert isinstance(found, Product)
    return found


async def test_a_template_becomes_a_product(odoo: Running) -> None:
    mug = await product(odoo, ProductKey(ProductKeyKind.SKU, "MUG-01-M"))
    assert (mug.ref.id, mug.slug, mug.category_keys) == ("100", "mug-1-100", ("11",))
    assert mug.description == Text("Stoneware, dishwasher safe.", "en")
    assert [variant.sku for variant in mug.variants] == ["MUG-01-S", "MUG-01-M", "MUG-01-L"]
    medium = next(variant for variant in mug.variants if variant.sku == "MUG-01-M")
    assert medium.options == (SelectedOption("Size", "M"),)
    assert (mug.options[0].name, mug.options[0].values) == ("Size", ("S", "M", "L"))


async def test_a_translated_text_is_in_the_asked_language_and_a_missing_one_says_what_it_is(odoo: Running) -> None:
    """Odoo fills a missing translation with the original and does not say so."""
    mug = await product(odoo, ProductKey(ProductKeyKind.NATIVE, "100"), "ja")
    assert mug.title == Text("マグカップ 1", "ja")
    assert mug.description == Text("Stoneware, dishwasher safe.", "en")
    oddity = await product(odoo, ProductKey(ProductKeyKind.NATIVE, "302"), "ja")
    assert oddity.title == Text("Case upper", "en")


async def test_a_language_nobody_mapped_is_answered_in_the_records_own(odoo: Running) -> None:
    mug = await product(odoo, ProductKey(ProductKeyKind.NATIVE, "100"), "sv")
    assert mug.title == Text("Mug 1", "en")


async def test_a_slug_leads_to_its_product_in_every_language(odoo: Running) -> None:
    for slug in ("mug-1-100", "1-100"):
        mug = await product(odoo, ProductKey(ProductKeyKind.SLUG, slug), "ja")
        assert (mug.ref.id, mug.slug) == ("100", "1-100")


async def test_unpublished_archived_and_unsold_products_are_absent(odoo: Running) -> None:
    for template, values in ((100, {"is_published": False}), (101, {"active": False}), (102, {"sale_ok": False})):
        odoo.store.write("product.template", template, values)
    keys = [ProductKey(ProductKeyKind.NATIVE, str(100 + number)) for number in range(4)]
    answer = await odoo.adapter().get_products(keys, seen_in("en"), CallContext.within(10))
    assert list(answer) == [keys[3]]


async def test_two_bearers_in_one_product_are_ambiguous_too(odoo: Running) -> None:
    small = odoo.sandbox.variant("MUG-01-S")
    odoo.store.write("product.product", small["id"], {"default_code": "MUG-01-M"})
    key = ProductKey(ProductKeyKind.SKU, "MUG-01-M")
    answer = await odoo.adapter().get_products([key], seen_in("en"), CallContext.within(10))
    assert isinstance(answer[key], AmbiguousKey)


async def test_a_slug_of_an_older_name_is_not_the_product(odoo: Running) -> None:
    keys = [ProductKey(ProductKeyKind.SLUG, slug) for slug in ("beaker-100", "mug-1", "100", "mug-1-100")]
    answer = await odoo.adapter().get_products(keys, seen_in("en"), CallContext.within(10))
    assert list(answer) == [keys[3]]


async def test_without_the_website_there_are_no_slugs(odoo: Running) -> None:
    adapter = odoo.adapter(website=False)
    keys = [ProductKey(ProductKeyKind.SLUG, "mug-1-100"), ProductKey(ProductKeyKind.NATIVE, "100")]
    answer = await adapter.get_products(keys, seen_in("en"), CallContext.within(10))
    assert list(answer) == keys[1:]
    assert isinstance(mug := answer[keys[1]], Product)
    assert mug.slug is None


async def test_a_category_holds_those_below_it(odoo: Running) -> None:
    adapter = odoo.adapter()
    for category, count in (("10", 12), ("11", 12), ("99", 0), ("mugs", 0)):
        page = await adapter.list_products(ProductQuery(50, category=category), seen_in("en"), CallContext.within(10))
        assert len(page.products) == count
    categories = await adapter.list_categories(None, seen_in("en"), CallContext.within(10))
    assert {(each.key, each.parent) for each in categories} >= {("10", None), ("11", "10")}


async def test_a_category_says_in_which_language_its_name_is(odoo: Running) -> None:
    """Odoo fills in the original where nothing is translated."""
    odoo.store.write("product.category", 10, {"name": {"en_US": "Kitchen", "ja_JP": "台所"}})
    found = await odoo.adapter(languages=LANGUAGES).list_categories(None, seen_in("ja"), CallContext.within(10))
    names = {each.key: each.name for each in found}
    assert names["10"] == Text("台所", "ja")
    assert {name.language for key, name in names.items() if key != "10"} == {"en"}


async def test_a_position_of_another_list_is_an_invalid_cursor(odoo: Running) -> None:
    with pytest.raises(InvalidCursor):
        await odoo.adapter().list_products(ProductQuery(5, "elsewhere"), seen_in("en"), CallContext.within(10))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("count", [1, 24, 100, 101])
async def test_products_cost_as_declared(odoo: Running, count: int, language: str) -> None:
    adapter = odoo.adapter(languages=LANGUAGES)
    skus = [f"MUG-{number // 3 + 1:02}-{'SML'[number % 3]}" for number in range(count)]
    keys = [ProductKey(ProductKeyKind.SKU, sku) for sku in skus]
    await adapter.get_products(keys[:1], seen_in(language), CallContext.within(10))
    odoo.sandbox.requests.clear()
    await adapter.get_products(keys, seen_in(language), CallContext.within(10))
    axes = {"translated": int(language != "en")}
    assert len(odoo.sandbox.requests) == SPECS["product.get_products"].requests(count, axes)


async def test_a_picture_is_offered_where_there_is_one(odoo: Running) -> None:
    odoo.store.write("product.template", 100, {"image_1920": "12.5 Kb"})
    keys = [ProductKey(ProductKeyKind.NATIVE, id_) for id_ in ("100", "101")]
    answer = await odoo.adapter(images=True).get_products(keys, seen_in("en"), CallContext.within(10))
    counts = [len(found.media) for found in answer.values() if isinstance(found, Product)]
    assert counts == [1, 0]
