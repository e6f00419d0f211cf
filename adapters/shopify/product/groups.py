"""CategoryPort and CollectionPort over Storefront: the navigation menu is the category tree; all collections that are
not in it are collections."""

from __future__ import annotations

from adapters.shopify.product import documents, rows
from adapters.shopify.product.records import Texts, collection
from adapters.shopify.shopfront import Head, Shopfront, Shown
from gateway.kit.graphql import RelayNodes, connection_pages
from gateway.model.catalog import Category, Collection
from gateway.model.context import CallContext, ContextView
from gateway.model.text import Text


class _Collections(Head, frozen=True, kw_only=True):
    collections: RelayNodes[rows.Collection]


class ShopperGroups:
    def __init__(self, shopfront: Shopfront) -> None:
        self._shopfront = shopfront

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        items, shown = await self._shopfront.menu(context, call)
        originals: set[tuple[str, str]] = set()
        own = self._shopfront.own_language
        if shown.language != own:
            at_home, _ = await self._shopfront.menu(None, call)
            originals = {(item.handle, item.title) for item in at_home}
        return tuple(
            Category(
                key=item.handle,
                name=Text(item.title, own if (item.handle, item.title) in originals else shown.language),
                freshness=shown.freshness,
                slug=item.handle,
                parent=item.parent,
                position=item.position,
            )
            for item in items
        )

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        nodes, shown = await self._collections(context, call)
        own = self._shopfront.own_language
        originals: dict[str, frozenset[str]] = {}
        if shown.language != own:
            at_home, _ = await self._collections(None, call)
            originals = {node.handle: frozenset((node.title, node.description)) for node in at_home}
        return tuple(
            collection(node, Texts(shown.language, own, originals.get(node.handle, frozenset())), shown.freshness)
            for node in nodes
            if node.handle not in self._shopfront.category_parents
        )

    async def _collections(self, context: ContextView | None, call: CallContext) -> tuple[list[rows.Collection], Shown]:
        """Every page of them; without a context in the shop's own language."""
        found: list[rows.Collection] = []
        heads: list[Shown] = []

        async def page(after: str | None) -> RelayNodes[rows.Collection]:
            answer, shown = await self._shopfront.ask(
                documents.COLLECTIONS, {"after": after}, _Collections, context, call
            )
            heads.append(shown)
            return answer.collections

        async for nodes in connection_pages(page, what=documents.COLLECTIONS.name):
            found.extend(nodes)
        return found, heads[-1]
