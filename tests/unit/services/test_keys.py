"""Keys and slugs: written in several ways, compared in one."""

from __future__ import annotations

import pytest

from gateway.model.catalog import Category
from gateway.model.identity import same_slug, slug_key, stored_forms
from gateway.model.text import Text
from gateway.testing.sandbox import SeedTranslation
from tests.unit.services.conftest import Build
from tests.unit.services.retailer import SEEN, configuration, domains, product, shop, stock

PRODUCT = "query($by: ProductBy!) { product(by: $by) { slug variants { sku price { current { gross { amount } } } } } }"


@pytest.mark.parametrize("asked", ["café-mug", "cafe\u0301-mug", "Café-Mug", " café-mug ", "CAFÉ-MUG"])
async def test_a_slug_is_found_however_it_is_typed(build: Build, asked: str) -> None:
    world = await build(configuration(), {"shop": shop(products=(product("1", "MUG", slug="café-mug"),))})
    assert (await world.data(PRODUCT, {"by": {"slug": asked}}))["product"]["slug"] == "café-mug"


async def test_a_category_is_found_by_its_key_however_it_is_typed(build: Build) -> None:
    mugs = Category("Mugs", Text("Mugs", "en"), SEEN, slug="großes-geschirr")
    world = await build(configuration(), {"shop": shop("MUG", categories=(mugs,))})
    for asked in ("mugs", " MUGS", "GROSSES-GESCHIRR", "großes-geschirr"):
        assert (await world.data("query($k: String!) { category(key: $k) { slug } }", {"k": asked}))["category"]


@pytest.mark.parametrize("stored", [" SP ACE/é", "SP ACE/é ", "SP ACE/e\u0301", "\tSP ACE/é\n"])
async def test_a_sku_with_blanks_at_its_ends_joins_price_and_stock(build: Build, stored: str) -> None:
    locations = {"london": {"refs": {"shop": "L1"}}}
    channels = {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]}}
    world = await build(
        configuration(domains=domains(), locations=locations, channels=channels),
        {"shop": shop(stored, stock=(stock(stored, "L1", 4),))},
    )
    query = (
        "{ products { nodes { variants { sku price { current { gross { amount } } } availability { quantity } } } } }"
    )
    (variant,) = (await world.data(query))["products"]["nodes"][0]["variants"]
    assert (variant["sku"], variant["availability"]["quantity"]) == ("SP ACE/é", 4)
    assert variant["price"]["current"]["gross"]["amount"] is not None
    asked = (await world.data(PRODUCT, {"by": {"sku": " SP ACE/é "}}))["product"]
    assert asked["variants"][0]["sku"] == "SP ACE/é"


async def test_a_translation_serves_every_tag_of_its_language_and_says_which_it_is(build: Build) -> None:
    texts = (SeedTranslation("1", "he", "ספל"), SeedTranslation("1", "ja", "マグ", "陶器"))
    languages = {"default": "en", "available": ["en", "he", "ja"]}
    world = await build(configuration(languages=languages), {"shop": shop("MUG", translations=texts)})
    query = "{ products { nodes { title { value language direction } variants { title { language } } } } }"
    for asked in ("he", "iw", "he-IL", "he-IL-u-mu-celsius"):
        (node,) = (await world.data(query, language=asked))["products"]["nodes"]
        assert node["title"] == {"value": "ספל", "language": "he", "direction": "RTL"}
        assert node["variants"] == [{"title": {"language": "en"}}]


async def test_an_extension_that_means_nothing_here_costs_no_price(build: Build) -> None:
    world = await build(configuration(), {"shop": shop("MUG")})
    price = "price { current { gross { formatted(locale: $l) } } }"
    query = f"query($l: Locale) {{ products {{ nodes {{ variants {{ {price} }} }} }} }}"

    async def formatted(locale: str) -> str:
        (variant,) = (await world.data(query, {"l": locale}))["products"]["nodes"][0]["variants"]
        return str(variant["price"]["current"]["gross"]["formatted"])

    for locale in ("en-US", "en-US-u-mu-celsius", "en-US-x-twain", "en_US", "en-US-u-nu-arab"):
        assert await formatted(locale) == "£12.00"
    assert await formatted("zh-TW") == await formatted("zh-Hant-TW")


def test_forms_and_folding() -> None:
    assert stored_forms("A") == ("A", " A", "A ")
    assert slug_key(" Straße ") == "strasse"
    assert same_slug("a", None, "A")
    assert not same_slug("a", None, "b")
