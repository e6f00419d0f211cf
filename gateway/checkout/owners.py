"""Through whom a checkout may sell."""

from __future__ import annotations

from gateway.model.carts import Cart
from gateway.model.stock import Fulfilment
from gateway.ownership import OrderPlan, Ownership
from gateway.ports.order import PLACE_ORDER, OrderWriting
from gateway.ports.payment import PAYMENT
from gateway.ports.price import PRICE


def owner_of_orders(
    ownership: Ownership, country: str | None, channel: str | None = None, store: str | None = None
) -> str | None:
    """Who takes a market's orders (what is collected at `store`), if a checkout may sell through them
    (`OrderWriting.unsafe`)."""
    return _able(ownership, ownership.orders_of(country, channel, store).owner, country)


def order_plan(ownership: Ownership, cart: Cart) -> OrderPlan:
    """Who takes this cart's order, and where else it is to be known. Without an owner where nobody may, and where its
    parts would be orders of several systems."""
    plans = {
        ownership.orders_of(cart.country, cart.channel, group.store if group.fulfilment is Fulfilment.PICKUP else None)
        for group in map(cart.group_of, cart.active)
    }
    plan = plans.pop() if len(plans) == 1 else OrderPlan(None)
    return plan if _able(ownership, plan.owner, cart.country) is not None else OrderPlan(None)


def every_owner(ownership: Ownership) -> tuple[str, ...]:
    """All through whom a checkout may sell, in whatever market."""
    found = [owner_of_orders(ownership, country, channel) for channel, country in _markets(ownership)]
    for name, store in ownership.stores.items():
        found.append(owner_of_orders(ownership, store.section.country, store.section.channel, name))
    return tuple(dict.fromkeys(owner for owner in found if owner is not None))


def sells(ownership: Ownership) -> bool:
    """Whether anything can be bought here: somewhere somebody takes orders and somebody takes money."""
    return ownership.serves(PAYMENT) and any(
        ownership.serving(PAYMENT, country) and owner_of_orders(ownership, country, channel) is not None
        for channel, country in _markets(ownership)
    )


def _able(ownership: Ownership, owner: str | None, country: str | None) -> str | None:
    if owner is None:
        return None
    manifest = ownership.backends[owner].manifest
    if PLACE_ORDER.name not in manifest.writes:
        return None
    prices = next(iter(ownership.serving(PRICE, country)), None) if ownership.serves(PRICE) else None
    ordering = manifest.ordering or OrderWriting(cancels=False)
    return None if ordering.unsafe(foreign_prices=prices != owner) else owner


def _markets(ownership: Ownership) -> list[tuple[str | None, str | None]]:
    sold = [(name, country) for name, channel in ownership.channels.items() for country in channel.countries]
    return [*sold] or [(None, None)]
