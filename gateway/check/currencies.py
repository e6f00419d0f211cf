"""What a check says of the currencies that orders are taken in: a market in another one sells nothing, and its shoppers
learn it at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.app import Gateway
from gateway.check.contexts import known_to
from gateway.check.findings import Problem
from gateway.checkout.owners import owner_of_orders
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext
from gateway.ports.order import ANYWHERE, GET_CURRENCIES
from gateway.ports.payment import PAYMENT
from gateway.services.fulfilment.sources import delivering, order_owner


async def refused_currencies(gateway: Gateway, name: str, call: CallContext) -> tuple[list[str], list[Problem]]:
    """Notes on the markets whose orders this backend takes, one for each currency; and those that it does not."""
    ownership, told = gateway.ownership, dict[str, None]()
    problems: list[Problem] = []
    if not ownership.serves(PAYMENT):
        return [], []
    for market in known_to(gateway.settings, name):
        owner = owner_of_orders(ownership, market.country, market.channel, market.store)
        if owner != name or not ownership.serving(PAYMENT, market.country):
            continue
        try:
            found = await _asked(gateway, name, market, call)
        except AdapterError:  # what is wrong with this market is found by whoever asks for its prices
            continue
        taken = sorted({currency for each in found.values() for currency in each})
        places = [place for place, each in found.items() if market.currency in each]
        where = f"channel `{market.channel}` in {market.country}" if market.channel else f"store `{market.store}`"
        if places:
            elsewhere = [place for place in found if place not in places]
            but = f", not from {', '.join(elsewhere)}" if elsewhere else ""
            told[f"orders of {where} are taken in {market.currency}{but}"] = None
        elif found:
            problems.append(
                Problem(
                    message=f"orders of {where} are in {market.currency}, which `{name}` does not take: nothing is "
                    f"sold there. It takes {', '.join(taken)}: sell in that, or let another backend own the orders of "
                    f"{market.country}",
                    backend=name,
                    place=_place(market),
                    value=market.currency,
                    allowed=tuple(taken),
                )
            )
    return list(told), problems


def _place(market: CommerceContext) -> str:
    if market.channel:
        return f"channels.{market.channel}.currencies.{market.country}"
    return f"stores.{market.store}.currency"


async def _asked(
    gateway: Gateway, name: str, market: CommerceContext, call: CallContext
) -> Mapping[str, Sequence[str]]:
    """Of the places that the channel delivers from, as far as orders name them."""
    ownership = gateway.ownership
    owner = order_owner(ownership, market.country, market.channel, market.store)
    told = (owner.told(plan) for plan in delivering(ownership, owner, market.channel))
    places = list(dict.fromkeys(place for place in told if place is not None)) or [ANYWHERE]
    answers = await gateway.caller.keyed(name, GET_CURRENCIES, places, market, call)
    return {place: each for place, each in answers.items() if not isinstance(each, AdapterError)}
