"""Orders that are parts of one checkout, shown as one: under the first one's number, with what all of them have. An
order is never listed a second time for a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from msgspec.structs import replace

from gateway.errors import AdapterError, GatewayError
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.orders import Order, OrderPart, OrderStatus
from gateway.ports.order import GET_ORDERS
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord
from gateway.state.further_orders import FurtherOrders, Together

A = TypeVar("A", bound=GatewayError | None)

MOST_BESIDE = 4
"""Parts of one order that a list goes past to come to the first of them."""
_BEGUN = (OrderStatus.FULFILLED, OrderStatus.PARTIALLY_FULFILLED)


class OrdersTogether:
    """`further` None: nothing is sold here."""

    def __init__(self, systems: SystemsOfRecord, further: FurtherOrders | None) -> None:
        self._systems = systems
        self._further = further

    def beside(self, backend: str) -> int:
        """So many orders more a page of this system is asked for, because it may have as many that are not shown."""
        return MOST_BESIDE if self._further is not None and self._apart(backend) else 0

    async def of(self, refs: Sequence[NativeRef]) -> Mapping[NativeRef, Together]:
        """By those of these orders that are parts of one. Raises StateUnavailable."""
        some = [ref for ref in refs if self._apart(ref.backend)]
        return {} if self._further is None or not some else await self._further.together(some)

    def _apart(self, backend: str) -> bool:
        """Whether one checkout may be several orders there."""
        found = self._systems.ownership.backends.get(backend)
        ordering = None if found is None else found.manifest.ordering
        return ordering is not None and ordering.apart

    async def whole(self, orders: Sequence[Order], known: Mapping[NativeRef, Together], scope: Scope) -> list[Order]:
        """Each with its parts, read in one call for each system. A part that is not heard is shown as our own row has
        it, without its lines."""
        wanted = [ref for order in orders if order.ref in known for ref, _, _ in known[order.ref].others]
        heard: dict[NativeRef, Order | AdapterError] = {}
        for backend in dict.fromkeys(ref.backend for ref in wanted):
            if self._systems.ownership.offers(backend, GET_ORDERS.name):
                mine = [ref for ref in wanted if ref.backend == backend]
                call = scope.personal()
                heard |= await self._systems.caller.keyed(backend, GET_ORDERS, mine, scope.commerce, call)
        return [_whole(order, known[order.ref], heard) if order.ref in known else order for order in orders]

    async def answers(
        self, found: Sequence[Order | A], known: Mapping[NativeRef, Together], scope: Scope
    ) -> list[Order | A]:
        """As `whole`; what is no order stays what it is."""
        orders = [each for each in found if isinstance(each, Order)]
        whole = iter(await self.whole(orders, known, scope))
        return [next(whole) if isinstance(each, Order) else each for each in found]


def _whole(first: Order, together: Together, heard: Mapping[NativeRef, Order | AdapterError]) -> Order:
    parts = [_part(first)]
    for ref, number, amount in together.others:
        answer = heard.get(ref)
        if isinstance(answer, Order):
            parts.append(_part(answer))
        else:
            charged = TaxedMoney(gross=Money(Decimal(amount), first.total.currency))
            parts.append(OrderPart(ref, number, charged))
    others = [answer for ref, _, _ in together.others if isinstance(answer := heard.get(ref), Order)]
    lines = [replace(line, id=f"{part.ref.id}:{line.id}") for part in parts[1:] for line in part.lines]
    return replace(
        first,
        status=_status([part.status for part in parts]),
        total=_sum([part.total for part in parts]),
        lines=(*first.lines, *lines),
        lines_truncated=first.lines_truncated
        or len(others) < len(together.others)
        or any(other.lines_truncated for other in others),
        refunded=_refunded([first, *others], whole=len(others) == len(together.others)),
        parts=tuple(parts),
    )


def _part(order: Order) -> OrderPart:
    return OrderPart(order.ref, order.number, order.total, order.status, order.raw_status, order.lines, order.location)


def _status(statuses: Sequence[OrderStatus | None]) -> OrderStatus:
    """Of what is not cancelled: the one that all have, fulfilled in part where some has left, else the first's."""
    left = [status for status in statuses if status is not OrderStatus.CANCELLED]
    if not left:
        return OrderStatus.CANCELLED
    if len(set(left)) == 1 and left[0] is not None:
        return left[0]
    if any(status in _BEGUN for status in left):
        return OrderStatus.PARTIALLY_FULFILLED
    return next((status for status in left if status is not None), OrderStatus.UNKNOWN)


def _sum(totals: Sequence[TaxedMoney]) -> TaxedMoney:
    """Each side as far as all of them know it."""
    first, sides = totals[0], dict[str, Money | None]()
    for side in ("net", "gross", "tax"):
        amounts: list[Money | None] = [getattr(total, side) for total in totals]
        known = [money.amount for money in amounts if money is not None]
        sides[side] = Money(sum(known, Decimal(0)), first.currency) if len(known) == len(totals) else None
    if sides["net"] is None and sides["gross"] is None:
        stated = sum((total.stated.amount for total in totals), Decimal(0))
        sides["gross"] = Money(stated, first.currency)
    return TaxedMoney(sides["net"], sides["gross"], sides["tax"], first.treatment)


def _refunded(orders: Sequence[Order], *, whole: bool) -> Money | None:
    known = [order.refunded for order in orders if order.refunded is not None]
    if not whole or len(known) < len(orders):
        return None
    return Money(sum((money.amount for money in known), Decimal(0)), known[0].currency)
