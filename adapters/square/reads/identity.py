"""IdentityPort: which variation a SKU is, and how clean the keys are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.client import SquareClient
from adapters.square.identifiers import Identifiers
from adapters.square.wire.catalog import CatalogAnswer
from gateway.errors import AdapterError
from gateway.kit.identifiers import audited
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit
from gateway.ports.manifest import AdapterEnvironment

OPERATION = "identity.resolve"


class Identity:
    def __init__(self, env: AdapterEnvironment, client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        found = await self._identifiers.by_sku(keys, OPERATION, call)
        return {
            sku: entry if isinstance(entry, AdapterError) else NativeRef(self._env.name, entry.id)
            for sku, entry in found.items()
        }

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Reads the whole catalogue's variations, 1,000 a request."""
        keys: list[str | None] = []
        body = {"object_types": ["ITEM_VARIATION"], "limit": 1000}
        async for page in self._client.pages("/v2/catalog/search", body, CatalogAnswer, "identity.audit", call):
            keys.extend(self._identifiers.key_of(each.item_variation_data) for each in page.objects or ())
        return audited(keys, self._env.key_rule)
