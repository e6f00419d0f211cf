"""IdentityPort: SKU to native variant, and the audit of all SKUs by walking every variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from adapters.shopify.client import Client, Document
from adapters.shopify.identifiers import Found, Identifiers
from adapters.shopify.product.rows import Node, Page
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit
from gateway.ports.manifest import AdapterEnvironment

PAGE = 250
POINTS = 2

ALL_VARIANTS = Document(
    "admin",
    "AllVariants",
    "query AllVariants($first:Int! $after:String){productVariants(first:$first after:$after sortKey:ID)"
    "{pageInfo{hasNextPage endCursor} nodes{sku product{status}}}}",
)


class _Parent(Node, frozen=True, kw_only=True):
    status: str


class _Variant(Node, frozen=True, kw_only=True):
    product: _Parent
    sku: str | None = None


class _Answer(Node, frozen=True, kw_only=True):
    product_variants: Page[_Variant]


class Identity:
    def __init__(self, env: AdapterEnvironment, client: Client, identifiers: Identifiers) -> None:
        self._name = env.name
        self._rule = env.key_rule
        self._client = client
        self._identifiers = identifiers

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        matches = await self._identifiers.by_sku(keys, call, operation="identity.resolve")
        return {
            sku: NativeRef(self._name, match.variant) if isinstance(match, Found) else match
            for sku, match in matches.items()
        }

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Variants of active products: a retired product may keep the SKU of its successor."""
        counted: Counter[str] = Counter()
        missing = 0
        after: str | None = None
        while True:
            first = self._client.costs.pieces(ALL_VARIANTS.name, POINTS, PAGE)
            answer = await self._client.ask(
                ALL_VARIANTS,
                {"first": first, "after": after},
                _Answer,
                operation="identity.audit",
                call=call,
                points=float(POINTS * first),
            )
            for variant in answer.product_variants.nodes:
                if variant.product.status != "ACTIVE":
                    continue
                if variant.sku and variant.sku.strip():
                    counted[self._rule.written(variant.sku)] += 1
                else:
                    missing += 1
            after = answer.product_variants.page_info.end_cursor
            if not answer.product_variants.page_info.has_next_page or after is None:
                break
        duplicates = tuple(sorted(sku for sku, times in counted.items() if times > 1))
        return IdentityAudit(counted.total() + missing, missing, duplicates)
