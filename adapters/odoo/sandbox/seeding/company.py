"""The company: currencies and rates, units, taxes and the fiscal positions that map them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from adapters.odoo.sandbox.seeding.seeded import COMPANY, PIECE, Seeded, country_id, currency_id, language_code
from adapters.odoo.sandbox.store import Store
from gateway.testing.sandbox import Seed


def fill_company(store: Store, seed: Seed, seeded: Seeded) -> None:
    own = currency_id(store, seeded, seed.currency)
    partner = store.add("res.partner", {"name": "Our company", "lang": "en_US", "active": True})
    company = {"name": "Our company", "currency_id": own, "partner_id": partner}
    company |= {"tax_calculation_rounding_method": "round_per_line", "account_price_include": "tax_excluded"}
    store.add("res.company", company, COMPANY)
    store.add("res.users", {"name": "Gateway", "login": "gateway"}, 2)
    for name in ("Product Price", "Discount", "Product Unit" if store.version >= 19 else "Product Unit of Measure"):
        store.add("decimal.precision", {"name": name, "digits": 2})
    for code in (seed.country, *seed.tax_rates):
        country_id(store, seeded, code)
    for code in seed.currencies:
        currency_id(store, seeded, code)
    for code, rate in seed.rates.items():
        currency = currency_id(store, seeded, code)
        store.add("res.currency.rate", {"name": date(2020, 1, 1), "rate": float(rate), "currency_id": currency})
    _units(store)
    for tag in {seed.default_language, *(translation.language for translation in seed.translations)}:
        seeded.languages.add(language_code(tag))
    for code in sorted(seeded.languages):
        store.add("res.lang", {"name": code, "code": code})
    home = seed.tax_rates.get(seed.country)
    if home is not None:
        seeded.taxes[seed.country] = _tax(store, seed, seed.country, home)
    for country in sorted(set(seed.tax_rates) - {seed.country}):
        _position(store, seed, seeded, country)


def _units(store: Store) -> None:
    if store.version >= 19:
        store.add("uom.uom", {"name": "Units", "factor": 1.0}, PIECE)
        store.add("uom.uom", {"name": "Pack of 6", "factor": 6.0})
        return
    category = store.add("uom.category", {"name": "Unit"})
    store.add("uom.uom", {"name": "Units", "factor": 1.0, "category_id": category}, PIECE)
    store.add("uom.uom", {"name": "Dozens", "factor": 1 / 12, "category_id": category})
    weight = store.add("uom.category", {"name": "Weight"})
    store.add("uom.uom", {"name": "kg", "factor": 1.0, "category_id": weight})


def _tax(store: Store, seed: Seed, country: str, rate: Decimal) -> int:
    values = {
        "name": f"{country} {rate * 100:f}%",
        "amount": float(rate * 100),
        "amount_type": "percent",
        "price_include": seed.prices_include_tax,
        "is_base_affected": True,
        "include_base_amount": False,
        "company_id": COMPANY,
        "sequence": 1,
    }
    return store.add("account.tax", values)


def _position(store: Store, seed: Seed, seeded: Seeded, country: str) -> None:
    """Maps the home tax to the country's."""
    tax = _tax(store, seed, country, seed.tax_rates[country])
    seeded.taxes[country] = tax
    home = seeded.taxes.get(seed.country)
    position = store.add("account.fiscal.position", {"name": country})
    seeded.positions[country] = position
    if home is None:
        return
    if store.version >= 19:
        store.write("account.tax", tax, {"original_tax_ids": [home]})
        store.write("account.fiscal.position", position, {"tax_ids": [tax]})
    else:
        pair = {"position_id": position, "tax_src_id": home, "tax_dest_id": tax}
        store.add("account.fiscal.position.tax", pair)
