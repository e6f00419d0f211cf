"""The money, held as late as the order's owner allows. Compensation: given free, once it is known whether it is held.

What the shopper must do, and what came back of it, goes sealed into our row and into no record of the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.checkout.given import Frozen, Given, Unanswered, answered
from gateway.checkout.journal import derived
from gateway.errors import AdapterError
from gateway.model.checkouts import CheckoutState, Failure, FailureReason, PaymentChoice
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Payment, PaymentState, Void
from gateway.ports.payment import AUTHORISE, GET_PAYMENTS, VOID

LEFT_TASK = "checkout.payment_left"
"""Money that is held, or was taken, for a checkout that failed, and cannot be given free by us."""
WAITING = (PaymentState.REQUIRES_ACTION.value, PaymentState.PENDING.value)
GOOD = (PaymentState.AUTHORISED.value, PaymentState.CAPTURED.value)
_OVER = (PaymentState.FAILED, PaymentState.VOIDED)
_FAILURES: Mapping[Unanswered, Failure] = {
    Unanswered.REFUSED: Failure(FailureReason.PAYMENT_DECLINED, "REFUSED"),
    Unanswered.UNAVAILABLE: Failure(FailureReason.OWNER_UNAVAILABLE, "payment"),
    Unanswered.UNKNOWN: Failure(FailureReason.OUTCOME_UNKNOWN, "payment"),
}


class Pay:
    def __init__(self, given: Given) -> None:
        self._given = given

    async def authorise(self, run: str, amount: str) -> dict[str, Any]:
        """`state` of the payment, its id, whether all of it is held, the reason of a decline; or `failed`."""
        given = self._given
        frozen, command = await self._command(run, amount)
        if command is None:
            return answered(Failure(FailureReason.PAYMENT_DECLINED, "NOTHING_CHOSEN"))
        backend = frozen.row.payment_backend
        return await self._told(
            run, frozen, amount, await given.forward(run, backend, AUTHORISE, command, frozen.commerce)
        )

    async def go_on(self, run: str, amount: str, number: str) -> dict[str, Any]:
        """With what came back from the shopper's challenge, for the `number`th time."""
        given = self._given
        frozen, first = await self._command(run, amount)
        async with given.checkouts.database.read() as connection:
            details = await given.checkouts.unsealed(connection, frozen.row, "details", dict[str, str])
        if first is None or frozen.row.payment_id is None:
            return await self.look(run, amount)
        backend = frozen.row.payment_backend
        command = Authorise(
            reference=derived(run, "continue", int(number)),
            purchase=run,
            amount=first.amount,
            payment=NativeRef(backend, frozen.row.payment_id),
            return_url=first.return_url,
            details=details or {},
        )
        return await self._told(
            run, frozen, amount, await given.forward(run, backend, AUTHORISE, command, frozen.commerce)
        )

    async def look(self, run: str, amount: str) -> dict[str, Any]:
        """How it stands at its processor now; what woke us is not believed."""
        frozen = await self._given.frozen(run)
        payment = await self._standing(run, frozen)
        if payment is None:  # no such read there: webhooks are all that tells, and they told our row
            return {
                "state": frozen.row.payment_state,
                "payment": frozen.row.payment_id,
                "whole": True,
                "reason": "",
            }
        return await self._told(run, frozen, amount, payment)

    async def void(self, run: str, amount: str) -> dict[str, Any]:
        """Only what this run holds; a payment that was taken already is left to a person."""
        given = self._given
        frozen, command = await self._command(run, amount)
        backend = frozen.row.payment_backend
        identifier = frozen.row.payment_id
        if identifier is None:
            found = None if command is None else await given.settled(run, backend, AUTHORISE, command)
            if found is None:
                await given.checkouts.noted(run, "void", "absent", backend, {})
                return {"void": "absent"}
            identifier = found.ref.id
            await given.checkouts.noted(run, "authorise", found.state.value, backend, {}, payment_id=identifier)
            frozen = await given.frozen(run)
        payment = await self._standing(run, frozen)
        state = PaymentState(frozen.row.payment_state or "AUTHORISED") if payment is None else payment.state
        if state in _OVER or state is PaymentState.DUE:
            await given.checkouts.noted(run, "void", "over", backend, {"payment": identifier})
            return {"void": "over"}
        voiding = Void(derived(run, "void"), NativeRef(backend, identifier), frozen.money(amount))
        done = await given.backward(run, backend, VOID, voiding, frozen.commerce)
        if done is None or done.failed:
            again = await self._standing(run, frozen)
            if again is None or again.state not in _OVER:
                facts = {"checkout": run, "backend": backend, "payment": identifier}
                await given.tasks.open(LEFT_TASK, f"{backend}:{identifier}", facts)
                await given.checkouts.noted(run, "void", "refused", backend, facts)
                return {"void": "left"}
        facts = {"payment": identifier, "settled": "yes" if done is None or done.settled else "no"}
        await given.checkouts.noted(run, "void", "done", backend, facts, payment_state=PaymentState.VOIDED.value)
        return {"void": "done"}

    async def _command(self, run: str, amount: str) -> tuple[Frozen, Authorise | None]:
        """The first authorisation: the same at each repetition."""
        given = self._given
        frozen = await given.frozen(run)
        async with given.checkouts.database.read() as connection:
            choice = await given.checkouts.unsealed(connection, frozen.row, "payment", PaymentChoice)
        if choice is None:
            return frozen, None
        command = Authorise(
            reference=derived(run, "authorise"),
            purchase=run,
            amount=frozen.money(amount),
            token=choice.token,
            session=None if choice.session is None else NativeRef(choice.backend, choice.session),
            return_url=choice.return_url,
        )
        return frozen, command

    async def _told(self, run: str, frozen: Frozen, amount: str, payment: Payment | Unanswered) -> dict[str, Any]:
        given, backend = self._given, frozen.row.payment_backend
        if isinstance(payment, Unanswered):
            await given.checkouts.noted(run, "authorise", payment.value.lower(), backend, {})
            return answered(_FAILURES[payment])
        processing = CheckoutState.PROCESSING.value
        values: dict[str, Any] = {
            "payment_id": payment.ref.id,
            "payment_state": payment.state.value,
            "state": processing,
        }
        if payment.state.value in WAITING:
            values |= await self._waited_for(run, frozen, payment)
        facts = {"payment": payment.ref.id, "amount": amount}
        await given.checkouts.noted(run, "authorise", payment.state.value, backend, facts, **values)
        held = payment.authorised or Money(Decimal(0), frozen.row.currency)
        return {
            "state": payment.state.value,
            "payment": payment.ref.id,
            "whole": held.currency == frozen.row.currency and held.amount >= Decimal(amount),
            "reason": "" if payment.reason is None else payment.reason.value,
        }

    async def _waited_for(self, run: str, frozen: Frozen, payment: Payment) -> dict[str, Any]:
        """Until when, by the database's clock, from the first time on; and what the shopper is shown."""
        given = self._given
        database = given.checkouts.database
        values: dict[str, Any] = {}
        if frozen.row.expires is None:
            values["expires"] = database.now + given.action_seconds
        if payment.state is not PaymentState.REQUIRES_ACTION:
            return values
        action = payment.action
        if action is None and frozen.row.action is None:  # told to a process that died with it
            standing = await self._standing(run, frozen, payment.ref)
            action = None if standing is None else standing.action
        if action is not None:
            async with database.write() as connection:
                values["action"] = await given.checkouts.sealed(connection, frozen.row, "action", action)
        return {**values, "state": CheckoutState.ACTION_REQUIRED.value}

    async def _standing(self, run: str, frozen: Frozen, ref: NativeRef | None = None) -> Payment | None:
        """Asked until it answers; None where the processor has no such read."""
        given, backend = self._given, frozen.row.payment_backend
        if not given.ownership.offers(backend, GET_PAYMENTS.name):
            return None
        key = ref or NativeRef(backend, frozen.row.payment_id)

        async def ask() -> Payment | None:
            found = await given.caller.keyed(backend, GET_PAYMENTS, [key], frozen.commerce, given.call(run))
            answer = found.get(key)
            if isinstance(answer, AdapterError):
                raise answer.fresh()
            return answer

        return await given.until_known(run, GET_PAYMENTS.name, ask)
