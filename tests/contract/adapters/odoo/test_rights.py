"""What prices need of the gateway's user, and what a user of a branch company sees."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date
from decimal import Decimal

import pytest

from adapters.odoo.sandbox.rights import INTERNAL
from gateway.errors import RequestRefused
from gateway.model.money import Money
from gateway.model.pricing import Price
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import BOTH_WAYS, Running, price, run, stated


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, Seed(currency="EUR", country="DE", currencies=("USD",)), version)


async def test_an_internal_user_reads_prices_rounded_as_the_server_rounds(odoo: Running) -> None:
    """`decimal.precision` is for administrators and tills; the digits of a field are told to everybody."""
    odoo.sandbox.grant(INTERNAL)
    row = odoo.store.find("decimal.precision", name="Product Price")
    assert row is not None
    odoo.store.write("decimal.precision", row["id"], {"digits": 3})
    odoo.product("MUG", price=10.0)
    third = {"applied_on": "3_global", "compute_price": "percentage", "percent_price": 33.33333}
    answer = await price(odoo.adapter(default_pricelist=odoo.pricelist("EUR", [third])), "MUG", currency="EUR")
    assert stated(answer) == ("6.666667" if odoo.sandbox.version >= 19 else "6.667")


async def test_where_sales_orders_are_hidden_the_products_own_price_tells_the_digits(odoo: Running) -> None:
    group = "base.group_system"
    odoo.product("MUG", price=10.0)
    odoo.sandbox.hidden[("sale.order.line", "price_unit")] = group
    refused = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    with pytest.raises(RequestRefused) as hidden:
        await price(refused, "MUG", currency="EUR")
    assert "sale.order.line.price_unit" in str(hidden.value.detail)
    del odoo.store.models["sale.order.line"]
    assert stated(await price(refused, "MUG", currency="EUR")) == "10"


@BOTH_WAYS
async def test_a_branch_has_the_taxes_and_rates_of_the_companies_above_it(odoo: Running, fresh: bool) -> None:
    """The user may work for the branch alone: Odoo shows it no other company, but taxes and rates of those above."""
    euro = odoo.store.find("res.currency", name="EUR")
    dollar = odoo.store.find("res.currency", name="USD")
    assert euro is not None
    assert dollar is not None
    own = {"currency_id": euro["id"], "tax_calculation_rounding_method": "round_per_line"}
    branch = odoo.store.add("res.company", {"name": "Branch", "parent_id": 1, **own}, 2)
    twig = odoo.store.add("res.company", {"name": "Twig", "parent_id": branch, **own}, 3)
    odoo.store.add("res.company", {"name": "Rival", **own}, 4)
    day = date(2024, 1, 1)
    for company, rate in ((1, 2.0), (4, 9.0), (None, 5.0)):
        odoo.store.add(
            "res.currency.rate", {"name": day, "rate": rate, "currency_id": dollar["id"], "company_id": company}
        )
    kind = {"amount_type": "percent", "price_include_override": "tax_excluded", "sequence": 1}
    above = odoo.store.add("account.tax", {**kind, "amount": 20.0, "company_id": 1})
    near = odoo.store.add("account.tax", {**kind, "amount": 7.0, "company_id": twig})
    rival = odoo.store.add("account.tax", {**kind, "amount": 50.0, "company_id": 4})
    odoo.product("MUG", price=100.0, taxes_id=[above, rival])
    odoo.product("PEN", price=100.0, taxes_id=[near, above, rival])
    euros, dollars = odoo.pricelist("EUR"), odoo.pricelist("USD")
    expected = {(branch, "MUG"): "120", (branch, "PEN"): "120", (twig, "MUG"): "120", (twig, "PEN"): "107"}
    for (company, sku), gross in expected.items():
        odoo.sandbox.user.companies = {company}
        answer = await price(odoo.adapter(company=company, default_pricelist=euros), sku, currency="EUR", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.line is not None
        assert answer.line.gross == Money(Decimal(gross), "EUR")
        adapter = odoo.adapter(company=company, default_pricelist=dollars)
        assert stated(await price(adapter, sku, currency="USD", fresh=fresh)) == "200"
