"""The 22 vectors: what real Odoo 18 and 19 servers answered, as literals. Each holds for the adapter's evaluation of
the rules and for the sandbox's dry run, which is an engine of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.pricing import Price
from tests.contract.adapters.odoo.connected import Running, price

NOON = datetime(2026, 7, 1, 10, tzinfo=UTC)
Rules = Sequence[Mapping[str, Any]]
RuleMaker = Callable[[Running], Rules]


@dataclass(frozen=True)
class Vector:
    """`old` and `new` are what 18 and 19 answer for the unit price; `line` (old, new) what they charge for the line."""

    number: str
    currency: str
    rules: RuleMaker
    sku: str
    quantity: str
    old: str
    new: str
    line: tuple[str, str] | None = None
    at: datetime = NOON
    unit: tuple[str | None, str | None] = (None, None)
    below: tuple[str, RuleMaker] | None = field(default=None)
    """Currency and rules of the list the rules may refer to, as `base_pricelist_id: "below"`."""


def none(odoo: Running) -> Rules:
    return []


def category(odoo: Running, name: str) -> int:
    row = odoo.store.find("product.category", name=name)
    assert row is not None
    return int(row["id"])


def variant(odoo: Running, sku: str) -> dict[str, Any]:
    row = odoo.store.find("product.product", default_code=sku)
    assert row is not None
    return row


def everywhere(amount: float, **values: Any) -> dict[str, Any]:
    return {"applied_on": "3_global", "fixed_price": amount, **values}


def in_category(odoo: Running, name: str, amount: float, **values: Any) -> dict[str, Any]:
    return {"applied_on": "2_product_category", "categ_id": category(odoo, name), "fixed_price": amount, **values}


def of_shirt(odoo: Running, amount: float) -> dict[str, Any]:
    template = variant(odoo, "S")["product_tmpl_id"]
    return {"applied_on": "1_product", "product_tmpl_id": template, "fixed_price": amount}


def percent(amount: float, **values: Any) -> dict[str, Any]:
    return {"applied_on": "3_global", "compute_price": "percentage", "percent_price": amount, **values}


def formula(**values: Any) -> dict[str, Any]:
    return {"applied_on": "3_global", "compute_price": "formula", **values}


def scopes(odoo: Running) -> Rules:
    chosen = variant(odoo, "M")
    medium = {"applied_on": "0_product_variant", "product_id": chosen["id"], "fixed_price": 4.0}
    return [everywhere(1), in_category(odoo, "B", 2), of_shirt(odoo, 3), medium]


def cost_plus(odoo: Running) -> Rules:
    margins = {"price_min_margin": 20.0, "price_max_margin": 30.0}
    return [formula(base="standard_price", price_markup=60.0, price_discount=-60.0, **margins)]


def on_other_list(odoo: Running) -> Rules:
    return [formula(base="pricelist", base_pricelist_id="below", price_discount=5.0)]


def ten_off_from_five(odoo: Running) -> Rules:
    return [percent(10, min_quantity=5.0)]


def july_first(odoo: Running) -> Rules:
    until = datetime(2026, 7, 2, 10, tzinfo=UTC)
    return [everywhere(5, date_start=NOON, date_end=until)]


def quantity_in_categories(odoo: Running) -> Rules:
    return [in_category(odoo, "C", 70), in_category(odoo, "A", 60, min_quantity=5.0), in_category(odoo, "A", 65)]


def packs(odoo: Running) -> Rules:
    """The list of vector 11."""
    return quantity_in_categories(odoo)


OTHER = ("USD", ten_off_from_five)
ROUND_TEN = formula(price_discount=7.0, price_round=10.0, price_surcharge=-0.01)
MAY = datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)

VECTORS = [
    Vector("1", "EUR", none, "MUG", "1", "17.99", "17.990999999999996", at=MAY),
    Vector("2", "EUR", none, "MUG", "1", "15.99", "15.991999999999999"),
    Vector("3", "EUR", none, "MUG", "1", "17.99", "17.990999999999996", at=datetime(2025, 6, 1, tzinfo=UTC)),
    Vector("4a", "USD", scopes, "M", "1", "4", "4"),
    Vector("4b", "USD", scopes, "L", "1", "3", "3"),
    Vector("4c", "USD", scopes, "MUG", "1", "2", "2"),
    Vector("4d", "USD", scopes, "PEN", "1", "1", "1"),
    Vector("5", "USD", lambda _: [percent(33.33)], "MUG", "3", "13.33", "13.327333", ("39.99", "39.98")),
    Vector("6a", "USD", lambda _: [ROUND_TEN], "S", "1", "89.99", "89.99"),
    Vector("6b", "USD", lambda _: [ROUND_TEN], "MUG", "1", "19.99", "19.99"),
    Vector("6c", "USD", lambda _: [ROUND_TEN], "PEN", "1", "-0.01", "-0.01"),
    Vector("7a", "USD", cost_plus, "S", "1", "64", "64"),
    Vector("7b", "USD", cost_plus, "M", "1", "65.6", "65.6"),
    Vector("7c", "USD", cost_plus, "L", "1", "20", "20"),
    Vector("7d", "USD", cost_plus, "MUG", "1", "27.77", "27.77"),
    Vector("8a", "EUR", on_other_list, "S", "1", "76", "76", below=OTHER),
    Vector("8b", "EUR", on_other_list, "S", "5", "68.4", "68.4", below=OTHER),
    Vector("9", "EUR", on_other_list, "S", "5", "76.95", "76.94999999999999", at=MAY, below=OTHER),
    Vector(
        "10",
        "USD",
        lambda odoo: [in_category(odoo, "C", 50, min_quantity=10.0), of_shirt(odoo, 90)],
        "S",
        "10",
        "90",
        "90",
    ),
    Vector("11a", "USD", quantity_in_categories, "S", "1", "70", "70"),
    Vector("11b", "USD", quantity_in_categories, "S", "5", "60", "60"),
    Vector("11c", "USD", quantity_in_categories, "MUG", "1", "65", "65"),
    Vector("12", "USD", lambda _: [everywhere(11), everywhere(12)], "S", "1", "12", "12"),
    Vector("13a", "USD", july_first, "S", "1", "100", "100", at=NOON.replace(hour=9, minute=59, second=59)),
    Vector("13b", "USD", july_first, "S", "1", "5", "5", at=NOON),
    Vector("13c", "USD", july_first, "S", "1", "5", "5", at=NOON.replace(day=2)),
    Vector("13d", "USD", july_first, "S", "1", "100", "100", at=NOON.replace(day=2, second=1)),
    Vector("14", "JPY", lambda _: [percent(12.5)], "MUG", "1", "2623.69", "2623.6874999999995", ("2624", "2624")),
    Vector("15", "KWD", lambda _: [formula(price_round=0.005)], "MUG", "1", "6.15", "6.145"),
    Vector("16", "KWD", none, "MUG", "3", "6.15", "6.1469249999999995", ("18.45", "18.441")),
    Vector("17", "USD", lambda _: [percent(-20)], "MUG", "3", "23.99", "23.988", ("71.97", "71.96")),
    Vector("18", "USD", lambda _: [percent(10, base_pricelist_id="below")], "S", "5", "90", "90", below=OTHER),
    Vector(
        "19",
        "USD",
        lambda _: [percent(10, base="pricelist", base_pricelist_id="below")],
        "S",
        "5",
        "81",
        "81",
        below=OTHER,
    ),
    Vector(
        "20a",
        "USD",
        lambda _: [everywhere(9, min_quantity=2.5), everywhere(10, min_quantity=0.5)],
        "S",
        "1",
        "10",
        "10",
    ),
    Vector(
        "20b", "USD", lambda _: [everywhere(9, min_quantity=2.5), everywhere(10, min_quantity=0.5)], "S", "3", "9", "9"
    ),
    Vector("21", "USD", lambda _: [everywhere(0)], "S", "1", "0", "0"),
    Vector("22", "USD", packs, "S", "1", "720", "360", unit=("Dozens", "Pack of 6")),
]


@pytest.mark.parametrize("way", ["rules", "dry run"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.number)
async def test_vector_is_answered_as_the_real_server_does(vector_odoo: Running, vector: Vector, way: str) -> None:
    odoo = vector_odoo
    odoo.now = vector.at
    rules = list(vector.rules(odoo))
    if vector.below is not None:
        currency, maker = vector.below
        below = odoo.pricelist(currency, maker(odoo))
        rules = [{**rule, "base_pricelist_id": below} if "base_pricelist_id" in rule else rule for rule in rules]
    adapter = odoo.adapter(default_pricelist=odoo.pricelist(vector.currency, rules))
    newer = odoo.sandbox.version >= 19
    answer = await price(
        adapter, vector.sku, vector.quantity, vector.currency, unit=vector.unit[newer], fresh=way == "dry run"
    )
    assert isinstance(answer, Price)
    assert float(answer.current.stated.amount) == pytest.approx(float((vector.old, vector.new)[newer]), rel=1e-13)
    if vector.line is not None:
        assert answer.line is not None
        assert answer.line.stated.amount == Decimal(vector.line[newer])


async def test_a_discount_on_the_line_leaves_the_regular_price_beside_it(vector_odoo: Running) -> None:
    """Vector 5 where the server shows discounts on lines: 19.99 less 33.33 % on both versions."""
    vector_odoo.sandbox.quotations.line_discounts = True
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD", [percent(33.33)]), line_discounts=True)
    for fresh in (False, True):
        answer = await price(adapter, "MUG", "3", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.list is not None
        assert answer.list.stated.amount == Decimal("19.99")
        assert answer.current.stated.amount == Decimal("13.327333")
        assert answer.line is not None
        assert answer.line.stated.amount == Decimal("39.98")
