"""Taking what is held, after the order: tried until it is done, and never a reason to undo the order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from gateway.checkout.given import Frozen, Given
from gateway.checkout.references import derived, of_tender
from gateway.checkout.tenders import change
from gateway.model.identity import NativeRef
from gateway.model.payments import Capture, PaymentState
from gateway.ports.payment import CAPTURE

REFUSED_TASK = "checkout.capture_refused"


class Captured:
    def __init__(self, given: Given) -> None:
        self._given = given

    async def act(self, run: str) -> dict[str, Any]:
        """`captured` False where a processor says no to any of it."""
        frozen = await self._given.frozen(run)
        held = [tender for tender in frozen.tenders if tender.payment_state == PaymentState.AUTHORISED.value]
        return {"captured": all([await self._taken(run, frozen, tender) for tender in held])}

    async def _taken(self, run: str, frozen: Frozen, tender: Row[Any]) -> bool:
        given = self._given
        backend, payment, amount = tender.backend, tender.payment_id, frozen.money(tender.amount)
        reference = derived(run, of_tender("capture", tender.position))
        command = Capture(reference, NativeRef(backend, payment), amount)
        done = await given.backward(run, backend, CAPTURE, command, frozen.commerce)
        if done is None or done.failed:
            facts = {"checkout": run, "backend": backend, "payment": payment}
            await given.tasks.open(REFUSED_TASK, f"{backend}:{payment}", facts)
            await self._noted(tender, "capture_refused", facts, {})
            return False
        facts = {"payment": payment, "settled": "yes" if done.settled else "no"}
        captured = {"payment_state": PaymentState.CAPTURED.value, "captured": str(amount.amount)}
        await self._noted(tender, "captured", facts, captured if done.settled else {})
        return True

    async def _noted(self, tender: Row[Any], outcome: str, facts: dict[str, str], told: dict[str, str]) -> None:
        checkouts = self._given.checkouts
        async with checkouts.database.write() as connection:
            if told:
                await change(connection, tender.run, tender.position, **told)
            await checkouts.move(connection, tender.run, "completed")
            step = of_tender("completed", tender.position)
            await checkouts.note(connection, tender.run, step, outcome, tender.backend, facts)
