"""A seed as an Odoo would hold it: company, currencies, catalogue, stock, people. Price lists and orders stand in files
of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.odoo.sandbox.seeding_orders import fill_orders
from adapters.odoo.sandbox.seeding_prices import fill_prices
from adapters.odoo.sandbox.store import Store
from gateway.model.catalog import Product, Variant
from gateway.model.money import fraction_digits
from gateway.testing.sandbox import Seed, SeedTranslation

COMPANY = 1
PIECE = 1
LANGUAGES = {"en": "en_US", "ja": "ja_JP", "he": "he_IL", "ar": "ar_001", "de": "de_DE", "fr": "fr_FR"}


@dataclass
class Seeded:
    """Where seeded things went: native ids by what the seed calls them. `languages` are `res.lang` codes."""

    companies: set[int] = field(default_factory=lambda: {COMPANY})
    languages: set[str] = field(default_factory=lambda: {"en_US"})
    currencies: dict[str, int] = field(default_factory=dict[str, int])
    countries: dict[str, int] = field(default_factory=dict[str, int])
    templates: dict[str, int] = field(default_factory=dict[str, int])
    variants: dict[str, int] = field(default_factory=dict[str, int])
    categories: dict[str, int] = field(default_factory=dict[str, int])
    tags: dict[str, int] = field(default_factory=dict[str, int])
    warehouses: dict[str, int] = field(default_factory=dict[str, int])
    shelves: dict[str, int] = field(default_factory=dict[str, int])
    partners: dict[str, int] = field(default_factory=dict[str, int])
    pricelists: dict[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])
    positions: dict[str, int] = field(default_factory=dict[str, int])
    taxes: dict[str, int] = field(default_factory=dict[str, int])


def fill(store: Store, seed: Seed) -> Seeded:
    seeded = Seeded()
    _company(store, seed, seeded)
    _catalogue(store, seed, seeded)
    _places(store, seed, seeded)
    _people(store, seed, seeded)
    fill_prices(store, seed, seeded)
    _loyalty(store, seed, seeded)
    fill_orders(store, seed, seeded)
    return seeded


def native(identifier: str) -> int | None:
    """Digits of the seed's neutral id; None lets the store count."""
    return int(identifier) if identifier.isdigit() and int(identifier) > 0 else None


def currency_id(store: Store, seeded: Seeded, code: str) -> int:
    if code not in seeded.currencies:
        values = {"name": code, "decimal_places": fraction_digits(code)}
        seeded.currencies[code] = store.add("res.currency", values)
    return seeded.currencies[code]


def country_id(store: Store, seeded: Seeded, code: str) -> int:
    if code not in seeded.countries:
        seeded.countries[code] = store.add("res.country", {"name": code, "code": code})
    return seeded.countries[code]


def _company(store: Store, seed: Seed, seeded: Seeded) -> None:
    own = currency_id(store, seeded, seed.currency)
    partner = store.add("res.partner", {"name": "Our company", "lang": "en_US", "active": True})
    store.add("res.company", {"name": "Our company", "currency_id": own, "partner_id": partner}, COMPANY)
    for name in ("Product Price", "Discount", "Product Unit" if store.version >= 19 else "Product Unit of Measure"):
        store.add("decimal.precision", {"name": name, "digits": 2})
    for code in seed.currencies:
        currency_id(store, seeded, code)
    for code, rate in seed.rates.items():
        currency = currency_id(store, seeded, code)
        store.add("res.currency.rate", {"name": date(2020, 1, 1), "rate": float(rate), "currency_id": currency})
    _units(store)
    for tag in {seed.default_language, *(translation.language for translation in seed.translations)}:
        seeded.languages.add(language_code(tag))
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


def language_code(tag: str) -> str:
    return LANGUAGES.get(tag.split("-")[0], tag.replace("-", "_"))


def _catalogue(store: Store, seed: Seed, seeded: Seeded) -> None:
    for category in seed.categories:
        seeded.categories[category.key] = store.add(
            "product.category", {"name": category.name.value, "parent_id": None}, native(category.key)
        )
    for category in seed.categories:
        if category.parent in seeded.categories:
            parent = seeded.categories[category.parent or ""]
            store.write("product.category", seeded.categories[category.key], {"parent_id": parent})
    fallback = store.add("product.category", {"name": "All", "parent_id": None})
    translations: dict[str, list[SeedTranslation]] = {}
    for translation in seed.translations:
        translations.setdefault(translation.product, []).append(translation)
    for product in seed.products:
        _product(store, seed, seeded, product, fallback, translations.get(product.ref.id, []))


