"""Seeded prices as an Odoo keeps them: sales prices on products, everything else as rules of price lists. There is one
list for each (country, group, currency) the seed names, numbered from 1 in that order."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapters.odoo.sandbox.seeding.seeded import Seeded, currency_id
from adapters.odoo.sandbox.store import Record, Store
from gateway.testing.sandbox import Seed, SeedPrice

RULE: dict[str, Any] = {
    "applied_on": "0_product_variant",
    "compute_price": "fixed",
    "base": "list_price",
    "base_pricelist_id": None,
    "min_quantity": 0.0,
    "product_id": None,
    "product_tmpl_id": None,
    "categ_id": None,
    "date_start": None,
    "date_end": None,
    "fixed_price": 0.0,
    "percent_price": 0.0,
    "price_discount": 0.0,
    "price_markup": 0.0,
    "price_round": 0.0,
    "price_surcharge": 0.0,
    "price_min_margin": 0.0,
    "price_max_margin": 0.0,
}


def fill_prices(store: Store, seed: Seed, seeded: Seeded) -> None:
    prices = [price for price in seed.prices if not price.location and price.sku in seeded.variants]
    _sales_prices(store, seed, seeded, prices)
    scopes = sorted({(price.country, price.price_group, price.price.currency) for price in prices})
    regular = [scope for scope in scopes if any(price.list and _scope(price) == scope for price in prices)]
    for scope in scopes:
        seeded.pricelists[scope] = _list(store, seeded, scope, " ".join(part for part in scope if part))
    base = {scope: _list(store, seeded, scope, f"regular {' '.join(scope)}") for scope in regular}
    for price in prices:
        _rule(store, seeded, price, base)


def _scope(price: SeedPrice) -> tuple[str, str, str]:
    return price.country, price.price_group, price.price.currency


def _list(store: Store, seeded: Seeded, scope: tuple[str, str, str], name: str) -> int:
    values = {"name": name, "sequence": 16, "currency_id": currency_id(store, seeded, scope[2]), "company_id": None}
    return store.add("product.pricelist", values)


def _sales_prices(store: Store, seed: Seed, seeded: Seeded, prices: list[SeedPrice]) -> None:
    """The first price in the company's currency, home or everywhere first; the template has the lowest, variants their
    surcharge."""
    home = [price for price in prices if price.price.currency == seed.currency and not price.minimum_quantity]
    home.sort(key=lambda price: (bool(price.price_group), price.country not in ("", seed.country), price.country))
    amounts: dict[int, Decimal] = {}
    for price in home:
        amounts.setdefault(seeded.variants[price.sku], (price.list or price.price).amount)
    by_template: dict[int, list[Record]] = {}
    for row in store.all("product.product"):
        by_template.setdefault(row["product_tmpl_id"], []).append(row)
    for template, members in by_template.items():
        known = [amounts[row["id"]] for row in members if row["id"] in amounts]
        if not known:
            continue
        store.write("product.template", template, {"list_price": float(min(known))})
        for row in members:
            row["price_extra"] = float(amounts.get(row["id"], min(known)) - min(known))


def _rule(store: Store, seeded: Seeded, price: SeedPrice, base: dict[tuple[str, str, str], int]) -> None:
    scope = _scope(price)
    variant = seeded.variants[price.sku]
    common = {
        **RULE,
        "pricelist_id": seeded.pricelists[scope],
        "product_id": variant,
        "product_tmpl_id": store.browse("product.product", variant)["product_tmpl_id"],
        "min_quantity": float(price.minimum_quantity),
        "date_start": price.starts,
        "date_end": price.ends,
    }
    if price.list is None or price.list.amount <= price.price.amount:
        store.add("product.pricelist.item", {**common, "fixed_price": float(price.price.amount)})
        return
    # A reduced price is a discount on the regular list, made exact by a surcharge.
    regular, reduced = price.list.amount, price.price.amount
    off = ((regular - reduced) / regular * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) or Decimal("0.01")
    store.add("product.pricelist.item", {**common, "pricelist_id": base[scope], "fixed_price": float(regular)})
    store.add(
        "product.pricelist.item",
        {
            **common,
            "compute_price": "formula",
            "base": "pricelist",
            "base_pricelist_id": base[scope],
            "price_discount": float(off),
            "price_surcharge": float(reduced - (regular - regular * off / 100)),
        },
    )
