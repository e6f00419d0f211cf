"""What a run of an older shape may have made, of our rows and of what its steps had answered, where their record was
dropped. It says only what is to be taken back; each compensation learns for itself whether it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.apart import OrderShare
from gateway.checkout.given import Given, answered, failure_of
from gateway.checkout.moves import RunMoves
from gateway.checkout.references import of_order
from gateway.checkout.shapes import plain
from gateway.checkout.steps.order import Ordered
from gateway.checkout.tenders import tenders_of
from gateway.model.checkouts import Failure, FailureReason, declined
from gateway.model.payments import PaymentState

ORDER = "order"
"""Among what is to be undone, with the number of each further order; tenders are there by their position."""


class Left:
    def __init__(self, given: Given) -> None:
        self._given = given
        self._moves = RunMoves(given.checkouts.database)

    async def act(self, run: str) -> dict[str, Any] | None:
        """Within the first step of every run: None for one that goes forward. `over`: it had ended; else why nothing is
        bought."""
        checkouts = self._given.checkouts
        async with checkouts.database.read() as connection:
            dropped = await self._moves.dropped(connection, run)
        if dropped is None or not dropped.back:
            return None
        async with checkouts.database.write() as connection:  # locked: behind whoever was still at it
            row = await checkouts.row(connection, run, lock=True)
        if row.ended is not None:
            return {"over": True}
        asked = FailureReason.INTERNAL if row.cancel_asked is None else FailureReason.CANCELLED
        return answered(_failure(dropped.answers) or Failure(asked))

    async def beside(self, connection: AsyncConnection, run: str, undone: Sequence[str]) -> dict[str, Any]:
        """Within the last step: what else is to be taken back before it may end (`undo`, in the order in which it was
        made), with the order as its owner was asked for it. Empty for a run whose record says all that it made."""
        dropped = await self._moves.dropped(connection, run)
        told: Mapping[str, Any] = {} if dropped is None else dropped.answers.get("prepare", {})
        if dropped is None or "priced" not in told:  # nobody was asked for anything
            return {}
        tenders = (await tenders_of(connection, [run])).get(run, ())
        ordered = _ordered(told, dropped.answers.get("ensure", {}), tenders)
        orders = [of_order(ORDER, each.position) for each in ordered.orders]
        paid = [str(tender.position) for tender in tenders]
        made = (*orders, *paid) if told["pending"] else (*paid, *orders)
        undo = [what for what in made if what not in undone]
        return {"undo": undo, "ordered": msgspec.json.encode(ordered).decode()} if undo else {}


def _ordered(told: Mapping[str, Any], ensured: Mapping[str, Any], tenders: Sequence[Row[Any]]) -> Ordered:
    """As it was told to its owner: after the money, where the owner takes no pending orders."""
    paid = tenders[-1] if tenders and not told["pending"] else None
    return Ordered(
        told["owner"],
        told["priced"],
        told["allotments"],
        told["pending"],
        paid="" if paid is None else paid.payment_id or "",
        due=paid is not None and paid.payment_state == PaymentState.DUE.value,
        customer=ensured.get("customer") or told.get("customer", ""),
        mirror=tuple(told.get("mirror", ())),
        expect=tuple(told.get("expect", ())),
        parts=tuple(msgspec.json.decode(told.get("orders", "[]"), type=list[OrderShare])),
    )


def _failure(answers: Mapping[str, Any]) -> Failure | None:
    """What made the older saga turn back, where it had."""
    for step, answer in answers.items():
        if (failure := failure_of(answer)) is not None:
            return failure
        if plain(step) in ("authorise", "continue", "look") and answer.get("state") == PaymentState.FAILED.value:
            return declined(answer.get("reason") or "OTHER", 0)
    return None
