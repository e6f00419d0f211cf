"""The reference adapter with one fault each: in the catalogue, in listings, in search and in orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError, RequestRefused
from gateway.model.catalog import Category, Product, ProductKey, ProductKeyKind, ProductPage, ProductQuery
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import LoyaltyEntryPage, LoyaltyEntryQuery
from gateway.model.orders import OrdersPage, OrdersQuery
from gateway.model.search import SearchPage, SearchQuery, SearchSort
from gateway.model.text import Text
from gateway.testing.conformance.example import HIDDEN
from gateway.testing.reference import ReferenceAdapter
from tests.contract.conformance.planted import sides


class UnknownRaises(ReferenceAdapter):
    """A look-up that expects what it asks for to be there, for one kind of key."""

    kind: ProductKeyKind = ProductKeyKind.SLUG

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        found = await super().get_products(keys, context, call)
        missing = [key for key in keys if key.kind is self.kind and key not in found and key.value.isascii()]
        if missing and all(len(key.value) > 8 for key in missing):
            raise RequestRefused
        return found


class UnknownIdRaises(UnknownRaises):
    kind = ProductKeyKind.NATIVE


class UnknownBarcodeRaises(UnknownRaises):
    kind = ProductKeyKind.BARCODE


class OneKindACall(ReferenceAdapter):
    """Keys of the first one's kind are asked, the others forgotten."""

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        same = [key for key in keys if key.kind is keys[0].kind]
        return await super().get_products(same, context, call)


class Shown(ReferenceAdapter):
    """Drafts pass for products."""

    by_sku = by_slug = by_id = by_barcode = in_lists = in_search = False

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        found = dict(await super().get_products(keys, context, call))
        shown = {HIDDEN.sku: self.by_sku, HIDDEN.slug: self.by_slug}
        shown |= {HIDDEN.native: self.by_id, HIDDEN.barcode: self.by_barcode}
        return {**found, **{key: self.draft(context) for key in keys if shown.get(key.value)}}

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        page = await super().list_products(query, context, call)
        if not self.in_lists or page.has_next or query.category != "11":
            return page
        return replace(page, products=(*page.products, self.draft(context)), positions=(*page.positions, "999"))

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        page = await super().search(query, context, call)
        if not self.in_search or query.text != HIDDEN.text:
            return page
        return replace(page, products=(self.draft(context),), positions=("1",))

    def draft(self, context: ContextView) -> Product:
        found = next(product for product in self.seed.products if product.ref.id == HIDDEN.native)
        return self._shown(found, context.language)


def shown(way: str) -> type[Shown]:
    return type(f"Shown_{way}", (Shown,), {way: True})


class Mislabelled(ReferenceAdapter):
    """Every text is said to be in the language that was asked for."""

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        found = await super().get_products(keys, context, call)
        return {
            key: replace(product, title=Text(product.title.value, context.language))
            if isinstance(product, Product)
            else product
            for key, product in found.items()
        }


class MislabelledVariants(ReferenceAdapter):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        found = await super().get_products(keys, context, call)
        return {key: self._relabelled(product, context.language) for key, product in found.items()}

    @staticmethod
    def _relabelled(product: Product | AdapterError, language: str) -> Product | AdapterError:
        if isinstance(product, AdapterError):
            return product
        variants = (replace(each, title=Text(each.title.value, language)) for each in product.variants)
        return replace(product, variants=tuple(variants))


class NeverTranslates(ReferenceAdapter):
    def _shown(self, product: Product, language: str) -> Product:
        return super()._shown(product, "en")


class IgnoresTheCategory(ReferenceAdapter):
    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        known = query.category in {category.key for category in self.seed.categories}
        return await super().list_products(replace(query, category=None) if known else query, context, call)


class IgnoresTheCollection(ReferenceAdapter):
    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        known = query.collection in {collection.key for collection in self.seed.collections}
        return await super().list_products(replace(query, collection=None) if known else query, context, call)


class CategoryWithoutItsTree(ReferenceAdapter):
    def _below(self, category: str) -> set[str]:
        return {category}


class NonsenseRefused(ReferenceAdapter):
    """A category that is not there is the vendor's error."""

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        if query.category == "nonsense":
            raise RequestRefused
        return await super().list_products(query, context, call)


class OrphanCategories(ReferenceAdapter):
    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        found = await super().list_categories(query, context, call)
        return tuple(replace(category, parent="999") for category in found)


class IgnoresAfter(ReferenceAdapter):
    """Every page is the first."""

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        return await super().list_products(replace(query, after=None), context, call)


class NoEnd(ReferenceAdapter):
    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        page = await super().list_products(query, context, call)
        return replace(page, has_next=True)


class AnyCursor(ReferenceAdapter):
    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        after = query.after if query.after and query.after.isascii() and query.after.isdigit() else None
        return await super().search(replace(query, after=after), context, call)


class EntriesRepeat(ReferenceAdapter):
    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        page = await super().list_entries(query, context, call)
        return replace(page, positions=tuple(str(int(place) - 1) for place in page.positions))


class AsksTwice(ReferenceAdapter):
    """Every paged operation makes a request more than it says."""

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        await super().list_products(query, context, call)
        return await super().list_products(query, context, call)

    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        await super().list_orders(query, context, call)
        return await super().list_orders(query, context, call)

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        await super().search(query, context, call)
        return await super().search(query, context, call)

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        await super().list_entries(query, context, call)
        return await super().list_entries(query, context, call)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        await super().list_categories(query, context, call)
        return await super().list_categories(query, context, call)


class Searched(ReferenceAdapter):
    """A query changed before it is asked."""

    def change(self, query: SearchQuery) -> SearchQuery:
        raise NotImplementedError

    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        return await super().search(self.change(query), context, call)


class IgnoresFilters(Searched):
    def change(self, query: SearchQuery) -> SearchQuery:
        return replace(query, filters=())


class FirstValueOnly(Searched):
    def change(self, query: SearchQuery) -> SearchQuery:
        return replace(query, filters=tuple(replace(each, values=each.values[:1]) for each in query.filters))


class FirstFilterOnly(Searched):
    def change(self, query: SearchQuery) -> SearchQuery:
        return replace(query, filters=query.filters[:1])


class IgnoresTheOrder(Searched):
    def change(self, query: SearchQuery) -> SearchQuery:
        return replace(query, sort=SearchSort.RELEVANCE)


class NoFacets(ReferenceAdapter):
    async def search(self, query: SearchQuery, context: ContextView, call: CallContext) -> SearchPage:
        return replace(await super().search(query, context, call), facets=())


class SomebodyElsesOrders(ReferenceAdapter):
    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        page = await super().list_orders(query, context, call)
        strangers = tuple(replace(order, customer=self._own(self.seed.customers[1].ref)) for order in page.orders)
        return replace(page, orders=strangers)


class OrdersWithTails(ReferenceAdapter):
    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        page = await super().list_orders(query, context, call)
        long = (replace(order, total=sides(order.total, lambda amount: amount / 3)) for order in page.orders)
        rounded = (replace(order, total=sides(order.total, lambda amount: round(amount, 4))) for order in long)
        return replace(page, orders=tuple(rounded))
