"""The ways in which a whole cart can be had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput
from gateway.execution import batched, computed, records
from gateway.graph.directives import ListSize
from gateway.graph.enums import described
from gateway.model import fulfilment as model
from gateway.model.baskets import Destination
from gateway.model.fulfilment import GapReason, PlanReason, PlanWay
from gateway.model.identity import is_plain
from gateway.model.stores import Store
from gateway.model.text import SpeakableText
from schema.availability.types import PromiseView
from schema.cart.answers import ShippingOptionView
from schema.stores.types import StoreView
from schema.values import MoneyView, SpeakableTextView

described(
    PlanWay,
    name="FulfilmentWay",
    description="How pieces reach the shopper.",
    values={
        PlanWay.PICKUP: "Collected in a store.",
        PlanWay.SHIP: "Sent from a warehouse.",
        PlanWay.SHIP_FROM_STORE: "Sent by a store.",
    },
)
described(
    PlanReason,
    name="FulfilmentPlanReason",
    description="What speaks for a plan beside the others that are shown.",
    values={
        PlanReason.READY_FIRST: "It is there, or ready, before all others.",
        PlanReason.COSTS_LEAST: "Its delivery costs less than any other's.",
        PlanReason.FEWEST_PARCELS: "It comes in fewer parcels than the others.",
        PlanReason.NEAREST: "Its store is the nearest to where was asked.",
        PlanReason.ONLY_WAY: "There are no others.",
    },
)
described(
    GapReason,
    name="FulfilmentGapReason",
    description="Why something cannot be had some way.",
    values={
        GapReason.NOT_ENOUGH: "Fewer than wanted, or none.",
        GapReason.NOT_HEARD: "The system that counts there could not be asked, or never counted it.",
        GapReason.NEVER_OPEN: "The store has no hours at which it could be collected.",
        GapReason.OWNER_CANNOT_BE_TOLD: "The system that takes the order chooses the place itself.",
        GapReason.NOT_DELIVERED: "Nobody carries it there.",
    },
)

_LONGEST = 64


@strawberry.input(name="FulfilmentAddressInput", description="Where it would go, as far as carriers must know.")
class FulfilmentAddressInput:
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    region: str = strawberry.field(default="", description="The part behind the hyphen of ISO 3166-2, such as CA.")
    postal_code: str = strawberry.field(default="", description="May be left out.")
    city: str = strawberry.field(default="", description="May be left out.")


def destination_of(given: FulfilmentAddressInput | None) -> Destination | None:
    """Raises BadInput for what nobody could have typed."""
    if given is None:
        return None
    country = given.country.strip().upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise BadInput("A country is a code of two letters.")
    region, code, city = (part.strip() for part in (given.region, given.postal_code, given.city))
    if any(len(part) > _LONGEST or (part and not is_plain(part)) for part in (region, code, city)):
        raise BadInput(f"A part of an address has at most {_LONGEST} characters that can be typed.")
    return Destination(country, region, code, city)


@strawberry.type(name="FulfilmentPieces", description="Some pieces of a line.")
class FulfilmentPiecesView:
    is_type_of = records(model.PlanPieces)

    line: strawberry.ID = strawberry.field(name="lineId", description="The line.")
    quantity: int = strawberry.field(description="Pieces, of those that the line wants.")


async def _stores(names: Iterable[str | None], ctx: OperationContext) -> dict[str, Store]:
    known = list(dict.fromkeys(name for name in names if name is not None))
    found = await ctx.services.stores.get(known, ctx.scope) if known else []
    return {store.name: store for store in found if store is not None}


@strawberry.type(
    name="FulfilmentPart", description="What goes one way together, from one place: one parcel, or one bag."
)
class FulfilmentPartView:
    is_type_of = records(model.PlanPart)

    way: PlanWay = strawberry.field(description="How it is had.")
    pieces: list[FulfilmentPiecesView] = strawberry.field(
        directives=[ListSize(assumed_size=5)], description="What goes this way; each line stands here once."
    )
    promise: PromiseView | None = strawberry.field(
        description="When it is ready in the store, by its opening hours and preparation; or when it is delivered, by "
        "the cheapest option's dates, else the channel's own. Null where nobody can say."
    )
    distance_km: float | None = strawberry.field(
        description="Of a pickup, from the asked point, along the great circle; null where none was asked."
    )
    option: ShippingOptionView | None = strawberry.field(
        description="The cheapest way to deliver it, with its cut-off; null for a pickup, and where nobody says."
    )

    @batched(StoreView | None, key="store", description="The store that hands it out or sends it; null: no store.")
    @staticmethod
    async def store(parents: Sequence[model.PlanPart], ctx: OperationContext) -> Sequence[Store | None]:
        found = await _stores((part.store for part in parents), ctx)
        return [found.get(part.store or "") for part in parents]


@strawberry.type(name="FulfilmentGap", description="What cannot be had some way.")
class FulfilmentGapView:
    is_type_of = records(model.PlanGap)

    way: PlanWay = strawberry.field(description="Which way.")
    reason: GapReason = strawberry.field(description="Why not.")
    line: strawberry.ID | None = strawberry.field(name="lineId", description="Of which line; null: of the whole cart.")
    wanted: int = strawberry.field(description="Pieces that are wanted; 0 where it is about the whole cart.")
    available: int | None = strawberry.field(
        description="Pieces of them that there are, capped as shown stock is; null where nobody knows."
    )

    @batched(StoreView | None, key="store", description="At which store; null: by delivery.")
    @staticmethod
    async def store(parents: Sequence[model.PlanGap], ctx: OperationContext) -> Sequence[Store | None]:
        found = await _stores((gap.store for gap in parents), ctx)
        return [found.get(gap.store or "") for gap in parents]


@strawberry.type(
    name="FulfilmentPlan",
    description="A way to have the whole cart. Every line is in its parts, whole, or in what is missing.",
)
class FulfilmentPlanView:
    is_type_of = records(model.FulfilmentPlan)

    id: strawberry.ID | None = strawberry.field(
        description="Choose it with `cartFulfilmentChoose`, as long as the lines stay as they are. Signed, and kept "
        "nowhere. Null where something is missing."
    )
    parts: list[FulfilmentPartView] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="Pickups and parcels."
    )
    missing: list[FulfilmentGapView] = strawberry.field(
        directives=[ListSize(assumed_size=1)],
        description="The lines that are in no part. Empty for every plan that can be chosen; where there is none of "
        "those, one plan says what comes nearest.",
    )
    reasons: list[PlanReason] = strawberry.field(
        directives=[ListSize(assumed_size=2)], description="What speaks for it beside the other plans."
    )
    promise: PromiseView | None = strawberry.field(
        description="When the last part is there; null where nobody can say of one of them."
    )
    cost: MoneyView | None = strawberry.field(
        description="Of all its deliveries before discounts; 0 where all is collected, null where one is not known."
    )

    @computed(int, description="How many parcels are sent; what is collected is none.")
    @staticmethod
    def parcels(record: model.FulfilmentPlan) -> int:
        return record.parcels

    @batched(
        SpeakableTextView | None,
        cost=25,
        description="What is collected where, what is delivered by when, and what it costs, as a voice assistant says "
        "it.",
    )
    @staticmethod
    async def speakable(parents: Sequence[model.FulfilmentPlan], ctx: OperationContext) -> Sequence[SpeakableText]:
        stores = await _stores((part.store for plan in parents for part in plan.parts), ctx)
        return [ctx.services.speech.plan(plan, stores, ctx.language, ctx.timezone) for plan in parents]


@strawberry.type(
    name="FulfilmentPlans", description="How the cart can be had, as it is now. Nothing is held by asking."
)
class FulfilmentPlansView:
    is_type_of = records(model.FulfilmentPlans)

    plans: list[FulfilmentPlanView] = strawberry.field(
        directives=[ListSize(assumed_size=6)],
        description="At most 6: by arrival, then by cost, then by parcels. Only what the system that takes the order "
        "can be told.",
    )
    gaps: list[FulfilmentGapView] = strawberry.field(
        directives=[ListSize(assumed_size=10)],
        description="What cannot be had where: of each way that was tried at most 10 lines.",
    )
    complete: bool = strawberry.field(
        description="False where a system could not be heard, or never counted something at a place."
    )
    hold_seconds: int = strawberry.field(
        description="How long pieces are kept back for a shopper who is paying; before the checkout, nothing is."
    )
