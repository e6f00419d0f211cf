"""What the tests' Vendure was seeded with."""

from __future__ import annotations

from decimal import Decimal

from gateway.model.context import CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef, gtin14
from gateway.model.money import Money, TaxTreatment
from gateway.model.orders import OrderOrigin
from gateway.testing.conformance import ConformanceFacts, Hidden
from tests.servers.vendure_server import VendureServer

RENAMED = frozenset({"L2201508", "L2201316", "L2201516"})
"""SKUs of the sample catalogue that the seed turned into clashes."""
HIDDEN = "A4TKLA45535"
ENOUGH = 35
"""SKUs; every test asks for them, some one by one."""
TWICE_IN_THE_SAMPLES = "404.038.96"
"""Vendure's own sample catalogue has one SKU on two products."""


def facts_of(vendure: VendureServer) -> ConformanceFacts:
    sold = {sku for sku, product in vendure.seed.products.items() if product != vendure.seed.products[HIDDEN]}
    customer = vendure.seed.customer
    return ConformanceFacts(
        context=CommerceContext("GB", "USD", "en"),
        skus=("L2201308", *sorted(sold - RENAMED - {"L2201308", TWICE_IN_THE_SAMPLES})[:ENOUGH]),
        duplicate_sku=TWICE_IN_THE_SAMPLES,
        case_pair=("L2201308", "l2201308"),
        slug="laptop",
        barcode=gtin14("4006381333931"),
        category="3",
        product_count=53,
        price=("L2201308", Money(Decimal("1299.00"), "USD")),
        treatment=TaxTreatment.EXCLUDED,
        net=Money(Decimal("1299.00"), "USD"),
        hidden=Hidden(sku=HIDDEN, native=vendure.seed.products[HIDDEN]),
        translated=("L2201308", "de", "Klapprechner"),
        unsold_currency="EUR",
        locations=tuple(vendure.seed.locations.values()),
        stock=("L2201308", vendure.seed.locations["shop"], Decimal(7)),
        uncounted=("TBL200032", vendure.seed.locations["shop"]),
        store_ids=tuple(vendure.seed.locations.values()),
        customer=CustomerKey(CustomerKeyKind.EMAIL, "ada@example.com"),
        shared=CustomerKey(CustomerKeyKind.PHONE, "+447700900123"),
        shared_matches=2,
        same_customer=(CustomerKey(CustomerKeyKind.NATIVE, customer.id),),
        shopper=NativeRef("shop", customer.id),
        order_count=4,
        foreign_origins=(OrderOrigin("TILL-1"), OrderOrigin("TILL-2")),
        search_text="camera",
        search_slug="camera-lens",
        nameless=(
            NativeRef("shop", vendure.seed.variants["L2201308"]),
            Money(Decimal("1299.00"), "USD"),
            (vendure.seed.locations["shop"], Decimal(7)),
        ),
        impossible={
            "collection": "all are categories but for `merchandised` ones, which have a test of their own",
            "group_price": "Vendure has no price lists",
            "grouped_customer": "Vendure has no price lists",
            "quantity_price": "Vendure has one price for any quantity",
            "kit": "each variant is counted by itself",
        },
    )
