"""IdentityPort: SKU to native variant, and the audit of all SKUs by walking every variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.shopify.client import Client, Document
from adapters.shopify.identifiers import Found, Identifiers
from adapters.shopify.shapes import Node, Status
from gateway.errors import AdapterError
from gateway.kit.graphql import RelayNodes
from gateway.kit.identifiers import audited
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


class _Variant(Node, frozen=True, kw_only=True):
    product: Status
    sku: str | None = None


class _Answer(Node, frozen=True, kw_only=True):
    product_variants: RelayNodes[_Variant]


class Identity:
    def __init__(self, env: AdapterEnvironment, client: Client, identifiers: Identifiers) -> None:
        self._name = env.name
        self._rule = env.key_rule
        self._client = client
        self._identifiers = identifiers

    def forget(self, tags: Sequence[str]) -> None:
        self._identifiers.forget(tags)

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        matches = await self._identifiers.by_sku(keys, call)
        return {
            sku: NativeRef(self._name, match.variant) if isinstance(match, Found) else match
            for sku, match in matches.items()
        }

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Variants of active products: a retired product may keep the SKU of its successor."""
        variants = await self._client.every(
            ALL_VARIANTS, {}, _Answer, lambda answer: answer.product_variants, call, points=POINTS, first=PAGE
        )
        return audited([variant.sku for variant in variants if variant.product.status == "ACTIVE"], self._rule)
