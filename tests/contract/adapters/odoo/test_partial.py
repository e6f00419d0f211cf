"""Requests of one call that fail: each is the error of its own keys and of no other's."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import count

import pytest

from adapters.odoo.sandbox.seeding.prices import RULE
from gateway.errors import AdapterError, InvalidAnswer, UnsupportedPriceRule
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import BOTH_WAYS, PRICED, Running, run

CONTEXT = CommerceContext("DE", "EUR", "en").only(PRICED)
SKUS = [f"SKU-{number}" for number in range(700)]


def soon(*, fresh: bool = False) -> CallContext:
    return CallContext.within(30, fresh=fresh)


@pytest.fixture
async def odoo(stack: AsyncExitStack) -> Running:
    running = await run(stack, Seed(currency="EUR", country="DE"), 19)
    for sku in SKUS:
        running.product(sku)
    return running


def spoil(odoo: Running, spoilt: int) -> None:
    """The answer of this number from now on makes no sense."""
    answers = count(1)
    odoo.sandbox.faults.rewrite = lambda body: b"<html>" if next(answers) == spoilt else body


@BOTH_WAYS
@pytest.mark.parametrize("spoilt", [1, 2])
async def test_prices_of_a_request_that_failed(odoo: Running, fresh: bool, spoilt: int) -> None:
    adapter = odoo.adapter()
    await adapter.get_prices([PriceKey(SKUS[0])], CONTEXT, soon())
    spoil(odoo, spoilt)
    found = await adapter.get_prices([PriceKey(sku) for sku in SKUS], CONTEXT, soon(fresh=fresh))
    assert len(found) == len(SKUS)
    assert {type(answer) for answer in found.values()} == {Price, InvalidAnswer}


async def test_a_dry_run_that_failed(odoo: Running) -> None:
    adapter = odoo.adapter()
    await adapter.get_prices([PriceKey(SKUS[0])], CONTEXT, soon())
    spoil(odoo, 3)
    found = await adapter.get_prices([PriceKey(sku) for sku in SKUS], CONTEXT, soon(fresh=True))
    failed = [answer for answer in found.values() if isinstance(answer, AdapterError)]
    assert (len(found), len(failed)) == (len(SKUS), 200)


@pytest.mark.parametrize("spoilt", [1, 2])
async def test_stock_and_ids_of_a_request_that_failed(odoo: Running, spoilt: int) -> None:
    adapter = odoo.adapter()
    await adapter.get_stock([StockKey(SKUS[0], ("WH",))], CONTEXT, soon())
    spoil(odoo, spoilt)
    levels = await adapter.get_stock([StockKey(sku, ("WH",)) for sku in SKUS], CONTEXT, soon())
    assert {type(answer) for answer in levels.values()} == {StockLevels, InvalidAnswer}
    spoil(odoo, spoilt)
    ids = await adapter.resolve(SKUS, CONTEXT, soon())
    assert {type(answer) for answer in ids.values()} == {NativeRef, InvalidAnswer}


async def test_where_every_request_fails_the_call_fails(odoo: Running) -> None:
    adapter = odoo.adapter()
    await adapter.get_prices([PriceKey(SKUS[0])], CONTEXT, soon())
    odoo.sandbox.faults.rewrite = lambda body: b"<html>"
    with pytest.raises(InvalidAnswer):
        await adapter.get_prices([PriceKey(sku) for sku in SKUS], CONTEXT, soon())


async def test_lists_without_an_end_are_the_error_of_what_they_price(odoo: Running) -> None:
    circle = odoo.pricelist("EUR")
    only = odoo.store.find("product.product", default_code=SKUS[0])
    assert only is not None
    listed = odoo.pricelist(
        "EUR",
        [
            {
                "applied_on": "0_product_variant",
                "product_id": only["id"],
                "compute_price": "percentage",
                "base": "pricelist",
                "base_pricelist_id": circle,
            }
        ],
    )
    odoo.store.add(
        "product.pricelist.item",
        {
            **RULE,
            "pricelist_id": circle,
            "applied_on": "3_global",
            "compute_price": "percentage",
            "base": "pricelist",
            "base_pricelist_id": listed,
        },
    )
    adapter = odoo.adapter(default_pricelist=listed)
    keys = [PriceKey(sku) for sku in SKUS[:3]]
    for fresh in (False, True):
        found = await adapter.get_prices(keys, CONTEXT, soon(fresh=fresh))
        assert [type(found[key]) for key in keys] == [UnsupportedPriceRule, Price, Price]
