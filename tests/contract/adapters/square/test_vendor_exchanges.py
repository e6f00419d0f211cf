"""Every request the adapter makes, and every answer its sandbox gives, against the vendor's whole OpenAPI file.

The file declares no answers but 200 and has one dangling reference; the limits in its prose the sandbox keeps."""

from __future__ import annotations

import gzip
import json
import os
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from adapters.square.sandbox.account import account_uuid, native_id
from adapters.square.sandbox.description import PATHS
from adapters.square.sandbox.seeding_people import event
from gateway.errors import CredentialsRefused
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.catalog import ProductKey, ProductKeyKind, ProductQuery
from gateway.model.context import CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind, LoyaltyEntry, LoyaltyEntryQuery
from gateway.model.identity import NativeRef
from gateway.model.money import TaxedMoney, TaxTreatment
from gateway.model.orders import (
    CancelOrder,
    Order,
    OrderDelivery,
    OrderDiscount,
    OrderKind,
    OrderPosition,
    OrdersQuery,
    PaidElsewhere,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.model.pricing import PriceKey
from gateway.model.stock import CommitStock, GoodsSold, StockKey
from gateway.testing.conformance.example import FAMILY_PHONE, NOW, SHOPPER, example_seed
from gateway.testing.conformance.people_writes import ensure
from gateway.testing.sandbox_server import Exchange
from tests.contract.adapters.square.connected import BACKEND, SEEN, Connect, Connected, call, gbp, seen_by

# The security scheme is OAuth 2, which the validator does not look into: the sandbox does.
pytestmark = [pytest.mark.specs, pytest.mark.filterwarnings("ignore:Unsupported scheme type")]
ROOT = Path(__file__).resolve().parents[4]
HOST = "https://connect.squareup.com"
DANGLING = "CatalogModifierToggleOverrideType"


@lru_cache(maxsize=1)
def vendor() -> OpenAPI:
    path = Path(os.environ.get("VENDOR_SPECS") or ROOT.parent / "shared" / "specs") / "square" / "api.json.gz"
    if not path.exists():
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(f"the vendor's description is absent: {path}")
        pytest.skip(f"the vendor's description is absent: {path}")
    described = json.loads(gzip.decompress(path.read_bytes()))
    described["components"]["schemas"].setdefault(DANGLING, {"type": "string"})
    return OpenAPI.from_dict(
        described,
        config=Config(spec_validator_cls=None),  # pyright: ignore[reportArgumentType]
    )


def validate(exchange: Exchange) -> None:
    request = MockRequest(
        HOST,
        exchange.method.lower(),
        exchange.path,
        args=exchange.query,
        headers=cast("dict[str, Any]", exchange.headers),
        data=exchange.request or None,
    )
    vendor().validate_request(request)
    if exchange.status == 200:
        vendor().validate_response(request, MockResponse(exchange.response))
    else:
        errors = json.loads(exchange.response)["errors"]
        assert errors
        assert all({"category", "code"} <= set(error) for error in errors)


async def use_everything(till: Connected) -> None:
    """Each operation, each kind of key, first and later pages."""
    adapter, skus = till.adapter, ("MUG-01-S", "MUG-02-M", "TWIN", "CASE-A", "NOPE")
    await adapter.probe(call())
    await adapter.audit(call())
    for store in (None, "soho"):
        context = seen_by("price.get_prices", store=store)
        await adapter.get_prices([PriceKey(sku, Decimal(3)) for sku in skus], context, call())
    keys = [StockKey(sku, ("1001", "1002", "1003")) for sku in skus]
    await adapter.get_stock(keys, seen_by("stock.get_stock"), call())
    await adapter.get_stock(keys, seen_by("stock.get_stock"), call(fresh=True))
    await adapter.list_stores(None, seen_by("store.list_stores"), call())
    products = [ProductKey(ProductKeyKind.SKU, sku) for sku in skus]
    products += [ProductKey(ProductKeyKind.NATIVE, native_id("ITEM", "100"))]
    products += [ProductKey(ProductKeyKind.BARCODE, example_seed().products[0].variants[0].gtins[0])]
    await adapter.get_products(products, seen_by("product.get_products"), call())
    context = seen_by("product.list_products")
    page = await adapter.list_products(ProductQuery(first=5), context, call())
    await adapter.list_products(ProductQuery(first=5, after=page.positions[-1]), context, call())
    await adapter.list_products(ProductQuery(first=5, category=native_id("CATG", "11")), context, call())
    await adapter.list_categories(None, context, call())
    people = [
        CustomerKey(CustomerKeyKind.EMAIL, "ada@example.com"),
        CustomerKey(CustomerKeyKind.PHONE, FAMILY_PHONE),
        CustomerKey(CustomerKeyKind.PHONE, "+442079460100"),
        CustomerKey(CustomerKeyKind.NATIVE, native_id("CUST", SHOPPER)),
        CustomerKey(CustomerKeyKind.NATIVE, "NOBODY"),
    ]
    await adapter.find_customers(people, seen_by("customer.find_customers"), call())
    await adapter.find_accounts(people, seen_by("loyalty.find_accounts"), call())
    await adapter.list_programs(None, seen_by("loyalty.list_programs"), call())
    account = NativeRef(BACKEND, account_uuid("71"))
    context = seen_by("loyalty.list_entries")
    entries = await adapter.list_entries(LoyaltyEntryQuery(account, 2), context, call())
    await adapter.list_entries(LoyaltyEntryQuery(account, 2, entries.positions[-1]), context, call())
    shopper = (NativeRef(BACKEND, native_id("CUST", SHOPPER)),)
    context = seen_by("order.list_orders")
    orders = await adapter.list_orders(OrdersQuery(shopper, 3), context, call())
    position: OrderPosition = orders.positions[-1]
    await adapter.list_orders(OrdersQuery(shopper, 3, position, exclude_foreign=False), context, call())
    await adapter.get_orders([each.ref for each in orders.orders], seen_by("order.get_orders"), call())
    here = CommerceContext("GB", "GBP", "en").only(frozenset())
    await adapter.place_order(whole_order(shopper[0]), here, call())
    unpaid = replace(whole_order(shopper[0]), reference="Z" * 26, payment=None)
    placed = await adapter.place_order(unpaid, here, call())
    await adapter.cancel_order(CancelOrder(reference="Z" * 26, order=placed.ref), here, call())
    await adapter.ensure_customer(ensure("new@example.com"), here, call())
    goods = (GoodsSold("MUG-01-S", "1001", 1), GoodsSold("MUG-02-M", "1001", 2))
    commitment = CommitStock(reference="S" * 26, goods=goods, order="W1")
    await adapter.commit_stock(commitment, here, call())
    till.pass_time(1)
    await adapter.commit_stock(commitment, here, call())


def whole_order(customer: NativeRef) -> PlaceOrder:
    """With everything that Square is told of one."""
    total = TaxedMoney(gbp("12.50"), gbp("15.00"), gbp("2.50"), TaxTreatment.INCLUDED)
    six = OrderDiscount("Six off", gbp("6.00"), "SIX")
    home = PostalAddress(
        country="GB",
        lines=("1 Quay Street", "Top floor"),
        name="Ada Example",
        city="Bristol",
        region="BST",
        postal_code="BS1 1AA",
        phone="+442079460100",
    )
    price = TaxedMoney(gbp("4.00"), gbp("4.80"), gbp("0.80"), TaxTreatment.INCLUDED)
    return PlaceOrder(
        "ABCDEFGHJKMNPQRSTVWXYZ0123",
        (PlaceOrderLine("MUG-01-S", Decimal(2), gbp("10.50"), total, (six,), (("1001", 2),)),),
        customer=customer,
        deliveries=(OrderDelivery("1", option="standard", label="Standard", price=price, address=home),),
        total=gbp("19.80"),
        buyer=Buyer(email="ada@example.com", phone="+442079460100", given_name="Ada", family_name="Example"),
        payment=PaidElsewhere("stripe", "pi_1", gbp("19.80")),
    )


@pytest.fixture
async def till(connect: Connect) -> Connected:
    """The example retailer, with everything Square's answers can have: an override, marks, a refund, each movement."""
    till = await connect(example_seed(), store_locations={"soho": "1001"})
    sandbox = till.sandbox
    sandbox.mark("MUG-01-S", "1001", sold_out=True, sold_out_valid_until="2026-08-01T00:00:00Z", track_inventory=True)
    assert sandbox.account.program is not None
    sandbox.account.program["accrual_rules"][0]["spend_data"].update(
        excluded_category_ids=[native_id("CATG", "10")],
        excluded_item_variation_ids=[sandbox.account.variation_of("MUG-02-M")["id"]],
    )
    seeded: Order = example_seed().orders[0]
    sandbox.add_order(
        Order(
            ref=NativeRef("seed", "8100"),
            number="R-1",
            kind=OrderKind.REFUND,
            placed_at=NOW - timedelta(minutes=1),
            status=seeded.status,
            raw_status="",
            total=seeded.total,
            freshness=SEEN,
            lines=seeded.lines,
            location="1002",
            customer=seeded.customer,
        )
    )
    sandbox.account.loyalty_events.extend(movements())
    sandbox.exchanges = []
    return till


def movements() -> list[dict[str, Any]]:
    kinds = {"CREATE_REWARD": -5, "REDEEM_REWARD": 0, "DELETE_REWARD": 5, "ADJUST_POINTS": -1, "EXPIRE_POINTS": -2}
    return [
        event(account_uuid("71"), account_uuid("70"), LoyaltyEntry(str(9000 + n), Decimal(points), NOW, kind))
        for n, (kind, points) in enumerate(kinds.items())
    ]


async def test_every_exchange_is_as_the_vendor_describes(till: Connected) -> None:
    await use_everything(till)
    exchanges = till.sandbox.exchanges or []
    assert {each.operation for each in till.sandbox.requests} == set(PATHS)
    refused = [(each.path, each.status) for each in exchanges if each.status != 200]
    assert refused == [("/v2/inventory/changes/batch-create", 400)]  # the same key at another moment
    for exchange in exchanges:
        validate(exchange)


async def test_refusals_have_the_vendors_shape(till: Connected) -> None:
    till.sandbox.token = "another"
    with pytest.raises(CredentialsRefused):
        await till.adapter.probe(call())
    (exchange,) = till.sandbox.exchanges or []
    assert exchange.status == 401
    validate(exchange)


def _tampered(exchange: Exchange, request: bytes | None = None, response: bytes | None = None) -> Exchange:
    return replace(exchange, request=request or exchange.request, response=response or exchange.response)


async def test_the_validation_notices_what_is_wrong(till: Connected) -> None:
    """A check of the check: a limit beyond the vendor's, and a quantity that is no text."""
    await till.adapter.get_stock([StockKey("MUG-02-M", ("1001",))], seen_by("stock.get_stock"), call())
    counts = (till.sandbox.exchanges or [])[-1]
    validate(counts)
    with pytest.raises(OpenAPIError):
        validate(_tampered(counts, request=counts.request.replace(b"1000", b"5000")))
    with pytest.raises(OpenAPIError):
        validate(_tampered(counts, response=b'{"counts": [{"quantity": 3}]}'))
