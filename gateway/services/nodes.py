"""`node(id)`: any record by its id, old ids included; what is not the caller's reads like what does not exist."""

from __future__ import annotations

from gateway.errors import GatewayError, MalformedId
from gateway.model.catalog import Category, Collection, Product, Variant
from gateway.model.customers import Customer
from gateway.model.identity import NativeRef, is_plain
from gateway.model.orders import Order
from gateway.model.stores import Store
from gateway.ports.state import Aliases
from gateway.services.catalog import Catalog
from gateway.services.classification import Classification
from gateway.services.customers import Customers
from gateway.services.ids import Ids, NodeId, NodeType, decode, decode_as
from gateway.services.orders import Orders
from gateway.services.scope import Scope
from gateway.services.stores import Stores

NodeRecord = Product | Variant | Store | Customer | Order | Category | Collection


class Nodes:
    def __init__(
        self,
        *,
        ids: Ids,
        aliases: Aliases,
        catalog: Catalog,
        classification: Classification,
        stores: Stores,
        customers: Customers,
        orders: Orders,
    ) -> None:
        self._ids = ids
        self._aliases = aliases
        self._catalog = catalog
        self._classification = classification
        self._stores = stores
        self._customers = customers
        self._orders = orders

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

    async def listed(self, text: str, kind: NodeType, scope: Scope) -> NativeRef | None:
        """What a category or a collection is named by: its id, an old one too, or a key in the words of the owner.
        None where nothing can be meant. Raises MalformedId for the id of something else."""
        try:
            node = decode_as(text, kind)
        except MalformedId:
            if _is_id(text):
                raise
            owner = self._classification.owner(scope)
            return NativeRef(owner, text) if owner is not None and text and is_plain(text) else None
        ref = self._ids.ref(node)
        if ref is None or not self._catalog.lists(ref.backend, scope):
            current = await self._aliases.current(text)
            ref = self._ids.ref(decode_as(current, kind)) if current is not None else None
        return ref

    async def _record(self, node: NodeId, fields: frozenset[str], scope: Scope) -> NodeRecord | GatewayError | None:
        if node.type is NodeType.STORE:
            (store,) = await self._stores.get([node.value], scope)
            return store
        if node.type is NodeType.CUSTOMER:
            return await self._customers.by_id(node.value, fields, scope) if scope.profile.personal_data else None
        if node.type is NodeType.VARIANT and node.scheme == "sku":
            return await self._catalog.variant(node.value, scope)
        return await self._native(node, scope)

    async def _native(self, node: NodeId, scope: Scope) -> NodeRecord | GatewayError | None:
        ref = self._ids.ref(node)
        if ref is None:
            return None
        if node.type is NodeType.CATEGORY:
            return await self._classification.category(ref, scope)
        if node.type is NodeType.COLLECTION:
            return await self._classification.collection(ref, scope)
        if node.type is NodeType.ORDER:
            (order,) = await self._orders.by_refs([ref], scope)
            return order
        if node.type is NodeType.PRODUCT:
            return await self._catalog.by_id(ref, scope)
        if node.type is NodeType.VARIANT:
            owner, variant = self._ids.parts(ref)
            product = await self._catalog.by_id(owner, scope)
            if isinstance(product, Product):
                return next((each for each in product.variants if each.ref == variant and each.sku is None), None)
            return product
        return None


def _is_id(text: str) -> bool:
    try:
        decode(text)
    except MalformedId:
        return False
    return True