def _texts(own: str, language: str, translated: dict[str, str]) -> dict[str, str]:
    """The source language is what the records were written in, whatever it is."""
    texts = {"en_US": own, language_code(language): own}
    return texts | {language_code(tag): value for tag, value in translated.items() if value}


def _product(
    store: Store,
    seed: Seed,
    seeded: Seeded,
    product: Product,
    fallback: int,
    translations: Sequence[SeedTranslation],
) -> None:
    description = product.description.value if product.description else ""
    for tag in product.tags:
        seeded.tags.setdefault(tag, len(seeded.tags) + 1)
        if seeded.tags[tag] not in store.tables.get("product.tag", {}):
            store.add("product.tag", {"name": tag}, seeded.tags[tag])
    home = seeded.taxes.get(seed.country)
    taxable = all(variant.taxable is not False for variant in product.variants)
    template = store.add(
        "product.template",
        {
            "name": _texts(product.title.value, product.title.language, {t.language: t.title for t in translations}),
            "description_sale": _texts(
                description, product.title.language, {t.language: t.description for t in translations}
            ),
            "sale_ok": True,
            "is_published": product.status.value == "ACTIVE",
            "active": product.status.value != "ARCHIVED",
            "type": "consu" if store.version >= 18 else "product",
            "is_storable": True,
            "list_price": 0.0,
            "categ_id": next(
                (seeded.categories[key] for key in product.category_keys if key in seeded.categories), fallback
            ),
            "uom_id": PIECE,
            "taxes_id": [home] if home is not None and taxable else [],
            "product_tag_ids": [seeded.tags[tag] for tag in product.tags],
            "write_date": product.updated_at or seed.now or datetime(2026, 1, 1, tzinfo=UTC),
        },
        native(product.ref.id),
    )
    seeded.templates[product.ref.id] = template
    values = _attributes(store, product, template)
    for variant in product.variants:
        _variant(store, seeded, variant, template, values)


def _attributes(store: Store, product: Product, template: int) -> dict[tuple[str, str], int]:
    """Template values by (attribute, value)."""
    found: dict[tuple[str, str], int] = {}
    for option in product.options:
        attribute = store.find("product.attribute", name=option.name)
        attribute_id = attribute["id"] if attribute else store.add("product.attribute", {"name": option.name})
        ids: list[int] = []
        for value in option.values:
            known = store.find("product.attribute.value", name=value, attribute_id=attribute_id)
            value_id = known["id"] if known else None
            if value_id is None:
                value_id = store.add("product.attribute.value", {"name": value, "attribute_id": attribute_id})
            ids.append(value_id)
            found[option.name, value] = store.add(
                "product.template.attribute.value", {"product_attribute_value_id": value_id}
            )
        line = {"product_tmpl_id": template, "attribute_id": attribute_id, "value_ids": ids}
        store.add("product.template.attribute.line", line)
    return found


def _variant(store: Store, seeded: Seeded, variant: Variant, template: int, values: dict[tuple[str, str], int]) -> None:
    barcode = variant.gtins[0] if variant.gtins else None
    added = store.add(
        "product.product",
        {
            "product_tmpl_id": template,
            "active": store.browse("product.template", template)["active"],
            "default_code": variant.sku,
            "barcode": barcode[1:] if barcode and barcode.startswith("0") else barcode,
            "price_extra": 0.0,
            "standard_price": 0.0,
            "product_template_attribute_value_ids": [
                values[option.name, option.value] for option in variant.options if (option.name, option.value) in values
            ],
        },
        native(variant.ref.id),
    )
    seeded.variants.setdefault(variant.sku or f"id:{added}", added)


def _places(store: Store, seed: Seed, seeded: Seeded) -> None:
    for place in seed.stores:
        address: dict[str, Any] = {"name": place.name, "active": place.active, "phone": place.phone}
        if place.address is not None:
            lines = [*place.address.lines, "", ""]
            address |= {"street": lines[0], "street2": lines[1], "city": place.address.city}
            address["zip"] = place.address.postal_code
            if place.address.country:
                address["country_id"] = country_id(store, seeded, place.address.country)
            if place.address.region:
                known = store.find("res.country.state", name=place.address.region)
                state = known["id"] if known else store.add("res.country.state", {"name": place.address.region})
                address["state_id"] = state
        if place.point is not None:
            address |= {"partner_latitude": place.point.latitude, "partner_longitude": place.point.longitude}
        add_warehouse(store, seeded, place.ref.id, place.name, place.active, store.add("res.partner", address))
    for level in seed.stock:
        if level.location not in seeded.warehouses:
            add_warehouse(store, seeded, level.location, level.location, True, None)
        if level.sku in seeded.variants:
            add_quant(store, seeded.variants[level.sku], seeded.shelves[level.location], level.on_hand, level.reserved)


