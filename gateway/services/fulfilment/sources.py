"""Where a delivery group's goods may come from, and what the system that takes the order can be told of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gateway.model.carts import Cart, DeliveryGroup
from gateway.model.stock import Fulfilment
from gateway.ownership import LocationPlan, OrderPlan, Ownership
from gateway.ports.order import CANCEL_ORDER, CONFIRM_ORDER, PLACE_ORDER, OrderWriting, Placement
from gateway.ports.stock import COMMIT_STOCK

MOST_ORDERS = 5
"""Of one checkout, where their owner takes one place an order: each may be refused, and then all before it go."""


class OrderOwner(Struct, frozen=True):
    """`name` None: nobody takes orders here, and nobody can be told anything. `taken_from` are the systems that hear of
    what an order takes of their stock: itself, those that have the order too, and whoever can be told
    (`stock.commit_stock`). `orders`: so many one checkout may place there, where each is from one place."""

    name: str | None
    placement: Placement
    taken_from: frozenset[str] = frozenset()
    orders: int = 1

    @classmethod
    def of(cls, ownership: Ownership, plan: OrderPlan) -> OrderOwner:
        backends = ownership.backends
        if plan.owner is None or PLACE_ORDER.name not in backends[plan.owner].manifest.writes:
            return cls(None, Placement.OWNER_DECIDES)
        hear = [each for each, backend in backends.items() if COMMIT_STOCK.name in backend.manifest.writes]
        ordering = backends[plan.owner].manifest.ordering or OrderWriting()
        able = {CANCEL_ORDER.name, CONFIRM_ORDER.name} <= backends[plan.owner].manifest.writes.keys()
        # Systems that are to know the order too would be told of one, under one number: of several they are told none.
        several = ordering.apart and able and not plan.mirror and not plan.expect
        taken_from = frozenset((plan.owner, *plan.mirror, *plan.expect, *hear))
        return cls(plan.owner, ordering.placement, taken_from, MOST_ORDERS if several else 1)

    def takes(self, plan: LocationPlan) -> bool:
        """Whether anything is sold from there: what its system does not hear of would be sold again."""
        return self.name is None or plan.backend in self.taken_from

    def told(self, plan: LocationPlan) -> str | None:
        """The place in the owner's own words; None where it decides by itself, or has no name for it."""
        if self.name is None or self.placement is Placement.OWNER_DECIDES:
            return None
        return plan.refs.get(self.name)

    @property
    def takes_several(self) -> bool:
        """Whether what is bought may be fulfilled from several places that it is told, in one order or in several."""
        return self.placement in (Placement.PER_LINE, Placement.MOVED_AFTER) or self.orders > 1


def order_owner(
    ownership: Ownership, country: str | None, channel: str | None = None, store: str | None = None
) -> OrderOwner:
    """Who takes a market's orders (what is collected at `store`). Whether a checkout may sell through it is
    `checkout.owners`' to say."""
    return OrderOwner.of(ownership, ownership.orders_of(country, channel, store))


def sources(ownership: Ownership, owner: OrderOwner, cart: Cart, group: DeliveryGroup) -> Sequence[LocationPlan]:
    """The chosen place, those of the store it is collected at, else all that the channel delivers from."""
    if group.fulfilment is Fulfilment.PICKUP:
        store = ownership.stores.get(group.store or "")
        places = [plan for plan in (() if store is None else store.locations) if owner.takes(plan)]
        return handed_out(owner, places) or places  # whoever cannot be told says no by itself
    if group.location is not None:
        plan = ownership.locations.get(group.location)
        return (plan,) if plan is not None and owner.takes(plan) else ()
    return delivering(ownership, owner, cart.channel)


def handed_out(owner: OrderOwner, places: Sequence[LocationPlan]) -> tuple[LocationPlan, ...]:
    """Of a store's places those that the order's owner can be told; one, where it takes one an order."""
    told = tuple(plan for plan in places if owner.told(plan) is not None and owner.takes(plan))
    return told[:1] if owner.placement is Placement.PER_ORDER else told


def delivering(ownership: Ownership, owner: OrderOwner, channel: str | None) -> Sequence[LocationPlan]:
    section = ownership.channels.get(channel or "")
    plans = (ownership.locations[name] for name in (() if section is None else section.locations))
    return tuple(plan for plan in plans if owner.takes(plan))
