"""What a till charges: overrides, missing prices, tax treatment, digits, and how many requests it takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import AdapterError, AmbiguousKey, CurrencyNotSold
from gateway.model.identity import CaseRule, KeyRule
from gateway.model.money import Money, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.testing.sandbox import SeedPrice
from tests.contract.adapters.square.connected import (
    BACKEND,
    Connect,
    Connected,
    call,
    gbp,
    product,
    seen_by,
    small_seed,
    variant,
)

SEARCH, RETRIEVE = "POST /v2/catalog/search", "POST /v2/catalog/batch-retrieve"


async def ask(till: Connected, *skus: str, **context: str | None) -> Mapping[str, Price | AdapterError]:
    keys = [PriceKey(sku) for sku in skus]
    found = await till.adapter.get_prices(keys, seen_by("price.get_prices", **context), call())
    return {key.sku or "": value for key, value in found.items()}


async def price_of(till: Connected, sku: str, *, currency: str = "GBP", store: str | None = None) -> Price:
    found = (await ask(till, sku, currency=currency, store=store))[sku]
    assert isinstance(found, Price)
    return found


async def test_price_is_scaled_and_names_its_source(till: Connected) -> None:
    price = await price_of(till, "MUG-S")
    assert price.current.gross == gbp("10.50")
    assert price.current.treatment is TaxTreatment.INCLUDED
    assert (price.freshness.source, price.freshness.as_of) == (BACKEND, till.now)


async def test_a_store_sees_its_own_till_price_and_others_the_accounts(till: Connected) -> None:
    assert (await price_of(till, "TOTE", store="camden")).current.gross == gbp("18.00")
    assert (await price_of(till, "TOTE", store="soho")).current.gross == gbp("20.00")
    assert (await price_of(till, "TOTE")).current.gross == gbp("20.00")


async def test_a_price_typed_in_at_the_sale_is_no_price(till: Connected) -> None:
    assert await ask(till, "GIFT") == {}
    till.sandbox.set_price("TOTE", None, "L2")
    assert await ask(till, "TOTE", store="camden") == {}
    assert (await price_of(till, "TOTE", store="soho")).current.gross == gbp("20.00")


async def test_a_variation_absent_from_a_store_is_not_sold_there(till: Connected) -> None:
    till.sandbox.account.variation_of("TOTE")["absent_at_location_ids"] = ["L2"]
    assert await ask(till, "TOTE", store="camden") == {}
    assert set(await ask(till, "TOTE", store="soho")) == {"TOTE"}


async def test_another_currency_is_not_sold_and_never_converted(till: Connected) -> None:
    assert isinstance((await ask(till, "MUG-S", currency="JPY"))["MUG-S"], CurrencyNotSold)


@pytest.mark.parametrize(("currency", "amount", "minor"), [("JPY", "1980", 1980), ("KWD", "1.234", 1234)])
async def test_digits_of_the_currency(connect: Connect, currency: str, amount: str, minor: int) -> None:
    money = Money(Decimal(amount), currency)
    till = await connect(small_seed(currency=currency, prices=(SeedPrice("TOTE", money),)))
    assert till.sandbox.account.variation_of("TOTE")["item_variation_data"]["price_money"]["amount"] == minor
    assert (await price_of(till, "TOTE", currency=currency)).current.gross == money


async def test_additive_taxes_make_it_net(connect: Connect) -> None:
    till = await connect(small_seed(prices_include_tax=False))
    current = (await price_of(till, "MUG-S")).current
    assert (current.net, current.gross, current.treatment) == (gbp("10.50"), None, TaxTreatment.EXCLUDED)


async def test_without_taxes_the_treatment_is_unknown_and_exempt_where_it_says_so(connect: Connect) -> None:
    till = await connect(small_seed(tax_rates={}))
    assert (await price_of(till, "MUG-S")).current.treatment is TaxTreatment.UNKNOWN
    for entry in till.sandbox.account.catalog.values():
        if entry["type"] == "ITEM":
            entry["item_data"]["is_taxable"] = False
    assert (await price_of(till, "MUG-S")).current.treatment is TaxTreatment.EXEMPT


async def test_skus_that_differ_by_case_are_two(connect: Connect) -> None:
    products = (product(1, variant(1, "CASE-A")), product(2, variant(2, "case-a")))
    prices = (SeedPrice("CASE-A", gbp("1.00")), SeedPrice("case-a", gbp("2.00")))
    till = await connect(small_seed(products=products, prices=prices, stock=()))
    found = await ask(till, "CASE-A", "case-a", "Case-A")
    amounts = {sku: price.current.gross for sku, price in found.items() if isinstance(price, Price)}
    assert amounts == {"CASE-A": gbp("1.00"), "case-a": gbp("2.00")}


async def test_under_a_folding_rule_the_same_two_are_ambiguous(connect: Connect) -> None:
    products = (product(1, variant(1, "CASE-A")), product(2, variant(2, "case-a")))
    till = await connect(small_seed(products=products, prices=(), stock=()), KeyRule(case=CaseRule.UPPER))
    assert isinstance((await ask(till, "case-a"))["case-a"], AmbiguousKey)


async def test_a_duplicate_sku_is_ambiguous_cold_and_warm(connect: Connect) -> None:
    products = (product(1, variant(1, "TWIN")), product(2, variant(2, "TWIN")))
    till = await connect(small_seed(products=products, prices=(SeedPrice("TWIN", gbp("1.00")),), stock=()))
    for _ in range(2):
        assert isinstance((await ask(till, "TWIN"))["TWIN"], AmbiguousKey)
    assert till.asked() == [SEARCH]


async def test_an_unknown_sku_asked_twice_makes_one_look_up(till: Connected) -> None:
    for _ in range(2):
        assert await ask(till, "NOPE") == {}
    assert till.asked() == [SEARCH]
    till.pass_time(301)
    assert await ask(till, "NOPE") == {}
    assert till.asked() == [SEARCH]


@pytest.mark.parametrize("count", [1, 251, 1001])
async def test_requests_cold_and_warm(connect: Connect, count: int) -> None:
    skus = [f"SKU-{number}" for number in range(count)]
    products = tuple(product(number, variant(number, sku)) for number, sku in enumerate(skus))
    prices = tuple(SeedPrice(sku, gbp("1.00")) for sku in skus)
    till = await connect(small_seed(products=products, prices=prices, stock=()))
    assert len(await ask(till, *skus)) == count
    retrievals, look_ups = -(-count // 1000), -(-count // 250)
    assert till.asked() == [SEARCH] * look_ups + [RETRIEVE] * retrievals + [SEARCH]  # the last one: taxes
    assert len(await ask(till, *skus)) == count
    assert till.asked() == [RETRIEVE] * retrievals


async def test_a_sku_given_to_another_variation_is_looked_up_again(till: Connected) -> None:
    await ask(till, "TOTE", "GIFT")
    old, new = till.sandbox.account.variation_of("TOTE"), till.sandbox.account.variation_of("MUG-L")
    old["item_variation_data"]["sku"] = "TOTE-OLD"
    new["item_variation_data"]["sku"] = "TOTE"
    assert (await price_of(till, "TOTE")).current.gross == gbp("12.00")


async def test_a_deleted_variation_has_no_price(till: Connected) -> None:
    await ask(till, "TOTE")
    till.sandbox.delete("TOTE")
    assert await ask(till, "TOTE") == {}


async def test_a_sales_unit_is_not_sold_here(till: Connected) -> None:
    key = PriceKey("TOTE", Decimal(1), "dozen")
    assert await till.adapter.get_prices([key], seen_by("price.get_prices"), call()) == {}


async def test_keys_may_be_matched_by_upc(connect: Connect) -> None:
    till = await connect(small_seed(), KeyRule(field="upc"))
    found: Mapping[str, Any] = await ask(till, "5012345678900")
    assert set(found) == {"5012345678900"}
