"""The sandbox's two schemas: our own SDL, with the enumerations that are standards (ISO 3166, 4217, 639) filled in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.core import get_global
from graphql import GraphQLSchema, build_schema

from adapters.shopify.languages import LANGUAGES

FILES = {
    "admin": (
        "admin.graphql",
        "admin_people.graphql",
        "admin_drafts.graphql",
        "admin_order_desk.graphql",
        "admin_registering.graphql",
        "admin_stock.graphql",
    ),
    "storefront": ("storefront.graphql",),
}
_NOT_COUNTRIES = "AQ AS CP CQ DG EA EU EZ FM GU IC MH MP PR PW QO UN VI XA XB"
_NOT_CURRENCIES = "CUP KPW SLE XCG ZWG"
_UNITS = "CL CM FLOZ FT FT2 G GAL IN ITEM KG L LB M M2 M3 MG ML MM OZ PT QT UNKNOWN YD"


def countries() -> list[str]:
    territories = [str(code) for code in Locale("en").territories]
    iso = {code for code in territories if len(code) == 2 and code.isalpha()}
    return sorted(iso - set(_NOT_COUNTRIES.split()))


def currencies() -> list[str]:
    """The currencies that are tender somewhere today."""
    spans = get_global("territory_currencies").values()
    tender_today = {code for uses in spans for code, _, until, tender in uses if tender and until is None}
    return sorted(tender_today - set(_NOT_CURRENCIES.split()))


def _enum(name: str, values: Sequence[str]) -> str:
    return f"enum {name} {{ {' '.join(values)} }}\n"


def sdl(api: str) -> str:
    """`api` is `admin` or `storefront`."""
    folder = files("adapters.shopify.sandbox")
    text = "\n".join(folder.joinpath(name).read_text("utf-8") for name in FILES[api])
    text += _enum("CountryCode", countries()) + _enum("CurrencyCode", currencies())
    text += _enum("UnitPriceMeasurementMeasuredUnit", _UNITS.split())
    return text + (_enum("LanguageCode", sorted(LANGUAGES)) if api == "storefront" else "")


@lru_cache(maxsize=2)
def schema(api: str) -> GraphQLSchema:
    return build_schema(sdl(api))
