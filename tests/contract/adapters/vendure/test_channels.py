"""Vendure's channels: the wrong one is worse than none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.vendure.config import VendureConfig
from adapters.vendure.errors import SilentDefaultChannel
from gateway.errors import ConfigurationError, CredentialsRefused, CurrencyNotSold
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.money import Money, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import SearchQuery
from gateway.ports.manifest import Secret
from tests.contract.adapters.vendure.connected import Connect, Connected, a_call, by_key, by_login, seen
from tests.servers.vendure_server import VendureServer

LAPTOP = PriceKey("L2201308")
TABLET = PriceKey("TBL200032")
MOUSE = PriceKey("834444")


async def prices(shop: Connected, *keys: PriceKey, **parts: str) -> dict[PriceKey, object]:
    return dict(await shop.adapter.get_prices(keys, seen("price.get_prices", **parts), a_call()))


async def test_channel_of_the_context_decides_price_currency_and_tax(everywhere: Connected) -> None:
    default = (await prices(everywhere, LAPTOP))[LAPTOP]
    europe = (await prices(everywhere, LAPTOP, channel="europe", currency="EUR"))[LAPTOP]
    assert isinstance(default, Price)
    assert isinstance(europe, Price)
    assert default.current.stated == Money(Decimal("1299.00"), "USD")
    assert default.current.treatment is TaxTreatment.EXCLUDED
    assert europe.current.stated == Money(Decimal("1402.92"), "EUR")
    assert europe.current.net == Money(Decimal("1169.10"), "EUR")
    assert europe.current.treatment is TaxTreatment.INCLUDED


async def test_yen_have_the_servers_two_digits(everywhere: Connected) -> None:
    price = (await prices(everywhere, TABLET, channel="japan", currency="JPY"))[TABLET]
    assert isinstance(price, Price)
    assert price.current.net == Money(Decimal(49350), "JPY")


async def test_what_a_channel_does_not_sell_is_absent(everywhere: Connected) -> None:
    assert set(await prices(everywhere, LAPTOP, MOUSE, channel="europe", currency="EUR")) == {LAPTOP}
    page = await everywhere.adapter.list_products(
        ProductQuery(10), seen("product.list_products", channel="europe"), a_call()
    )
    assert [product.slug for product in page.products] == ["laptop", "tablet"]
    hits = await everywhere.adapter.search(SearchQuery("", 10), seen("search.search", channel="japan"), a_call())
    assert [product.slug for product in hits.products] == ["tablet"]


async def test_currency_of_the_channel_without_a_price_is_not_sold(everywhere: Connected) -> None:
    """Vendure fails the whole query for one unpriced variant."""
    answer = await prices(everywhere, LAPTOP, TABLET, channel="europe", currency="GBP")
    assert {key: type(value) for key, value in answer.items()} == {LAPTOP: CurrencyNotSold, TABLET: CurrencyNotSold}


async def test_currency_the_channel_does_not_have_costs_no_request(everywhere: Connected) -> None:
    await prices(everywhere, LAPTOP)
    before = everywhere.control.requests
    answer = await prices(everywhere, LAPTOP, currency="KWD")
    assert isinstance(answer[LAPTOP], CurrencyNotSold)
    assert everywhere.control.requests == before


async def test_unknown_token_is_refused_by_a_shop_with_several_channels(
    vendure: VendureServer, connect: Connect
) -> None:
    shop = connect(vendure, by_login(vendure, channel_token="bogus"))
    with pytest.raises(CredentialsRefused) as refused:
        await prices(shop, LAPTOP)
    assert "CHANNEL_NOT_FOUND" in (refused.value.detail or "")


async def test_unknown_token_is_refused_though_a_shop_with_one_channel_answers(
    one_channel_vendure: VendureServer, connect: Connect
) -> None:
    def configured(token: str) -> VendureConfig:
        return VendureConfig(username="superadmin", password=Secret(("superadmin",)), channel_token=token)

    trusting = connect(one_channel_vendure, configured(""))
    assert isinstance((await prices(trusting, LAPTOP))[LAPTOP], Price)
    key = ProductKey(ProductKeyKind.SLUG, "laptop")
    shop = connect(one_channel_vendure, configured("bogus"))
    with pytest.raises(SilentDefaultChannel):
        await prices(shop, LAPTOP)
    with pytest.raises(SilentDefaultChannel):
        await shop.adapter.get_products([key], seen("product.get_products"), a_call())
    with pytest.raises(SilentDefaultChannel):
        await shop.adapter.search(SearchQuery("laptop", 5), seen("search.search"), a_call())
    with pytest.raises(SilentDefaultChannel):
        await shop.adapter.probe(a_call())


async def test_api_key_works_in_its_own_channel(vendure: VendureServer, connect: Connect) -> None:
    shop = connect(vendure, by_key(vendure, "eu"))
    price = (await prices(shop, LAPTOP, currency="EUR"))[LAPTOP]
    assert isinstance(price, Price)
    assert price.current.stated == Money(Decimal("1402.92"), "EUR")


async def test_api_key_of_another_channel_is_refused(vendure: VendureServer, connect: Connect) -> None:
    key = Secret((vendure.seed.api_keys["default"],))
    shop = connect(vendure, VendureConfig(api_key=key, channel_token=vendure.seed.channels["eu"]))
    with pytest.raises(CredentialsRefused):
        await prices(shop, LAPTOP, currency="EUR")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "either `api_key`"),
        ({"username": "reader"}, "belong together"),
        ({"api_key": Secret(("k",)), "username": "reader", "password": Secret(("p",))}, "either `api_key`"),
        ({"api_key": Secret(("k",)), "channels": {"web": "token"}}, "only in the Vendure channel"),
    ],
)
def test_configuration_that_cannot_work_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        VendureConfig(**settings).verify("backends.shop")  # type: ignore[arg-type]


async def test_texts_are_in_the_language_of_the_context(everywhere: Connected) -> None:
    key = ProductKey(ProductKeyKind.SLUG, "laptop")
    for language, title in (("en-GB", "Laptop"), ("de-AT", "Klapprechner"), ("ja", "Laptop")):
        answer = await everywhere.adapter.get_products([key], seen("product.get_products", language=language), a_call())
        product = answer[key]
        assert isinstance(product, Product)
        assert product.title.value == title
        assert product.title.language == ("de" if title == "Klapprechner" else "en")


async def test_slug_of_any_language_finds_the_product_and_keeps_the_contexts_language(everywhere: Connected) -> None:
    key = ProductKey(ProductKeyKind.SLUG, "klapprechner")
    product = (await everywhere.adapter.get_products([key], seen("product.get_products"), a_call()))[key]
    assert isinstance(product, Product)
    assert product.title.value == "Laptop"
