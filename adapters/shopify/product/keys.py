"""Products by any kind of key, wherever they are read from: SKUs and barcodes become product ids first, and what comes
back is compared with what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.shopify.gids import PRODUCT, is_gid
from adapters.shopify.identifiers import ABSENT_KEPT, Found, Identifiers
from gateway.errors import AdapterError
from gateway.model.catalog import Product, ProductKey, ProductKeyKind
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import same_slug, slug_key
from gateway.ports.manifest import AdapterEnvironment

HIDDEN = "hidden-sku"
"""SKUs whose product is not published, with that product's id: not looked up again at every call."""


class KeyedProducts:
    def __init__(self, env: AdapterEnvironment, identifiers: Identifiers) -> None:
        self.name = env.name
        self._rule = env.key_rule
        self._cache = env.identifiers
        self._identifiers = identifiers

    async def read(
        self, handles: Sequence[str], ids: Sequence[str], context: ContextView, call: CallContext, operation: str
    ) -> dict[str, Product]:
        """Published products by handle and by id; each source of products has its own way."""
        raise NotImplementedError

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        operation = "product.get_products"
        found: dict[ProductKey, Product | AdapterError] = {}
        skus = [key.value for key in keys if key.kind is ProductKeyKind.SKU]
        barcodes = [key.value for key in keys if key.kind is ProductKeyKind.BARCODE]
        by_sku, by_code = await self._identifiers.by_key(skus, barcodes, call, operation=operation)
        wanted: dict[ProductKey, str] = {}
        for key in keys:
            if key.kind in (ProductKeyKind.SLUG, ProductKeyKind.NATIVE):
                # The vendor writes every handle in lower case.
                wanted[key] = slug_key(key.value) if key.kind is ProductKeyKind.SLUG else key.value
                continue
            match = (by_sku if key.kind is ProductKeyKind.SKU else by_code).get(key.value)
            if isinstance(match, Found):
                wanted[key] = match.product
            elif match is not None:
                found[key] = match.fresh()
        handles = sorted({v for k, v in wanted.items() if k.kind is ProductKeyKind.SLUG and v})
        ids = sorted({v for k, v in wanted.items() if k.kind is not ProductKeyKind.SLUG and is_gid(PRODUCT, v)})
        shown = await self.read(handles, ids, context, call, operation)
        moved: dict[str, str] = {}
        for key, value in wanted.items():
            product = shown.get(value)
            if product is not None and self._meets(key, product):
                found[key] = product
            elif key.kind is ProductKeyKind.SKU:
                moved[key.value] = value
        if moved:
            found.update(await self._again(moved, shown, context, call, operation))
        return found

    def _meets(self, key: ProductKey, product: Product) -> bool:
        if key.kind is ProductKeyKind.SKU:
            return self._bears(product, key.value)
        return key.kind is not ProductKeyKind.SLUG or same_slug(key.value, product.slug)

    def _bears(self, product: Product, sku: str) -> bool:
        return any(self._rule.same(sku, variant.sku) for variant in product.variants)

    async def _again(
        self,
        moved: Mapping[str, str],
        read: Mapping[str, Product],
        context: ContextView,
        call: CallContext,
        operation: str,
    ) -> dict[ProductKey, Product | AdapterError]:
        """SKUs that are not where they were: moved to another product since (look up once more), or hidden."""
        hidden = await self._cache.get_many(HIDDEN, list(moved))
        skus = [sku for sku, product in moved.items() if hidden.get(sku) != product]
        if not skus:
            return {}
        matches = await self._identifiers.by_sku(skus, call, operation=operation, ask=True)
        ids = {match.product for match in matches.values() if isinstance(match, Found)} - set(moved.values())
        more = await self.read([], sorted(ids), context, call, operation) if ids else {}
        found: dict[ProductKey, Product | AdapterError] = {}
        now_hidden: dict[str, str] = {}
        for sku, match in matches.items():
            key = ProductKey(ProductKeyKind.SKU, sku)
            if not isinstance(match, Found):
                found[key] = match.fresh()
            elif product := more.get(match.product) or read.get(match.product):
                found[key] = product
            else:
                now_hidden[sku] = match.product
        if now_hidden:
            await self._cache.set_many(HIDDEN, now_hidden, ABSENT_KEPT)
        return found
