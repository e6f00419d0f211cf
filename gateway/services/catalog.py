"""The assortment: products and pages of them, from their system of record. Its categories and collections:
`classification`; search: `searching`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError, AmbiguousKey, BadInput, InvalidCursor
from gateway.model.catalog import (
    Product,
    ProductKey,
    ProductKeyKind,
    ProductQuery,
    ProductStatus,
    Variant,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, canonical_key, is_plain
from gateway.model.paging import PageInfo, ProductEdge, ProductList, SearchResult
from gateway.ports.domain import DataDomain
from gateway.ports.product import GET_PRODUCTS, LIST_PRODUCTS, PRODUCT
from gateway.ports.search import SEARCHING
from gateway.services.cursors import Cursors, PlainPosition
from gateway.services.scope import Scope
from gateway.services.systems import NAMED, Answered, SystemsOfRecord, fallback_freshness


class Catalog:
    def __init__(self, systems: SystemsOfRecord, cursors: Cursors) -> None:
        self._systems = systems
        self._cursors = cursors

    async def products(self, keys: Sequence[ProductKey], scope: Scope) -> list[Product | AdapterError | None]:
        """By slug, SKU or GTIN, in the order of `keys`; unpublished ones only for staff."""
        asked = [key for key in dict.fromkeys(keys) if is_plain(key.value)]
        found = await self._systems.keyed(GET_PRODUCTS, asked, scope.commerce, scope.call, as_stand_in)
        return [_published(found.get(key), scope) for key in keys]

    async def by_id(self, ref: NativeRef, scope: Scope) -> Product | AdapterError | None:
        """By a reference that a client named: None where browsing would show nothing of that backend here."""
        if not self.shows(ref.backend, scope):
            return None
        (product,) = await self.by_ref([ref], scope)
        return product

    def shows(self, backend: str, scope: Scope) -> bool:
        """Whether this market can see products of the backend: its owner's, its stand-ins', and what is searched."""
        ownership = self._systems.ownership
        country = scope.commerce.country
        return any(
            backend in ownership.answering(domain, country)
            for domain in (PRODUCT, SEARCHING)
            if ownership.serves(domain)
        ) and ownership.offers(backend, GET_PRODUCTS.name)

    async def by_ref(self, refs: Sequence[NativeRef], scope: Scope) -> list[Product | AdapterError | None]:
        """By the reference of a record that was served: asked only of the backend that gave it."""
        answers: dict[NativeRef, Product | AdapterError | None] = {}
        for backend in dict.fromkeys(ref.backend for ref in refs):
            keys = {ref: ProductKey(ProductKeyKind.NATIVE, ref.id) for ref in refs if ref.backend == backend}
            found = await self._systems.caller.keyed(
                backend, GET_PRODUCTS, list(dict.fromkeys(keys.values())), scope.commerce, scope.call
            )
            stands_in = backend in self._systems.ownership.serving(PRODUCT, scope.commerce.country)[1:]
            for ref, key in keys.items():
                product = _published(found.get(key), scope)
                if stands_in and isinstance(product, Product):
                    product = as_stand_in(product, NAMED)
                answers[ref] = product
        return [answers.get(ref) for ref in refs]

    async def variant(self, sku: str, scope: Scope) -> Variant | AdapterError | None:
        (product,) = await self.products([ProductKey(ProductKeyKind.SKU, sku)], scope)
        if product is None or isinstance(product, AdapterError):
            return product
        wanted = canonical_key(sku)
        return next((v for v in product.variants if v.sku is not None and canonical_key(v.sku) == wanted), None)

    async def scanned(self, gtin: str, scope: Scope) -> Variant | AdapterError | None:
        """The one that bears a barcode of 14 digits, of the product that does. Two of one product: AmbiguousKey."""
        (product,) = await self.products([ProductKey(ProductKeyKind.BARCODE, gtin)], scope)
        if product is None or isinstance(product, AdapterError):
            return product
        bearers = [variant for variant in product.variants if gtin in variant.gtins]
        if len(bearers) > 1:
            return AmbiguousKey(source=product.ref.backend, domain=PRODUCT.name)
        return bearers[0] if bearers else None

    async def page(
        self,
        first: int,
        after: str | None,
        category: NativeRef | None,
        collection: NativeRef | None,
        scope: Scope,
    ) -> ProductList:
        """A page of the assortment, or of a category or collection, which only their own backend can list. Raises
        InvalidCursor, BadInput, AdapterError."""
        narrowed = [ref for ref in (category, collection) if ref is not None]
        if len({ref.backend for ref in narrowed}) > 1:
            raise BadInput("A category and a collection of two systems have nothing in common.")
        bound_to = repr(("products", category, collection, scope.commerce.channel, scope.commerce.language))
        only, position = self.position(after, bound_to, PRODUCT, scope)
        for ref in narrowed:
            if not self.lists(ref.backend, scope) or not is_plain(ref.id):
                return self.nothing(scope)
            only = ref.backend
        query = ProductQuery(
            first,
            position,
            None if category is None else category.id,
            None if collection is None else collection.id,
        )
        page, answered = await self._systems.paged(LIST_PRODUCTS, query, scope.commerce, scope.call, only=only)
        products = marked(page.products, answered)
        freshness = seen(products, answered, scope)
        return ProductList(products, page.positions, bound_to, page.has_next, freshness, page.total)

    def lists(self, backend: str, scope: Scope) -> bool:
        """Whether a page of this backend's products can be had in this market."""
        return backend in self._systems.ownership.answering(PRODUCT, scope.commerce.country)

    def position(
        self, after: str | None, bound_to: str, domain: DataDomain, scope: Scope
    ) -> tuple[str | None, str | None]:
        """The backend that gave a cursor, which alone can go on from it, and where. Raises InvalidCursor."""
        if after is None:
            return None, None
        place = self._cursors.open(after, PlainPosition, bound_to=bound_to)
        backend = self._systems.ownership.backend_of_alias(place.backend)
        if backend is None or backend not in self._systems.ownership.answering(domain, scope.commerce.country):
            raise InvalidCursor("This is not a cursor of this list any more.")
        return backend, place.position

    def nothing(self, scope: Scope) -> ProductList:
        """The page of a category or a collection that this market does not have."""
        owner = next(iter(self._systems.ownership.serving(PRODUCT, scope.commerce.country)), "")
        return ProductList((), (), "", False, Freshness(owner, scope.now))

    def edges(self, page: ProductList | SearchResult) -> list[ProductEdge]:
        """Each product of a page with its cursor."""
        return [
            ProductEdge(product, self._cursor(page, position))
            for product, position in zip(page.products, page.positions, strict=True)
        ]

    def page_info(self, page: ProductList | SearchResult) -> PageInfo:
        return PageInfo(page.has_next, self._cursor(page, page.positions[-1]) if page.positions else None)

    def _cursor(self, page: ProductList | SearchResult, position: str) -> str:
        alias = self._systems.ownership.alias(page.freshness.source)
        return self._cursors.seal(PlainPosition(alias, position), bound_to=page.bound_to)


def as_stand_in(product: Product, reason: str) -> Product:
    """The product and its variants, marked as a stand-in's."""
    variants = tuple([replace(each, freshness=fallback_freshness(each.freshness, reason)) for each in product.variants])
    return replace(product, freshness=fallback_freshness(product.freshness, reason), variants=variants)


def marked(products: tuple[Product, ...], answered: Answered) -> tuple[Product, ...]:
    if answered.reason is None:
        return products
    return tuple([as_stand_in(product, answered.reason) for product in products])


def seen(products: tuple[Product, ...], answered: Answered, scope: Scope) -> Freshness:
    """Of a whole page: as its products say; an empty one was seen now."""
    return products[0].freshness if products else answered.freshness(Freshness(answered.backend, scope.now))


def _published(product: Product | AdapterError | None, scope: Scope) -> Product | AdapterError | None:
    if not isinstance(product, Product):
        return product
    return product if product.status is ProductStatus.ACTIVE or "staff" in scope.principal.roles else None
