"""Whether one order can have the whole cart, where its owner fulfils an order from one place: else which lines must be
ordered apart.
"""

from __future__ import annotations

from gateway.errors import AdapterError
from gateway.model.cart_answers import CartProblem, ProblemKind, Remedy
from gateway.model.carts import Cart
from gateway.ports.order import Placement
from gateway.services import Services
from gateway.services.fulfilment.allocation import Want, allocate, scattered
from gateway.services.fulfilment.readings import read
from gateway.services.fulfilment.sources import order_owner, sources
from gateway.services.scope import Scope
from gateway.state.ledger import Ledger


class OnePlace:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def problems(self, cart: Cart, within: Scope) -> tuple[CartProblem, ...]:
        """Of lines that are there, and not where the rest is. Nothing is asked where one order may come from several
        places, or there is one place only; nothing is said while a system that counts cannot be heard. Raises
        StateUnavailable."""
        ownership = self._services.ownership
        owner = order_owner(ownership, cart.country, cart.channel)
        if owner.placement is not Placement.PER_ORDER:
            return ()
        wants = [
            Want(line.id, line.variant, int(line.quantity), sources(ownership, owner, cart, cart.group_of(line)))
            for line in cart.active
        ]
        places = {plan.name: plan for want in wants for plan in want.places}
        if len(places) < 2:
            return ()
        variants = list(dict.fromkeys(line.variant for line in cart.active))
        try:
            told = await self._services.availability.shelves(variants, list(places.values()), within)
            ledger = Ledger(self._services.kept_carts.database)
            shelves = (await read(variants, told, places, ledger, within.now)).shelves
        except AdapterError:
            return ()
        found = allocate(wants, shelves, owner.placement, orders=owner.orders, whole=True)
        if not found.lacking or scattered(wants, shelves, owner.placement).lacking:
            return ()
        return tuple(
            CartProblem(
                kind=ProblemKind.NOT_TOGETHER,
                remedy=Remedy.ORDER_APART,
                message="This is there, but not where the rest is.",
                line=lack.line,
                available=lack.available,
            )
            for lack in found.lacking
        )
