"""Where a delivery group's goods may come from, and what the system that takes the order can be told of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gateway.model.carts import Cart, DeliveryGroup
from gateway.model.stock import Fulfilment
from gateway.ownership import LocationPlan, Ownership
from gateway.ports.order import PLACE_ORDER, OrderWriting, Placement


class OrderOwner(Struct, frozen=True):
    """`name` None: nobody takes orders here, and nobody can be told anything."""

    name: str | None
    placement: Placement

    def told(self, plan: LocationPlan) -> str | None:
        """The place in the owner's own words; None where it decides by itself, or has no name for it."""
        if self.name is None or self.placement is Placement.OWNER_DECIDES:
            return None
        return plan.refs.get(self.name)

    @property
    def takes_several(self) -> bool:
        """Whether one order may be fulfilled from several places that it is told."""
        return self.placement in (Placement.PER_LINE, Placement.MOVED_AFTER)


def order_owner(
    ownership: Ownership, country: str | None, channel: str | None = None, store: str | None = None
) -> OrderOwner:
    """Who takes a market's orders (what is collected at `store`). Whether a checkout may sell through it is
    `checkout.owners`' to say."""
    name = ownership.orders_of(country, channel, store).owner
    if name is None:
        return OrderOwner(None, Placement.OWNER_DECIDES)
    manifest = ownership.backends[name].manifest
    if PLACE_ORDER.name not in manifest.writes:
        return OrderOwner(None, Placement.OWNER_DECIDES)
    return OrderOwner(name, (manifest.ordering or OrderWriting()).placement)


def sources(ownership: Ownership, owner: OrderOwner, cart: Cart, group: DeliveryGroup) -> Sequence[LocationPlan]:
    """The chosen place, those of the store it is collected at, else all that the channel delivers from."""
    if group.fulfilment is Fulfilment.PICKUP:
        store = ownership.stores.get(group.store or "")
        places = () if store is None else store.locations
        return handed_out(owner, places) or places  # whoever cannot be told says no by itself
    if group.location is not None:
        plan = ownership.locations.get(group.location)
        return () if plan is None else (plan,)
    return delivering(ownership, cart.channel)


def handed_out(owner: OrderOwner, places: Sequence[LocationPlan]) -> tuple[LocationPlan, ...]:
    """Of a store's places those that the order's owner can be told; one, where it takes one an order."""
    told = tuple(plan for plan in places if owner.told(plan) is not None)
    return told[:1] if owner.placement is Placement.PER_ORDER else told


def delivering(ownership: Ownership, channel: str | None) -> Sequence[LocationPlan]:
    section = ownership.channels.get(channel or "")
    return () if section is None else tuple(ownership.locations[name] for name in section.locations)
