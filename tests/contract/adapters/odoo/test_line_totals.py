"""Totals of order lines: those of a real server's saved orders, to the last digit, by adapter and sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.price.rows import PlainTaxRow, TaxRow
from adapters.odoo.price.tax_computation import LineTotals, Rounding, adapted, line_totals
from adapters.odoo.sandbox import create, taxation
from adapters.odoo.sandbox.store import Record, Store
from gateway.model.pricing import Price
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import BOTH_WAYS, Running, price, run

RECORDED = json.loads(Path(__file__).with_name("line_totals.json").read_text("utf-8"))


class Line(Struct, frozen=True, array_like=True):
    """One line of a saved order; amounts as texts of the floats that were answered."""

    taxes: str
    currency: str
    globally: bool
    price_unit: str
    quantity: str
    discount: str
    subtotal: str
    total: str

    @property
    def unit(self) -> Decimal:
        return Decimal(self.price_unit) * (1 - Decimal(self.discount) / 100)

    @property
    def rounding(self) -> Rounding:
        return Rounding(Decimal(RECORDED["steps"][self.currency]), self.globally)

    @property
    def expected(self) -> LineTotals:
        """Read back from floats: 67.82999999999998 is 67.83."""
        return LineTotals(self.rounding.of(Decimal(self.subtotal)), self.rounding.of(Decimal(self.total)))


LINES = [Line(*row) for row in RECORDED["lines"]]


@cache
def taxes() -> dict[str, TaxRow]:
    """By name."""
    plain = {name: PlainTaxRow(*_row(row)) for name, *row in RECORDED["taxes"]}
    children = {name: tuple(plain[child] for child in row[-1]) for name, *row in RECORDED["taxes"]}
    return {
        name: TaxRow(**{field: getattr(tax, field) for field in tax.__struct_fields__}, children_tax_ids=children[name])
        for name, tax in plain.items()
    }


def _row(row: Sequence[Any]) -> Sequence[Any]:
    identifier, amount, kind, included, spreads, affected, negative, sequence, _ = row
    return identifier, Decimal(str(amount)), kind, included, spreads, affected, False, sequence, negative


def on(line: Line) -> list[TaxRow]:
    return [taxes()[name] for name in line.taxes.split("+") if name]


def test_the_record_holds_every_kind_of_tax_and_rounding() -> None:
    assert len(LINES) > 600
    assert {line.globally for line in LINES} == {True, False}
    assert {line.currency for line in LINES} == set(RECORDED["steps"])
    assert {tax.amount_type for line in LINES for tax in on(line)} == {"percent", "fixed", "division", "group"}


def test_every_line_of_a_real_server_is_computed_to_the_digit() -> None:
    different = [
        line
        for line in LINES
        if line_totals(line.unit, Decimal(line.quantity), on(line), line.rounding, 18) != line.expected
    ]
    assert different == []


def test_the_sandbox_computes_them_alike() -> None:
    store = create(Seed(currency="USD", country="US"), 18).store
    added = _stored(store)
    different: list[Line] = []
    for line in LINES:
        unit = float(line.price_unit) * (1 - float(line.discount) / 100)
        step = float(line.rounding.step)
        chosen = [added[tax.id] for tax in on(line)]
        totals = taxation.line_totals(store, unit, float(line.quantity), chosen, step, globally=line.globally)
        if (f"{totals[0]:.4f}", f"{totals[1]:.4f}") != (f"{line.expected.net:.4f}", f"{line.expected.gross:.4f}"):
            different.append(line)
    assert different == []


def _stored(store: Store) -> dict[int, Record]:
    for tax in taxes().values():
        row = {name: getattr(tax, name) for name in tax.__struct_fields__ if name not in ("id", "amount")}
        row |= {"amount": float(tax.amount), "children_tax_ids": [child.id for child in tax.children_tax_ids]}
        store.add("account.tax", {**row, "company_id": 1}, tax.id + 1000)
        store.write("account.tax", tax.id + 1000, {"children_tax_ids": [c.id + 1000 for c in tax.children_tax_ids]})
    return {tax.id: store.browse("account.tax", tax.id + 1000) for tax in taxes().values()}


def one_tax(rate: str, *, included: bool) -> list[TaxRow]:
    base = taxes()["i20" if included else "x15"]
    return [replace(base, amount=Decimal(rate))]


@pytest.mark.parametrize(
    ("unit", "rate", "included", "step", "globally", "net", "gross"),
    [
        ("529.68", "15", False, "1", False, "530", "610"),
        ("296.62", "20", True, "1", False, "247", "297"),
        ("0.86625", "20", True, "0.01", False, "0.72", "0.87"),
        ("2.6975", "15", False, "0.01", False, "2.70", "3.11"),
        ("833.786", "20", True, "0.01", False, "694.82", "833.79"),
        ("0.99", "20", True, "0.01", True, "0.83", "0.99"),
        ("0.99", "20", True, "0.01", False, "0.82", "0.99"),
    ],
)
def test_the_amount_is_rounded_to_the_currency_before_its_tax_unless_globally(
    unit: str, rate: str, included: bool, step: str, globally: bool, net: str, gross: str
) -> None:
    """Lines of a real server; unrounded, the first would be 609 and the second 248."""
    found = line_totals(
        Decimal(unit), Decimal(1), one_tax(rate, included=included), Rounding(Decimal(step), globally), 18
    )
    assert found == LineTotals(Decimal(net), Decimal(gross))


def test_a_formula_of_odoos_own_is_left_to_odoo() -> None:
    code = [replace(taxes()["x15"], amount_type="code")]
    assert line_totals(Decimal(10), Decimal(1), code, Rounding(Decimal("0.01")), 18) is None
    assert adapted(Decimal(10), [taxes()["i20"]], code) is None


AMOUNTS = st.decimals("-9999", "9999", places=4)
TAXES = st.lists(st.sampled_from(sorted(taxes())), max_size=4, unique=True)


@given(AMOUNTS, st.decimals("0", "99", places=2), TAXES, st.sampled_from(["1", "0.01", "0.05", "0.001"]), st.booleans())
def test_totals_are_multiples_of_the_currencys_smallest_amount_and_odd_in_the_quantity(
    unit: Decimal, quantity: Decimal, names: list[str], step: str, globally: bool
) -> None:
    """What is sold is taken back for the same amount."""
    rounding, chosen = Rounding(Decimal(step), globally), [taxes()[name] for name in names]
    sold = line_totals(unit, quantity, chosen, rounding, 18)
    returned = line_totals(unit, -quantity, chosen, rounding, 18)
    assert sold is not None
    assert returned is not None
    assert (sold.net, sold.gross) == (-returned.net, -returned.gross)
    assert not sold.net % Decimal(step)
    assert not sold.gross % Decimal(step)


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, Seed(currency="USD", country="US", currencies=("JPY", "CHF")), version)


@BOTH_WAYS
async def test_the_companys_rounding_and_the_currencys_own_step_are_read(odoo: Running, fresh: bool) -> None:
    tax = odoo.store.add("account.tax", {**_stored(odoo.store)[taxes()["i20"].id], "id": 0})
    odoo.product("MUG", price=0.99, taxes_id=[tax])
    francs = odoo.store.find("res.currency", name="CHF")
    assert francs is not None
    odoo.store.write("res.currency", francs["id"], {"rounding": 0.05})
    dollars, swiss = odoo.pricelist("USD"), odoo.pricelist("CHF", [{"applied_on": "3_global", "fixed_price": 1.23}])
    for method, net in (("round_per_line", "0.82"), ("round_globally", "0.83")):
        odoo.store.write("res.company", 1, {"tax_calculation_rounding_method": method})
        answer = await price(odoo.adapter(default_pricelist=dollars), "MUG", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.line is not None
        assert answer.line.net is not None
        assert answer.line.net.amount == Decimal(net)
    answer = await price(odoo.adapter(default_pricelist=swiss), "MUG", currency="CHF", fresh=fresh)
    assert isinstance(answer, Price)
    assert answer.line is not None
    assert answer.line.gross is not None
    assert answer.line.gross.amount == Decimal("1.25")
