"""`node(id)`: any record by its id, old ids included; what is not the caller's reads like what does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.model.catalog import Category, Collection, Product, Variant
from gateway.model.customers import Customer
from gateway.model.identity import NativeRef
from gateway.model.orders import Order
from gateway.model.stores import Store
from gateway.ports.aliases import Aliases
from gateway.services.ids import NodeId, NodeType, decode
from gateway.services.scope import Scope

if TYPE_CHECKING:
    from gateway.services import Services

NodeRecord = Product | Variant | Store | Customer | Order | Category | Collection


class Nodes:
    def __init__(self, services: Services, aliases: Aliases) -> None:
        self._services = services
        self._aliases = aliases

    async def get(
        self, identifier: str, fields: frozenset[str], scope: Scope, *, kind: NodeType | None = None
    ) -> NodeRecord | GatewayError | None:
        """`fields` are those of a customer's golden record that will be read. Raises MalformedId."""
        node = decode(identifier)
        found = await self._record(node, fields, scope) if kind in (None, node.type) else None
        if found is None and (current := await self._aliases.current(identifier)) is not None:
            node = decode(current)
            found = await self._record(node, fields, scope) if kind in (None, node.type) else None
        return found

    async def _record(self, node: NodeId, fields: frozenset[str], scope: Scope) -> NodeRecord | GatewayError | None:
        services = self._services
        if node.type is NodeType.STORE:
            (store,) = await services.stores.get([node.value], scope)
            return store
        if node.type is NodeType.CUSTOMER:
            return await services.customers.by_id(node.value, fields, scope) if scope.profile.personal_data else None
        if node.type is NodeType.CATEGORY:
            return next((c for c in await services.catalog.categories(scope) if c.key == node.value), None)
        if node.type is NodeType.COLLECTION:
            return next((c for c in await services.catalog.collections(scope) if c.key == node.value), None)
        if node.type is NodeType.VARIANT and node.scheme == "sku":
            return await services.catalog.variant(node.value, scope)
        return await self._native(node, scope)

    async def _native(self, node: NodeId, scope: Scope) -> NodeRecord | GatewayError | None:
        ref = self._services.ids.ref(node)
        if ref is None:
            return None
        if node.type is NodeType.ORDER:
            (order,) = await self._services.orders.by_refs([ref], scope)
            return order
        if node.type is NodeType.PRODUCT:
            (product,) = await self._services.catalog.by_ref([ref], scope)
            return product
        if node.type is NodeType.VARIANT and "\x1e" in ref.id:
            owner, _, native = ref.id.partition("\x1e")
            (product,) = await self._services.catalog.by_ref([NativeRef(ref.backend, owner)], scope)
            if isinstance(product, Product):
                return next((variant for variant in product.variants if variant.ref.id == native), None)
            return product
        return None