def add_warehouse(store: Store, seeded: Seeded, code: str, name: str, active: bool, partner: int | None) -> int:
    values = {"name": name, "code": code, "active": active, "company_id": COMPANY, "partner_id": partner}
    warehouse = store.add("stock.warehouse", values)
    seeded.warehouses[code] = warehouse
    shelf = {"complete_name": f"{code}/Stock", "usage": "internal", "warehouse_id": warehouse}
    seeded.shelves[code] = store.add("stock.location", shelf)
    store.add("stock.picking.type", {"warehouse_id": warehouse}, warehouse)
    return warehouse


def add_quant(
    store: Store,
    product: int,
    location: int,
    on_hand: Decimal | float,
    reserved: Decimal | float = 0.0,
    owner: int | None = None,
) -> int:
    values = {"product_id": product, "location_id": location, "owner_id": owner}
    return store.add("stock.quant", {**values, "quantity": float(on_hand), "reserved_quantity": float(reserved)})


def _people(store: Store, seed: Seed, seeded: Seeded) -> None:
    for customer in seed.customers:
        tags: list[int] = []
        for group in customer.groups:
            known = store.find("res.partner.category", name=group)
            tags.append(known["id"] if known else store.add("res.partner.category", {"name": group}))
        seeded.partners[customer.ref.id] = store.add(
            "res.partner",
            {
                "name": " ".join(part for part in (customer.given_name, customer.family_name) if part) or None,
                "email": customer.emails[0] if customer.emails else None,
                "phone": customer.phones[0] if customer.phones else None,
                "lang": language_code(customer.language) if customer.language else None,
                "category_id": tags,
                "ref": customer.external_ids[0].id if customer.external_ids else None,
                "write_date": customer.updated_at or seed.now or datetime(2026, 1, 1, tzinfo=UTC),
            },
            native(customer.ref.id),
        )


def _loyalty(store: Store, seed: Seed, seeded: Seeded) -> None:
    if seed.program is None:
        return
    program = store.add(
        "loyalty.program",
        {
            "name": seed.program.name,
            "program_type": "loyalty",
            "portal_point_name": seed.program.unit_many,
            "active": seed.program.active,
        },
        native(seed.program.ref.id),
    )
    for rule in seed.program.rules:
        spend = rule.spend_minor or 1
        money = float(Decimal(rule.points) / Decimal(spend).scaleb(-fraction_digits(rule.currency or seed.currency)))
        values = {
            "program_id": program,
            "reward_point_mode": {"SPEND": "money", "ITEM": "unit"}.get(rule.kind, "order"),
            "reward_point_amount": money if rule.kind == "SPEND" else float(rule.points),
            "minimum_amount_tax_mode": "incl" if rule.tax_included else "excl",
            "product_ids": [seeded.variants[sku] for sku in rule.skus if sku in seeded.variants],
            "product_category_id": next((seeded.categories.get(key) for key in rule.category_keys), None),
        }
        store.add("loyalty.rule", values)
    for account in seed.accounts:
        _card(store, seeded, account, program)


def _card(store: Store, seeded: Seeded, account: Any, program: int) -> None:
    holder = account.account.customer
    partner = seeded.partners.get(holder.id) if holder is not None else None
    if partner is None:
        rows = store.all("res.partner")
        contacts = {account.phone, account.email} - {None}
        partner = next((row["id"] for row in rows if contacts & {row.get("phone"), row.get("email")}), None)
    card = store.add(
        "loyalty.card",
        {
            "program_id": program,
            "partner_id": partner,
            "points": float(account.account.balance),
            "create_date": account.account.enrolled_at or datetime(2026, 1, 1, tzinfo=UTC),
        },
        native(account.account.ref.id),
    )
    for entry in sorted(account.entries, key=lambda one: one.at):
        if store.model("loyalty.history") is None:
            continue
        values = {"card_id": card, "create_date": entry.at, "description": entry.description}
        amounts = {"issued": float(max(entry.points, 0)), "used": float(max(-entry.points, 0))}
        store.add("loyalty.history", {**values, **amounts})
