"""Prices over a real socket: markets, digits, taxes, company locations, and how few requests they take."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.shopify.manifest import MANIFEST
from gateway.errors import AdapterError, AmbiguousKey, CurrencyNotSold
from gateway.model.catalog import Measurement, ProductStatus
from gateway.model.customers import CustomerRecord
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey, UnitPrice
from gateway.testing.conformance.example import SEEN
from gateway.testing.sandbox import SeedPrice

from .conftest import OpenShop
from .shops import Shopify, call, money, product, seed, view

GET = "price.get_prices"


async def price_of(shop: Shopify, sku: str, country: str = "GB", currency: str = "GBP") -> Price | AdapterError | None:
    key = PriceKey(sku)
    return (await shop.get_prices([key], view(MANIFEST, GET, country, currency), call())).get(key)


async def amount_of(shop: Shopify, sku: str, country: str, currency: str) -> Money:
    price = await price_of(shop, sku, country, currency)
    assert isinstance(price, Price)
    return price.current.stated


async def test_yen_have_no_decimals_and_dinars_three(open_shop: OpenShop) -> None:
    prices = (
        SeedPrice("MUG", money("9.50")),
        SeedPrice("MUG", money("1200", "JPY"), country="JP"),
        SeedPrice("MUG", money("3.125", "KWD"), country="KW"),
    )
    _, shop = await open_shop(seed(product(1, "MUG"), prices=prices))
    assert str((await amount_of(shop, "MUG", "JP", "JPY")).amount) == "1200"
    assert str((await amount_of(shop, "MUG", "KW", "KWD")).amount) == "3.125"
    assert str((await amount_of(shop, "MUG", "GB", "GBP")).amount) == "9.50"


async def test_a_fresh_price_knows_that_a_market_was_closed(open_shop: OpenShop) -> None:
    prices = (SeedPrice("MUG", money("9.50")), SeedPrice("MUG", money("1200", "JPY"), country="JP"))
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=prices))
    key, context = PriceKey("MUG"), view(MANIFEST, GET, "JP", "JPY")
    assert isinstance((await shop.get_prices([key], context, call())).get(key), Price)
    sandbox.faults.rewrite = lambda body: re.sub(rb',\s*{"isoCode":\s*"JP"[^{}]*}', b"", body)
    assert isinstance((await shop.get_prices([key], context, call())).get(key), Price)
    assert await shop.get_prices([key], context, call(fresh=True)) == {}


async def test_another_currency_than_the_markets_is_never_converted(open_shop: OpenShop) -> None:
    prices = (SeedPrice("MUG", money("9.50")), SeedPrice("MUG", money("1200", "JPY"), country="JP"))
    _, shop = await open_shop(seed(product(1, "MUG"), prices=prices))
    assert isinstance(await price_of(shop, "MUG", "JP", "GBP"), CurrencyNotSold)


async def test_a_country_outside_every_market_has_no_price_though_the_currency_fits(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=(SeedPrice("MUG", money("9.50")),)))
    assert await price_of(shop, "MUG", "IM", "GBP") is None
    assert await price_of(shop, "MUG", "AQ", "GBP") is None
    assert [request.operation for request in sandbox.requests] == ["Shopfront"]


async def test_the_regular_price_is_shown_only_when_higher(open_shop: OpenShop) -> None:
    prices = (SeedPrice("CUT", money("8"), list=money("10")), SeedPrice("ODD", money("8"), list=money("7")))
    _, shop = await open_shop(seed(product(1, "CUT", "ODD"), prices=prices))
    cut, odd = await price_of(shop, "CUT"), await price_of(shop, "ODD")
    assert isinstance(cut, Price)
    assert isinstance(odd, Price)
    assert cut.list is not None
    assert cut.list.stated == money("10.00")
    assert odd.list is None


@pytest.mark.parametrize(("included", "treatment"), [(True, TaxTreatment.INCLUDED), (False, TaxTreatment.EXCLUDED)])
async def test_the_shop_says_whether_tax_is_included(
    open_shop: OpenShop, included: bool, treatment: TaxTreatment
) -> None:
    prices = (SeedPrice("MUG", money("8")),)
    _, shop = await open_shop(seed(product(1, "MUG"), prices=prices, prices_include_tax=included))
    price = await price_of(shop, "MUG")
    assert isinstance(price, Price)
    assert price.current.treatment is treatment
    assert (price.current.gross is not None, price.current.net is not None) == (included, not included)


async def test_a_market_may_say_otherwise_and_the_configuration_has_the_last_word(open_shop: OpenShop) -> None:
    one = seed(product(1, "MUG"), prices=(SeedPrice("MUG", money("8")),))
    sandbox, shop = await open_shop(one)
    sandbox.world.tax_overrides["GB"] = False
    price = await price_of(shop, "MUG")
    assert isinstance(price, Price)
    assert price.current.treatment is TaxTreatment.EXCLUDED
    told_sandbox, told = await open_shop(one, prices_include_tax={"GB": True})
    told_sandbox.world.tax_overrides["GB"] = False
    price = await price_of(told, "MUG")
    assert isinstance(price, Price)
    assert price.current.treatment is TaxTreatment.INCLUDED


async def test_an_untaxed_variant_is_exempt(open_shop: OpenShop) -> None:
    thing = product(1, "BOOK")
    thing = replace(thing, variants=(replace(thing.variants[0], taxable=False),))
    _, shop = await open_shop(seed(thing, prices=(SeedPrice("BOOK", money("8")),)))
    price = await price_of(shop, "BOOK")
    assert isinstance(price, Price)
    assert price.current.treatment is TaxTreatment.EXEMPT
    assert price.current.net == price.current.gross == money("8.00")


async def test_the_unit_price_names_its_measure(open_shop: OpenShop) -> None:
    thing = product(1, "OIL")
    measure = Measurement(Decimal(250), "mL", Decimal(100), "mL")
    thing = replace(thing, variants=(replace(thing.variants[0], measurement=measure),))
    _, shop = await open_shop(seed(thing, prices=(SeedPrice("OIL", money("10")),)))
    price = await price_of(shop, "OIL")
    assert isinstance(price, Price)
    gross = TaxedMoney(gross=money("4.00"), treatment=TaxTreatment.INCLUDED)
    assert price.unit_price == UnitPrice(gross, Decimal(100), "mL")


async def test_a_company_location_has_prices_and_quantity_breaks_of_its_own(open_shop: OpenShop) -> None:
    prices = (
        SeedPrice("MUG", money("9.50")),
        SeedPrice("MUG", money("8"), price_group="TRADE"),
        SeedPrice("MUG", money("7"), price_group="TRADE", minimum_quantity=Decimal(10)),
        SeedPrice("MUG", money("6"), price_group="TRADE", minimum_quantity=Decimal(50)),
    )
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=prices))
    group = sandbox.world.company_locations["TRADE"]
    keys = [PriceKey("MUG", Decimal(quantity)) for quantity in (1, 10, 49, 50)]
    context = view(MANIFEST, GET, price_group=group)
    found = await shop.get_prices(keys, context, call())
    amounts = [price.current.stated.amount for price in found.values() if isinstance(price, Price)]
    assert amounts == [8, 7, 7, 6]
    for price in found.values():
        assert isinstance(price, Price)
        assert [(step.minimum_quantity, step.price.gross) for step in price.breaks] == [
            (10, money("7")), (50, money("6"))
        ]  # fmt: skip
        assert {step.price.treatment for step in price.breaks} == {price.current.treatment}
    assert await amount_of(shop, "MUG", "GB", "GBP") == money("9.50")


async def test_at_a_break_the_price_of_one_piece_per_measure_is_not_repeated(open_shop: OpenShop) -> None:
    thing = product(1, "OIL")
    measure = Measurement(Decimal(250), "mL", Decimal(100), "mL")
    thing = replace(thing, variants=(replace(thing.variants[0], measurement=measure),))
    prices = (
        SeedPrice("OIL", money("10"), price_group="TRADE"),
        SeedPrice("OIL", money("5"), price_group="TRADE", minimum_quantity=Decimal(10)),
    )
    sandbox, shop = await open_shop(seed(thing, prices=prices))
    context = view(MANIFEST, GET, price_group=sandbox.world.company_locations["TRADE"])
    keys = [PriceKey("OIL"), PriceKey("OIL", Decimal(10))]
    one, ten = (await shop.get_prices(keys, context, call())).values()
    assert isinstance(one, Price)
    assert isinstance(ten, Price)
    assert one.unit_price is not None
    assert ten.unit_price is None


async def test_a_draft_has_no_price_and_its_sku_does_not_clash_with_an_active_one(open_shop: OpenShop) -> None:
    draft = product(1, "NEW", "BOTH", status=ProductStatus.DRAFT)
    prices = (SeedPrice("NEW", money("1")), SeedPrice("BOTH", money("2")))
    _, shop = await open_shop(seed(draft, product(2, "BOTH"), prices=prices))
    assert await price_of(shop, "NEW") is None
    assert isinstance(await price_of(shop, "BOTH"), Price)


@pytest.mark.parametrize("count", [1, 24, 100])
async def test_one_request_whether_identifiers_are_known_or_not(open_shop: OpenShop, count: int) -> None:
    skus = [f"SKU-{number:03}" for number in range(count)]
    prices = tuple(SeedPrice(sku, money("5")) for sku in skus)
    sandbox, shop = await open_shop(seed(*(product(n, sku) for n, sku in enumerate(skus, 1)), prices=prices))
    keys = [PriceKey(sku) for sku in skus]
    await shop.get_prices([PriceKey("WARM-UP")], view(MANIFEST, GET), call())  # the countries, once
    for expected in ("PricesBySku", "PricesById"):
        sandbox.requests.clear()
        found = await shop.get_prices(keys, view(MANIFEST, GET), call())
        assert [request.operation for request in sandbox.requests] == [expected]
        assert len(found) == count
    assert MANIFEST.operations[GET].requests(count, {}) == 1


async def test_an_unknown_sku_asked_twice_makes_one_look_up(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=(SeedPrice("MUG", money("1")),)))
    assert await price_of(shop, "NOTHING") is None
    sandbox.requests.clear()
    assert await price_of(shop, "NOTHING") is None
    assert sandbox.requests == []


async def test_many_near_matches_cost_more_pages_but_lose_nothing(open_shop: OpenShop) -> None:
    near = [product(number, f"TEE-{number}") for number in range(1, 200)]
    prices = (SeedPrice("TEE", money("1")),)
    sandbox, shop = await open_shop(seed(*near, product(900, "TEE"), prices=prices))
    assert isinstance(await price_of(shop, "TEE"), Price)
    assert await price_of(shop, "tee") is None
    assert {request.operation for request in sandbox.requests} == {"Shopfront", "PricesBySku"}


async def test_a_sku_that_moved_to_another_variant_is_looked_up_again(open_shop: OpenShop) -> None:
    prices = (SeedPrice("MUG", money("1")), SeedPrice("CUP", money("2")))
    sandbox, shop = await open_shop(seed(product(1, "MUG"), product(2, "CUP"), prices=prices))
    assert await amount_of(shop, "MUG", "GB", "GBP") == money("1.00")
    first, second = sandbox.world.variants.values()
    first.sku, second.sku = "RETIRED", "MUG"
    assert await amount_of(shop, "MUG", "GB", "GBP") == money("1.00")
    key = PriceKey("MUG")
    assert isinstance((await shop.get_prices([key], view(MANIFEST, GET), call()))[key], Price)
    kept = await shop.resolve(["MUG"], view(MANIFEST, GET), call())
    assert kept == {"MUG": NativeRef("shop", second.id)}


async def test_a_buyer_for_several_company_locations_has_no_context(open_shop: OpenShop) -> None:
    people = tuple(
        CustomerRecord(NativeRef("seed", str(number)), SEEN, emails=(f"{number}@example.com",), groups=groups)
        for number, groups in enumerate([(), ("A",), ("A", "B")], 1)
    )
    prices = tuple(SeedPrice("MUG", money("1"), price_group=group) for group in "AB")
    sandbox, shop = await open_shop(seed(product(1, "MUG"), prices=prices, customers=people), b2b=True)
    refs = [NativeRef("shop", f"gid://shopify/Customer/{number}") for number in (1, 2, 3, 4)]
    found = await shop.price_context(refs, view(MANIFEST, "price.price_context"), call())
    assert found[refs[1]] == sandbox.world.company_locations["A"]
    assert isinstance(found[refs[2]], AmbiguousKey)
    assert set(found) == set(refs[1:3])
    assert len(sandbox.requests) == 1


async def test_a_market_without_prices_of_its_own_pays_what_the_shop_converts(open_shop: OpenShop) -> None:
    prices = (SeedPrice("MUG", money("10")),)
    rates = {"EUR": Decimal("1.17")}
    _, shop = await open_shop(seed(product(1, "MUG"), prices=prices, currencies=("EUR",), rates=rates))
    assert await amount_of(shop, "MUG", "DE", "EUR") == money("11.70", "EUR")
    assert isinstance(await price_of(shop, "MUG", "DE", "GBP"), CurrencyNotSold)


async def test_negative_and_overlong_amounts_are_passed_on_as_said(open_shop: OpenShop) -> None:
    prices = (SeedPrice("RETURN", money("-4")), SeedPrice("GRAM", money("0.0125")))
    _, shop = await open_shop(seed(product(1, "RETURN", "GRAM"), prices=prices))
    assert await amount_of(shop, "RETURN", "GB", "GBP") == money("-4.00")
    assert await amount_of(shop, "GRAM", "GB", "GBP") == money("0.0125")


async def test_countries_are_asked_once_for_all_who_wait_for_them(open_shop: OpenShop) -> None:
    skus = [f"SKU-{number}" for number in range(20)]
    prices = tuple(SeedPrice(sku, money("9.50")) for sku in skus)
    sandbox, shop = await open_shop(seed(*(product(n, sku) for n, sku in enumerate(skus, 1)), prices=prices))
    context = view(MANIFEST, "price.get_prices")
    found = await asyncio.gather(*(shop.get_prices([PriceKey(sku)], context, call()) for sku in skus))
    assert all(found)
    assert [request.operation for request in sandbox.requests].count("Shopfront") == 1
