"""Products by any kind of key, wherever they are read from: SKUs and barcodes become product ids first, and what comes
back is compared with what was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from adapters.shopify.gids import PRODUCT, is_gid
from adapters.shopify.identifiers import ABSENT_KEPT, Found, Identifiers
from gateway.errors import AdapterError, BadInput
from gateway.kit.identifiers import KeptIdentifiers
from gateway.kit.keyed import by_kind
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.context import CallContext
from gateway.model.identity import same_slug, slug_key
from gateway.ports.manifest import AdapterEnvironment

Read = Callable[[Sequence[str], Sequence[str]], Awaitable[Mapping[str, Product]]]
"""Published products by handle and by id; each source of products has its own way."""


class ProductKeys:
    def __init__(self, env: AdapterEnvironment, identifiers: Identifiers) -> None:
        self._rule = env.key_rule
        self._identifiers = identifiers
        self._hidden = KeptIdentifiers(
            env.identifiers, "hidden-sku", str, seconds=ABSENT_KEPT, briefly=ABSENT_KEPT, source=env.name
        )
        """SKUs whose product is not published, with that product's id: not looked up again at every call."""

    async def products(
        self, keys: Sequence[ProductKey], read: Read, call: CallContext
    ) -> dict[ProductKey, Product | AdapterError]:
        found: dict[ProductKey, Product | AdapterError] = {}
        asked = by_kind(keys)
        by_sku, by_code = await self._identifiers.by_key(asked[ProductKeyKind.SKU], asked[ProductKeyKind.BARCODE], call)
        wanted: dict[ProductKey, str] = {}
        for key in keys:
            if key.kind is ProductKeyKind.SLUG:
                wanted[key] = slug_key(key.value)  # the vendor writes every handle in lower case
            elif key.kind is ProductKeyKind.NATIVE:
                wanted[key] = key.value
            elif match := (by_sku if key.kind is ProductKeyKind.SKU else by_code).get(key.value):
                if isinstance(match, Found):
                    wanted[key] = match.product
                else:
                    found[key] = match
        handles = {value for key, value in wanted.items() if key.kind is ProductKeyKind.SLUG and value}
        ids = {v for key, v in wanted.items() if key.kind is not ProductKeyKind.SLUG and is_gid(PRODUCT, v)}
        shown = await read(sorted(handles), sorted(ids))
        moved: dict[str, str] = {}
        for key, value in wanted.items():
            product = shown.get(value)
            if product is not None and self._meets(key, product):
                found[key] = product
            elif key.kind is ProductKeyKind.SKU:
                moved[key.value] = value
        if moved:
            found.update(await self._again(moved, shown, read, call))
        return found

    def _meets(self, key: ProductKey, product: Product) -> bool:
        if key.kind is ProductKeyKind.SKU:
            return any(self._rule.same(key.value, variant.sku) for variant in product.variants)
        return key.kind is not ProductKeyKind.SLUG or same_slug(key.value, product.slug)

    async def _again(
        self, moved: Mapping[str, str], shown: Mapping[str, Product], read: Read, call: CallContext
    ) -> dict[ProductKey, Product | AdapterError]:
        """SKUs that are not where they were: moved to another product since (look up once more), or hidden."""
        hidden, _ = await self._hidden.known(moved)
        skus = [sku for sku, product in moved.items() if hidden.get(sku) != product]
        if not skus:
            return {}
        matches = await self._identifiers.by_sku(skus, call, again=True)
        ids = {match.product for match in matches.values() if isinstance(match, Found)} - set(moved.values())
        more: Mapping[str, Product] = await read([], sorted(ids)) if ids else {}
        found: dict[ProductKey, Product | AdapterError] = {}
        now_hidden: dict[str, str] = {}
        for sku, match in matches.items():
            key = ProductKey(ProductKeyKind.SKU, sku)
            if not isinstance(match, Found):
                found[key] = match
            elif product := more.get(match.product) or shown.get(match.product):
                found[key] = product
            else:
                now_hidden[sku] = match.product
        await self._hidden.keep(now_hidden)
        return found


def listed_handle(query: ProductQuery) -> str | None:
    """The collection that a listing is of, as the vendor writes its handle; None for the whole assortment, empty where
    blanks alone name nothing."""
    if query.category and query.collection:
        raise BadInput("Ask for a category or for a collection, not for both.")
    named = query.category if query.category is not None else query.collection
    return None if named is None else slug_key(named)
