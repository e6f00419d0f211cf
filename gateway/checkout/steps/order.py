"""The order at its owner: placed under our reference (pending where the owner can), compared with what this run
charges, confirmed. Compensation: cancelled, once it is known whether there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row

from gateway.checkout.given import FAILURES, Frozen, Given, Unanswered, answered
from gateway.model.checkouts import Allotment, Failure, FailureReason, PricedCart
from gateway.model.identity import NativeRef, sku_of
from gateway.model.money import Money
from gateway.model.orders import (
    CancelOrder,
    ConfirmOrder,
    OrderDelivery,
    OrderDiscount,
    OrderStatus,
    PaidElsewhere,
    PaidPart,
    PlacedOrder,
    PlaceOrder,
    PlaceOrderLine,
)
from gateway.model.stock import Fulfilment
from gateway.ownership import OrderPlan
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER, PREVIEW_ORDER
from gateway.services.fulfilment.sources import OrderOwner

LEFT_TASK = "checkout.order_left"
"""An order stands at its owner that should not, and cannot be cancelled there."""


class Ordered(Struct, frozen=True):
    """What `prepare` answered, as steps hand it on. `paid` is the payment's id where the order is placed after it."""

    owner: str
    priced: str
    allotments: str
    pending: bool
    paid: str = ""
    due: bool = False
    customer: str = ""
    """The buyer's record at the owner; empty: a guest's order."""
    mirror: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    """Where else the order is to be known: written by us, and by somebody's connector."""


