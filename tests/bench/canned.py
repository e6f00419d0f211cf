"""The canned retailer of the benchmark: what the upstreams answer, whoever asks, the same for every contender."""

from __future__ import annotations

from typing import Any

import orjson

PRODUCTS, VARIANTS = 24, 3
WIDE_PRODUCTS, WIDE_VARIANTS = 100, 9
STORES = ("one", "two", "three", "four", "five")


def sku(product: int, variant: int) -> str:
    return f"SKU-{product:03}-{variant}"


def product(number: int, variants: int) -> dict[str, Any]:
    return {
        "id": str(1000 + number),
        "slug": f"mug-{number}",
        "title": f"Stoneware mug {number}",
        "brand": "Northwind",
        "type": "Mug",
        "updated": "2026-07-01T12:00:00Z",
        "variants": [
            {"id": f"{1000 + number}{place}", "sku": sku(number, place), "title": f"Size {place}", "size": str(place)}
            for place in range(variants)
        ],
    }


def prices(products: int, variants: int) -> dict[str, Any]:
    return {
        sku(number, place): {"amount": f"{10 + number}.{place}5", "currency": "GBP"}
        for number in range(products)
        for place in range(variants)
    }


def stock(products: int, variants: int, places: tuple[str, ...]) -> dict[str, Any]:
    return {
        sku(number, place): dict.fromkeys(places, 5 + place) for number in range(products) for place in range(variants)
    }


def files() -> dict[str, bytes]:
    """By path. `/one/...` serves a product page, `/list/...` a listing, `/wide/...` one large page."""
    return {
        path: orjson.dumps(body)
        for path, body in {
            "/one/product": product(0, VARIANTS),
            "/one/prices": prices(1, VARIANTS),
            "/one/stock-a": stock(1, VARIANTS, STORES[:3]),
            "/one/stock-b": stock(1, VARIANTS, STORES[3:]),
            "/list/products": [product(number, VARIANTS) for number in range(PRODUCTS)],
            "/list/prices": prices(PRODUCTS, VARIANTS),
            "/list/stock-a": stock(PRODUCTS, VARIANTS, ("warehouse",)),
            "/wide/products": [product(number, WIDE_VARIANTS) for number in range(WIDE_PRODUCTS)],
        }.items()
    }
