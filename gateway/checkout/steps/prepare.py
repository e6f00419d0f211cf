"""What will be bought: priced anew and counted anew, past every cache, before anything is held or asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from gateway.checkout.allocation import Lacking, allocate
from gateway.checkout.apart import OrderShare, parts_of
from gateway.checkout.given import Frozen, Given, answered
from gateway.checkout.owners import order_plan
from gateway.checkout.steps.customer import Ensure
from gateway.errors import AdapterError
from gateway.model.cart_answers import CartAnswer, LineAnswer
from gateway.model.checkouts import Allotment, Failure, FailureReason, PricedCart, PricedDelivery, PricedLine
from gateway.model.money import Money
from gateway.ports.order import ANYWHERE, GET_CURRENCIES, PREVIEW_ORDER
from gateway.services.fulfilment.sources import OrderOwner

_PAUSE = 0.5


class Prepare:
    """Compensation: none, it only asks."""

    name = "prepare"

    def __init__(self, given: Given) -> None:
        self._given = given
        self._ensure = Ensure(given)

    async def act(self, run: str) -> dict[str, Any]:
        """`priced` and `allotments` as JSON, `owner` of the order, `customer` the buyer's own record there as far as it
        is known, whether one is to be ensured (`ensure`), whether the order can be `pending`, where else it is to be
        known, whether its owner has a `preview` of it, the `amount` to pay; `orders`: what it is divided
        into, where it is several; or why not."""
        given = self._given
        frozen = await given.frozen(run)
        plan = order_plan(given.ownership, frozen.cart)
        owner = plan.owner
        if owner is None:
            return answered(Failure(FailureReason.OWNER_UNAVAILABLE, "order"))
        priced = await self._priced(frozen)
        if isinstance(priced, Failure):
            return answered(priced)
        told = OrderOwner.of(given.ownership, plan)
        allotments = await allocate(given, run, frozen, told, pending=given.ordering(owner).pending)
        if isinstance(allotments, Lacking):
            return answered(_lacking(allotments))
        if not await self._takes(run, frozen, owner, told, allotments):
            return answered(Failure(FailureReason.ORDER_REFUSED, "currency"))
        parts: tuple[OrderShare, ...] = ()
        if told.orders > 1:
            parts = parts_of(frozen.cart, priced, allotments, lambda name: told.told(given.ownership.locations[name]))
        if any(Decimal(each.amount) < 0 for each in parts):  # what is taken off the whole is more than the first costs
            return answered(Failure(FailureReason.NOT_TOGETHER, next(reversed(parts)).lines[0]))
        buyer = await given.buyer_at(frozen.cart, owner)
        return {
            "customer": "" if buyer is None else buyer.id,
            "ensure": buyer is None and self._ensure.wanted(frozen, owner),
            "priced": msgspec.json.encode(priced).decode(),
            "allotments": msgspec.json.encode(allotments).decode(),
            "owner": owner,
            "pending": given.ordering(owner).pending,
            "mirror": plan.mirror,
            "expect": plan.expect,
            "preview": given.ordering(owner).dry_run and given.offers(owner, PREVIEW_ORDER),
            "amount": str(priced.total.amount),
            **({"orders": msgspec.json.encode(parts).decode()} if parts else {}),
        }

    async def _takes(
        self, run: str, frozen: Frozen, owner: str, told: OrderOwner, allotments: Sequence[Allotment]
    ) -> bool:
        """Whether the owner takes orders in the cart's currency, from wherever it will be told. One that does not say,
        or not now, says it of the order itself."""
        given = self._given
        if not given.offers(owner, GET_CURRENCIES):
            return True
        places = {told.told(given.ownership.locations[each.location]) or ANYWHERE for each in allotments}
        call = replace(given.call(run), fresh=False)
        try:
            found = await given.caller.keyed(owner, GET_CURRENCIES, sorted(places), frozen.commerce, call)
        except AdapterError:
            return True
        return all(isinstance(each, AdapterError) or frozen.row.currency in each for each in found.values())

    async def _priced(self, frozen: Frozen) -> PricedCart | Failure:
        """Waits a while for an owner that does not answer; a total that was not shown is not charged."""
        given = self._given
        ends = time.monotonic() + given.forward_seconds
        while True:
            answer = await given.evaluate(frozen.cart, frozen.row.language)
            priced = priced_of(frozen, answer)
            if priced is not None:
                break
            if time.monotonic() > ends:
                missing = next((part.part.value for part in answer.parts if not part.complete), "PRICE")
                return Failure(FailureReason.QUOTE_INCOMPLETE, missing)
            await asyncio.sleep(_PAUSE)
        if priced.total.amount > Decimal(frozen.row.quoted):
            return Failure(FailureReason.PRICE_CHANGED, str(priced.total.amount))
        return priced


def _lacking(lacking: Lacking) -> Failure:
    if lacking.apart:
        return Failure(FailureReason.NOT_TOGETHER, lacking.line)
    if lacking.unheard:
        return Failure(FailureReason.OWNER_UNAVAILABLE, lacking.line)
    return Failure(FailureReason.OUT_OF_STOCK, lacking.line, lacking.retry_after)


def priced_of(frozen: Frozen, answer: CartAnswer) -> PricedCart | None:
    """None while an owner has not answered."""
    total = None if answer.totals is None else answer.totals.total.gross or answer.totals.total.net
    lines = [line for line in map(_line, answer.lines) if line is not None]
    known = {line.line for line in lines}
    if not answer.complete or total is None or any(line.id not in known for line in frozen.cart.active):
        return None
    deliveries = tuple(
        PricedDelivery(
            group.group,
            None if group.chosen is None else group.chosen.id,
            None if group.chosen is None else group.chosen.label,
            group.price,
        )
        for group in answer.groups
    )
    active = {line.id for line in frozen.cart.active}
    bought = tuple(line for line in lines if line.line in active)
    return PricedCart(Money(total.amount, total.currency).quantized(), bought, deliveries, answer.accepted)


def _line(line: LineAnswer) -> PricedLine | None:
    if line.price is None or line.total is None:
        return None
    discounts = tuple((each.label, each.amount.stated.amount, each.code) for each in line.discounts)
    return PricedLine(line.line, line.price.current.stated, line.total, discounts)
