"""Root fields for the people who look after the shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched
from gateway.model.paging import TaskList
from schema.arguments import AfterArgument, FirstArgument
from schema.tasks.types import StaffTaskConnectionView
from schema.values import page_size


@strawberry.type
class TaskQueries:
    @batched(
        StaffTaskConnectionView | None,
        requires=("staff",),
        cost=5,
        description="What a person must look at, oldest first. Staff only; closed with `gateway tasks`.",
    )
    @staticmethod
    async def staff_tasks(
        parents: Sequence[None],
        ctx: OperationContext,
        first: FirstArgument = None,
        after: AfterArgument = None,
        kind: Annotated[str | None, strawberry.argument(description="Only of this kind. Default: any.")] = None,
        done: Annotated[bool, strawberry.argument(description="Those that are closed, instead of the open.")] = False,
    ) -> Sequence[TaskList]:
        size = page_size(first, ctx, 24)
        return [await ctx.services.staff_tasks.page(size, after, kind=kind, done=done)]
