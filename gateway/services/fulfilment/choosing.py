"""A plan kept on a cart's lines: a pure change, run inside the transaction that writes it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.cart_faults import CartChanged, CartTooLarge
from gateway.model.carts import Cart, CartLine, DeliveryGroup
from gateway.model.fulfilment import PlanWay
from gateway.model.stock import Fulfilment
from gateway.services.carts import wishes
from gateway.services.carts.editing import Editing, joined
from gateway.services.carts.wishes import Bounds
from gateway.services.fulfilment.tokens import ChosenPart, ChosenPlan
from gateway.state.cart_rows import new_id
from gateway.state.carts import Edit, Refused

PLAN = ("input", "planId")


def choosing(plan: ChosenPlan, bounds: Bounds) -> Editing:
    """One delivery group for each part. A group that goes the same way stays itself, with its address; lines are split
    where the plan splits them. What is saved for later goes nowhere."""

    def edit(cart: Cart, now: datetime) -> Edit:
        if not plan.fits(cart):
            raise Refused(CartChanged(version=cart.version, path=PLAN))
        if len(plan.parts) > wishes.GROUPS:
            raise Refused(CartTooLarge(what="delivery groups", limit=wishes.GROUPS, path=PLAN))
        groups = _groups(cart, plan)
        shares: dict[str, list[tuple[str | None, int]]] = {}
        active = cart.active
        for group, part in zip(groups, plan.parts, strict=True):
            for index, pieces in part.pieces:
                name = None if group is groups[0] else group.id
                shares.setdefault(active[index].id, []).append((name, pieces))
        lines: list[CartLine] = []
        for line in cart.lines:
            first, *others = shares.get(line.id, [(None, int(line.quantity))])
            lines.append(replace(line, group=first[0], quantity=Decimal(first[1])))
            lines += [
                replace(line, id=new_id(), group=group, quantity=Decimal(pieces), added=now) for group, pieces in others
            ]
        bounds.count(len(lines), PLAN)
        return Edit(replace(cart, groups=tuple(groups), lines=joined(lines, bounds)))

    return edit


def _groups(cart: Cart, plan: ChosenPlan) -> list[DeliveryGroup]:
    left = list(cart.groups)
    address = next((group.address for group in cart.groups if group.address is not None), None)
    found: list[DeliveryGroup] = []
    for part in plan.parts:
        collected = part.way is PlanWay.PICKUP
        same = next((group for group in left if _alike(group, part)), None)
        if same is not None:
            left.remove(same)
        group = same or DeliveryGroup(id=new_id())
        found.append(
            replace(
                group,
                fulfilment=Fulfilment.PICKUP if collected else Fulfilment.DELIVERY,
                store=part.store if collected else None,
                location=None if collected else part.location,
                option=None if collected else part.option,
                address=group.address if collected else group.address or address,
            )
        )
    return found


def _alike(group: DeliveryGroup, part: ChosenPart) -> bool:
    if part.way is PlanWay.PICKUP:
        return group.fulfilment is Fulfilment.PICKUP and group.store == part.store
    return group.fulfilment is Fulfilment.DELIVERY
