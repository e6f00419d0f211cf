"""Prices and why they are what they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import attribute, batched, computed, records
from gateway.model import pricing as model
from gateway.model.text import SpeakableText
from gateway.services.earning import PointsToEarn
from schema.loyalty.points import PointsToEarnView
from schema.values import FreshnessView, LocaleArgument, MoneyView, SpeakableTextView, TaxedMoneyView, written


@strawberry.type(
    name="UnitPrice",
    description="Price per measure, as consumer law asks for, such as per 100 mL: the final price over what one piece "
    "contains.",
)
class UnitPriceView:
    is_type_of = records(model.UnitPrice)

    price: TaxedMoneyView = strawberry.field(
        description="For `referenceQuantity` `referenceUnit`, taxed as `current`. Rounded to the currency's digits; "
        "below one pound or dollar to the tenth of a penny or cent, where the law of the country asks for it."
    )
    reference_quantity: Decimal = strawberry.field(description="Such as 100.")
    reference_unit: str = strawberry.field(description="UCUM code, such as mL.")
    freshness: list[FreshnessView] = strawberry.field(
        description="Who said the price, and who the contents. Empty where the price's own source states it whole."
    )

    @computed(
        str,
        cost=3,
        description="What customers pay for the measure, as people write it in a language, with every digit it has: "
        "£0.024. With tax wherever the source knows it.",
    )
    @staticmethod
    def formatted(record: model.UnitPrice, ctx: OperationContext, locale: LocaleArgument = None) -> str:
        return written(record.price.gross or record.price.stated, locale or ctx.language, every_digit=True)


@strawberry.type(name="QuantityBreak", description="A lower price from some quantity on.")
class QuantityBreakView:
    is_type_of = records(model.QuantityBreak)

    minimum_quantity: Decimal = strawberry.field(description="From so many pieces on.")
    price: TaxedMoneyView = strawberry.field(description="One piece then costs this, taxed as `current`.")
    valid_from: datetime | None = strawberry.field(description="Valid from then on (UTC, inclusive); null: open.")
    valid_until: datetime | None = strawberry.field(description="Valid until then (UTC, inclusive); null: open.")


@strawberry.type(name="PriceComparison", description="What another system states for the same thing.")
class PriceComparisonView:
    is_type_of = records(model.PriceComparison)

    @computed(str, description="The public alias of that system; staff see its configured name.")
    @staticmethod
    def source(record: model.PriceComparison, ctx: OperationContext) -> str:
        return ctx.source(record.source)

    price: TaxedMoneyView | None = strawberry.field(description="What it states; null where it has no price.")
    comparable: bool = strawberry.field(
        description="False where it is not for the same: another currency, tax treatment, quantity, unit, or the "
        "price of everybody beside a customer's own."
    )
    reason: str | None = strawberry.field(description="Why it cannot be compared: a code; null where it can.")


@strawberry.type(name="PriceDisagreement", description="A different amount, like for like in currency and tax.")
class PriceDisagreementView:
    is_type_of = records(model.PriceDisagreement)

    @computed(str, description="The public alias of the system that disagrees; staff see its configured name.")
    @staticmethod
    def source(record: model.PriceDisagreement, ctx: OperationContext) -> str:
        return ctx.source(record.source)

    stated: MoneyView = strawberry.field(description="What it states.")
    difference: MoneyView = strawberry.field(description="Its amount minus the owner's.")


@strawberry.type(name="PriceExplanation", description="Why a price is what it is, and who says otherwise.")
class PriceExplanationView:
    is_type_of = records(model.PriceExplanation)

    @computed(str, description="The public alias of the system that gave the price; staff see its configured name.")
    @staticmethod
    def source(record: model.PriceExplanation, ctx: OperationContext) -> str:
        return ctx.source(record.source)

    rule: str | None = attribute(requires=("staff",), description="The source's own name of the rule. Staff only.")
    price_context: str | None = attribute(
        requires=("staff",), description="The customer's price list at the source; null: the public one. Staff only."
    )
    comparisons: list[PriceComparisonView] = strawberry.field(description="Every system that was compared.")
    disagreements: list[PriceDisagreementView] = strawberry.field(
        description="Those that state another amount. Net against gross is no disagreement."
    )


@strawberry.type(name="Price", description="What one piece costs in the operation's commerce context.")
class PriceView:
    is_type_of = records(model.Price)

    current: TaxedMoneyView = strawberry.field(description="One piece, now, at the asked quantity, unrounded.")
    line: TaxedMoneyView | None = strawberry.field(
        description="The whole quantity as its source charges it, rounded as the source rounds; null where the source "
        "only states one piece."
    )
    unit_price: UnitPriceView | None = strawberry.field(
        description="Per measure; null where nobody knows the contents."
    )
    quantity: Decimal = strawberry.field(description="The quantity it is for.")
    breaks: list[QuantityBreakView] = strawberry.field(description="Lower prices from higher quantities on.")
    valid_from: datetime | None = strawberry.field(description="Valid from then on (UTC, inclusive); null: open.")
    valid_until: datetime | None = strawberry.field(description="Valid until then (UTC, inclusive); null: open.")
    freshness: FreshnessView = strawberry.field(description="Which system says so, and how old its answer is.")

    @computed(
        TaxedMoneyView | None,
        name="list",
        description="The regular price it is compared with; null unless it is higher.",
    )
    @staticmethod
    def list_price(record: model.Price) -> object:
        return record.list

    @batched(
        PriceExplanationView | None,
        key="key",
        cost=5,
        description="Why, and what the compared systems say. Costs a call to each of them.",
    )
    @staticmethod
    async def explanation(
        parents: Sequence[model.Price], ctx: OperationContext
    ) -> Sequence[model.PriceExplanation | GatewayError | None]:
        return await ctx.services.pricing.explanations(parents, ctx.scope)

    @batched(
        list[PointsToEarnView],
        key="key",
        cost=1,
        description="What buying at this price would earn, in each loyalty programme of the market.",
    )
    @staticmethod
    async def points_to_earn(
        parents: Sequence[model.Price], ctx: OperationContext
    ) -> Sequence[tuple[PointsToEarn, ...]]:
        return await ctx.services.loyalty.points(parents, ctx.scope)

    @computed(
        SpeakableTextView, cost=30, description="The price, as a voice assistant says it, with the currency's name."
    )
    @staticmethod
    def speakable(record: model.Price, ctx: OperationContext) -> SpeakableText:
        return ctx.services.speech.price(record, ctx.language, ctx.timezone)
