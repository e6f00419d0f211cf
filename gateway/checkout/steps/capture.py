"""Taking what is held, after the order: tried until it is done, and never a reason to undo the order."""

from __future__ import annotations

from typing import Any

from gateway.checkout.given import Given
from gateway.checkout.journal import derived
from gateway.model.identity import NativeRef
from gateway.model.payments import Capture, PaymentState
from gateway.ports.payment import CAPTURE

REFUSED_TASK = "checkout.capture_refused"


class Captured:
    def __init__(self, given: Given) -> None:
        self._given = given

    async def act(self, run: str) -> dict[str, Any]:
        given = self._given
        frozen = await given.frozen(run)
        backend, payment = frozen.row.payment_backend, frozen.row.payment_id
        command = Capture(derived(run, "capture"), NativeRef(backend, payment), frozen.money(frozen.row.total))
        done = await given.backward(run, backend, CAPTURE, command, frozen.commerce)
        if done is None or done.failed:
            facts = {"checkout": run, "backend": backend, "payment": payment}
            await given.tasks.open(REFUSED_TASK, f"{backend}:{payment}", facts)
            await given.checkouts.noted(run, "completed", "capture_refused", backend, facts)
            return {"captured": False}
        facts = {"payment": payment, "settled": "yes" if done.settled else "no"}
        state = {"payment_state": PaymentState.CAPTURED.value} if done.settled else {}
        await given.checkouts.noted(run, "completed", "captured", backend, facts, **state)
        return {"captured": True}
