"""Search of the reference adapter: every word must occur; facets count what adding a value would leave."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from gateway.errors import UnsupportedFilter
from gateway.model.catalog import Product
from gateway.model.context import CallContext, ContextView
from gateway.model.pricing import Price, PriceKey
from gateway.model.search import (
    Facet,
    FacetValue,
    SearchCapabilities,
    SearchFilter,
    SearchPage,
    SearchQuery,
    SearchSort,
)
from gateway.ports.search import SEARCH
from gateway.testing.reference.catalog import position
from gateway.testing.reference.pricing import Pricing

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Search(Pricing):
    """SearchPort. Facets: `brand`, `product_type`, `category` (with everything below it) and one `option:<name>` for
    each option of the assortment."""

    @property
    def search_capabilities(self) -> SearchCapabilities:
        options = sorted({f"option:{option.name}" for product in self._active for option in product.options})
        return SearchCapabilities(("brand", "product_type", "category", *options), tuple(SearchSort))

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        capabilities = self.search_capabilities
        for wanted in query.filters:
            if wanted.facet not in capabilities.facets:
                raise UnsupportedFilter(f"no facet `{wanted.facet}`")
        await self._request(SEARCH.name, (query,))
        words = _plain(query.text).split()
        worded = [
            (product, shown)
            for product in self._active
            for shown in (self._shown(product, context.language),)
            if all(word in _haystack(product, shown) for word in words)
        ]
        hits = [shown for _, shown in worded if all(self._passes(shown, wanted) for wanted in query.filters)]
        ordered = self._sorted(hits, query, context)
        start = position(query.after)
        page = ordered[start : start + query.first]
        return SearchPage(
            products=tuple(page),
            positions=tuple(str(start + index + 1) for index in range(len(page))),
            has_next=start + len(page) < len(ordered),
            facets=tuple(
                self._facet(name, [shown for _, shown in worded], query.filters) for name in capabilities.facets
            ),
            total=len(ordered),
        )

    def _passes(self, product: Product, wanted: SearchFilter) -> bool:
        return not self._facet_values(product, wanted.facet).keys().isdisjoint(wanted.values)

    def _facet(self, name: str, products: Iterable[Product], filters: tuple[SearchFilter, ...]) -> Facet:
        """Other facets narrow the counts, the facet's own choice does not."""
        others = [wanted for wanted in filters if wanted.facet != name]
        counts: Counter[str] = Counter()
        labels: dict[str, str] = {}
        for product in products:
            if all(self._passes(product, wanted) for wanted in others):
                values = self._facet_values(product, name)
                counts.update(values.keys())
                labels.update(values)
        ranked = sorted(counts.items(), key=lambda entry: (-entry[1], labels[entry[0]]))
        label = name.removeprefix("option:").replace("_", " ").capitalize()
        return Facet(name, label, tuple(FacetValue(value, labels[value], count) for value, count in ranked))

    def _facet_values(self, product: Product, facet: str) -> Mapping[str, str]:
        """Value to label."""
        if facet == "brand":
            return {product.brand: product.brand} if product.brand else {}
        if facet == "product_type":
            return {product.product_type: product.product_type} if product.product_type else {}
        if facet == "category":
            return self._category_path(product)
        name = facet.removeprefix("option:")
        return {value: value for option in product.options if option.name == name for value in option.values}

    def _category_path(self, product: Product) -> Mapping[str, str]:
        by_key = {category.key: category for category in self.seed.categories}
        path: dict[str, str] = {}
        for start in product.category_keys:
            key: str | None = start
            while key is not None and key not in path:
                category = by_key.get(key)
                path[key] = category.name.value if category else key
                key = category.parent if category else None
        return path

    def _sorted(self, hits: list[Product], query: SearchQuery, context: ContextView) -> list[Product]:
        if query.sort is SearchSort.TITLE:
            return sorted(hits, key=lambda product: (_plain(product.title.value), product.ref.id))
        if query.sort is SearchSort.NEWEST:
            return sorted(hits, key=lambda product: product.updated_at or _LONG_AGO, reverse=True)
        if query.sort is SearchSort.RELEVANCE:
            first = _plain(query.text).split()[:1]
            return sorted(hits, key=lambda product: not _plain(product.title.value).startswith(tuple(first)))
        priced = [(self._lowest(product, context), product) for product in hits]
        sold = sorted(
            ((amount, product) for amount, product in priced if amount is not None),
            key=lambda entry: entry[0],
            reverse=query.sort is SearchSort.PRICE_DESC,
        )
        return [product for _, product in sold] + [product for amount, product in priced if amount is None]

    def _lowest(self, product: Product, context: ContextView) -> Decimal | None:
        prices = (self.price_of(PriceKey(self._seeded(variant.key)), context, group="") for variant in product.variants)
        return min((price.current.stated.amount for price in prices if isinstance(price, Price)), default=None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _haystack(product: Product, shown: Product) -> str:
    """Titles in both languages, so that a brand's own spelling is found everywhere."""
    parts = [product.title.value, shown.title.value, product.brand or "", product.product_type or "", *product.tags]
    parts += [description.value for description in (shown.description,) if description is not None]
    parts += [variant.sku or "" for variant in product.variants]
    return _plain(" ".join(parts))
