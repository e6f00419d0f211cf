"""The root of the Storefront API: published products in the buyer's country and language. A country the shop does not
sell to, and a language it is not translated into, fall back to the shop's own without a word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shopify.sandbox.catalog_view import CatalogView
from adapters.shopify.sandbox.connections import connection
from adapters.shopify.sandbox.search_syntax import words
from adapters.shopify.sandbox.world import ShopProduct, World
from gateway.model.identity import VariantKey


def tag(code: str) -> str:
    language, _, region = code.partition("_")
    return f"{language.lower()}-{region}" if region else language.lower()


class StorefrontRoot:
    def __init__(self, world: World, country: str | None, language: str | None) -> None:
        markets = world.markets
        self._world = world
        self._markets = markets
        self._country = country if country and country in markets else world.seed.country
        wanted = tag(language or "")
        served = next((each for each in (wanted, wanted.split("-")[0]) if each in world.languages), None)
        self._language = served or world.seed.default_language
        self._view = CatalogView(world, self._language, admin=False)
        self._in_stock: set[VariantKey] | None = None

    def localization(self, info: Any) -> dict[str, Any]:
        return {
            "country": self._shown(self._country),
            "language": {"isoCode": self._language.replace("-", "_").upper()},
            "availableCountries": [self._shown(country) for country in sorted(self._markets)],
        }

    def _shown(self, country: str) -> dict[str, Any]:
        return {"isoCode": country, "currency": {"isoCode": self._markets[country]}}

    def menu(self, info: Any, handle: str) -> Any:
        return self._view.menu(handle)

    def product(self, info: Any, handle: str | None = None) -> Any:
        found = self._world.handles.get(handle or "")
        return self._view.product(found) if found and found.visible else None

    def node(self, info: Any, id: str) -> Any:  # noqa: A002  the vendor's name
        return self._view.node(id)

    def nodes(self, info: Any, ids: list[str]) -> list[Any]:
        return [self._view.node(native) for native in ids]

    def products(self, info: Any, first: Any = None, after: Any = None, query: Any = None, sortKey: Any = None) -> Any:
        return self._view.products(self._view.listed(), first, after)

    def collection(self, info: Any, handle: str | None = None) -> Any:
        found = self._world.collections.get(handle or "")
        return self._view.collection(found) if found else None

    def collections(self, info: Any, first: Any = None, after: Any = None, sortKey: Any = None) -> Any:
        return self._view.collections(first, after)

    # --- search -------------------------------------------------------------------------------------------------

    def search(
        self,
        info: Any,
        query: str,
        first: Any = None,
        after: Any = None,
        types: Any = None,
        productFilters: Any = None,
        sortKey: str | None = None,
        reverse: bool | None = None,
    ) -> dict[str, Any]:
        wanted = words(query)
        matching = [(rank, p) for p in self._view.listed() if (rank := self._rank(p, wanted)) or not wanted]
        narrowed = [(rank, p) for rank, p in matching if self._passes(p, productFilters or [])]

        def key(hit: tuple[int, ShopProduct]) -> tuple[Any, ...]:
            rank, product = hit
            place = int(product.id.rpartition("/")[2])
            return (float(self._price(product)), place) if sortKey == "PRICE" else (-rank, place)

        page = connection(
            narrowed,
            lambda hit: self._view.product(hit[1]),
            order=f"search-{sortKey}",
            key=key,
            first=first,
            after=after,
            reverse=bool(reverse) and sortKey == "PRICE",
        )
        return {**page, "totalCount": len(narrowed), "productFilters": self._filters([p for _, p in narrowed])}

    def _rank(self, product: ShopProduct, wanted: tuple[str, ...]) -> int:
        record, translation = product.record, self._world.translation(product, self._language)
        title = words(translation.title if translation else record.title.value)
        description = (translation.description if translation else "") or (
            record.description.value if record.description else ""
        )
        rest = {*words(description), *words(record.title.value), *words(record.brand), *words(record.product_type)}
        rest.update(word for text in record.tags for word in words(text))
        rest.update(word for variant in product.variants for word in words(variant.sku))
        return sum(3 if word in title else 1 if word in rest else 0 for word in wanted)

    def _price(self, product: ShopProduct) -> Decimal:
        prices = [
            found[0].price.amount
            for variant in product.variants
            if (found := self._world.price_for(variant.key, self._country, None))
        ]
        return min(prices, default=Decimal(0))

    def _available(self, product: ShopProduct) -> bool:
        if self._in_stock is None:
            self._in_stock = {key for (key, _), level in self._world.stock.items() if level.available > 0}
        return any(variant.key in self._in_stock for variant in product.variants)

    def _passes(self, product: ShopProduct, filters: list[Mapping[str, Any]]) -> bool:
        """Values of one kind of filter are alternatives; different kinds must all hold."""
        kinds: dict[str, bool] = {}
        for each in filters:
            for kind, value in each.items():
                name = f"{kind}.{value['name'].lower()}" if kind == "variantOption" else kind
                kinds[name] = kinds.get(name, False) or self._holds(product, kind, value)
        return all(kinds.values())

    def _holds(self, product: ShopProduct, kind: str, value: Any) -> bool:
        record = product.record
        if kind == "productVendor":
            return (record.brand or "").lower() == value.lower()
        if kind == "productType":
            return (record.product_type or "").lower() == value.lower()
        if kind == "tag":
            return value.lower() in [tagged.lower() for tagged in record.tags]
        if kind == "available":
            return self._available(product) is value
        if kind == "price":
            price = float(self._price(product))
            return (value.get("min") or 0) <= price <= (value["max"] if value.get("max") is not None else price)
        wanted = (value["name"].lower(), value["value"].lower())
        return any((o.name.lower(), o.value.lower()) == wanted for v in product.variants for o in v.record.options)

    def _filters(self, products: list[ShopProduct]) -> list[dict[str, Any]]:
        counted: dict[tuple[str, str], dict[str, tuple[int, Any]]] = {}

        def count(identity: str, label: str, value: str, query: Any) -> None:
            values = counted.setdefault((identity, label), {})
            values[value] = (values.get(value, (0, None))[0] + 1, query)

        for product in products:
            available = self._available(product)
            count("filter.v.availability", "Availability", "In stock" if available else "Out of stock",
                  {"available": available})  # fmt: skip
            if brand := product.record.brand:
                count("filter.p.vendor", "Brand", brand, {"productVendor": brand})
            if kind := product.record.product_type:
                count("filter.p.product_type", "Product type", kind, {"productType": kind})
            for tagged in product.record.tags:
                count("filter.p.tag", "Tag", tagged, {"tag": tagged})
            for name, value in sorted({(o.name, o.value) for v in product.variants for o in v.record.options}):
                query = {"variantOption": {"name": name.lower(), "value": value}}
                count(f"filter.v.option.{name.lower()}", name, value, query)
        found = [
            {
                "id": identity,
                "label": label,
                "type": "LIST",
                "values": [
                    {"id": f"{identity}.{words(value)}", "label": value, "count": n, "input": json.dumps(query)}
                    for value, (n, query) in sorted(values.items())
                ],
            }
            for (identity, label), values in counted.items()
        ]
        if products:
            highest = max(self._price(product) for product in products)
            span = json.dumps({"price": {"min": 0, "max": float(highest)}})
            values = [{"id": "filter.v.price", "label": "Price", "count": len(products), "input": span}]
            found.append({"id": "filter.v.price", "label": "Price", "type": "PRICE_RANGE", "values": values})
        return found
