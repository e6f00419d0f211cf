"""The query root: every domain's root fields, `node`, and an echo of the operation's commerce context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.graph.directives import CacheControl
from gateway.model.context import CommerceContext
from gateway.services.carts import Carts, is_cart_id
from schema.catalog.queries import CatalogQueries
from schema.customers.queries import CustomerQueries
from schema.customers.types import golden_fields
from schema.node import Node
from schema.search.types import SearchQueries
from schema.stores.queries import StoreQueries
from schema.tasks.queries import TaskQueries


@strawberry.type(
    name="CommerceContext",
    description="What the facts of this operation depend on. Precedence, part by part: `@inContext`, then the headers "
    "`X-Commerce-Country`, `-Language`, `-Currency`, `-Channel`, `-Store` (and `Accept-Language`), then the defaults "
    "of the client profile; a store brings its country and currency. A client can select nothing its profile does not "
    "list.",
)
class CommerceContextView:
    is_type_of = records(CommerceContext)

    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    currency: str = strawberry.field(description="ISO 4217.")
    language: str = strawberry.field(description="BCP 47: the configured language that serves this operation.")
    channel: str | None = strawberry.field(description="Sales channel: assortment and prices.")
    store: str | None = strawberry.field(description="Key of the store the client stands in; null elsewhere.")

    @computed("str", description="`web`, `app`, `voice`, `kiosk`, `pos` or `agent`: of the client profile.")
    @staticmethod
    def touchpoint(record: CommerceContext, ctx: OperationContext) -> str:
        return ctx.profile.touchpoint.value


@strawberry.type
class NodeQueries:
    @batched(
        Node | None,
        description="Anything by its id. Null when there is none; what is not yours reads exactly like what is not "
        "there.",
    )
    @staticmethod
    async def node(
        parents: Sequence[None],
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="Any id of this API, old ones too.")],  # noqa: A002
        selected: frozenset[str],
    ) -> Sequence[object]:
        if is_cart_id(str(id)):
            return [await ctx.services.of(Carts).get(str(id), ctx.scope)]
        return [await ctx.services.nodes.get(str(id), golden_fields(selected), ctx.scope)]

    @batched(
        CommerceContextView,
        directives=[CacheControl(max_age=300)],
        description="The commerce context this operation is answered in.",
    )
    @staticmethod
    async def context(parents: Sequence[None], ctx: OperationContext) -> Sequence[CommerceContext]:
        return [ctx.commerce]


@strawberry.type(description="Everything that can be read.")
class Query(CatalogQueries, SearchQueries, StoreQueries, CustomerQueries, TaskQueries, NodeQueries):
    pass
