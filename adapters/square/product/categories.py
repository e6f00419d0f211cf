"""`CategoryPort` and `CollectionPort`: the tree that shoppers browse. Square has no collections."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.square.catalog import CatalogObject, searched
from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.catalog import Category, Collection
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.text import Text
from gateway.ports.manifest import AdapterEnvironment

CATEGORIES_PER_SEARCH = 1000


class Categories:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        self._env = env
        self._client = client
        self.parents: Table[Mapping[str, str]] = Table(self._load_parents, env.config.table_seconds, env.clock)

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        return await self._read(call)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        return ()

    async def below(self, category: str, call: CallContext) -> list[str]:
        """The category and everything under it: Square's search takes no tree."""
        parents = await self.parents.get(call)
        found = {category: None}
        for _ in parents:
            grown = {key: None for key, parent in parents.items() if parent in found and key not in found}
            if not grown:
                break
            found.update(grown)
        return list(found)[:CATEGORIES_PER_SEARCH]

    async def _load_parents(self, call: CallContext) -> Mapping[str, str]:
        """Of each category below another."""
        return {entry.key: entry.parent for entry in await self._read(call) if entry.parent is not None}

    async def _read(self, call: CallContext) -> tuple[Category, ...]:
        rows = await searched(self._client, "CATEGORY", call)
        freshness = Reading.now(self._env).freshness
        found = (category(each, self._env.config.language, freshness) for each in rows)
        return tuple(each for each in found if each)


def category(entry: CatalogObject, language: str, freshness: Freshness) -> Category | None:
    """Menu and kitchen categories are not what shoppers browse."""
    data = entry.category_data
    if data is None or entry.is_deleted or data.category_type not in (None, "REGULAR_CATEGORY"):
        return None
    parent = data.parent_category
    position = (parent.ordinal if parent else None) or 0
    name = Text(data.name or "", language)
    return Category(entry.id, name, freshness, parent=parent.id if parent else None, position=position)
