"""`CategoryPort` and `CollectionPort`: Vendure's collections, which are both."""

from __future__ import annotations

from adapters.vendure.client import GUARD
from adapters.vendure.facts import ChannelFacts
from adapters.vendure.product.records import language_tag, medium, plain_text
from adapters.vendure.product.rows import WireAsset
from adapters.vendure.rows import Camel, Page
from adapters.vendure.shop import Shop, Where
from gateway.kit.readings import Reading
from gateway.model.catalog import Category, Collection, Image
from gateway.model.context import CallContext, ContextView
from gateway.model.text import Text

COLLECTIONS = f"""query Collections($options: CollectionListOptions!) {{
  {GUARD}
  collections(options: $options) {{
    totalItems
    items {{ id name slug languageCode description position isPrivate parentId
      featuredAsset {{ type source mimeType name width height }} }}
  }}
}}"""


class WireCollection(Camel, frozen=True):
    id: str
    name: str
    slug: str
    description: str
    position: int
    is_private: bool
    parent_id: str
    language_code: str | None = None
    featured_asset: WireAsset | None = None


class CollectionsData(Camel, frozen=True):
    collections: Page[WireCollection]


class Categories:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._merchandised = shop.config.merchandised

    async def list_categories(self, query: None, context: ContextView, call: CallContext) -> tuple[Category, ...]:
        where = await self._shop.where(context, call)
        wire = [each for each in await self._collections(where, call) if each.id not in self._merchandised]
        known = frozenset(each.id for each in wire)
        reading = self._shop.reading()
        return tuple(category(each, known, where.facts, reading) for each in wire)

    async def list_collections(self, query: None, context: ContextView, call: CallContext) -> tuple[Collection, ...]:
        where = await self._shop.where(context, call)
        wire = [each for each in await self._collections(where, call) if each.id in self._merchandised]
        reading = self._shop.reading()
        return tuple(collection(each, where.facts, reading) for each in wire)

    async def _collections(self, where: Where, call: CallContext) -> list[WireCollection]:
        found = await self._shop.every(
            COLLECTIONS,
            CollectionsData,
            lambda data: data.collections,
            lambda row: row.id,
            "position",
            call,
            channel=where.channel,
            language=where.language,
        )
        return [each for each in found if not each.is_private]


def category(wire: WireCollection, known: frozenset[str], facts: ChannelFacts, reading: Reading) -> Category:
    """`parent` of a top-level collection is Vendure's invisible root, which is left out."""
    return Category(
        key=wire.id,
        name=Text(wire.name, language_tag(wire.language_code or facts.default_language)),
        freshness=reading.freshness,
        slug=wire.slug,
        parent=wire.parent_id if wire.parent_id in known else None,
        position=wire.position,
    )


def collection(wire: WireCollection, facts: ChannelFacts, reading: Reading) -> Collection:
    tag = language_tag(wire.language_code or facts.default_language)
    description = plain_text(wire.description)
    image = medium(wire.featured_asset) if wire.featured_asset else None
    return Collection(
        key=wire.id,
        name=Text(wire.name, tag),
        freshness=reading.freshness,
        slug=wire.slug,
        description=Text(description, tag) if description else None,
        image=image if isinstance(image, Image) else None,
    )
