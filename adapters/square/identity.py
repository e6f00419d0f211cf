"""`IdentityPort`: which variation a SKU is, and how clean the keys are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.catalog import searched
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from gateway.errors import AdapterError
from gateway.kit.identifiers import audited
from gateway.kit.keyed import answered
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.identity import IdentityAudit
from gateway.ports.manifest import AdapterEnvironment


class Identity:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, identifiers: Identifiers) -> None:
        self._env = env
        self._client = client
        self._identifiers = identifiers

    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        found = await self._identifiers.by_sku(keys, call)
        return answered(keys, found.get, lambda _, entry: NativeRef(self._env.name, entry.id))

    async def audit(self, call: CallContext) -> IdentityAudit:
        """Reads the whole catalogue's variations, 1,000 a request."""
        rows = await searched(self._client, "ITEM_VARIATION", call)
        return audited([self._identifiers.key_of(each.item_variation_data) for each in rows], self._env.key_rule)
