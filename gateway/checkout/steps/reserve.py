"""Pieces kept back in our ledger, all lines or none, in one transaction with the run's record of it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.allocation import again_in
from gateway.checkout.apart import OrderShare
from gateway.checkout.given import Given
from gateway.checkout.references import order_reference
from gateway.model.checkouts import Allotment
from gateway.services.fulfilment.allocation import pieces_by_spot, spots_of
from gateway.state.further_orders import FurtherOrder, FurtherOrders


class Reserve:
    """Compensation: `release`, in the run's last local step, with everything else that ends it."""

    name = "reserve"

    def __init__(self, given: Given) -> None:
        self._given = given

    async def act(
        self, connection: AsyncConnection, run: str, allotments: str, total: str, owner: str = "", orders: str = ""
    ) -> dict[str, Any]:
        """`short`: the lines of whose items somebody else took the last meanwhile; `retry_after`: seconds after which
        those may be back. `orders`: what the checkout is divided into, where it is several at their `owner`: those
        beside the first are rows from here on, so that whoever looks knows what may have been made."""
        given = self._given
        allotted = msgspec.json.decode(allotments, type=list[Allotment])
        wanted = pieces_by_spot(allotted)
        short = await given.ledger.reserve(connection, run, wanted)
        await given.checkouts.move(connection, run, self.name, total=total)
        parts = msgspec.json.decode(orders, type=list[OrderShare]) if orders else []
        planned = [
            FurtherOrder(
                position=position, backend=owner, place=each.place,
                reference=order_reference(run, position), amount=each.amount,
            )
            for position, each in enumerate(parts)
            if position
        ]  # fmt: skip
        await FurtherOrders(given.checkouts.database).plan(connection, run, planned)
        facts = {f"{spot.backend}:{spot.place}:{spot.item}": str(pieces) for spot, pieces in sorted(wanted.items())}
        await given.checkouts.note(connection, run, self.name, "short" if short else "held", None, facts)
        spots = {each.spot for each in short}
        lines = (each.line for each in allotted if not spots.isdisjoint(spots_of(each)))
        returning = await given.ledger.returning(connection, spots, beside=run) if spots else {}
        return {"short": list(dict.fromkeys(lines)), "retry_after": again_in(returning.values())}
