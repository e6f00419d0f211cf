"""IdentityPort: which variant bears a SKU, and what `gateway check` should know of the SKUs there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from adapters.odoo.variants import SKUS_A_REQUEST, CodeRow, OdooBackend, chunks
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit

ROWS_A_PAGE = 5_000
AUDIT = "product.audit"


class OdooIdentity(OdooBackend):
    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        rows: list[CodeRow] = []
        for chunk in chunks(await self.codes(keys, call), SKUS_A_REQUEST):
            domain = [[self.sku_field, "in", list(chunk)]]
            rows += await self.client.search(CodeRow, "product.product", domain, call, operation="product.resolve")
        return self.by_sku(keys, [(self.code_of(row), self.ref(row.id)) for row in rows])

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Walks every variant by id, 5,000 a page."""
        rows = await self.all_codes(call)
        borne = Counter(self.env.key_rule.written(code) for row in rows if (code := self.code_of(row)))
        return IdentityAudit(
            records=len(rows),
            missing=len(rows) - borne.total(),
            duplicates=tuple(sorted(code for code, times in borne.items() if times > 1)),
        )

    async def all_codes(self, call: CallContext) -> list[CodeRow]:
        rows: list[CodeRow] = []
        last = 0
        while True:
            page = await self.client.search(
                CodeRow,
                "product.product",
                [["id", ">", last]],
                call,
                operation=AUDIT,
                order="id",
                limit=ROWS_A_PAGE,
            )
            rows += page
            if len(page) < ROWS_A_PAGE:
                return rows
            last = page[-1].id