class OrderSteps:
    def __init__(self, given: Given) -> None:
        self._given = given

    async def preview(self, run: str, ordered: str) -> dict[str, Any]:
        """What the owner makes of the order, before money is held for it: what it would refuse then is refused now."""
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        command = self.command(frozen, what)
        found = await given.asked(run, what.owner, PREVIEW_ORDER, command, frozen.commerce)
        if isinstance(found, Unanswered):
            await given.checkouts.noted(run, "preview", found.value.lower(), what.owner, {})
            return answered(Failure(FAILURES[found], what.owner))
        if self._differs(found.total, command):
            await self._different(run, "preview", what.owner, found.total, command)
            return answered(Failure(FailureReason.PRICE_CHANGED, _amount(found.total)))
        await given.checkouts.noted(run, "preview", "done", what.owner, {"total": _amount(found.total)})
        return {}

    async def place(self, run: str, ordered: str) -> dict[str, Any]:
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        command = self.command(frozen, what)
        placed = await given.forward(run, what.owner, PLACE_ORDER, command, frozen.commerce)
        if isinstance(placed, Unanswered):
            await given.checkouts.noted(run, "place", placed.value.lower(), what.owner, {}, order_backend=what.owner)
            return answered(Failure(FAILURES[placed], what.owner))
        await self._noted(run, "place", what.owner, placed)
        if self._differs(placed.total, command):
            await self._different(run, "compare", what.owner, placed.total, command)
            return answered(Failure(FailureReason.PRICE_CHANGED, _amount(placed.total)))
        return {"order": placed.ref.id}

    async def confirm(self, run: str, ordered: str) -> dict[str, Any]:
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        order = NativeRef(what.owner, frozen.row.order_id)
        command = ConfirmOrder(reference=run, order=order, payment=self._paid(frozen, what))
        confirmed = await given.forward(run, what.owner, CONFIRM_ORDER, command, frozen.commerce)
        if isinstance(confirmed, Unanswered):
            await given.checkouts.noted(run, "confirm", confirmed.value.lower(), what.owner, {})
            return answered(Failure(FAILURES[confirmed], what.owner))
        if confirmed.status is OrderStatus.CANCELLED:
            return answered(Failure(FailureReason.ORDER_REFUSED, what.owner))
        await self._noted(run, "confirm", what.owner, confirmed)
        return {"order": confirmed.ref.id}

    async def cancel(self, run: str, ordered: str) -> dict[str, Any]:
        """Only what this run made: looked up where nobody knows, and left to a person where it is too late."""
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        number = frozen.row.order_id
        if number is None:
            placed = await given.settled(run, what.owner, PLACE_ORDER, self.command(frozen, what))
            if placed is None:
                await given.checkouts.noted(run, "cancel", "absent", what.owner, {})
                return {"cancelled": False}
            await self._noted(run, "place", what.owner, placed)
            number = placed.ref.id
        cancelled = None
        if CANCEL_ORDER.name in given.backends[what.owner].manifest.writes:
            command = CancelOrder(reference=run, order=NativeRef(what.owner, number))
            cancelled = await given.backward(run, what.owner, CANCEL_ORDER, command, frozen.commerce)
        if cancelled is None:
            facts = {"checkout": run, "backend": what.owner, "order": number}
            await given.tasks.open(LEFT_TASK, f"{what.owner}:{number}", facts)
            await given.checkouts.noted(run, "cancel", "refused", what.owner, facts)
            return {"cancelled": False, "left": True}
        await given.checkouts.noted(run, "cancel", "done", what.owner, {"order": number})
        return {"cancelled": True}

    def command(self, frozen: Frozen, what: Ordered) -> PlaceOrder:
        """The same at each repetition: of the frozen cart and of what steps have answered."""
        cart = frozen.cart
        priced = msgspec.json.decode(what.priced, type=PricedCart)
        allotments = msgspec.json.decode(what.allotments, type=list[Allotment])
        by_line = {line.line: line for line in priced.lines}
        currency = frozen.row.currency
        lines: list[PlaceOrderLine] = []
        for line in cart.active:
            money = by_line[line.id]
            lines.append(
                PlaceOrderLine(
                    sku_of(line.variant) or (line.variant if isinstance(line.variant, str) else line.variant.id),
                    Decimal(int(line.quantity)),
                    money.unit,
                    total=money.total,
                    discounts=tuple(
                        OrderDiscount(label, Money(amount, currency), code) for label, amount, code in money.discounts
                    ),
                    places=self._places(what.owner, allotments, line.id),
                    delivery=cart.group_of(line).id,
                )
            )
        return PlaceOrder(
            reference=frozen.row.run,
            lines=tuple(lines),
            customer=NativeRef(what.owner, what.customer) if what.customer else None,
            deliveries=self._deliveries(frozen, priced, what.owner),
            total=priced.total,
            codes=priced.codes,
            buyer=cart.buyer,
            note=cart.note,
            payment=self._paid(frozen, what),
            pending=what.pending,
        )

    @staticmethod
    def _differs(theirs: Money | None, command: PlaceOrder) -> bool:
        """From what the shopper pays; an owner that does not say differs in nothing."""
        asked = None if command.total is None else command.total.quantized()
        return theirs is not None and theirs.quantized() != asked

    async def _different(self, run: str, stage: str, owner: str, theirs: Money | None, command: PlaceOrder) -> None:
        facts = {"asked": _amount(command.total), "owner": _amount(theirs)}
        await self._given.checkouts.noted(run, stage, "different", owner, facts)

    def _places(self, owner: str, allotments: list[Allotment], line: str) -> tuple[tuple[str, int], ...]:
        """As the order's owner calls them; what it cannot be told is left to it."""
        told = OrderOwner.of(self._given.ownership, OrderPlan(owner))
        found: list[tuple[str, int]] = []
        for each in allotments:
            if each.line != line:
                continue
            reference = told.told(self._given.ownership.locations[each.location])
            if reference is not None:
                found.append((reference, each.quantity))
        return tuple(found)

    def _deliveries(self, frozen: Frozen, priced: PricedCart, owner: str) -> tuple[OrderDelivery, ...]:
        money = {delivery.group: delivery for delivery in priced.deliveries}
        found: list[OrderDelivery] = []
        for group in frozen.cart.groups:
            if not frozen.cart.lines_of(group):
                continue
            told = money.get(group.id)
            collected = group.fulfilment is Fulfilment.PICKUP
            found.append(
                OrderDelivery(
                    id=group.id,
                    collected=collected,
                    place=self._store(group.store, owner) if collected else None,
                    option=None if told is None else told.option,
                    label=None if told is None else told.label,
                    price=None if told is None else told.price,
                    address=None if collected else group.address,
                )
            )
        return tuple(found)

    def _store(self, name: str | None, owner: str) -> str | None:
        store = self._given.ownership.stores.get(name or "")
        refs: list[Mapping[str, str]] = [] if store is None else [plan.refs for plan in store.locations]
        return next((each[owner] for each in refs if owner in each), None)

    def _paid(self, frozen: Frozen, what: Ordered) -> PaidElsewhere | None:
        if not what.paid:
            return None
        amount = msgspec.json.decode(what.priced, type=PricedCart).total
        return paid_elsewhere(frozen.tenders, amount, what.paid, due=what.due)

    async def _noted(self, run: str, stage: str, owner: str, placed: PlacedOrder) -> None:
        facts = {"order": placed.ref.id, "total": _amount(placed.total)}
        await self._given.checkouts.noted(
            run, stage, "done", owner, facts,
            order_backend=owner, order_id=placed.ref.id, order_number=placed.number,
        )  # fmt: skip


def _amount(money: Money | None) -> str:
    return "" if money is None else str(money.amount)


def paid_elsewhere(tenders: Sequence[Row[Any]], total: Money, payment: str, *, due: bool) -> PaidElsewhere:
    """What the order's owner is told: the last tender by its id and, where there are several, what each pays."""
    parts = tuple(
        PaidPart(each.backend, each.payment_id or "", Money(Decimal(each.amount), total.currency))
        for each in tenders
        if Decimal(each.amount)  # one that was declined before another pays nothing
    )
    return PaidElsewhere(tenders[-1].backend, payment, total, due, parts if len(parts) > 1 else ())
