"""What a frontend sees: Strawberry types and batched fields, no I/O."""

from __future__ import annotations

import strawberry

import schema.enums  # noqa: F401  # pyright: ignore[reportUnusedImport] # registers enums before a type mentions one
from gateway.graph.directives import IN_CONTEXT
from schema.catalog.media import ImageView, Model3dView, VideoView
from schema.catalog.types import VariantView
from schema.contributed import extended, members, mutations, subscriptions
from schema.orders.types import OrderView
from schema.root import Query
from schema.scalars import CONFIG


def build_schema() -> strawberry.Schema:
    """The whole schema. Built once per process."""
    schema = strawberry.Schema(
        query=extended(Query),
        mutation=mutations(),
        subscription=subscriptions(),
        types=[ImageView, VideoView, Model3dView, VariantView, OrderView, *members()],
        config=CONFIG,
    )
    core = schema._schema  # pyright: ignore[reportPrivateUsage] # Strawberry offers no other way
    core.directives = (*core.directives, IN_CONTEXT)
    return schema


__all__ = ["build_schema"]
