"""Categories, which are a tree, and collections, which are not."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.model import catalog as model
from gateway.model.freshness import Role
from gateway.model.identity import NativeRef
from schema.catalog.media import ImageView
from schema.node import Node
from schema.values import FreshnessView, TextView


@strawberry.type(name="Category", description="A place in the retailer's tree of categories.")
class CategoryView(Node):
    is_type_of = records(model.Category)

    @computed(strawberry.ID, cost=1, description="Opaque and stable.")
    @staticmethod
    def id(record: model.Category, ctx: OperationContext) -> str:
        return ctx.services.ids.category(record)

    @computed(
        str, description="What `category(key:)` and `products(category:)` take: its own key; of a stand-in, its id."
    )
    @staticmethod
    def key(record: model.Category, ctx: OperationContext) -> str:
        return ctx.services.ids.category(record) if record.freshness.role is Role.FALLBACK else record.key

    name: TextView = strawberry.field(description="Name in the language of the operation, or its stand-in.")
    slug: str | None = strawberry.field(description="Its path in URLs; null where it has none.")
    position: int = strawberry.field(description="Place among its siblings.")
    freshness: FreshnessView = strawberry.field(description="Where this comes from.")

    @batched("CategoryView | None", key="ref", description="The category above; null at the top.")
    @staticmethod
    async def parent(parents: Sequence[model.Category], ctx: OperationContext) -> Sequence[model.Category | None]:
        backends = [category.ref.backend for category in parents]
        known = await ctx.services.classification.known_categories(backends, ctx.scope)
        return [None if category.above is None else known.get(category.above) for category in parents]

    @batched("list[CategoryView]", key="ref", description="The categories directly below, in order.")
    @staticmethod
    async def children(parents: Sequence[model.Category], ctx: OperationContext) -> Sequence[list[model.Category]]:
        backends = [category.ref.backend for category in parents]
        known = await ctx.services.classification.known_categories(backends, ctx.scope)
        below: dict[NativeRef | None, list[model.Category]] = {}
        for child in sorted(known.values(), key=lambda child: child.position):
            below.setdefault(child.above, []).append(child)
        return [below.get(category.ref, []) for category in parents]


@strawberry.type(name="Collection", description="A merchandised set of products; unlike categories it has no tree.")
class CollectionView(Node):
    is_type_of = records(model.Collection)

    @computed(strawberry.ID, cost=1, description="Opaque and stable.")
    @staticmethod
    def id(record: model.Collection, ctx: OperationContext) -> str:
        return ctx.services.ids.collection(record)

    @computed(
        str, description="What `collection(key:)` and `products(collection:)` take: its own key; of a stand-in, its id."
    )
    @staticmethod
    def key(record: model.Collection, ctx: OperationContext) -> str:
        return ctx.services.ids.collection(record) if record.freshness.role is Role.FALLBACK else record.key

    name: TextView = strawberry.field(description="Name in the language of the operation, or its stand-in.")
    slug: str | None = strawberry.field(description="Its path in URLs; null where it has none.")
    description: TextView | None = strawberry.field(description="Plain text; null where there is none.")
    image: ImageView | None = strawberry.field(description="A picture for it; null where there is none.")
    freshness: FreshnessView = strawberry.field(description="Where this comes from.")
