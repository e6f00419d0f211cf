"""One price, from its owner; others stand in only when configured, and are compared like for like."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import AdapterError, CurrencyNotSold
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.services.pricing import DISAGREEMENTS, compare
from gateway.testing.sandbox import SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import SEEN, configuration, domains, erp, gbp, person, product, shop, shopper

PRICE = """{ product(by: {sku: "MUG"}) { title { value } variants { sku price {
  current { net { amount } gross { amount } taxTreatment } freshness { source role stale reason }
  explanation { source comparisons { source comparable reason }
    disagreements { source stated { amount } difference { amount } } }
} } } }"""


def price_of(data: dict[str, Any] | None) -> Any:
    assert data is not None
    return data["product"]["variants"][0]["price"]


async def priced(build: Build, price: dict[str, Any], **seeds: Any) -> World:
    known = {"shop": shop("MUG"), "erp": erp("MUG"), **seeds}
    return await build(configuration(domains=domains(price=price)), known)


async def test_the_price_is_the_owners(build: Build) -> None:
    world = await priced(build, {"order": ["erp", "shop"]})
    price = price_of(await world.data(PRICE))
    assert price["freshness"]["source"] == "erp"
    assert price["current"]["net"]["amount"] == "10.00"


async def test_changing_the_owner_changes_the_source_and_nothing_else(build: Build) -> None:
    first = price_of(await (await priced(build, {"order": ["erp"]})).data(PRICE))
    second = price_of(await (await priced(build, {"order": ["shop"]})).data(PRICE))
    assert (first["freshness"]["source"], second["freshness"]["source"]) == ("erp", "shop")
    assert first.keys() == second.keys()


async def test_a_price_the_owner_does_not_have_is_not_sold_here(build: Build) -> None:
    world = await priced(build, {"order": ["erp", "shop"], "fallback": True}, erp=erp())
    assert price_of(await world.data(PRICE)) is None


async def test_a_missing_price_falls_back_only_where_configured(build: Build) -> None:
    section = {"order": ["erp", "shop"], "fallback": True, "on_missing": "fallback"}
    price = price_of(await (await priced(build, section, erp=erp())).data(PRICE))
    assert price["freshness"] == {
        "source": "shop", "role": "FALLBACK", "stale": False, "reason": "NOT_FOUND_AT_OWNER"
    }  # fmt: skip


async def test_an_owner_that_is_down_is_stood_in_for_and_it_is_said(build: Build) -> None:
    world = await priced(build, {"order": ["erp", "shop"], "fallback": True})
    world["erp"].down = True
    freshness = price_of(await world.data(PRICE))["freshness"]
    assert (freshness["source"], freshness["role"], freshness["reason"]) == ("shop", "FALLBACK", "BACKEND_UNAVAILABLE")


async def test_without_a_stand_in_the_price_is_null_with_a_coded_error_and_the_rest_answers(build: Build) -> None:
    world = await priced(build, {"order": ["erp"]})
    world["erp"].down = True
    result = await world.ask(PRICE)
    assert price_of(result.data) is None
    assert result.data is not None
    assert result.data["product"]["title"] == {"value": "Mug"}
    (error,) = result.errors or []
    assert error.path == ["product", "variants", 0, "price"]
    assert getattr(error.original_error, "code", None) == "BACKEND_UNAVAILABLE"
    assert getattr(error.original_error, "source", None) == "erp"


async def test_net_in_the_erp_and_gross_in_the_shop_is_no_disagreement(build: Build) -> None:
    world = await priced(build, {"order": ["erp"], "compare": ["shop"]})
    explanation = price_of(await world.data(PRICE))["explanation"]
    assert explanation["comparisons"] == [{"source": "shop", "comparable": True, "reason": None}]
    assert explanation["disagreements"] == []


async def test_a_true_disagreement_is_named_and_counted(build: Build) -> None:
    world = await priced(build, {"order": ["erp"], "compare": ["shop"]}, shop=shop("MUG", price="13.00"))
    before = DISAGREEMENTS.labels("erp", "shop")._value.get()  # pyright: ignore
    explanation = price_of(await world.data(PRICE))["explanation"]
    assert explanation["disagreements"] == [
        {"source": "shop", "stated": {"amount": "13.00"}, "difference": {"amount": "1.00"}}
    ]
    assert DISAGREEMENTS.labels("erp", "shop")._value.get() == before + 1  # pyright: ignore


async def test_a_customers_own_price_is_no_disagreement_with_the_one_of_everybody(build: Build) -> None:
    vip = (SeedPrice("MUG", gbp("10.00")), SeedPrice("MUG", gbp("8.00"), price_group="VIP"))
    seed = erp("MUG", prices=vip, customers=(person("7", "ada@example.com", groups=("VIP",)),))
    world = await priced(build, {"order": ["erp"], "compare": ["shop"]}, erp=seed)
    before = DISAGREEMENTS.labels("erp", "shop")._value.get()  # pyright: ignore
    mine = price_of(await world.data(PRICE, principal=shopper("ada@example.com")))
    assert mine["current"]["net"]["amount"] == "8.00"
    assert mine["explanation"]["comparisons"] == [
        {"source": "shop", "comparable": False, "reason": "PRICE_GROUP_DIFFERS"}
    ]
    assert mine["explanation"]["disagreements"] == []
    theirs = price_of(await world.data(PRICE, principal=shopper("bob@example.com", subject="bob")))
    assert theirs["explanation"]["comparisons"] == [{"source": "shop", "comparable": True, "reason": None}]
    assert DISAGREEMENTS.labels("erp", "shop")._value.get() == before  # pyright: ignore


def told(gross: str, **parts: Any) -> Price:
    treatment = parts.pop("treatment", TaxTreatment.INCLUDED)
    currency = parts.pop("currency", "GBP")
    return Price(TaxedMoney(gross=Money(Decimal(gross), currency), treatment=treatment), SEEN, **parts)


TEN = Decimal(10)


@pytest.mark.parametrize(
    ("owned", "other", "reason"),
    [
        (told("12"), told("12", currency="EUR"), "CURRENCY_DIFFERS"),
        (told("12", quantity=TEN), told("14"), "QUANTITY_DIFFERS"),
        (told("12", key=PriceKey("MUG", unit="dozen")), told("1", key=PriceKey("MUG")), "UNIT_DIFFERS"),
        (told("12"), told("10", treatment=TaxTreatment.UNKNOWN), "TAX_TREATMENT_DIFFERS"),
        (told("12", treatment=TaxTreatment.UNKNOWN), told("10"), "TAX_TREATMENT_DIFFERS"),
        (
            told("12", treatment=TaxTreatment.UNKNOWN),
            told("10", treatment=TaxTreatment.UNKNOWN),
            "TAX_TREATMENT_DIFFERS",
        ),
        (told("12"), None, "NOT_SOLD_THERE"),
        (told("12"), CurrencyNotSold(), "CURRENCY_NOT_SOLD"),
    ],
)
def test_what_is_for_something_else_is_not_compared(
    owned: Price, other: Price | AdapterError | None, reason: str
) -> None:
    comparison, difference = compare("till", owned, other)
    assert (comparison.comparable, comparison.reason, difference) == (False, reason, None)


@pytest.mark.parametrize(
    ("owned", "other", "difference"),
    [
        (told("149.49", currency="RSD"), told("149.01", currency="RSD"), "-0.48"),
        (told("149.494", currency="RSD"), told("149.49", currency="RSD"), None),
        (told("12", treatment=TaxTreatment.EXEMPT), told("12"), None),
        (told("12", quantity=TEN), told("14", quantity=TEN), "2.00"),
        (told("1.9994", currency="IQD"), told("1.999", currency="IQD"), None),
        (told("1.9996", currency="IQD"), told("1.999", currency="IQD"), "-0.001"),
    ],
)
def test_what_is_for_the_same_is_compared_to_the_last_digit_that_is_charged(
    owned: Price, other: Price, difference: str | None
) -> None:
    comparison, found = compare("till", owned, other)
    assert comparison.comparable
    assert (None if found is None else str(found.difference.amount)) == difference


async def test_amounts_are_compared_in_the_treatment_both_know(build: Build) -> None:
    world = await priced(build, {"order": ["erp"], "compare": ["shop"]}, erp=erp("MUG", tax_rates={}))
    explanation = price_of(await world.data(PRICE))["explanation"]
    assert explanation["comparisons"] == [{"source": "shop", "comparable": True, "reason": None}]
    assert explanation["disagreements"] == []


async def test_an_untaxed_amount_is_not_compared_with_a_taxed_one(build: Build) -> None:
    world = await priced(
        build, {"order": ["erp"], "compare": ["shop"]}, erp=erp("MUG", tax_rates={}), shop=shop("MUG", tax_rates={})
    )
    explanation = price_of(await world.data(PRICE))["explanation"]
    assert explanation["comparisons"] == [{"source": "shop", "comparable": False, "reason": "TAX_TREATMENT_DIFFERS"}]
    assert explanation["disagreements"] == []


async def test_another_currency_is_an_error_and_never_converted(build: Build) -> None:
    yen = SeedPrice("MUG", Money(gbp("2000").amount, "JPY"))
    world = await priced(build, {"order": ["erp"]}, erp=erp(products=(product("1", "MUG"),), prices=(yen,)))
    result = await world.ask(PRICE)
    assert price_of(result.data) is None
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["CURRENCY_NOT_SOLD"]


async def test_the_customers_price_list_is_derived_on_the_server(build: Build) -> None:
    vip = (SeedPrice("MUG", gbp("10.00")), SeedPrice("MUG", gbp("8.00"), price_group="VIP"))
    seed = erp("MUG", prices=vip, customers=(person("7", "ada@example.com", groups=("VIP",)),))
    world = await priced(build, {"order": ["erp"]}, erp=seed)
    assert price_of(await world.data(PRICE))["current"]["net"]["amount"] == "10.00"
    mine = await world.data(PRICE, principal=shopper("ada@example.com"))
    assert price_of(mine)["current"]["net"]["amount"] == "8.00"
    theirs = await world.data(PRICE, principal=shopper("bob@example.com", subject="bob"))
    assert price_of(theirs)["current"]["net"]["amount"] == "10.00"


async def test_a_listing_asks_each_system_once_however_many_products(build: Build) -> None:
    products = tuple(product(str(n), f"A{n}", f"B{n}", f"C{n}") for n in range(1, 25))
    skus = [variant.sku or "" for one in products for variant in one.variants]
    world = await priced(build, {"order": ["erp"]}, shop=shop(products=products, prices=()), erp=erp(*skus))
    data = await world.data("{ products(first: 24) { nodes { variants { price { current { net { amount } } } } } } }")
    assert len(data["products"]["nodes"]) == 24
    assert world["erp"].requests == {"price.get_prices": 1}
    assert world["shop"].requests == {"product.list_products": 1}
