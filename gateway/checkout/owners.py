"""Through whom a checkout may sell."""

from __future__ import annotations

from gateway.ownership import Ownership
from gateway.ports.order import ORDER, PLACE_ORDER, OrderWriting
from gateway.ports.payment import PAYMENT
from gateway.ports.price import PRICE


def owner_of_orders(ownership: Ownership, country: str | None) -> str | None:
    """Who takes a market's orders, if a checkout may sell through them (`OrderWriting.unsafe`)."""
    owner = next(iter(ownership.serving(ORDER, country)), None)
    if owner is None:
        return None
    manifest = ownership.backends[owner].manifest
    if PLACE_ORDER.name not in manifest.writes:
        return None
    prices = next(iter(ownership.serving(PRICE, country)), None) if ownership.serves(PRICE) else None
    ordering = manifest.ordering or OrderWriting(cancels=False)
    return None if ordering.unsafe(foreign_prices=prices != owner) else owner


def sells(ownership: Ownership) -> bool:
    """Whether anything can be bought here: somewhere somebody takes orders and somebody takes money."""
    sold = {country for channel in ownership.channels.values() for country in channel.countries}
    markets: tuple[str | None, ...] = tuple(sorted(sold)) or (None,)
    return ownership.serves(PAYMENT) and any(
        ownership.serving(PAYMENT, country) and owner_of_orders(ownership, country) is not None for country in markets
    )
