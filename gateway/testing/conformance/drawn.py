"""Facts taken from the backend itself, so that an integrator states only what a backend cannot be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from gateway.model.catalog import Product, ProductPage, ProductQuery
from gateway.ports.manifest import Manifest
from gateway.ports.product import LIST_PRODUCTS, CatalogPort
from gateway.testing.conformance.base import a_call, served, view
from gateway.testing.conformance.facts import Adapter, ConformanceFacts
from gateway.testing.conformance.paging import walk

MOST = 100
"""SKUs."""


async def drawn(adapter: Adapter, manifest: Manifest, facts: ConformanceFacts) -> ConformanceFacts:
    """The facts with what was neither stated nor declared impossible, as far as the assortment tells it: SKUs that one
    variant bears, the nastiest first; a slug, a barcode, and a category and a collection that hold some products and
    not all; how many products there are."""
    if LIST_PRODUCTS.name not in manifest.operations:
        return facts
    wanted = {name for name in _DRAWN if not getattr(facts, name) and name not in facts.impossible}
    if not wanted:
        return facts
    spec = manifest.operations[LIST_PRODUCTS.name]

    async def page(after: str | None) -> ProductPage:
        return await served(adapter, CatalogPort).list_products(ProductQuery(MOST, after), view(facts, spec), a_call())

    products = await walk(page, lambda found: found.products, lambda product: product.ref.id)
    return replace(facts, **{name: value for name, value in _drawn(products).items() if name in wanted})


_DRAWN = ("skus", "slug", "barcode", "category", "collection", "product_count")


def _drawn(products: Sequence[Product]) -> Mapping[str, Any]:
    bearers = Counter(variant.sku for product in products for variant in product.variants if variant.sku)
    skus = sorted((sku for sku, count in bearers.items() if count == 1), key=nastiness, reverse=True)
    codes = Counter(code for product in products for variant in product.variants for code in variant.gtins)
    return {
        "skus": tuple(skus[:MOST]),
        "slug": max((product.slug for product in products if product.slug), key=nastiness, default=None),
        "barcode": next((code for code, count in codes.items() if count == 1), None),
        "category": _partial([product.category_keys for product in products]),
        "collection": _partial([product.collection_keys for product in products]),
        "product_count": len(products),
    }


def nastiness(text: str) -> tuple[bool, int, int]:
    """What adapters get wrong first: other scripts, then what is written specially in paths, queries and quotes."""
    return not text.isascii(), sum(not letter.isalnum() for letter in text), len(text)


def _partial(keys: Sequence[tuple[str, ...]]) -> str | None:
    """A key that most of the products have, and not all."""
    counts = Counter(key for each in keys for key in each)
    return next((key for key, count in counts.most_common() if count < len(keys)), None)
