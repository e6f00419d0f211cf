"""Loyalty programmes and what a price would earn."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from gateway.context import OperationContext
from gateway.execution import computed, records
from gateway.model.customers import LoyaltyProgram
from gateway.services.earning import PointsToEarn
from schema.values import FreshnessView


@strawberry.type(name="LoyaltyProgram", description="A loyalty programme; markets and systems have different ones.")
class LoyaltyProgramView:
    is_type_of = records(LoyaltyProgram)

    name: str = strawberry.field(description="As customers know it.")
    unit_one: str = strawberry.field(description="What one point is called.")
    unit_many: str = strawberry.field(description="What many points are called.")
    freshness: FreshnessView = strawberry.field(description="Which system runs it.")

    @computed(str, description="The public alias of the system that runs it; staff see its configured name.")
    @staticmethod
    def source(record: LoyaltyProgram, ctx: OperationContext) -> str:
        return ctx.source(record.ref.backend)


@strawberry.type(name="PointsToEarn", description="What a purchase would earn, evaluated from the programme's rules.")
class PointsToEarnView:
    is_type_of = records(PointsToEarn)

    program: LoyaltyProgramView = strawberry.field(description="In which programme.")
    points: Decimal = strawberry.field(
        description="Points for buying the price's whole quantity and nothing else; some programmes give parts of "
        "points. Not rounded further."
    )
    complete: bool = strawberry.field(
        description="False where something that counts depends on more than the product, its price and its quantity, "
        "such as a code, a visit or another price list: then it is a lower bound."
    )
