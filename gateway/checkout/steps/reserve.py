"""Pieces kept back in our ledger, all lines or none, in one transaction with the run's record of it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.given import Given
from gateway.model.checkouts import Allotment
from gateway.services.fulfilment.allocation import pieces_by_spot


class Reserve:
    """Compensation: `release`, in the run's last local step, with everything else that ends it."""

    name = "reserve"

    def __init__(self, given: Given) -> None:
        self._given = given

    async def act(self, connection: AsyncConnection, run: str, allotments: str, total: str) -> dict[str, Any]:
        """`short`: the items of which somebody else took the last meanwhile."""
        given = self._given
        wanted = pieces_by_spot(msgspec.json.decode(allotments, type=list[Allotment]))
        short = await given.ledger.reserve(connection, run, wanted)
        await given.checkouts.move(connection, run, self.name, total=total)
        facts = {f"{spot.backend}:{spot.place}:{spot.item}": str(pieces) for spot, pieces in sorted(wanted.items())}
        await given.checkouts.note(connection, run, self.name, "short" if short else "held", None, facts)
        return {"short": [each.spot.item for each in short]}
