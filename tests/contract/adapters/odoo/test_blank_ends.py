"""SKUs that somebody typed with blanks at their ends, which Odoo keeps and compares: one product everywhere."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from adapters.odoo.sandbox.seeding.places import add_quant, add_warehouse
from gateway.errors import AmbiguousKey
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.stock import StockKey, StockLevels
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, price, run, stated

PLAIN = CommerceContext("DE", "EUR", "en").only(frozenset({"language"}))
SKU = "SP ACE/é"


@pytest.fixture(params=[f" {SKU}", f"{SKU} ", f"   {SKU}  "])
async def odoo(stack: AsyncExitStack, version: int, request: pytest.FixtureRequest) -> Running:
    running = await run(stack, Seed(currency="EUR", country="DE"), version)
    add_warehouse(running.store, running.sandbox.seeded, "WH", "Berlin", True, None)
    shelf = running.sandbox.seeded.shelves["WH"]
    add_quant(running.store, running.product(request.param, price=7.0, is_published=True), shelf, Decimal(3))
    return running


def soon() -> CallContext:
    return CallContext.within(10)


async def test_it_is_listed_found_priced_and_counted_by_one_sku(odoo: Running) -> None:
    adapter = odoo.adapter()
    (listed,) = (await adapter.list_products(ProductQuery(5), PLAIN, soon())).products
    assert [variant.sku for variant in listed.variants] == [SKU]
    for asked in (SKU, f" {SKU}"):
        key = ProductKey(ProductKeyKind.SKU, asked)
        found = (await adapter.get_products([key], PLAIN, soon()))[key]
        assert isinstance(found, Product)
        assert found.ref == listed.ref
        for fresh in (False, True):
            assert stated(await price(adapter, asked, currency="EUR", fresh=fresh)) == "7"
        stock = StockKey(asked, ("WH",))
        levels = (await adapter.get_stock([stock], PLAIN, soon()))[stock]
        assert isinstance(levels, StockLevels)
        assert levels.levels["WH"].available == 3
        assert (await adapter.resolve([asked], PLAIN, soon()))[asked] == NativeRef("erp", listed.variants[0].ref.id)


async def test_beside_the_same_code_without_blanks_it_is_ambiguous(odoo: Running) -> None:
    odoo.product(SKU, price=9.0)
    adapter = odoo.adapter()
    assert (await adapter.audit(soon())).duplicates == (SKU,)
    for fresh in (False, True):
        assert isinstance(await price(adapter, SKU, currency="EUR", fresh=fresh), AmbiguousKey)
    stock = StockKey(SKU, ("WH",))
    assert isinstance((await adapter.get_stock([stock], PLAIN, soon()))[stock], AmbiguousKey)


async def test_codes_with_blank_ends_are_read_once_for_everybody(odoo: Running) -> None:
    odoo.product("MUG", price=1.0)
    adapter = odoo.adapter()
    await price(adapter, "MUG", currency="EUR")
    odoo.sandbox.requests.clear()
    for sku in ("MUG", SKU, "NOBODY"):
        await price(adapter, sku, currency="EUR")
    assert len(odoo.sandbox.requests) == 3


async def test_two_with_different_blanks_are_ambiguous(odoo: Running) -> None:
    odoo.product(f"{SKU}    ", price=9.0)
    assert isinstance(await price(odoo.adapter(), SKU, currency="EUR"), AmbiguousKey)
