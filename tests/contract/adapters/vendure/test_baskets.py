"""Baskets at a real Vendure: its own promotions and shipping methods, and nothing left behind."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import pytest
from msgspec.structs import replace

from gateway.errors import CredentialsRefused, RequestRefused
from gateway.model.baskets import Basket, BasketLine, CodeRefusal, Destination, Promotions
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.promotion import PromotionPort
from gateway.testing import conformance as suites
from gateway.testing.conformance.baskets import Records
from tests.contract.adapters.vendure.connected import Connect, a_call, by_key, seen
from tests.contract.adapters.vendure.facts import facts_of
from tests.contract.adapters.vendure.selling import Admin, OpenShop, by_seller
from tests.servers.vendure_server import VendureServer

HERE = Destination("GB", postal_code="BS1 1AA", city="Bristol")
PRICES = {"L2201308": ("1299.00", "1558.80"), "TBL200032": ("329.00", "394.80"), "834444": ("18.99", "22.79")}


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def line(sku: str, quantity: int = 1, identifier: str | None = None) -> BasketLine:
    net, gross = map(usd, PRICES[sku])
    unit = TaxedMoney(net, gross, gross.plus(net.times(-1)), TaxTreatment.EXCLUDED)
    return BasketLine(identifier or sku, sku, Decimal(quantity), unit)


LINES = (line("L2201308", 2), line("TBL200032"), line("834444", 3))


class FilledShop(OpenShop):
    @pytest.fixture
    def records(self, admin: Admin) -> Records:
        return admin.orders

    @pytest.fixture
    def stated(self, open_shop: VendureServer) -> suites.ConformanceFacts:
        return replace(
            facts_of(open_shop),
            basket=LINES,
            destination=HERE,
            unserved=None,
            promotion=("TEN", usd("259.80")),
            refused_codes={
                "NEVER-GIVEN": CodeRefusal.UNKNOWN,
                "OLD": CodeRefusal.EXPIRED,
                "LARGE": CodeRefusal.REFUSED,
            },
            shipping_option=("1", usd("5.00")),
            impossible={"unserved": "the sample methods go everywhere"},
        )


class TestPromotion(FilledShop, suites.PromotionConformance): ...


class TestShipping(FilledShop, suites.ShippingConformance): ...


async def evaluated(server: VendureServer, connect: Connect, basket: Basket) -> Promotions:
    shop = cast("PromotionPort", connect(server, by_seller(server)).adapter)
    return await shop.evaluate(basket, seen("promotion.evaluate"), a_call())


async def test_two_lines_of_one_variant_share_its_discount_to_the_cent(
    open_shop: VendureServer, connect: Connect
) -> None:
    basket = Basket((line("TBL200032", 1, "one"), line("TBL200032", 2, "two")), ("TEN",), HERE)
    answer = await evaluated(open_shop, connect, basket)
    assert {each.line: each.amount.stated for each in answer.discounts} == {"one": usd("32.90"), "two": usd("65.80")}


async def test_free_delivery_is_taken_from_delivery(open_shop: VendureServer, connect: Connect) -> None:
    basket = Basket(LINES[:1], ("FREESHIP",), HERE, shipping="1")
    answer = await evaluated(open_shop, connect, basket)
    assert [(each.shipping, each.code, each.amount.stated) for each in answer.discounts] == [
        (True, "FREESHIP", usd("5.00"))
    ]


async def test_another_price_than_the_shops_is_refused_and_leaves_no_draft(
    open_shop: VendureServer, connect: Connect, admin: Admin
) -> None:
    before = await admin.orders()
    cheap = replace(LINES[0], unit=TaxedMoney(net=usd("1.00"), treatment=TaxTreatment.EXCLUDED))
    with pytest.raises(RequestRefused):
        await evaluated(open_shop, connect, Basket((cheap,), (), HERE))
    assert await admin.orders() == before


async def test_more_than_there_is_is_refused_and_leaves_no_draft(
    open_shop: VendureServer, connect: Connect, admin: Admin
) -> None:
    before = await admin.orders()
    with pytest.raises(RequestRefused):
        await evaluated(open_shop, connect, Basket((replace(LINES[0], quantity=Decimal(900)),), (), HERE))
    assert await admin.orders() == before


async def test_a_customer_that_is_nobody_leaves_no_draft(
    open_shop: VendureServer, connect: Connect, admin: Admin
) -> None:
    before = await admin.orders()
    with pytest.raises(RequestRefused):
        await evaluated(open_shop, connect, Basket(LINES[:1], (), HERE, NativeRef("shop", "999999")))
    assert await admin.orders() == before


async def test_a_reader_may_not_evaluate_and_is_told_so(open_shop: VendureServer, connect: Connect) -> None:
    shop = cast("PromotionPort", connect(open_shop, by_key(open_shop)).adapter)
    with pytest.raises(CredentialsRefused):
        await shop.evaluate(Basket(LINES[:1], (), HERE), seen("promotion.evaluate"), a_call())
