"""The evaluator against the sandbox's own engine: random price lists agree, a planted customisation is found."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.context import CallContext
from gateway.model.pricing import Price
from tests.contract.adapters.odoo.connected import Running, price

SKUS = ("S", "M", "L", "MUG", "PEN")
CURRENCIES = ("USD", "EUR", "JPY", "KWD")


def random_rule(odoo: Running, dice: random.Random, lower_lists: list[int]) -> Mapping[str, Any]:
    variant = odoo.sandbox.variant(dice.choice(SKUS))
    categories = [row["id"] for row in odoo.store.all("product.category")]
    scope = dice.choice(["3_global", "3_global", "2_product_category", "1_product", "0_product_variant"])
    base = dice.choice(["list_price", "standard_price", "pricelist" if lower_lists else "list_price"])
    start = odoo.now + timedelta(days=dice.choice([-20, -1, 0, 1]))
    return {
        "applied_on": scope,
        "categ_id": dice.choice(categories) if scope == "2_product_category" else None,
        "product_tmpl_id": variant["product_tmpl_id"] if scope in ("1_product", "0_product_variant") else None,
        "product_id": variant["id"] if scope == "0_product_variant" else None,
        "compute_price": dice.choice(["fixed", "percentage", "formula"]),
        "base": base,
        "base_pricelist_id": dice.choice(lower_lists) if base == "pricelist" else None,
        "min_quantity": dice.choice([0.0, 0.0, 2.0, 2.5, 10.0]),
        "date_start": start if dice.random() < 0.3 else None,
        "date_end": start + timedelta(days=dice.choice([0, 1, 30])) if dice.random() < 0.3 else None,
        "fixed_price": round(dice.uniform(0, 200), dice.choice([0, 2, 3])),
        "percent_price": round(dice.uniform(-30, 60), 2),
        "price_discount": round(dice.uniform(-20, 50), 2),
        "price_markup": round(dice.uniform(-10, 80), 2),
        "price_round": dice.choice([0.0, 0.0, 0.01, 0.05, 0.5, 1.0, 10.0]),
        "price_surcharge": dice.choice([0.0, 0.0, -0.01, 1.5]),
        "price_min_margin": dice.choice([0.0, 0.0, 2.0]),
        "price_max_margin": dice.choice([0.0, 0.0, 15.0]),
    }


async def differences(odoo: Running, seed: int, lists: int) -> tuple[int, list[str]]:
    """Comparisons made, and those that differ by more than floats lose (or by one stored digit at an exact half)."""
    dice = random.Random(seed)
    odoo.now = datetime(2026, dice.choice([5, 6, 7]), 1, dice.randrange(24), tzinfo=UTC)
    known: list[int] = []
    compared, different = 0, list[str]()
    for _ in range(lists):
        currency = dice.choice(CURRENCIES)
        rules = [random_rule(odoo, dice, known) for _ in range(dice.randrange(6))]
        known.append(odoo.pricelist(currency, rules))
        adapter = odoo.adapter(default_pricelist=known[-1])
        for sku in SKUS:
            quantity = dice.choice(["1", "2", "2.5", "3", "10"])
            own, theirs = [await price(adapter, sku, quantity, currency, fresh=fresh) for fresh in (False, True)]
            assert isinstance(own, Price)
            assert isinstance(theirs, Price)
            compared += 1
            ours, real = own.current.stated.amount, theirs.current.stated.amount
            if abs(ours - real) > max(abs(real), Decimal(1)) * Decimal("1e-9"):
                different.append(f"{sku} x {quantity} on {known[-1]} in {currency}: {ours} and {real}")
            assert own.line is not None
            assert theirs.line is not None
            if own.line.stated != theirs.line.stated and ours == real:
                different.append(f"line of {sku} x {quantity}: {own.line.stated} and {theirs.line.stated}")
        await adapter.close()
    return compared, different


@pytest.mark.parametrize("seed", range(3))
async def test_random_price_lists_price_the_same_both_ways(vector_odoo: Running, seed: int) -> None:
    compared, different = await differences(vector_odoo, seed, lists=10)
    assert compared == 50
    assert different == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 120))
async def test_many_random_price_lists_price_the_same_both_ways(vector_odoo: Running, seed: int) -> None:
    compared, different = await differences(vector_odoo, seed, lists=40)
    assert compared == 200
    assert different == []


async def test_a_standard_server_shows_no_drift(vector_odoo: Running) -> None:
    rules = [{"applied_on": "3_global", "compute_price": "percentage", "percent_price": 33.33}]
    adapter = vector_odoo.adapter(
        default_pricelist=vector_odoo.pricelist("USD"),
        pricelists=[{"country": "JP", "pricelist": vector_odoo.pricelist("JPY", rules)}],
    )
    assert await adapter.price_drift(20, CallContext.within(10)) == ()


async def test_a_planted_customisation_is_found(vector_odoo: Running) -> None:
    vector_odoo.sandbox.plant_surcharge("MUG", Decimal("1.50"))
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    drift = await adapter.price_drift(20, CallContext.within(10))
    assert [(found.sku, found.evaluated, found.charged) for found in drift] == [("MUG", "19.99 USD", "21.49 USD")]
    browsing = await price(adapter, "MUG")
    checkout = await price(adapter, "MUG", fresh=True)
    assert isinstance(browsing, Price)
    assert isinstance(checkout, Price)
    assert checkout.current.stated.amount - browsing.current.stated.amount == Decimal("1.5")


async def test_the_audit_asks_a_handful_of_requests(vector_odoo: Running) -> None:
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    await price(adapter, "MUG")
    vector_odoo.sandbox.requests.clear()
    await adapter.price_drift(20, CallContext.within(10))
    assert len(vector_odoo.sandbox.requests) == 4
