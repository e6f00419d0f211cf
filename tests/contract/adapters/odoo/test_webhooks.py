"""Automation rules' deliveries: unsigned, unnumbered, several times over."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.odoo.sandbox.seeding.places import add_warehouse
from gateway.errors import BadInput, Unauthenticated
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import KeyRule
from gateway.model.pricing import Price
from gateway.model.stock import StockKey, StockLevels
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import EVERYTHING, WebhookDelivery
from gateway.testing.faults.deliveries import unreadable
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import OdooAdapter, price, run, stated

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PATH = "https://shop.example/webhooks/erp"
PLAIN = CommerceContext("DE", "EUR", "en").only(frozenset())


@pytest.fixture
async def adapter(stack: AsyncExitStack) -> OdooAdapter:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    return odoo.adapter(webhook_token=Secret(("new-token", "old-token")))


def delivery(body: Any, query: str = "?token=new-token", **headers: str) -> WebhookDelivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookDelivery(headers, raw, PATH + query, NOW)


def change(model: str, identifier: int = 43, **fields: Any) -> dict[str, Any]:
    """As a real Odoo 18 sent it."""
    return {
        "_action": "Send Webhook Notification(#596)",
        "_id": identifier,
        "_model": model,
        "id": identifier,
        **fields,
    }


def test_the_token_is_taken_from_the_address_or_a_header(adapter: OdooAdapter) -> None:
    body = change("sale.order", amount_total=80.5, name="S00043", partner_id=44, state="draft")
    for sent in (
        delivery(body),
        delivery(body, "?token=old-token"),
        delivery(body, "", **{"x-gateway-token": "new-token"}),
    ):
        (event,) = adapter.receive(sent)
        assert (event.topic, event.tags, event.id) == ("sale.order", ("order:sale.0000000043",), None)


@pytest.mark.parametrize("query", ["", "?token=", "?token=nearly-new-token", "?other=new-token", "?token=%FF"])
def test_a_delivery_without_the_token_is_forged(adapter: OdooAdapter, query: str) -> None:
    with pytest.raises(Unauthenticated):
        adapter.receive(delivery(change("sale.order"), query))


async def test_without_a_configured_token_nothing_is_believed(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    with pytest.raises(Unauthenticated):
        odoo.adapter(webhook_token=None).receive(delivery(change("sale.order"), "?token="))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", {"_model": "sale.order"}, change("ir.cron"), {"_id": 1}])
def test_a_body_that_is_no_change_is_refused(adapter: OdooAdapter, body: Any) -> None:
    with pytest.raises(BadInput):
        adapter.receive(delivery(body))


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        (change("product.product", default_code="MUG"), ("product:MUG", "price:MUG", "stock:MUG")),
        (change("product.product", default_code=False), ("product", "price", "stock")),
        (change("product.template"), ("product:43", "price")),
        (change("product.pricelist.item"), ("price", "price.lists")),
        (change("stock.quant"), ("stock",)),
        (change("pos.order"), ("order:pos.0000000043",)),
        (
            change("res.partner", email_normalized="ada@example.com"),
            ("customer:ada@example.com", "customer:43", "price:43"),
        ),
        (change("res.partner"), ("customer", "price:43")),
        (change("loyalty.card"), ("loyalty",)),
    ],
)
def test_a_change_makes_stale_what_depends_on_it(adapter: OdooAdapter, body: Any, tags: tuple[str, ...]) -> None:
    assert adapter.receive(delivery(body))[0].tags == tags


def test_the_time_of_a_change_is_read_where_the_rule_sends_it(adapter: OdooAdapter) -> None:
    (event,) = adapter.receive(delivery(change("stock.quant", write_date="2026-07-01 09:00:00")))
    assert event.occurred_at == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert adapter.receive(delivery(change("stock.quant", write_date="soon")))[0].occurred_at is None


async def test_a_changed_rule_makes_the_price_lists_be_read_again(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    odoo.product("MUG")
    listed = odoo.pricelist("EUR", [{"applied_on": "3_global", "fixed_price": 5.0}])
    adapter = odoo.adapter(default_pricelist=listed, webhook_token=Secret(("new-token",)))
    await price(adapter, "MUG", currency="EUR")
    odoo.pricelist("EUR")
    odoo.store.write("product.pricelist.item", 1, {"fixed_price": 4.0})
    (event,) = adapter.receive(delivery(change("product.pricelist.item", 1)))
    adapter.forget(event.tags)
    answer = await price(adapter, "MUG", currency="EUR")
    assert isinstance(answer, Price)
    assert answer.current.stated.amount == 4


def test_no_body_makes_more_than_a_refusal(adapter: OdooAdapter) -> None:
    for model in ("sale.order", "product.product", "stock.quant", "res.partner"):
        for body in unreadable(json.dumps(change(model, write_date="2026-07-01 10:00:00", name="x")).encode()):
            with suppress(BadInput):
                adapter.receive(delivery(body))


@pytest.mark.parametrize("tags", [EVERYTHING, ("product",), ("product: MUG ", "price: MUG ", "stock: MUG ")])
async def test_a_code_with_blanks_at_its_ends_is_found_once_it_is_told(
    stack: AsyncExitStack, tags: tuple[str, ...]
) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    adapter = odoo.adapter(webhook_token=Secret(("new-token",)))
    assert await price(adapter, "MUG", currency="EUR") is None
    odoo.product(" MUG ")
    adapter.forget(tags)
    assert isinstance(await price(adapter, "MUG", currency="EUR"), Price)


async def test_a_change_is_named_by_the_field_that_holds_skus(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    adapter = odoo.adapter(KeyRule(field="barcode"), webhook_token=Secret(("new-token",)))
    body = change("product.product", default_code="MUG", barcode="4006381333931")
    assert adapter.receive(delivery(body))[0].tags[1] == "price:4006381333931"
    assert adapter.receive(delivery(change("product.product", default_code="MUG")))[0].tags[1] == "price"


async def test_whoever_missed_what_changed_reads_warehouses_and_units_again(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 19)
    dozen = odoo.store.add("uom.uom", {"name": "Dozen", "factor": 12.0})
    odoo.product("MUG", price=1.0)
    adapter = odoo.adapter(units={"PCS": 1, "BOX": dozen})
    key = StockKey("MUG", ("NEW",))
    first = (await adapter.get_stock([key], PLAIN, CallContext.within(10)))[key]
    assert isinstance(first, StockLevels)
    assert first.levels == {}
    assert stated(await price(adapter, "MUG", currency="EUR", unit="BOX")) == "12"
    add_warehouse(odoo.store, odoo.sandbox.seeded, "NEW", "Berlin", True, None)
    odoo.store.write("uom.uom", dozen, {"factor": 10.0})
    adapter.forget(EVERYTHING)
    then = (await adapter.get_stock([key], PLAIN, CallContext.within(10)))[key]
    assert isinstance(then, StockLevels)
    assert set(then.levels) == {"NEW"}
    assert stated(await price(adapter, "MUG", currency="EUR", unit="BOX")) == "10"
