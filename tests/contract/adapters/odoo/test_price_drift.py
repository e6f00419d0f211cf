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
    audit = await adapter.price_drift(20, CallContext.within(10))
    assert audit.drift == ()
    assert (len(audit.skus), audit.lists) == (5, ("list JPY", "list USD"))
    # a unit price, and net and gross of one and of three, for each SKU on each list
    assert audit.compared == 5 * 2 * 5


async def test_a_planted_customisation_is_found(vector_odoo: Running) -> None:
    vector_odoo.sandbox.plant_surcharge("MUG", Decimal("1.50"))
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    drift = (await adapter.price_drift(20, CallContext.within(10))).drift
    assert [(found.sku, found.evaluated, found.charged) for found in drift[:1]] == [("MUG", "19.99 USD", "21.49 USD")]
    assert {found.cause for found in drift} == {"a customisation decides this price"}
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


async def test_chosen_skus_are_compared_in_place_of_random_ones(vector_odoo: Running) -> None:
    vector_odoo.sandbox.plant_surcharge("MUG", Decimal("1.50"))
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    audit = await adapter.price_drift(20, CallContext.within(10), ["PEN"])
    assert (audit.skus, audit.drift) == (("PEN",), ())
    assert (await adapter.price_drift(0, CallContext.within(10), ["MUG"])).drift != ()


async def test_a_total_that_differs_alone_is_found(vector_odoo: Running) -> None:
    """As when the company began to round globally after the tables were read."""
    kind = {"amount_type": "percent", "price_include_override": "tax_included", "company_id": 1, "sequence": 1}
    tax = vector_odoo.store.add("account.tax", {**kind, "amount": 20.0})
    vector_odoo.product("ROUND", price=0.99, taxes_id=[tax])
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    await price(adapter, "ROUND")
    vector_odoo.store.write("res.company", 1, {"tax_calculation_rounding_method": "round_globally"})
    drift = (await adapter.price_drift(0, CallContext.within(10), ["ROUND"])).drift
    assert [(one.what, one.evaluated, one.charged) for one in drift] == [
        ("the net total of 1", "0.82 USD", "0.83 USD"),
        ("the net total of 3", "2.47 USD", "2.48 USD"),
    ]


async def test_a_setting_is_named_before_a_customisation(vector_odoo: Running) -> None:
    vector_odoo.sandbox.quotations.line_discounts = True
    rules = [{"applied_on": "3_global", "compute_price": "percentage", "percent_price": 33.333}]
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD", rules))
    drift = (await adapter.price_drift(20, CallContext.within(10))).drift
    assert drift
    assert all("`line_discounts = true`" in one.cause for one in drift)


async def test_the_dry_run_takes_no_fiscal_position_of_its_own(vector_odoo: Running) -> None:
    """One that applies by itself to the company's country is no shopper's."""
    kind = {"amount_type": "percent", "price_include_override": "tax_excluded", "company_id": 1, "sequence": 1}
    home, other = (vector_odoo.store.add("account.tax", {**kind, "amount": rate}) for rate in (15.0, 7.7))
    position = vector_odoo.store.add("account.fiscal.position", {"name": "auto", "auto_apply": True})
    if vector_odoo.sandbox.version >= 19:
        vector_odoo.store.write("account.tax", other, {"original_tax_ids": [home]})
        vector_odoo.store.write("account.fiscal.position", position, {"tax_ids": [other]})
    else:
        pair = {"position_id": position, "tax_src_id": home, "tax_dest_id": other}
        vector_odoo.store.add("account.fiscal.position.tax", pair)
    vector_odoo.product("TAXED", price=12.34, taxes_id=[home])
    adapter = vector_odoo.adapter(default_pricelist=vector_odoo.pricelist("USD"))
    for fresh in (False, True):
        answer = await price(adapter, "TAXED", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.line is not None
        assert answer.line.gross is not None
        assert answer.line.gross.amount == Decimal("14.19")
