"""Answers of real servers, as they were written down: what the adapter makes of them, and that the sandbox answers
alike. Odoo publishes no description of its API; these transcripts are the oracle."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from msgspec import Struct

from adapters.odoo.sandbox.seeding.places import add_quant, add_warehouse
from adapters.odoo.values import specification
from gateway.model.context import CallContext, CommerceContext
from gateway.model.stock import StockKey, StockLevels
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, run


class Nested(Struct):
    id: int
    name: str


class Row(Struct):
    id: int
    one: Nested | bool
    many: tuple[Nested, ...]
    plain: str | bool


STOCK = {
    "id": 117,
    "default_code": "GW-S",
    "barcode": False,
    "is_storable": True,
    "stock_quant_ids": [
        {
            "id": 1,
            "location_id": {
                "id": 8,
                "usage": "internal",
                "complete_name": "WH/Stock",
                "warehouse_id": {"id": 1, "code": "WH"},
            },
            "quantity": 10.0,
            "reserved_quantity": 3.0,
            "owner_id": False,
        }
    ],
}
DRY_RUN = {
    "price_unit": 76.0,
    "discount": 0.0,
    "pricelist_item_id": 12,
    "price_subtotal": 67.82999999999998,
    "price_total": 76.0,
}


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    running = await run(stack, Seed(currency="USD", country="US"), version)
    add_warehouse(running.store, running.sandbox.seeded, "WH", "San Francisco", True, None)
    return running


def enveloped(odoo: Running, result: Any) -> bytes:
    return json.dumps(result if odoo.sandbox.version >= 19 else {"jsonrpc": "2.0", "id": 1, "result": result}).encode()


async def ask(odoo: Running, model: str, method: str, arguments: dict[str, Any]) -> Any:
    """As the transcripts' client did."""
    settings = odoo.sandbox.settings
    async with aiohttp.ClientSession() as session:
        if odoo.sandbox.version >= 19:
            headers = {"Authorization": f"bearer {settings['api_key']}"}
            async with session.post(f"{odoo.url}/json/2/{model}/{method}", json=arguments, headers=headers) as answer:
                return await answer.json()
        positional: list[Any] = [[]] if method == "onchange" else []
        args = [settings["database"], 2, settings["api_key"], model, method, positional, arguments]
        params = {"service": "object", "method": "execute_kw", "args": args}
        async with session.post(f"{odoo.url}/jsonrpc", json={"jsonrpc": "2.0", "id": 1, "params": params}) as answer:
            return (await answer.json())["result"]


async def test_stock_as_a_real_server_wrote_it(odoo: Running) -> None:
    odoo.product("GW-S")
    adapter = odoo.adapter()
    key = StockKey("GW-S", ("WH",))
    context = CommerceContext("US", "USD", "en").only(frozenset())
    await adapter.get_stock([key], context, CallContext.within(5))
    body = enveloped(odoo, {"length": 5, "records": [STOCK]})
    odoo.sandbox.faults.rewrite = lambda _: body
    levels = (await adapter.get_stock([key], context, CallContext.within(5)))[key]
    assert isinstance(levels, StockLevels)
    assert (levels.levels["WH"].on_hand, levels.levels["WH"].available) == (Decimal(10), Decimal(7))


async def test_the_sandbox_writes_stock_as_a_real_server_does(odoo: Running) -> None:
    product = odoo.product("GW-S")
    add_quant(odoo.store, product, odoo.sandbox.seeded.shelves["WH"], 10, 3)
    fields: dict[str, Any] = {
        "default_code": {},
        "barcode": {},
        "is_storable": {},
        "stock_quant_ids": {
            "fields": {
                "location_id": {"fields": {"usage": {}, "complete_name": {}, "warehouse_id": {"fields": {"code": {}}}}},
                "quantity": {},
                "reserved_quantity": {},
                "owner_id": {},
            }
        },
    }
    arguments: dict[str, Any] = {"domain": [["default_code", "in", ["GW-S", "NOPE"]]], "specification": fields}
    answer = await ask(odoo, "product.product", "web_search_read", arguments)
    assert answer["length"] == 1
    assert _shape(answer["records"][0]) == _shape(STOCK)
    assert answer["records"][0]["stock_quant_ids"][0]["owner_id"] is False


async def test_the_sandbox_writes_a_dry_run_as_a_real_server_does(odoo: Running) -> None:
    product = odoo.product("GW-S", price=100.0)
    listed = odoo.pricelist("USD", [{"applied_on": "3_global", "fixed_price": 76.0}])
    line = {"product_id": product, "product_uom_qty": 3}
    currency = odoo.sandbox.seeded.currencies["USD"]
    values: dict[str, Any] = {
        "company_id": 1,
        "pricelist_id": listed,
        "currency_id": currency,
        "date_order": "2026-07-01 10:00:00",
        "order_line": [[0, "k0", line]],
    }
    spec: dict[str, Any] = {"order_line": {"fields": {name: {} for name in DRY_RUN}}}
    before = {model: len(rows) for model, rows in odoo.store.tables.items()}
    answer = await ask(odoo, "sale.order", "onchange", {"values": values, "field_names": [], "fields_spec": spec})
    ((command, key, written),) = answer["value"]["order_line"]
    assert (command, key) == (0, "k0")
    assert _shape(written) == _shape(DRY_RUN)
    assert {model: len(rows) for model, rows in odoo.store.tables.items()} == before
    named = await ask(
        odoo, "sale.order", "onchange", {"values": values, "field_names": ["order_line"], "fields_spec": spec}
    )
    assert named["value"]["order_line"] == []


async def test_a_dry_run_without_currency_or_list_is_not_to_be_believed(odoo: Running) -> None:
    """Why the adapter always says both."""
    product = odoo.product("GW-S", price=100.0)
    euro = odoo.store.add("res.currency", {"name": "EUR", "rounding": 0.01})
    from datetime import date

    odoo.store.add("res.currency.rate", {"name": date(2026, 1, 1), "rate": 0.8, "currency_id": euro})
    listed = odoo.pricelist("EUR")
    line = [[0, "k0", {"product_id": product, "product_uom_qty": 1}]]
    head: dict[str, Any] = {"company_id": 1, "date_order": "2026-07-01 10:00:00", "order_line": line}
    spec: dict[str, Any] = {"order_line": {"fields": {"price_unit": {}}}}
    prices: list[float] = []
    for more in ({"pricelist_id": listed, "currency_id": euro}, {"pricelist_id": listed}, {}):
        values = {**head, **more}
        answer = await ask(odoo, "sale.order", "onchange", {"values": values, "field_names": [], "fields_spec": spec})
        prices.append(answer["value"]["order_line"][0][2]["price_unit"])
    assert prices == [80.0, 100.0, 100.0]


async def test_an_empty_specification_answers_with_every_field(odoo: Running) -> None:
    odoo.product("GW-S")
    answer = await ask(odoo, "product.product", "web_search_read", {"domain": [], "specification": {}})
    assert set(answer["records"][0]) == {"id", *odoo.store.models["product.product"].fields}


def test_the_adapter_never_asks_an_empty_specification() -> None:
    assert specification(Row, 18) == {
        "one": {"fields": {"name": {}}},
        "many": {"fields": {"name": {}}},
        "plain": {},
    }


def _shape(value: Any) -> Any:
    """Keys and types, as JSON has them."""
    if isinstance(value, dict):
        return {str(name): _shape(inner) for name, inner in value.items()}  # pyright: ignore
    if isinstance(value, list):
        return [_shape(inner) for inner in value]  # pyright: ignore
    return type(value).__name__
