"""How orders stand at their owners, for rounds that nobody waits for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.orders import Order
from gateway.ports.order import GET_ORDERS

if TYPE_CHECKING:
    from gateway.checkout.given import Given

A_ROUND = 100
"""Orders that a round looks at."""
_AT_ONCE = 20
"""Asked for in one call."""
_SECONDS = 10.0
_NOWHERE = CommerceContext(country="", currency="", language="")


async def orders_now(given: Given, refs: Iterable[NativeRef]) -> dict[NativeRef, Order]:
    """Those that were heard of; an owner that is silent, no longer configured, or cannot be asked says nothing."""
    by_owner: defaultdict[str, list[NativeRef]] = defaultdict(list)
    for ref in refs:
        if ref.backend in given.backends and given.ownership.offers(ref.backend, GET_ORDERS.name):
            by_owner[ref.backend].append(ref)
    found: dict[NativeRef, Order] = {}
    for backend, mine in by_owner.items():
        for begin in range(0, len(mine), _AT_ONCE):
            call = CallContext(time.monotonic() + _SECONDS, Priority.BACKGROUND, "orders_now", fresh=True)
            answers = await given.caller.keyed(backend, GET_ORDERS, mine[begin : begin + _AT_ONCE], _NOWHERE, call)
            found.update({ref: order for ref, order in answers.items() if isinstance(order, Order)})
    return found
