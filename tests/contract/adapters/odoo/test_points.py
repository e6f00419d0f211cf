"""Loyalty programmes: what each rule earns, as a real Odoo 18 gave it to sales orders."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.odoo.loyalty.programs import SCOPE_ROWS
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import LoyaltyProgram
from gateway.model.identity import CaseRule, KeyRule
from gateway.model.pricing import Price
from gateway.services.earning import to_earn
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import OdooAdapter, Running, price, run

NOTHING = CommerceContext("US", "USD", "en").only(frozenset())
EVERYBODY: dict[str, Any] = {"minimum_qty": 1, "minimum_amount": 0.0, "minimum_amount_tax_mode": "incl", "mode": "auto"}


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    """MUG and TOTE below two categories, one of them in the other; PEN elsewhere, with a tag."""
    running = await run(stack, Seed(currency="USD", country="US", currencies=("EUR",)), version)
    kind = {"amount_type": "percent", "price_include_override": "tax_excluded", "company_id": 1, "sequence": 1}
    tax = running.store.add("account.tax", {**kind, "amount": 15.0})
    above = running.store.add("product.category", {"name": "Pts", "parent_id": None}, 50)
    below = running.store.add("product.category", {"name": "PtsSub", "parent_id": above}, 51)
    running.store.add("product.tag", {"name": "pts"}, 60)
    running.product("MUG", price=12.34, categ_id=above, taxes_id=[tax])
    running.product("TOTE", price=3.25, categ_id=below)
    running.product("PEN", price=0.99, product_tag_ids=[60])
    return running


def programme(odoo: Running, *rules: dict[str, Any], **more: Any) -> int:
    head = {"name": "Circle", "program_type": "loyalty", "trigger": "auto", "sale_ok": True, "company_id": 1}
    added = odoo.store.add("loyalty.program", {**head, **more})
    for rule in rules:
        odoo.store.add("loyalty.rule", {**EVERYBODY, "program_id": added, **rule})
    return added


def earns(counted: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"reward_point_mode": counted, "reward_point_amount": amount, **more}


async def listed(adapter: OdooAdapter) -> tuple[LoyaltyProgram, ...]:
    return await adapter.list_programs(None, NOTHING, CallContext.within(10))


async def points(odoo: Running, sku: str, quantity: str = "1", **keys: Any) -> tuple[str, bool] | None:
    adapter = odoo.adapter(default_pricelist=keys.pop("pricelist", None) or odoo.pricelist("USD"), **keys)
    (program,) = await listed(adapter)
    answer = await price(adapter, sku, quantity)
    assert isinstance(answer, Price)
    found = to_earn(program, answer, sku) if program.runs(odoo.now) else None
    return None if found is None else (f"{found.points:f}", found.complete)


def product(odoo: Running, sku: str) -> int:
    return int(odoo.sandbox.variant(sku)["id"])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (earns("money", 0.15), {"MUG": "2.12", "TOTE": "1.46", "PEN": "0.59"}),
        (earns("unit", 5), {"MUG": "5", "TOTE": "15", "PEN": "20"}),
        (earns("order", 10), {"MUG": "10", "TOTE": "10", "PEN": "10"}),
        (earns("money", 2, minimum_amount=14.19), {"MUG": "28.38", "TOTE": "0", "PEN": "0"}),
        (earns("money", 2, minimum_amount=14.19, minimum_amount_tax_mode="excl"), {"MUG": "0"}),
        (earns("unit", 0.25, minimum_qty=3), {"MUG": "0", "TOTE": "0.75", "PEN": "1"}),
        (earns("unit", 2, product_category_id=50), {"MUG": "2", "TOTE": "6", "PEN": "0"}),
        (earns("order", 7, product_tag_id=60), {"MUG": "0", "TOTE": "0", "PEN": "7"}),
        (earns("money", 1, product_domain="[('default_code', 'in', ('PEN',))]"), {"MUG": "0", "PEN": "3.96"}),
        (
            earns("unit", 3, product_category_id=50, product_domain="[('default_code', '=', 'MUG')]"),
            {"MUG": "3", "TOTE": "0", "PEN": "0"},
        ),
    ],
    ids=lambda value: "" if "reward_point_mode" not in value else "-".join(f"{part}" for part in value.values()),
)
async def test_a_rule_earns_what_the_real_server_gave(
    odoo: Running, rule: dict[str, Any], expected: dict[str, str]
) -> None:
    programme(odoo, rule)
    for sku, quantity in (("MUG", "1"), ("TOTE", "3"), ("PEN", "4")):
        if sku in expected:
            assert await points(odoo, sku, quantity) == (expected[sku], True)


async def test_products_and_a_category_are_alternatives(odoo: Running) -> None:
    programme(odoo, earns("unit", 1, product_ids=[product(odoo, "PEN")], product_category_id=51))
    assert [await points(odoo, sku) for sku in ("MUG", "TOTE", "PEN")] == [("0", True), ("1", True), ("1", True)]


@pytest.mark.parametrize(
    "rule",
    [
        earns("order", 4, mode="with_code", code="SPRING"),
        earns("unit", 1, product_domain="[('x_gone', '=', 1)]"),
        earns("unit", 1, product_domain="[('id', 'in', open('/etc/passwd'))]"),
        earns("unit", 1, product_domain="(" * 5000),
        earns("per_mile", 1),
    ],
    ids=["a code", "a field that is gone", "no literal", "no end", "an unknown mode"],
)
async def test_a_rule_that_cannot_be_evaluated_makes_it_a_lower_bound(odoo: Running, rule: dict[str, Any]) -> None:
    programme(odoo, earns("order", 2), rule)
    assert await points(odoo, "MUG") == ("2", False)


async def test_a_code_for_other_products_leaves_nothing_open(odoo: Running) -> None:
    programme(odoo, earns("order", 4, mode="with_code", code="PENS", product_ids=[product(odoo, "PEN")]))
    assert await points(odoo, "MUG") == ("0", True)


async def test_a_rule_for_more_products_than_are_read_is_not_evaluated(
    odoo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SCOPE_ROWS >= 1000
    monkeypatch.setattr("adapters.odoo.loyalty.programs.SCOPE_ROWS", 1)
    programme(odoo, earns("unit", 1, product_category_id=50))
    assert await points(odoo, "MUG") == ("0", False)


async def test_a_programmes_days_lists_and_company_are_its_limits(odoo: Running) -> None:
    odoo.store.add("res.company", {"name": "Rival", "currency_id": 1}, 7)
    today = odoo.now.date()
    plain, other = odoo.pricelist("USD"), odoo.pricelist("USD")
    cases: list[tuple[dict[str, Any], tuple[str, bool] | None]] = [
        ({"date_from": today, "date_to": today}, ("5", True)),
        ({"date_to": today - timedelta(days=1)}, None),
        ({"date_from": today + timedelta(days=1)}, None),
        ({"pricelist_ids": [plain]}, ("5", True)),
        ({"pricelist_ids": [other]}, None),
        ({"limit_usage": True, "max_usage": 3}, ("5", False)),
        ({"sale_ok": False}, ("5", False)),
        ({"trigger": "with_code"}, ("0", False)),
    ]
    for limits, expected in cases:
        added = programme(odoo, earns("unit", 5), **limits)
        assert await points(odoo, "MUG", pricelist=plain) == expected, limits
        odoo.store.write("loyalty.program", added, {"active": False})
    programme(odoo, earns("unit", 5), company_id=7)
    assert await listed(odoo.adapter()) == ()


async def test_a_threshold_in_the_programmes_currency_is_not_converted(odoo: Running) -> None:
    euro = odoo.store.find("res.currency", name="EUR")
    assert euro is not None
    programme(odoo, earns("unit", 5, minimum_amount=1.0), earns("order", 1), currency_id=euro["id"])
    assert await points(odoo, "MUG") == ("1", False)


async def test_skus_of_a_rule_are_written_as_the_key_rule_says(odoo: Running) -> None:
    programme(odoo, earns("unit", 1, product_ids=[product(odoo, "PEN")]))
    (program,) = await listed(odoo.adapter(KeyRule(case=CaseRule.LOWER)))
    assert program.rules[0].skus == {"pen"}


async def test_programmes_cost_one_request_and_one_for_each_rule_of_some_products(odoo: Running) -> None:
    programme(odoo, earns("unit", 1, product_category_id=50), earns("order", 1), earns("unit", 1, product_tag_id=60))
    adapter = odoo.adapter()
    await listed(adapter)
    odoo.sandbox.requests.clear()
    await listed(adapter)
    assert sorted(odoo.operations()) == [
        "loyalty.program.web_search_read",
        "product.product.web_search_read",
        "product.product.web_search_read",
    ]


async def test_days_are_read_as_days(odoo: Running) -> None:
    programme(odoo, earns("unit", 1), date_from=date(2026, 1, 2), date_to=date(2026, 12, 31))
    (program,) = await listed(odoo.adapter())
    assert program.valid_from == datetime(2026, 1, 2, tzinfo=UTC)
    assert program.valid_until == datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert program.rules[0].points == Decimal(1)
