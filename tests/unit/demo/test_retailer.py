"""The demo's retailer keeps what it promises: amounts, codes, texts, and every planted disagreement."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import msgspec
import phonenumbers
import pytest

from gateway.demo.retailer import DISAGREEMENTS, VENDORS, seeds
from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import NOW, sold_items
from gateway.demo.retailer.people import people
from gateway.demo.retailer.places import PLACES, STORES
from gateway.demo.retailer.prices import TAX_RATES, gross, net
from gateway.model.catalog import Image, Model3d, Video
from gateway.model.currencies import fraction_digits
from gateway.model.identity import gtin14
from gateway.model.money import Money
from gateway.model.orders import OrderKind
from gateway.testing.sandbox import Seed

SHOP, ERP, CRM, TILL_UK, TILL_JP = (seeds()[name] for name in ("shop", "erp", "crm", "till_uk", "till_jp"))
SCRIPTS = {"ja": ("HIRAGANA", "KATAKANA", "CJK"), "he": ("HEBREW",), "ar": ("ARABIC",)}


def skus(seed: Seed) -> list[str]:
    return [variant.sku for product in seed.products for variant in product.variants if variant.sku]


def test_it_has_the_size_it_was_designed_with() -> None:
    assert len(SHOP.products) == 200
    assert sum(len(product.variants) for product in SHOP.products) == 600
    assert Counter(store.country for store in STORES) == {"GB": 3, "JP": 3, "IL": 3, "KW": 3}
    assert len(people()) == 500
    receipts = [order for seed in (ERP, TILL_UK, TILL_JP) for order in seed.orders if order.kind is not OrderKind.WEB]
    assert len(SHOP.orders) + len(receipts) == 2000


def test_everybody_is_known_somewhere_and_to_no_two_systems_alike() -> None:
    assert all(person.known for person in people())
    assert len({frozenset(person.known) for person in people()}) > 10
    ids = {name: {customer.ref.id for customer in seed.customers} for name, seed in seeds().items() if seed.customers}
    assert all(len(ids[name]) == len(seeds()[name].customers) for name in ids)
    assert not ids["shop"] & ids["crm"]


def test_the_same_seed_makes_the_same_retailer() -> None:
    before = msgspec.json.encode(ERP)
    for made in (sold_items, people):
        made.cache_clear()
    seeds.cache_clear()
    assert msgspec.json.encode(seeds()["erp"]) == before


def test_gtins_have_valid_check_digits_and_are_unique() -> None:
    codes = [code for product in SHOP.products for variant in product.variants for code in variant.gtins]
    assert len(codes) == len(set(codes)) == 600
    assert all(gtin14(code) == code for code in codes)


def test_slugs_are_unique_and_url_safe() -> None:
    slugs = [product.slug or "" for product in SHOP.products]
    assert len(set(slugs)) == 200
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)


@pytest.mark.parametrize("language", ["ja", "he", "ar"])
def test_every_product_has_a_name_of_its_own_in_every_script(language: str) -> None:
    texts = [entry for entry in SHOP.translations if entry.language == language]
    assert len({entry.title for entry in texts}) == 200
    assert {entry.product for entry in texts} == {product.ref.id for product in SHOP.products}
    for entry in texts:
        letters = [letter for letter in entry.title + entry.description if letter.isalpha() and letter != "ー"]
        foreign = [letter for letter in letters if not unicodedata.name(letter).startswith(SCRIPTS[language])]
        assert foreign == []


def test_every_category_and_collection_exists() -> None:
    categories = {category.key: category for category in SHOP.categories}
    assert {key for product in SHOP.products for key in product.category_keys} <= set(categories)
    assert all(category.parent in {None, *categories} for category in SHOP.categories)
    assert {key for product in SHOP.products for key in product.collection_keys} == {c.key for c in SHOP.collections}


def test_media_hold_pictures_a_film_and_a_model_for_both_kinds_of_phones() -> None:
    media = [entry for product in SHOP.products for entry in product.media]
    assert Counter(type(entry) for entry in media) == {Image: 200, Video: 20, Model3d: 10}
    for model in (entry for entry in media if isinstance(entry, Model3d)):
        assert [source.mime_type for source in model.sources] == ["model/gltf-binary", "model/vnd.usdz+zip"]


def test_every_amount_has_the_digits_of_its_currency() -> None:
    for seed in (SHOP, TILL_UK, TILL_JP):
        for row in seed.prices:
            assert row.price == row.price.quantized()
            assert row.price.amount > 0
            assert row.list is None or row.list.amount > row.price.amount
    assert {fraction_digits(row.price.currency) for row in SHOP.prices} == {0, 2, 3}


def test_the_net_price_of_the_erp_gives_the_gross_price_of_the_shop_to_the_last_digit() -> None:
    for item in sold_items():
        for country, rate in TAX_RATES.items():
            tag = gross(item, country)
            assert Money(net(item, country).amount * (1 + rate), tag.currency).quantized() == tag


def test_what_is_reduced_was_dearer_by_about_a_quarter_in_every_country() -> None:
    reduced = [row for row in SHOP.prices if row.list is not None]
    assert len(reduced) == 4 * 50
    for row in reduced:
        assert row.list is not None
        assert Decimal("1.2") < row.list.amount / row.price.amount < Decimal("1.7")
    in_the_erp = {(row.sku, row.country) for row in ERP.prices if row.list is not None}
    assert in_the_erp == {(row.sku, row.country) for row in reduced if row.sku != planted.UNPRICED_SKU}


def test_orders_add_up() -> None:
    for seed in (SHOP, ERP, TILL_UK, TILL_JP):
        customers = {customer.ref.id for customer in seed.customers}
        places = {store.ref.id for store in seed.stores}
        for order in seed.orders:
            assert order.placed_at <= NOW
            assert order.total.gross is not None
            lines = sum((line.total.stated.amount for line in order.lines if line.total is not None), Decimal(0))
            assert lines == order.total.gross.amount
            assert order.customer is None or order.customer.id in customers
            assert order.location is None or order.location in places
        assert len({order.ref.id for order in seed.orders}) == len(seed.orders)
        assert len({order.number for order in seed.orders}) == len(seed.orders)


def test_phones_are_possible_numbers_of_their_country() -> None:
    for person in people():
        number = phonenumbers.parse(person.phone)
        assert phonenumbers.is_possible_number(number)
        assert number.country_code == {"GB": 44, "JP": 81, "IL": 972, "KW": 965}[person.country]


def test_every_place_has_one_reference_in_each_system_that_knows_it() -> None:
    assert {store.ref.id for store in ERP.stores} == {place.code for place in PLACES}
    assert all(len(place.code) <= 5 for place in PLACES)
    assert {store.ref.id for store in (*TILL_UK.stores, *TILL_JP.stores)} == {s.till for s in STORES if s.till}
    assert {store.ref.id for store in SHOP.stores} == {place.shop for place in PLACES if place.shop}


# --- the planted disagreements --------------------------------------------------------------------------------------


def test_the_table_names_known_systems() -> None:
    assert len(DISAGREEMENTS) == len({entry.name for entry in DISAGREEMENTS}) == 13
    assert {system for entry in DISAGREEMENTS for system in entry.systems} <= set(VENDORS)


def test_one_till_asks_a_price_of_its_own() -> None:
    item = next(item for item in sold_items() if item.sku == planted.TILL_PRICE_SKU)
    own = [row for row in TILL_UK.prices if row.location]
    assert [(row.sku, row.price.amount) for row in own] == [(planted.TILL_PRICE_SKU, planted.TILL_PRICE)]
    assert own[0].price != gross(item, "GB")


def test_net_and_gross_of_the_named_variant_are_as_the_table_says() -> None:
    item = next(item for item in sold_items() if item.sku == planted.NET_GROSS_SKU)
    text = next(entry.what for entry in DISAGREEMENTS if entry.key == planted.NET_GROSS_SKU)
    assert str(gross(item, "GB").amount) in text
    assert str(net(item, "GB").amount) in text


def test_stock_is_known_to_one_system_only_where_planted() -> None:
    def at_the_british_warehouse(seed: Seed, sku: str, ref: str) -> list[Decimal]:
        return [row.on_hand for row in seed.stock if row.sku == sku and row.location == ref]

    shop_ref = next(place.shop for place in PLACES if place.key == "warehouse_gb")
    assert at_the_british_warehouse(ERP, planted.SHOP_ONLY_STOCK_SKU, "DCGB") == []
    assert at_the_british_warehouse(SHOP, planted.SHOP_ONLY_STOCK_SKU, shop_ref) == [Decimal(25)]
    assert at_the_british_warehouse(ERP, planted.ERP_ONLY_STOCK_SKU, "DCGB") == [Decimal(12)]
    assert at_the_british_warehouse(SHOP, planted.ERP_ONLY_STOCK_SKU, shop_ref) == []
    assert planted.NEVER_COUNTED_SKU not in {row.sku for row in TILL_UK.stock}


def test_one_variant_has_no_sku() -> None:
    bare = [product.slug for product in SHOP.products for variant in product.variants if variant.sku is None]
    assert bare == [planted.MISSING_SKU_PRODUCT]


def test_one_sku_is_borne_twice_and_only_in_the_erp() -> None:
    twice = {name: [sku for sku, n in Counter(skus(seed)).items() if n > 1] for name, seed in seeds().items()}
    assert twice == {"shop": [], "erp": [planted.DUPLICATE_SKU], "crm": [], "till_uk": [], "till_jp": [], "cards": []}


def test_one_pair_of_skus_differs_by_case_only() -> None:
    folded = Counter(sku.casefold() for sku in skus(SHOP))
    assert [sku for sku, n in folded.items() if n > 1] == [planted.CASE_LOWER_SKU]
    assert {planted.CASE_UPPER_SKU, planted.CASE_LOWER_SKU} <= set(skus(SHOP))
    amounts = {row.sku: row.price for row in SHOP.prices if row.country == "GB"}
    assert amounts[planted.CASE_UPPER_SKU] != amounts[planted.CASE_LOWER_SKU]


def test_the_erp_lacks_one_variant() -> None:
    assert set(skus(SHOP)) - set(skus(ERP)) == {planted.UNPRICED_SKU}
    assert planted.UNPRICED_SKU not in {row.sku for row in ERP.prices}


def test_ada_has_two_emails_and_her_systems_agree_on_one() -> None:
    crm = next(customer for customer in CRM.customers if planted.ADA_EMAIL in customer.emails)
    assert crm.emails == (planted.ADA_SECOND_EMAIL, planted.ADA_EMAIL)
    shop = next(customer for customer in SHOP.customers if planted.ADA_EMAIL in customer.emails)
    assert shop.emails == (planted.ADA_EMAIL,)


def test_two_people_share_a_phone_and_nobody_else_does() -> None:
    shared = Counter(phone for customer in CRM.customers for phone in customer.phones)
    assert [phone for phone, n in shared.items() if n > 1] == [planted.SHARED_PHONE]


def test_the_erp_dates_its_copies_later_than_the_shop() -> None:
    placed = {order.number: order.placed_at for order in SHOP.orders}
    twins = [order for order in ERP.orders if order.origin is not None]
    assert planted.TWIN_ORDER in {order.origin.reference for order in twins if order.origin}
    assert len(twins) > 800
    for twin in twins:
        assert twin.origin is not None
        assert twin.placed_at >= placed[twin.origin.reference]
    moved = [t for t in twins if t.origin and t.placed_at - placed[t.origin.reference] > timedelta(hours=12)]
    assert len(moved) > 0.9 * len(twins)


def test_ada_bought_online_and_twice_at_one_instant_at_a_till() -> None:
    online = [order for order in SHOP.orders if order.customer and order.customer.id == "600001"]
    receipts = [order for order in TILL_UK.orders if order.customer and order.customer.id == "40001"]
    assert len(online) == 7
    assert len(receipts) == 5
    assert max(Counter(order.placed_at for order in receipts).values()) == 2
