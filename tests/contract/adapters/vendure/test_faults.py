"""Refusals and nonsense: what the adapter raises, and that it tries again only where that helps."""

from __future__ import annotations

import msgspec
import pytest

from adapters.vendure import client
from adapters.vendure.config import VendureConfig
from gateway.errors import (
    AdapterError,
    ConfigurationError,
    CredentialsRefused,
    InvalidAnswer,
    InvalidCursor,
    Mistake,
    RateLimited,
    RequestRefused,
    Unavailable,
    UnsupportedFilter,
)
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import KeyRule, NativeRef
from gateway.model.pricing import PriceKey
from gateway.model.search import SearchFilter, SearchQuery, SearchSort
from gateway.model.stock import StockKey
from gateway.ports.manifest import Secret
from tests.contract.adapters.vendure.connected import Connect, Connected, a_call, by_login, seen
from tests.servers.scripted import Reply, scripted
from tests.servers.vendure_server import VendureServer

KEY = VendureConfig(api_key=Secret(("key",)), channel_token="token")
LOGIN = VendureConfig(username="reader", password=Secret(("pass",)), channel_token="token")


def refused(code: str, status: int = 200) -> Reply:
    errors = [{"message": f"secret {code}", "path": ["stockLocations"], "extensions": {"code": code}}]
    return Reply(msgspec.json.encode({"errors": errors, "data": None}), status)


def places(*, token: str = "token") -> Reply:
    data = {
        "activeChannel": {"token": token},
        "stockLocations": {"totalItems": 1, "items": [{"id": "1", "name": "Bath"}]},
    }
    return Reply(msgspec.json.encode({"data": data}))


def logged_in(session: str) -> Reply:
    body = msgspec.json.encode({"data": {"login": {"__typename": "CurrentUser"}}})
    return Reply(body, headers={"vendure-auth-token": session})


async def list_stores(shop: Connected) -> int:
    return len(await shop.adapter.list_stores(None, seen("store.list_stores"), a_call()))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refused("FORBIDDEN"), CredentialsRefused),
        (refused("CHANNEL_NOT_FOUND"), CredentialsRefused),
        (refused("USER_INPUT_ERROR"), RequestRefused),
        (refused("GRAPHQL_VALIDATION_FAILED", 400), RequestRefused),
        (refused("INTERNAL_SERVER_ERROR"), Unavailable),
        (refused("SOMETHING_NEW"), InvalidAnswer),
        (Reply(b"<html>Bad gateway</html>", 502), Unavailable),
        (Reply(b"", 503), Unavailable),
        (Reply(b"slow down", 429), RateLimited),
        (Reply(b"who are you", 401), CredentialsRefused),
        (Reply(b"no such path", 404), RequestRefused),
        (Reply(b"<html>welcome</html>"), InvalidAnswer),
        (Reply(b'{"data": {"activeChannel": {"token": "tok'), InvalidAnswer),
        (Reply(b'{"data": null}'), InvalidAnswer),
        (Reply(b'{"data": {"activeChannel": {"token": "token"}, "stockLocations": 3}}'), InvalidAnswer),
        (Reply(b'{"data": {"stockLocations": {"totalItems": 0, "items": []}}}'), InvalidAnswer),
    ],
)
async def test_refusal_becomes_the_error_that_says_whose_fault_it_is(
    connect: Connect, reply: Reply, error: type[AdapterError]
) -> None:
    async with scripted(reply) as server:
        with pytest.raises(error) as raised:
            await list_stores(connect(server.url, KEY))
    assert type(raised.value) is error
    assert raised.value.source == "shop"
    assert "secret" not in raised.value.message
    assert "secret" not in (raised.value.detail or "") or error is RequestRefused


