"""Categories, templates, attributes and variants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.odoo.sandbox.seeding.seeded import PIECE, Seeded, language_code, native
from adapters.odoo.sandbox.store import Store
from gateway.model.catalog import Product, Variant
from gateway.testing.sandbox import Seed, SeedTranslation


def fill_catalogue(store: Store, seed: Seed, seeded: Seeded) -> None:
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
    seeded.variants.setdefault(variant.key, added)
