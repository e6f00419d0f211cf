"""What the vendor's refusals and broken answers become."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.shopify.errors import throttle
from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from adapters.shopify.sandbox.cost import Bucket, observed, strict
from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    InvalidAnswer,
    InvalidCursor,
    Mistake,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.ports.manifest import Secret
from gateway.ports.transport import Response
from gateway.testing.sandbox import SeedStock

from .conftest import OpenShop
from .shops import Shopify, call, product, seed, view

Rewrite = Callable[[bytes], bytes]
BROKEN_ADMIN: list[Rewrite] = [
    lambda body: body[: len(body) // 2],
    lambda body: b"",
    lambda body: b"<html>",
    lambda body: b"\xff\xfe",
    lambda body: b"[]",
    lambda body: b"{}",
    lambda body: b'{"data": null}',
    lambda body: b'{"data": {}}',
    lambda body: b'{"data": {"productVariants": null}}',
    lambda body: body.replace(b'"hasNextPage": false', b'"hasNextPage": "no"'),
    lambda body: body.replace(b'"sku": "MUG', b'"sku": 7, "was": "MUG'),
]
BROKEN_STOREFRONT: list[Rewrite] = [
    lambda body: body[:-10],
    lambda body: body.replace(b'"localization"', b'"location"'),
    lambda body: body.replace(b'"h0"', b'"h1"'),
    lambda body: body.replace(b'"title": "Mug 1"', b'"title": null'),
    lambda body: body.replace(b'"updatedAt": "20', b'"updatedAt": "yesterday 20'),
]


async def ask_admin(shop: Shopify) -> Any:
    return await shop.resolve(["MUG-01-S"], view(MANIFEST, "store.list_stores"), call())


async def ask_storefront(shop: Shopify) -> Any:
    key = ProductKey(ProductKeyKind.SLUG, "mug-1")
    return await shop.get_products([key], view(MANIFEST, "product.get_products"), call())


@pytest.mark.parametrize("ask", [ask_admin, ask_storefront])
async def test_a_wrong_token_is_the_operators_to_mend_and_is_not_told(
    shop: Shopify, sandbox: ShopifySandbox, ask: Any
) -> None:
    sandbox.locked_out = True
    with pytest.raises(CredentialsRefused) as caught:
        await ask(shop)
    assert sandbox.admin_token not in f"{caught.value} {caught.value.detail}"
    assert caught.value.detail == "HTTP 401"


async def test_an_app_without_approval_is_the_operators_to_mend(shop: Shopify, sandbox: ShopifySandbox) -> None:
    sandbox.unapproved = True
    with pytest.raises(CredentialsRefused) as caught:
        await ask_admin(shop)
    assert caught.value.detail == "HTTP 403"


async def test_what_the_vendor_quotes_of_a_person_is_not_kept(shop: Shopify, sandbox: ShopifySandbox) -> None:
    message = 'Variable $k0 got "ada@example.com", near eve@example.com or +442079460100: invalid'
    sandbox.faults.rewrite = lambda body: json.dumps({"errors": [{"message": message}]}).encode()
    with pytest.raises(RequestRefused) as caught:
        await ask_admin(shop)
    assert caught.value.detail == "error: Variable $k0 got ..., near ... or ...: invalid"


async def test_a_missing_right_is_said_inside_a_200(shop: Shopify, sandbox: ShopifySandbox) -> None:
    sandbox.denied = {"productVariants"}
    with pytest.raises(CredentialsRefused) as caught:
        await ask_admin(shop)
    assert "productVariants" in (caught.value.detail or "")
    assert sandbox.requests[-1].status == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (402, Unavailable),
        (403, CredentialsRefused),
        (404, CredentialsRefused),
        (423, Unavailable),
        (429, RateLimited),
        (430, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_every_status_has_its_error(
    shop: Shopify, sandbox: ShopifySandbox, status: int, kind: type[AdapterError]
) -> None:
    sandbox.faults.status = status
    with pytest.raises(AdapterError) as caught:
        await ask_admin(shop)
    assert type(caught.value) is kind


async def test_throttled_inside_a_200_says_how_long_to_wait(shop: Shopify, sandbox: ShopifySandbox) -> None:
    sandbox.bucket = Bucket(capacity=100, restore_rate=0.5)
    sandbox.bucket.available = 1
    with pytest.raises(RateLimited) as caught:
        await ask_admin(shop)
    # 36 points were asked (12 rows of 3 objects) and at least 1 was there, at half a point a second.
    assert caught.value.retry_after is not None
    assert 60 < caught.value.retry_after <= 70
    assert sandbox.requests[-1].status == 200


def answer(**parts: Any) -> Response:
    return Response(200, {}, json.dumps(parts).encode())


COST: dict[str, Any] = {
    "requestedQueryCost": 101,
    "actualQueryCost": 46,
    "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": 954, "restoreRate": 50},
}


def test_the_throttle_signal_of_an_answer_tells_what_is_left() -> None:
    signal = throttle(answer(data={}, extensions={"cost": COST}))
    assert signal is not None
    assert (signal.limited, signal.remaining, signal.capacity, signal.restore_rate) == (False, 954, 1000, 50)
    assert signal.cost == 46


def test_the_throttle_signal_of_a_refusal_tells_when_to_come_back() -> None:
    refused = {**COST, "actualQueryCost": None, "throttleStatus": {**COST["throttleStatus"], "currentlyAvailable": 1}}
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    signal = throttle(answer(errors=errors, extensions={"cost": refused}))
    assert signal is not None
    assert (signal.limited, signal.retry_after, signal.cost) == (True, 2.0, 101)


def test_answers_without_a_cost_signal_nothing() -> None:
    assert throttle(answer(data={})) is None
    assert throttle(Response(200, {}, b"<html>")) is None
    assert throttle(answer(errors="[API] Invalid API key")) is None
    limited = throttle(Response(429, {"retry-after": "2"}, b""))
    assert limited is not None
    assert (limited.limited, limited.retry_after) == (True, 2.0)


@pytest.mark.parametrize("rewrite", BROKEN_ADMIN)
async def test_an_answer_that_makes_no_sense_is_invalid(
    shop: Shopify, sandbox: ShopifySandbox, rewrite: Rewrite
) -> None:
    sandbox.faults.rewrite = rewrite
    with pytest.raises(InvalidAnswer):
        await ask_admin(shop)


@pytest.mark.parametrize("rewrite", BROKEN_STOREFRONT)
async def test_a_shopper_never_sees_half_a_product(shop: Shopify, sandbox: ShopifySandbox, rewrite: Rewrite) -> None:
    sandbox.faults.rewrite = rewrite
    with pytest.raises(InvalidAnswer):
        await ask_storefront(shop)


async def test_data_beside_an_error_is_not_served(shop: Shopify, sandbox: ShopifySandbox) -> None:
    broken = b', "errors": [{"message": "boom", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}'
    sandbox.faults.rewrite = lambda body: body[:-1] + broken
    with pytest.raises(Unavailable):
        await ask_admin(shop)


async def test_a_forged_cursor_is_the_clients_fault(shop: Shopify) -> None:
    with pytest.raises(InvalidCursor):
        await shop.list_products(ProductQuery(5, "bm9uc2Vuc2U="), view(MANIFEST, "product.list_products"), call())


async def test_a_query_dearer_than_assumed_is_cut_smaller_and_the_lesson_kept(open_shop: OpenShop) -> None:
    skus = [f"SKU-{number:03}" for number in range(100)]
    place = "gid://shopify/Location/1"
    stock = tuple(SeedStock(sku, place, Decimal(1)) for sku in skus)
    sandbox, shop = await open_shop(seed(*(product(n, sku) for n, sku in enumerate(skus, 1)), stock=stock))
    sandbox.cost_model = lambda first, node: 4 * strict(first, node)
    keys = [StockKey(sku, (place,)) for sku in skus]
    assert len(await shop.get_stock(keys, view(MANIFEST, "stock.get_stock"), call())) == 100
    refused = len(sandbox.requests)
    assert refused > 2
    await shop.get_stock([StockKey(f"X-{sku}", (place,)) for sku in skus], view(MANIFEST, "stock.get_stock"), call())
    assert len(sandbox.requests) - refused < refused


async def test_a_cheaper_vendor_is_served_by_fewer_requests_when_the_operator_says_so(open_shop: OpenShop) -> None:
    skus = [f"SKU-{number:03}" for number in range(100)]
    places = tuple(f"gid://shopify/Location/{number}" for number in range(12))
    sandbox, shop = await open_shop(seed(*(product(n, sku) for n, sku in enumerate(skus, 1))), cost_scale=0.1)
    sandbox.cost_model = observed
    found = await shop.get_stock([StockKey(sku, places) for sku in skus], view(MANIFEST, "stock.get_stock"), call())
    assert len(found) == 100
    assert len(sandbox.requests) == 1


async def test_probe_says_what_an_operator_should_know(shop: Shopify) -> None:
    probe = await shop.probe(call())
    assert probe.version == "2026-10"
    assert any("60 days" in note for note in probe.notes)
    assert not any("lacks" in note for note in probe.notes)


async def test_probe_finds_a_right_that_is_configured_and_not_granted(open_shop: OpenShop) -> None:
    _, shop = await open_shop(seed(), read_all_orders=True)
    probe = await shop.probe(call())
    assert [mistake.place for mistake in probe.problems if isinstance(mistake, Mistake)] == ["read_all_orders"]
    assert probe.lacking == {"order": ("read_all_orders",)}


async def test_probe_tells_missing_rights_by_the_data_that_needs_them(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed())
    # Who may write may read.
    sandbox.withheld = {"read_customers", "write_customers", "read_inventory", "write_inventory"}
    assert (await shop.probe(call())).lacking == {"stock": ("read_inventory",), "customer": ("read_customers",)}


async def test_probe_says_that_the_category_menu_is_not_there(open_shop: OpenShop) -> None:
    _, shop = await open_shop(seed(), category_menu="main-mneu")
    (problem,) = (await shop.probe(call())).problems
    assert isinstance(problem, Mistake)
    assert (problem.place, problem.value) == ("category_menu", "main-mneu")


async def test_probe_says_which_of_the_two_tokens_is_wrong(open_shop: OpenShop) -> None:
    _, shop = await open_shop(seed(), admin_token=Secret(("stale",)))
    with pytest.raises(CredentialsRefused):
        await shop.probe(call())


async def test_a_wrong_storefront_token_hides_nothing_that_the_other_one_shows(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed(), storefront_token=Secret(("stale",)))
    sandbox.withheld = {"read_customers", "write_customers"}
    probe = await shop.probe(call())
    assert [problem.place for problem in probe.problems if isinstance(problem, Mistake)] == ["storefront_token"]
    assert (probe.lacking, probe.hinders) == ({"customer": ("read_customers",)}, ("product", "search"))


async def test_nothing_asked_is_nothing_sent(shop: Shopify, sandbox: ShopifySandbox) -> None:
    assert await shop.get_prices([PriceKey("X", unit="dozen")], view(MANIFEST, "price.get_prices"), call()) == {}
    assert await shop.get_stock([], view(MANIFEST, "stock.get_stock"), call()) == {}
    assert sandbox.requests == []