async def test_session_that_ended_is_renewed_once(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LOGIN_AGAIN_AFTER", 0.0)
    async with scripted(logged_in("first"), places(), refused("FORBIDDEN"), logged_in("second"), places()) as server:
        shop = connect(server.url, LOGIN)
        assert await list_stores(shop) == 1
        assert await list_stores(shop) == 1
    sessions = [request.headers.get("authorization") for request in server.received]
    assert sessions == [None, "Bearer first", "Bearer first", None, "Bearer second"]


async def test_missing_permission_does_not_cause_a_login_per_request(connect: Connect) -> None:
    async with scripted(logged_in("first"), refused("FORBIDDEN")) as server:
        shop = connect(server.url, LOGIN)
        for _ in range(3):
            with pytest.raises(CredentialsRefused):
                await list_stores(shop)
    logins = [request for request in server.received if b"mutation Login" in request.body]
    assert len(logins) == 1


async def test_login_without_a_bearer_token_says_what_to_configure(connect: Connect) -> None:
    reply = Reply(msgspec.json.encode({"data": {"login": {"__typename": "CurrentUser"}}}))
    async with scripted(reply) as server:
        with pytest.raises(CredentialsRefused) as raised:
            await list_stores(connect(server.url, LOGIN))
    assert "tokenMethod" in (raised.value.detail or "")


async def test_wrong_password_is_refused(vendure: VendureServer, connect: Connect) -> None:
    shop = connect(vendure, by_login(vendure, password=Secret(("wrong",))))
    with pytest.raises(CredentialsRefused) as raised:
        await shop.adapter.probe(a_call())
    assert "INVALID_CREDENTIALS_ERROR" in (raised.value.detail or "")


async def test_wrong_api_key_is_refused(vendure: VendureServer, connect: Connect) -> None:
    shop = connect(vendure, VendureConfig(api_key=Secret(("0:0",))))
    with pytest.raises(CredentialsRefused):
        await shop.adapter.probe(a_call())


@pytest.mark.parametrize("setting", ["barcode_field", "order_origin_field"])
async def test_custom_field_the_shop_does_not_have_is_named_by_the_probe(
    vendure: VendureServer, connect: Connect, setting: str
) -> None:
    shop = connect(vendure, by_login(vendure, **{setting: "no_such_field"}))
    with pytest.raises(RequestRefused) as raised:
        await shop.adapter.probe(a_call())
    assert "no_such_field" in (raised.value.detail or "")


async def test_probe_tries_every_channel(vendure: VendureServer, connect: Connect) -> None:
    shop = connect(vendure, by_login(vendure, channels={"europe": "eu-channel-token", "mars": "bogus"}))
    (problem,) = (await shop.adapter.probe(a_call())).problems
    assert isinstance(problem, Mistake)
    assert problem.place == "channels.mars"


async def test_probe_names_a_collection_that_the_shop_does_not_have(vendure: VendureServer, connect: Connect) -> None:
    shop = connect(vendure, by_login(vendure, merchandised=("2", "999999")))
    (problem,) = (await shop.adapter.probe(a_call())).problems
    assert isinstance(problem, Mistake)
    assert (problem.place, problem.value) == ("merchandised[1]", "999999")


async def test_unknown_keys_are_absent_everywhere(shop: Connected) -> None:
    adapter = shop.adapter
    nothing = [
        await adapter.get_products(
            [
                ProductKey(ProductKeyKind.SLUG, "no-such-slug"),
                ProductKey(ProductKeyKind.NATIVE, "not-a-number"),
                ProductKey(ProductKeyKind.NATIVE, "999999"),
                ProductKey(ProductKeyKind.BARCODE, "09999999999994"),
            ],
            seen("product.get_products"),
            a_call(),
        ),
        await adapter.get_prices([PriceKey("L2201308", unit="dozen")], seen("price.get_prices"), a_call()),
        await adapter.get_stock([StockKey("NOPE", ("1",))], seen("stock.get_stock"), a_call()),
        await adapter.get_orders([NativeRef("shop", "none")], seen("order.get_orders"), a_call()),
        await adapter.find_customers(
            [
                CustomerKey(CustomerKeyKind.PHONE, "+442079460999"),
                CustomerKey(CustomerKeyKind.NATIVE, "999"),
            ],
            seen("customer.find_customers"),
            a_call(),
        ),
    ]
    assert nothing == [{}, {}, {}, {}, {}]


async def test_unpublished_product_is_absent(vendure: VendureServer, shop: Connected) -> None:
    hidden = vendure.seed.products["A4TKLA45535"]
    keys = [
        ProductKey(ProductKeyKind.NATIVE, hidden),
        ProductKey(ProductKeyKind.SKU, "A4TKLA45535"),
        ProductKey(ProductKeyKind.SLUG, "clacky-keyboard"),
    ]
    assert await shop.adapter.get_products(keys, seen("product.get_products"), a_call()) == {}
    price = PriceKey("A4TKLA45535")
    assert await shop.adapter.get_prices([price], seen("price.get_prices"), a_call()) == {}
    stock = StockKey("A4TKLA45535", ("1",))
    assert set(await shop.adapter.get_stock([stock], seen("stock.get_stock"), a_call())) == {stock}


async def test_injection_through_a_key_finds_nothing(shop: Connected) -> None:
    evil = ['"]}}) { totalItems } #', "' OR '1'='1", "L2201308%", "\u0000", "L2201308\n"]
    answer = await shop.adapter.get_prices([PriceKey(sku) for sku in evil[:4]], seen("price.get_prices"), a_call())
    assert answer == {}


async def test_foreign_position_is_refused(shop: Connected) -> None:
    for after in ("abc", "-1", "٣", "1e3", "9" * 12):
        with pytest.raises(InvalidCursor):
            await shop.adapter.list_products(ProductQuery(5, after=after), seen("product.list_products"), a_call())


async def test_unknown_category_and_facet_value_find_nothing(shop: Connected) -> None:
    page = await shop.adapter.list_products(ProductQuery(5, category="999"), seen("product.list_products"), a_call())
    assert (page.products, page.has_next) == ((), False)
    query = SearchQuery("", 5, filters=(SearchFilter("brand", ("999",)),))
    assert (await shop.adapter.search(query, seen("search.search"), a_call())).products == ()


async def test_value_of_another_facet_is_refused(shop: Connected) -> None:
    """Vendure would narrow by it without a word."""
    page = await shop.adapter.search(SearchQuery("", 1), seen("search.search"), a_call())
    category = next(facet for facet in page.facets if facet.name == "category")
    query = SearchQuery("", 5, filters=(SearchFilter("brand", (category.values[0].value,)),))
    with pytest.raises(UnsupportedFilter):
        await shop.adapter.search(query, seen("search.search"), a_call())


async def test_sort_the_index_does_not_have_is_refused(shop: Connected) -> None:
    with pytest.raises(UnsupportedFilter):
        await shop.adapter.search(SearchQuery("", 5, sort=SearchSort.NEWEST), seen("search.search"), a_call())


async def test_sku_elsewhere_than_in_sku_is_a_configuration_error(vendure: VendureServer, connect: Connect) -> None:
    with pytest.raises(ConfigurationError):
        connect(vendure, by_login(vendure), KeyRule(field="gtin"))
