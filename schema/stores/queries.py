"""Root fields about stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import batched
from gateway.graph.directives import CacheControl, ListSize
from gateway.model.paging import StoreList
from gateway.model.stores import Store
from gateway.services.ids import NodeType, decode_as
from schema.arguments import AfterArgument, FirstArgument
from schema.catalog.arguments import near_point
from schema.stores.types import StoreConnectionView, StoreView, service_names
from schema.values import NearInput, page_size


@strawberry.type
class StoreQueries:
    @batched(
        StoreConnectionView | None,
        cost=500,
        directives=[CacheControl(max_age=60), ListSize(assumed_size=24, slicing_arguments=["first"])],
        description="The store locator: nearest first when `near` is given, and then only what the market calls near. "
        "Only stores the client profile lists.",
    )
    @staticmethod
    async def stores(
        parents: Sequence[None],
        ctx: OperationContext,
        first: FirstArgument = None,
        after: AfterArgument = None,
        near: Annotated[NearInput | None, strawberry.argument(description="Nearest to this point first.")] = None,
        country: Annotated[
            str | None,
            strawberry.argument(description="ISO 3166-1 alpha-2. Default: any; with `near` the operation's own."),
        ] = None,
        services: Annotated[
            list[str] | None, strawberry.argument(description="Stores that offer all of these.")
        ] = None,
    ) -> Sequence[StoreList | GatewayError]:
        size, point = page_size(first, ctx, 24), near_point(near)
        return [await ctx.services.stores.list(size, after, point, country, service_names(services), ctx.scope)]

    @batched(
        StoreView | None,
        directives=[CacheControl(max_age=60)],
        description="One store by its id; null when there is none.",
    )
    @staticmethod
    async def store(
        parents: Sequence[None],
        ctx: OperationContext,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of a store.")],  # noqa: A002
    ) -> Sequence[Store | None]:
        return await ctx.services.stores.get([decode_as(str(id), NodeType.STORE).value], ctx.scope)
