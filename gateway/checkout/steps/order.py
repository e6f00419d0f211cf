"""The order at its owner: placed under our reference (pending where the owner can), compared with what this run
charges, confirmed. Compensation: cancelled, once it is known whether there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row

from gateway.checkout.apart import OrderShare, paid_of
from gateway.checkout.given import FAILURES, Frozen, Given, Unanswered, answered
from gateway.checkout.references import order_reference
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
from gateway.state.further_orders import FurtherState

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
    parts: tuple[OrderShare, ...] = ()
    """What the checkout is divided into, where it is several orders; empty: it is one."""
    position: int = 0
    """Of the order that a step is about."""

    @property
    def orders(self) -> Sequence[Ordered]:
        """One for each order of the checkout."""
        return [replace(self, position=position) for position in range(len(self.parts) or 1)]

    @property
    def part(self) -> OrderShare | None:
        return self.parts[self.position] if self.parts else None


class OrderSteps:
    """Each step is of one order of the checkout (`Ordered.position`); most checkouts are one."""

    def __init__(self, given: Given) -> None:
        self._given = given

    async def preview(self, run: str, ordered: str) -> dict[str, Any]:
        """What the owner makes of the order, before money is held for it: what it would refuse then is refused now."""
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        command = self.command(frozen, what)
        found = await given.asked(run, what.owner, PREVIEW_ORDER, command, frozen.commerce)
        if isinstance(found, Unanswered):
            await self._noted(run, "preview", found.value.lower(), what)
            return answered(Failure(FAILURES[found], what.owner))
        if self._differs(found.total, command):
            await self._different(run, "preview", what, found.total, command)
            return answered(Failure(FailureReason.PRICE_CHANGED, _changed(frozen, found.total, command)))
        await self._noted(run, "preview", "done", what, {"total": _amount(found.total)})
        return {}

    async def place(self, run: str, ordered: str) -> dict[str, Any]:
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        command = self.command(frozen, what)
        placed = await given.forward(run, what.owner, PLACE_ORDER, command, frozen.commerce)
        if isinstance(placed, Unanswered):
            await self._noted(run, "place", placed.value.lower(), what)
            return answered(Failure(FAILURES[placed], what.owner))
        await self._stands(run, "place", what, placed)
        if self._differs(placed.total, command):
            await self._different(run, "compare", what, placed.total, command)
            return answered(Failure(FailureReason.PRICE_CHANGED, _changed(frozen, placed.total, command)))
        if _elsewhere(placed, command):
            await self._noted(run, "compare", "elsewhere", what, {"places": " ".join(placed.places)})
            return answered(Failure(FailureReason.ORDER_REFUSED, what.owner))
        return {"order": placed.ref.id}

    async def confirm(self, run: str, ordered: str) -> dict[str, Any]:
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        order = NativeRef(what.owner, _number(frozen, what.position) or "")
        reference = order_reference(run, what.position)
        command = ConfirmOrder(reference=reference, order=order, payment=self._paid(frozen, what))
        confirmed = await given.forward(run, what.owner, CONFIRM_ORDER, command, frozen.commerce)
        if isinstance(confirmed, Unanswered):
            await self._noted(run, "confirm", confirmed.value.lower(), what)
            return answered(Failure(FAILURES[confirmed], what.owner))
        if confirmed.status is OrderStatus.CANCELLED:
            return answered(Failure(FailureReason.ORDER_REFUSED, what.owner))
        await self._stands(run, "confirm", what, confirmed)
        return {"order": confirmed.ref.id}

    async def cancel(self, run: str, ordered: str) -> dict[str, Any]:
        """Only what this run made: looked up where nobody knows, and left to a person where it is too late."""
        given, what = self._given, msgspec.json.decode(ordered, type=Ordered)
        frozen = await given.frozen(run)
        number = _number(frozen, what.position)
        if number is None:
            placing = self.command(frozen, what)
            if what.parts:  # an owner that only knows our key has one effect to be taken back too
                placed = await given.learnt(run, what.owner, PLACE_ORDER, placing, frozen.commerce)
            else:
                placed = await given.settled(run, what.owner, PLACE_ORDER, placing)
            if placed is None:
                await self._noted(run, "cancel", "absent", what)
                return {"cancelled": False}
            await self._stands(run, "place", what, placed)
            number = placed.ref.id
        cancelled = None
        if CANCEL_ORDER.name in given.backends[what.owner].manifest.writes:
            reference = order_reference(run, what.position)
            command = CancelOrder(reference=reference, order=NativeRef(what.owner, number))
            cancelled = await given.backward(run, what.owner, CANCEL_ORDER, command, frozen.commerce)
        if cancelled is None:
            facts = {"checkout": run, "backend": what.owner, "order": number}
            await given.tasks.open(LEFT_TASK, f"{what.owner}:{number}", facts)
            await self._noted(run, "cancel", "refused", what, facts)
            return {"cancelled": False, "left": True}
        await self._noted(run, "cancel", "done", what, {"order": number}, state=FurtherState.CANCELLED)
        return {"cancelled": True}

    def command(self, frozen: Frozen, what: Ordered) -> PlaceOrder:
        """The same at each repetition: of the frozen cart and of what steps have answered."""
        cart = frozen.cart
        priced = msgspec.json.decode(what.priced, type=PricedCart)
        allotments = msgspec.json.decode(what.allotments, type=list[Allotment])
        by_line = {line.line: line for line in priced.lines}
        currency, part = frozen.row.currency, what.part
        lines: list[PlaceOrderLine] = []
        for line in cart.active:
            if part is not None and line.id not in part.lines:
                continue
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
            reference=order_reference(frozen.row.run, what.position),
            lines=tuple(lines),
            customer=NativeRef(what.owner, what.customer) if what.customer else None,
            deliveries=self._deliveries(frozen, priced, what),
            total=priced.total if part is None else frozen.money(part.amount),
            codes=priced.codes if what.position == 0 else (),
            buyer=cart.buyer,
            note=cart.note,
            payment=self._paid(frozen, what) if part is None else None,  # told when all of them stand
            pending=what.pending,
        )

    @staticmethod
    def _differs(theirs: Money | None, command: PlaceOrder) -> bool:
        """From what the shopper pays; an owner that does not say differs in nothing."""
        asked = None if command.total is None else command.total.quantized()
        return theirs is not None and theirs.quantized() != asked

    async def _different(self, run: str, stage: str, what: Ordered, theirs: Money | None, command: PlaceOrder) -> None:
        facts = {"asked": _amount(command.total), "owner": _amount(theirs)}
        await self._noted(run, stage, "different", what, facts)

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

    def _deliveries(self, frozen: Frozen, priced: PricedCart, what: Ordered) -> tuple[OrderDelivery, ...]:
        """Those that goods of this order go with; each is paid for once, whatever orders it has goods of."""
        money = {delivery.group: delivery for delivery in priced.deliveries}
        part, owner = what.part, what.owner
        found: list[OrderDelivery] = []
        for group in frozen.cart.groups:
            mine = [line for line in frozen.cart.lines_of(group) if part is None or line.id in part.lines]
            if not mine:
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
                    price=None if told is None or (part and group.id not in part.delivers) else told.price,
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
        if what.part is not None:
            amounts = [Decimal(each.amount) for each in what.parts]
            return paid_of(frozen.tenders, amounts, what.position, frozen.row.currency, what.paid, due=what.due)
        amount = msgspec.json.decode(what.priced, type=PricedCart).total
        return paid_elsewhere(frozen.tenders, amount, what.paid, due=what.due)

    async def _stands(self, run: str, stage: str, what: Ordered, placed: PlacedOrder) -> None:
        facts = {"order": placed.ref.id, "total": _amount(placed.total)}
        state = FurtherState.CONFIRMED if stage == "confirm" else FurtherState.PLACED
        await self._noted(run, stage, "done", what, facts, placed, state)

    async def _noted(
        self,
        run: str,
        stage: str,
        outcome: str,
        what: Ordered,
        facts: Mapping[str, str] | None = None,
        placed: PlacedOrder | None = None,
        state: FurtherState | None = None,
    ) -> None:
        noted = self._given.checkouts.noted_of_order
        await noted(run, stage, outcome, what.position, what.owner, facts or {}, placed, state)


def _number(frozen: Frozen, position: int) -> str | None:
    """The id that an order of the checkout has at its owner, as far as it is known."""
    return frozen.row.order_id if position == 0 else frozen.further[position - 1].order_id


def _elsewhere(placed: PlacedOrder, command: PlaceOrder) -> bool:
    """Whether its owner says that goods come from another place than it was told."""
    told = {place for line in command.lines for place, _ in line.places}
    return bool(told) and bool(placed.places) and not told.issuperset(placed.places)


def _changed(frozen: Frozen, theirs: Money | None, command: PlaceOrder) -> str:
    """What the whole would come to, by what its owner makes of this order."""
    if theirs is None or command.total is None or frozen.row.total is None:
        return _amount(theirs)
    return str(Decimal(frozen.row.total) + theirs.quantized().amount - command.total.quantized().amount)


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
