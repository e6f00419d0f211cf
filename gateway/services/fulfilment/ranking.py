"""Plans in their order: by arrival, then by cost, then by parcels; and what speaks for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.fulfilment import FulfilmentPlan, PlanPart, PlanReason, PlanWay
from gateway.model.money import Money
from gateway.model.stock import Confidence, Promise

_NEVER = datetime.max.replace(tzinfo=UTC)
_UNKNOWN = Decimal("Infinity")


def ranked(plans: Sequence[FulfilmentPlan]) -> list[FulfilmentPlan]:
    """What nobody can say comes last."""
    return sorted(plans, key=lambda plan: (_arrival(plan), _cost(plan), plan.parcels, _distance(plan)))


def reasoned(plans: Sequence[FulfilmentPlan]) -> list[FulfilmentPlan]:
    """Each with its reasons among these, which are all that are shown. A reason that all of them share is none."""
    if len(plans) == 1:
        return [replace(plans[0], reasons=(PlanReason.ONLY_WAY,))]
    best: list[tuple[PlanReason, frozenset[int]]] = [
        (PlanReason.READY_FIRST, _least(plans, _arrival, _NEVER)),
        (PlanReason.COSTS_LEAST, _least(plans, _cost, _UNKNOWN)),
        (PlanReason.FEWEST_PARCELS, _least(plans, lambda plan: plan.parcels, None)),
        (PlanReason.NEAREST, _least(plans, _distance, float("inf"))),
    ]
    return [
        replace(plan, reasons=tuple(reason for reason, which in best if index in which))
        for index, plan in enumerate(plans)
    ]


def last_promise(parts: Sequence[PlanPart]) -> Promise | None:
    """When all of it is there; None where a part is not known. As sure as the least sure part."""
    promises = [part.promise for part in parts if part.promise is not None]
    if not promises or len(promises) < len(parts):
        return None
    sure = all(promise.confidence is Confidence.HIGH for promise in promises)
    return Promise(
        max(promise.ready_at for promise in promises),
        max(promise.ready_by for promise in promises),
        Confidence.HIGH if sure else Confidence.LOW,
    )


def whole_cost(parts: Sequence[PlanPart], currency: str) -> Money | None:
    """Of all deliveries, with their tax where all say it; None where one of them is not known."""
    sent = [part for part in parts if part.way is not PlanWay.PICKUP]
    prices = [part.option.price for part in sent if part.option is not None]
    if len(prices) < len(sent) or any(price.currency != currency for price in prices):
        return None
    gross = [price.gross for price in prices if price.gross is not None]
    amounts = gross if len(gross) == len(prices) else [price.stated for price in prices]
    return Money(sum((amount.amount for amount in amounts), Decimal(0)), currency).quantized()


def _least(plans: Sequence[FulfilmentPlan], of: Callable[[FulfilmentPlan], object], unknown: object) -> frozenset[int]:
    values: list[object] = [of(plan) for plan in plans]
    known = [value for value in values if value != unknown]
    least = min(known, default=unknown)  # pyright: ignore[reportArgumentType, reportCallIssue]  alike within one call
    which = frozenset(index for index, value in enumerate(values) if known and value == least)
    return which if len(which) < len(plans) else frozenset()


def _arrival(plan: FulfilmentPlan) -> datetime:
    return _NEVER if plan.promise is None else plan.promise.ready_by


def _cost(plan: FulfilmentPlan) -> Decimal:
    return _UNKNOWN if plan.cost is None else plan.cost.amount


def _distance(plan: FulfilmentPlan) -> float:
    """Of the farthest store the shopper goes to."""
    far = [part.distance_km for part in plan.parts if part.way is PlanWay.PICKUP]
    known = [distance for distance in far if distance is not None]
    return max(known) if known and len(known) == len(far) else float("inf")
