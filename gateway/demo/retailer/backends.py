"""One seed per backend: each system's own view of the retailer, wrong in its own ways."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from msgspec.structs import replace

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer import loyalty, people, prices, stock
from gateway.demo.retailer.catalogue import MEDIA_HOST, NOW, SEEN, assortment, sold_items
from gateway.demo.retailer.orders import erp_twins, receipts, web_orders
from gateway.demo.retailer.places import CURRENCIES, PLACES, STORES, WAREHOUSES, record
from gateway.model.catalog import Product, Variant
from gateway.model.identity import NativeRef
from gateway.model.text import Text
from gateway.testing.sandbox import Seed

RATES = {"GBP": Decimal(1), "JPY": Decimal(195), "ILS": Decimal("4.70"), "KWD": Decimal("0.39")}
VENDORS: Mapping[str, str] = {
    "shop": "shopify",
    "erp": "odoo",
    "crm": "hubspot",
    "till_uk": "square",
    "till_jp": "square",
    "cards": "stripe",
}
"""Backend to the vendor product whose sandbox plays it."""


@cache
def seeds(media_host: str = MEDIA_HOST) -> Mapping[str, Seed]:
    """What each backend holds. `media_host` is the origin of pictures, such as http://127.0.0.1:8000."""
    return {
        "shop": _shop(media_host),
        "erp": _erp(),
        "crm": _crm(),
        "till_uk": _till("GB"),
        "till_jp": _till("JP"),
        "cards": Seed(currency="GBP", country="GB", now=NOW),  # money is not seeded
    }


def _shop(media_host: str) -> Seed:
    stock_of = assortment(media_host)
    return Seed(
        currency="GBP",
        country="GB",
        currencies=tuple(CURRENCIES.values()),
        rates=RATES,
        products=stock_of.products,
        translations=stock_of.translations,
        categories=stock_of.categories,
        collections=stock_of.collections,
        prices=prices.shop_prices(sold_items()),
        prices_include_tax=True,
        tax_rates=prices.TAX_RATES,
        stock=stock.shop_stock(sold_items(), WAREHOUSES),
        stores=tuple(record(place, place.shop, SEEN) for place in WAREHOUSES),
        customers=people.records("shop"),
        orders=web_orders(),
        now=NOW,
    )


def _erp() -> Seed:
    """Knows one variant less, and one code twice."""
    stock_of = assortment()
    products = tuple(_without(product, planted.UNPRICED_SKU) for product in stock_of.products)
    twin = next(item for item in sold_items() if item.sku == planted.DUPLICATE_SKU)
    ref = NativeRef("seed", "7901")
    impostor = Product(
        ref, Text("Dune notebook (old)", "en"), SEEN, slug="dune-notebook-old", brand="Folio", product_type="Notebook",
        variants=(Variant(NativeRef("seed", "42901"), ref, twin.sku, Text("Medium", "en"), SEEN, taxable=True),),
        category_keys=("paper",),
    )  # fmt: skip
    items = tuple(item for item in sold_items() if item.sku != planted.UNPRICED_SKU)
    return Seed(
        currency="GBP",
        country="GB",
        currencies=tuple(CURRENCIES.values()),
        rates=RATES,
        products=(*products, impostor),
        translations=stock_of.translations,
        categories=stock_of.categories,
        prices=prices.erp_prices(items),
        prices_include_tax=False,
        tax_rates=prices.TAX_RATES,
        stock=stock.erp_stock(items, PLACES),
        stores=tuple(record(place, place.code, SEEN) for place in PLACES),
        customers=(*people.records("erp"), people.guests()),
        program=loyalty.program("erp"),
        accounts=loyalty.accounts("erp"),
        orders=(*erp_twins(), *receipts("erp")),
        now=NOW,
    )


def _crm() -> Seed:
    return Seed(currency="GBP", country="GB", customers=people.records("crm"), now=NOW)


def _till(country: str) -> Seed:
    stock_of = assortment()
    backend = {"GB": "till_uk", "JP": "till_jp"}[country]
    stores = [place for place in STORES if place.country == country]
    wrong_at = next((place.till for place in stores if place.key == planted.TILL_PRICE_STORE), None)
    return Seed(
        currency=CURRENCIES[country],
        country=country,
        currencies=(CURRENCIES[country],),
        products=stock_of.products,
        categories=stock_of.categories,
        prices=prices.till_prices(sold_items(), country, wrong_at),
        prices_include_tax=True,
        tax_rates={country: prices.TAX_RATES[country]},
        stock=stock.till_stock(sold_items(), stores),
        stores=tuple(record(place, place.till, SEEN) for place in stores),
        customers=people.records(backend),
        program=loyalty.program(backend),
        accounts=loyalty.accounts(backend),
        orders=receipts(backend),
        now=NOW,
    )


def _without(product: Product, sku: str) -> Product:
    if all(variant.sku != sku for variant in product.variants):
        return product
    return replace(product, variants=tuple(variant for variant in product.variants if variant.sku != sku))
