"""IdentityPort: which variant bears a SKU, and what `gateway check` should know of the SKUs there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.odoo.client import OdooClient
from adapters.odoo.values import CodeRow
from adapters.odoo.variants import SKUS_A_REQUEST, Variants
from gateway.errors import AdapterError
from gateway.kit.concurrency import in_chunks
from gateway.kit.identifiers import audited
from gateway.kit.keyed import answered
from gateway.kit.pages import keyset_pages
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit

ROWS_A_PAGE = 5_000


class Identities:
    def __init__(self, name: str, client: OdooClient, variants: Variants) -> None:
        self._name = name
        self._client = client
        self._variants = variants

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        async def some(skus: Sequence[str]) -> Mapping[str, NativeRef | AdapterError]:
            codes = await self._variants.codes(skus, call)
            domain = [[self._variants.sku_field, "in", codes]]
            rows = await self._client.search(CodeRow, "product.product", domain, call) if codes else ()
            found = self._variants.found(rows)
            return answered(skus, found.one, lambda key, row: NativeRef(self._name, str(row.id)))

        return await in_chunks(keys, SKUS_A_REQUEST, some)

    async def audit(self, call: CallContext) -> IdentityAudit:
        return audited(await every_sku(self._client, self._variants, call), self._variants.rule)


async def every_sku(client: OdooClient, variants: Variants, call: CallContext) -> list[str | None]:
    """Of each variant, walked by id, 5,000 a page."""

    async def page(last: int | None) -> tuple[CodeRow, ...]:
        after = [["id", ">", last or 0]]
        return await client.search(CodeRow, "product.product", after, call, order="id", limit=ROWS_A_PAGE)

    rows = await keyset_pages(page, lambda row: row.id, size=ROWS_A_PAGE, what="product.product")
    return [variants.sku_of(row) for row in rows]
