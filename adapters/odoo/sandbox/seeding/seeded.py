"""Where seeded things went in the sandbox, and the ids everything else refers to."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.odoo.sandbox.store import Store
from gateway.model.currencies import fraction_digits
from gateway.model.identity import VariantKey

COMPANY = 1
PIECE = 1
LANGUAGES = {"en": "en_US", "ja": "ja_JP", "he": "he_IL", "ar": "ar_001", "de": "de_DE", "fr": "fr_FR"}


@dataclass
class Seeded:
    """Where seeded things went: native ids by what the seed calls them. `languages` are `res.lang` codes; `customers`,
    the location of what was delivered."""

    companies: set[int] = field(default_factory=lambda: {COMPANY})
    languages: set[str] = field(default_factory=lambda: {"en_US"})
    currencies: dict[str, int] = field(default_factory=dict[str, int])
    countries: dict[str, int] = field(default_factory=dict[str, int])
    templates: dict[str, int] = field(default_factory=dict[str, int])
    variants: dict[VariantKey, int] = field(default_factory=dict[VariantKey, int])
    categories: dict[str, int] = field(default_factory=dict[str, int])
    tags: dict[str, int] = field(default_factory=dict[str, int])
    customers: int = 0
    warehouses: dict[str, int] = field(default_factory=dict[str, int])
    shelves: dict[str, int] = field(default_factory=dict[str, int])
    partners: dict[str, int] = field(default_factory=dict[str, int])
    pricelists: dict[tuple[str, str, str], int] = field(default_factory=dict[tuple[str, str, str], int])
    positions: dict[str, int] = field(default_factory=dict[str, int])
    taxes: dict[str, int] = field(default_factory=dict[str, int])


def native(identifier: str) -> int | None:
    """Digits of the seed's neutral id; None lets the store count."""
    return int(identifier) if identifier.isdigit() and int(identifier) > 0 else None


def currency_id(store: Store, seeded: Seeded, code: str) -> int:
    if code not in seeded.currencies:
        values = {"name": code, "rounding": 10.0 ** -fraction_digits(code)}
        seeded.currencies[code] = store.add("res.currency", values)
    return seeded.currencies[code]


def country_id(store: Store, seeded: Seeded, code: str) -> int:
    if code not in seeded.countries:
        seeded.countries[code] = store.add("res.country", {"name": code, "code": code})
    return seeded.countries[code]


def language_code(tag: str) -> str:
    return LANGUAGES.get(tag.split("-")[0], tag.replace("-", "_"))
