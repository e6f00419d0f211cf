"""`IdentityPort`: SKUs to variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.vendure.shop import Shop
from adapters.vendure.variants import VARIANTS_BYTES, Variants, VariantsData, WireSku, on_sale, variants_query
from gateway.errors import AdapterError
from gateway.kit.identifiers import audited
from gateway.kit.keyed import answered
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit

SKUS = variants_query()


class Identity:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        wanted = self._variants.named(keys)
        if wanted is None:
            return {}
        bearers = self._variants.by_key(await self._variants.read(SKUS, VariantsData[WireSku], wanted, call))
        reading = self._shop.reading()
        return answered(keys, lambda key: bearers.one(key, prefer=on_sale), lambda _, found: reading.ref(found.id))

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Every variant, a thousand at a time."""
        every = await self._shop.every(
            SKUS,
            VariantsData[WireSku],
            lambda data: data.product_variants,
            lambda row: row.id,
            "id",
            call,
            max_response_bytes=VARIANTS_BYTES,
        )
        return audited([item.sku for item in every], self._shop.env.key_rule)
