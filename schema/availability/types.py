"""Whether something can be had, where and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.model import stock as model
from gateway.model.stock import AvailabilityStatus, Confidence, Fulfilment
from gateway.model.stores import Store
from gateway.model.text import SpeakableText
from schema.stores.types import StoreView
from schema.values import FreshnessView, SpeakableTextView


@strawberry.type(name="Promise", description="When the goods can be had.")
class PromiseView:
    is_type_of = records(model.Promise)

    ready_at: datetime = strawberry.field(description="Earliest (UTC); of a pickup, while its store is open.")
    ready_by: datetime = strawberry.field(description="Latest (UTC); for pickup the same as `readyAt`.")
    confidence: Confidence = strawberry.field(description="How sure this is.")


@strawberry.type(name="StoreAvailability", description="Whether it can be picked up at one store.")
class StoreAvailabilityView:
    is_type_of = records(model.StoreAvailability)

    @batched(
        StoreView | None,
        key="store",
        description="The store.",
    )
    @staticmethod
    async def store(parents: Sequence[model.StoreAvailability], ctx: OperationContext) -> Sequence[Store | None]:
        return await ctx.services.stores.get([place.store for place in parents], ctx.scope)

    status: AvailabilityStatus = strawberry.field(description="At this store.")
    quantity: int | None = strawberry.field(description="Pieces, capped; null when unknown or not counted.")
    capped: bool = strawberry.field(description="True when there are more than `quantity` says.")
    complete: bool = strawberry.field(description="False when one of the store's places could not be heard.")
    promise: PromiseView | None = strawberry.field(description="When it is ready for pickup; null when it is not.")
    freshness: list[FreshnessView] = strawberry.field(description="Which systems counted, and when.")
    distance_km: float | None = strawberry.field(description="From the asked point, along the great circle.")


@strawberry.type(name="Availability", description="Whether a variant can be had, over all places that matter here.")
class AvailabilityView:
    is_type_of = records(model.Availability)

    fulfilment: Fulfilment = strawberry.field(description="What was asked for.")
    status: AvailabilityStatus = strawberry.field(description="Over all places together.")
    quantity: int | None = strawberry.field(
        description="Pieces over all heard places, capped; null when unknown or sold without counting."
    )
    capped: bool = strawberry.field(description="True when there are more than `quantity` says.")
    complete: bool = strawberry.field(description="False when a place could not be heard: then it is a lower bound.")
    unknown_places: int = strawberry.field(description="How many places could not be heard or never counted it.")
    promise: PromiseView | None = strawberry.field(description="When it can be had; null when it cannot.")
    stores: list[StoreAvailabilityView] = strawberry.field(
        directives=[ListSize(assumed_size=5)],
        description="By store, for PICKUP: only stores that offer it; empty for DELIVERY.",
    )
    freshness: list[FreshnessView] = strawberry.field(
        directives=[ListSize(assumed_size=3)], description="Which systems counted, and when."
    )

    @batched(
        SpeakableTextView | None,
        cost=25,
        description="The answer, as a voice assistant says it; for pickup of the nearest store that has it.",
    )
    @staticmethod
    async def speakable(parents: Sequence[model.Availability], ctx: OperationContext) -> Sequence[SpeakableText]:
        names = list(dict.fromkeys(place.store for found in parents for place in found.stores))
        stores = {s.name: s for s in await ctx.services.stores.get(names, ctx.scope) if s is not None} if names else {}
        return [ctx.services.speech.availability(found, stores, ctx.language, ctx.timezone) for found in parents]

    @computed("str | None", description="The SKU it is about; null for a variant without one.")
    @staticmethod
    def sku(record: model.Availability) -> str | None:
        return record.sku
