"""Net, tax and gross: included and excluded taxes, and fiscal positions that swap them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.money import Money, TaxTreatment
from gateway.model.pricing import Price
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import BOTH_WAYS, Running, price, run, stated


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, Seed(currency="EUR", country="DE", currencies=("USD", "JPY", "KWD")), version)


def tax(odoo: Running, amount: float, included: bool, **values: Any) -> int:
    row = {"name": f"{amount}%", "amount": amount, "amount_type": "percent", "price_include": included}
    row |= {"include_base_amount": False, "company_id": 1, "sequence": 1}
    return odoo.store.add("account.tax", {**row, **values})


def position(odoo: Running, source: int, target: int | None) -> int:
    added = odoo.store.add("account.fiscal.position", {"name": "elsewhere"})
    if odoo.sandbox.version >= 19:
        zero = target or tax(odoo, 0, False)
        odoo.store.write("account.tax", zero, {"original_tax_ids": [source]})
        odoo.store.write("account.fiscal.position", added, {"tax_ids": [zero]})
    else:
        pair = {"position_id": added, "tax_src_id": source, "tax_dest_id": target}
        odoo.store.add("account.fiscal.position.tax", pair)
    return added


@BOTH_WAYS
async def test_an_included_tax_is_taken_out_and_an_excluded_one_put_on(odoo: Running, fresh: bool) -> None:
    odoo.product("GROSS", price=119.0, taxes_id=[tax(odoo, 19, True)])
    odoo.product("NET", price=100.0, taxes_id=[tax(odoo, 19, False)])
    odoo.product("FREE", price=7.0)
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    gross = await price(adapter, "GROSS", "3", currency="EUR", fresh=fresh)
    assert isinstance(gross, Price)
    assert gross.line is not None
    assert gross.current.treatment is TaxTreatment.INCLUDED
    assert (gross.current.gross, gross.current.net) == (Money(Decimal(119), "EUR"), Money(Decimal("100.00"), "EUR"))
    assert (gross.line.gross, gross.line.tax) == (Money(Decimal("357.00"), "EUR"), Money(Decimal("57.00"), "EUR"))
    net = await price(adapter, "NET", currency="EUR", fresh=fresh)
    assert isinstance(net, Price)
    assert net.current.treatment is TaxTreatment.EXCLUDED
    assert (net.current.net, net.current.gross) == (Money(Decimal(100), "EUR"), Money(Decimal("119.00"), "EUR"))
    free = await price(adapter, "FREE", currency="EUR", fresh=fresh)
    assert isinstance(free, Price)
    assert free.current.treatment is TaxTreatment.EXEMPT
    assert free.current.net == free.current.gross == Money(Decimal(7), "EUR")


async def test_taxes_of_another_company_do_not_count(odoo: Running) -> None:
    odoo.product("MUG", price=10.0, taxes_id=[tax(odoo, 19, True), tax(odoo, 25, True, company_id=2)])
    answer = await price(odoo.adapter(), "MUG", currency="EUR")
    assert isinstance(answer, Price)
    assert answer.current.net == Money(Decimal("8.40"), "EUR")


@BOTH_WAYS
async def test_several_taxes_are_added_up_as_odoo_does(odoo: Running, fresh: bool) -> None:
    """Contained and put on, a fixed amount, and a group: net and gross of each line are known."""
    lamp = [tax(odoo, 19, True), tax(odoo, 0.3, True, amount_type="fixed")]
    odoo.product("LAMP", price=10.0, taxes_id=lamp)
    odoo.product("MIXED", price=10.0, taxes_id=[tax(odoo, 19, True), tax(odoo, 5, False)])
    state, city = tax(odoo, 6, False), tax(odoo, 2.5, False)
    group = tax(odoo, 0, False, amount_type="group", children_tax_ids=[state, city])
    odoo.product("GROUPED", price=10.0, taxes_id=[group])
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    expected = {
        "LAMP": (TaxTreatment.INCLUDED, "8.15", "10"),
        "MIXED": (TaxTreatment.UNKNOWN, "8.40", "10.42"),
        "GROUPED": (TaxTreatment.EXCLUDED, "10", "10.85"),
    }
    for sku, (how, net, gross) in expected.items():
        answer = await price(adapter, sku, currency="EUR", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.current.treatment is how
        assert (answer.current.net, answer.current.gross) == (Money(Decimal(net), "EUR"), Money(Decimal(gross), "EUR"))


@BOTH_WAYS
async def test_a_tax_without_a_setting_of_its_own_is_in_prices_where_the_company_says_so(
    odoo: Running, fresh: bool
) -> None:
    rows = {"amount": 19.0, "amount_type": "percent", "include_base_amount": False, "company_id": 1, "sequence": 1}
    odoo.store.write("res.company", 1, {"account_price_include": "tax_included"})
    odoo.product("GROSS", price=119.0, taxes_id=[odoo.store.add("account.tax", rows)])
    override = {**rows, "price_include_override": "tax_excluded"}
    odoo.product("NET", price=100.0, taxes_id=[odoo.store.add("account.tax", override)])
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    for sku in ("GROSS", "NET"):
        answer = await price(adapter, sku, currency="EUR", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.line is not None
        assert (answer.line.net, answer.line.gross) == (Money(Decimal(100), "EUR"), Money(Decimal(119), "EUR"))


async def test_a_tax_with_a_formula_leaves_the_other_amount_open_until_odoo_is_asked(odoo: Running) -> None:
    odoo.product("OWN", price=10.0, taxes_id=[tax(odoo, 19, False, amount_type="code")])
    answer = await price(odoo.adapter(), "OWN", currency="EUR")
    assert isinstance(answer, Price)
    assert (answer.current.net, answer.current.gross) == (Money(Decimal(10), "EUR"), None)


@BOTH_WAYS
@pytest.mark.parametrize(
    ("target", "unit", "gross"),
    [((20, True), "120", "120"), (None, "100", "100"), ((19, False), "100", "119.00")],
    ids=["included 20", "no tax", "excluded 19"],
)
async def test_a_fiscal_position_re_prices_a_gross_list(
    odoo: Running, target: tuple[float, bool] | None, unit: str, gross: str, fresh: bool
) -> None:
    """119.00 with 19 % in it, as real servers answered."""
    home = tax(odoo, 19, True)
    odoo.product("MUG", price=119.0, taxes_id=[home])
    mapped = position(odoo, home, tax(odoo, *target) if target else None)
    adapter = odoo.adapter(
        default_pricelist=odoo.pricelist("EUR"), fiscal_positions=[{"country": "FR", "position": mapped}]
    )
    answer = await price(adapter, "MUG", country="FR", currency="EUR", fresh=fresh)
    assert stated(answer) == unit
    assert isinstance(answer, Price)
    assert answer.current.gross == Money(Decimal(gross), "EUR")
    assert stated(await price(adapter, "MUG", country="DE", currency="EUR", fresh=fresh)) == "119"


@BOTH_WAYS
async def test_a_net_price_is_never_changed_by_a_fiscal_position(odoo: Running, fresh: bool) -> None:
    home = tax(odoo, 19, False)
    odoo.product("MUG", price=100.0, taxes_id=[home])
    mapped = position(odoo, home, tax(odoo, 20, False))
    adapter = odoo.adapter(
        default_pricelist=odoo.pricelist("EUR"), fiscal_positions=[{"country": "FR", "position": mapped}]
    )
    answer = await price(adapter, "MUG", country="FR", currency="EUR", fresh=fresh)
    assert isinstance(answer, Price)
    assert (answer.current.net, answer.current.gross) == (Money(Decimal(100), "EUR"), Money(Decimal("120.00"), "EUR"))
