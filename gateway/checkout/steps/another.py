"""Another tender for what the others leave to be paid, where the client profile allows it: asked for here, chosen by
the shopper at the desk (`Desk.pay_rest`), and held as every tender is. Whoever does not come back, goes back or is
declined too often has everything given back, in reverse.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.given import Given, answered
from gateway.checkout.references import of_tender
from gateway.checkout.steps.payment import GOOD
from gateway.checkout.tenders import change, tenders_of
from gateway.model.checkouts import PARTIAL, CheckoutState, Failure, FailureReason
from gateway.model.money import Money
from gateway.model.payments import PaymentState

STAGE = "another"
MOST_MORE = 4
"""So many tenders that were not planned one checkout asks for: who guesses at cards guesses no oftener in it."""


class Another:
    """Both steps are of the tender at `position`, which is none yet."""

    def __init__(self, given: Given) -> None:
        self._given = given

    async def ask(self, connection: AsyncConnection, run: str, total: str, position: str, why: str) -> dict[str, Any]:
        """`rest`: what is left to pay, for which the shopper is asked within the one time that they have for all that
        their payments ask of them. From here on each tender's amount is what it pays: less than was asked where less
        was approved, nothing where it was declined. Or `failed`. `why`: the detail of what came of the tender before,
        a decline that is one more payment in vain."""
        given, database = self._given, self._given.checkouts.database
        row = await given.checkouts.row(connection, run, lock=True)
        if row.cancel_asked is not None:
            return {"failed": FailureReason.CANCELLED.value}
        if row.expires is not None and row.expires <= row.now:
            return {"failed": FailureReason.PAYMENT_EXPIRED.value}
        tenders = (await tenders_of(connection, [run])).get(run, ())
        more = sum(1 for each in tenders if each.choice is not None)
        if more >= MOST_MORE or any(_torn(each) for each in tenders):
            return answered(Failure(FailureReason.PAYMENT_DECLINED, why))
        if not why.startswith(PARTIAL) and await given.bounds.declined(connection, run, row.cart):
            return answered(Failure(FailureReason.PAYMENT_DECLINED, why))
        rest = Decimal(total)
        for tender in tenders:
            pays = _pays(tender)
            rest -= pays
            if pays != Decimal(tender.amount):
                asked = tender.asked or tender.amount
                amount = str(Money(pays, row.currency).quantized().amount)
                await change(connection, run, tender.position, amount=amount, asked=asked)
        state = CheckoutState.ACTION_REQUIRED.value
        values: dict[str, Any] = {"state": state, "rest": str(rest), "action": None, "details": None}
        if row.expires is None:
            values["expires"] = database.now + given.action_seconds
        await given.checkouts.move(connection, run, STAGE, **values)
        facts = {"rest": str(rest), "why": why}
        await given.checkouts.note(connection, run, of_tender(STAGE, int(position)), "asked", None, facts)
        return {"rest": str(rest)}

    async def offered(self, connection: AsyncConnection, run: str, position: str) -> dict[str, Any]:
        """`offered`: the shopper has chosen one. `failed`: they have gone back, or their time is over, and none is
        taken any more. Else how many seconds are `left`, by the database's clock."""
        given = self._given
        row = await given.checkouts.row(connection, run, lock=True)
        if len((await tenders_of(connection, [run])).get(run, ())) > int(position):
            return {"offered": True}
        left = float(row.expires) - float(row.now)
        if row.cancel_asked is not None or left <= 0:
            why = FailureReason.PAYMENT_EXPIRED if row.cancel_asked is None else FailureReason.CANCELLED
            await given.checkouts.move(connection, run, STAGE, state=CheckoutState.PROCESSING.value, rest=None)
            return {"failed": why.value}
        if row.state != CheckoutState.ACTION_REQUIRED.value:  # a gateway that knows no rest heard that they are back
            await given.checkouts.move(connection, run, STAGE, state=CheckoutState.ACTION_REQUIRED.value)
        return {"left": left}


def _pays(tender: Row[Any]) -> Decimal:
    amount = Decimal(tender.amount)
    if tender.payment_state == PaymentState.DUE.value:
        return amount
    if tender.payment_state not in GOOD:
        return Decimal(0)
    return amount if tender.authorised is None else min(amount, Decimal(tender.authorised))


def _torn(tender: Row[Any]) -> bool:
    """One of several payments that their processor keeps together, and gives back by itself while they are not the
    whole: what it does not hold of that can be paid by nothing else."""
    return tender.together is not None and _pays(tender) != Decimal(tender.amount)
