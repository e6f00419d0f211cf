"""The buyer's record at the order's owner, found or made before the order is placed, so that the order names it.
Compensation: none. A record that was made is kept; whoever comes back has it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from gateway.checkout.given import FAILURES, Frozen, Given, Unanswered, answered
from gateway.checkout.references import derived
from gateway.checkout.turns import Turn, TurnState
from gateway.errors import CredentialsRefused, RequestRefused
from gateway.model.checkouts import Failure, FailureReason, VerifiedBuyer
from gateway.model.customers import EnsureCustomer
from gateway.model.identity import NativeRef
from gateway.ports.customer import ENSURE_CUSTOMER

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0


class Ensure:
    """Only for an e-mail that was proven: what a guest types into a cart never reaches anybody's record."""

    name = "ensure"

    def __init__(self, given: Given) -> None:
        self._given = given

    def wanted(self, frozen: Frozen, owner: str) -> bool:
        """Whether there is anything to ask; where not, the step is not run."""
        offered = ENSURE_CUSTOMER.name in self._given.backends[owner].manifest.writes
        return offered and frozen.row.buyer is not None

    async def act(self, run: str, owner: str) -> dict[str, Any]:
        """`customer`: the record's id at its owner; empty, and the order a guest's, where several bear the e-mail or
        the owner makes nobody a record."""
        given = self._given
        frozen = await given.frozen(run)
        async with given.checkouts.database.read() as connection:
            buyer = await given.checkouts.unsealed(connection, frozen.row, "buyer", VerifiedBuyer)
        if buyer is None:  # erased meanwhile
            return {"customer": ""}
        seconds = given.backends[owner].manifest.writes[ENSURE_CUSTOMER.name].absent_after()
        turn = await self._turn(owner, buyer, run, seconds + given.forward_seconds)
        if turn is None:
            await given.checkouts.noted(run, self.name, "busy", owner, {})
            return answered(Failure(FailureReason.OWNER_UNAVAILABLE, owner))
        if turn.state is TurnState.KNOWN:
            return await self._named(run, owner, buyer, turn.record)
        command = _command(run, frozen, buyer)
        ensured = await given.forward(
            run, owner, ENSURE_CUSTOMER, command, frozen.commerce, says_no=(RequestRefused, CredentialsRefused)
        )
        if isinstance(ensured, Unanswered):
            if ensured is not Unanswered.UNKNOWN:
                await given.turns.given_up(owner, buyer.email, run)
            await given.checkouts.noted(run, self.name, ensured.value.lower(), owner, {})
            if ensured is Unanswered.REFUSED:
                return {"customer": ""}
            return answered(Failure(FAILURES[ensured], owner))
        record = "" if ensured.ref is None else ensured.ref.id
        await given.turns.told(owner, buyer.email, run, record, seconds)
        return await self._named(run, owner, buyer, record)

    async def _turn(self, owner: str, buyer: VerifiedBuyer, run: str, seconds: float) -> Turn | None:
        """None where another run is at it for longer than a step waits."""
        ends, pause = time.monotonic() + self._given.forward_seconds, _FIRST_PAUSE
        while True:
            turn = await self._given.turns.take(owner, buyer.email, run, seconds)
            if turn.state is not TurnState.BUSY:
                return turn
            if time.monotonic() >= ends:
                return None
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)

    async def _named(self, run: str, owner: str, buyer: VerifiedBuyer, record: str) -> dict[str, Any]:
        """It is theirs from now on: what they bought stands in their order history."""
        given = self._given
        if record:
            await given.recognise(buyer.person, NativeRef(owner, record))
        await given.checkouts.noted(run, self.name, "done" if record else "several", owner, {"customer": record})
        return {"customer": record}


def _command(run: str, frozen: Frozen, buyer: VerifiedBuyer) -> EnsureCustomer:
    """The same at each repetition. A name is theirs where the cart does not name another mail beside it."""
    typed = frozen.cart.buyer
    theirs = typed is not None and typed.email in (None, buyer.email)
    return EnsureCustomer(
        reference=derived(run, "customer"),
        email=buyer.email,
        verified=True,
        given_name=typed.given_name if typed is not None and theirs else None,
        family_name=typed.family_name if typed is not None and theirs else None,
    )
