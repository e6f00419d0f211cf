"""The money of one tender, held as late as the order's owner allows. Compensation: given free, once it is known whether
it is held; of several in reverse.

What the shopper must do, and what came back of it, goes sealed into our row and into no record of the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import Row, case

from gateway.checkout.given import Frozen, Given, Unanswered, answered
from gateway.checkout.references import derived, of_tender
from gateway.errors import AdapterError
from gateway.model.checkouts import CheckoutState, Failure, FailureReason, declined
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Payment, PaymentState, Void
from gateway.model.tenders import TenderKind
from gateway.ports.payment import AUTHORISE, GET_PAYMENTS, VOID
from gateway.state.tables import checkouts

LEFT_TASK = "checkout.payment_left"
"""Money that is held, or was taken, for a checkout that failed, and cannot be given free by us."""
WAITING = (PaymentState.REQUIRES_ACTION.value, PaymentState.PENDING.value)
GOOD = (PaymentState.AUTHORISED.value, PaymentState.CAPTURED.value)
_OVER = (PaymentState.FAILED, PaymentState.VOIDED)
_FAILURES: Mapping[Unanswered, Failure] = {
    Unanswered.UNAVAILABLE: Failure(FailureReason.OWNER_UNAVAILABLE, "payment"),
    Unanswered.UNKNOWN: Failure(FailureReason.OUTCOME_UNKNOWN, "payment"),
}


class Pay:
    """Every step is of one tender, by its `position`. `seen`: how often the run has gone on with what came back from
    the shopper; they are asked for nothing while more of it waits to be looked at."""

    def __init__(self, given: Given) -> None:
        self._given = given

    async def authorise(self, run: str, position: str, seen: str = "0") -> dict[str, Any]:
        """`state` of the payment, its id, whether all of it is held, the reason of a decline; or `failed`."""
        given = self._given
        frozen, tender, command = await self._command(run, position)
        if command is None:
            return answered(declined("NOTHING_CHOSEN", tender.position))
        told = await given.forward(run, tender.backend, AUTHORISE, command, frozen.commerce)
        return await self._told(run, frozen, tender, told, int(seen))

    async def go_on(self, run: str, position: str, number: str) -> dict[str, Any]:
        """With what came back from the shopper's challenge, for the `number`th time."""
        given = self._given
        frozen, tender, first = await self._command(run, position)
        async with given.checkouts.database.read() as connection:
            details = await given.checkouts.unsealed(connection, frozen.row, "details", dict[str, str])
        if first is None or tender.payment_id is None:
            return await self.look(run, position, number)
        command = Authorise(
            reference=derived(run, "continue", int(number)),
            purchase=run,
            amount=first.amount,
            payment=NativeRef(tender.backend, tender.payment_id),
            return_url=first.return_url,
            details=details or {},
        )
        told = await given.forward(run, tender.backend, AUTHORISE, command, frozen.commerce)
        return await self._told(run, frozen, tender, told, int(number))

    async def look(self, run: str, position: str, seen: str = "0") -> dict[str, Any]:
        """How it stands at its processor now; what woke us is not believed."""
        frozen = await self._given.frozen(run)
        tender = frozen.tenders[int(position)]
        payment = await self._standing(run, frozen, tender)
        if payment is not None:
            return await self._told(run, frozen, tender, payment, int(seen))
        # no such read there: webhooks are all that tells, and they told our row
        known = tender.authorised
        return {
            "state": tender.payment_state,
            "payment": tender.payment_id,
            "whole": known is None or Decimal(known) >= Decimal(_asked(tender)),
            "part": known or "",
            "reason": "",
        }

    async def void(self, run: str, position: str) -> dict[str, Any]:
        """Only what this run holds. What was taken already is left to a person, but for a gift card's value, which goes
        back onto it."""
        given = self._given
        frozen, tender, command = await self._command(run, position)
        backend = tender.backend
        identifier = tender.payment_id
        if identifier is None:
            found = None if command is None else await given.learnt(run, backend, AUTHORISE, command, frozen.commerce)
            if found is None:
                await given.checkouts.noted_of(tender, "void", "absent", {}, {})
                return {"void": "absent"}
            identifier = found.ref.id
            known = {"payment_id": identifier, "payment_state": found.state.value}
            known |= {} if found.together is None else {"together": found.together}
            await given.checkouts.noted_of(tender, "authorise", found.state.value, {}, known)
            frozen = await given.frozen(run)
            tender = frozen.tenders[int(position)]
        payment = await self._standing(run, frozen, tender)
        state = PaymentState(tender.payment_state or "AUTHORISED") if payment is None else payment.state
        if state in _OVER or state is PaymentState.DUE:
            await given.checkouts.noted_of(tender, "void", "over", {"payment": identifier}, {})
            return {"void": "over"}
        voiding = Void(
            derived(run, of_tender("void", tender.position)),
            NativeRef(backend, identifier),
            frozen.money(_asked(tender)),
            stored_value=tender.kind == TenderKind.GIFT_CARD.value,
            together=None if tender.choice is not None else _last_told(frozen.tenders, backend),
        )
        done = await given.backward(run, backend, VOID, voiding, frozen.commerce)
        if done is None or done.failed:
            again = await self._standing(run, frozen, tender)
            if again is None or again.state not in _OVER:
                facts = {"checkout": run, "backend": backend, "payment": identifier}
                await given.tasks.open(LEFT_TASK, f"{backend}:{identifier}", facts)
                await given.checkouts.noted_of(tender, "void", "refused", facts, {})
                return {"void": "left"}
        facts = {"payment": identifier, "settled": "yes" if done is None or done.settled else "no"}
        voided = {"payment_state": PaymentState.VOIDED.value}
        await given.checkouts.noted_of(tender, "void", "done", facts, voided)
        return {"void": "done"}

    async def _command(self, run: str, position: str) -> tuple[Frozen, Row[Any], Authorise | None]:
        """The first authorisation: the same at each repetition."""
        given = self._given
        frozen = await given.frozen(run)
        tender = frozen.tenders[int(position)]
        async with given.checkouts.database.read() as connection:
            choice = await given.checkouts.choice_of(connection, frozen.row, tender)
        apart = {TenderKind.PAYMENT.value} if choice is not None and choice.session is not None else set[str]()
        planned = [each for each in frozen.tenders if each.choice is None]  # one that came later pays by itself
        mine = [each for each in planned if each.backend == tender.backend and each.kind not in apart]
        whole = together = None
        if tender in mine and len(mine) > 1:
            whole = frozen.money(str(sum(Decimal(_asked(each)) for each in mine)))
            together = _last_told(mine[: mine.index(tender)], tender.backend)
        command = Authorise(
            reference=tender.reference,
            purchase=run,
            amount=frozen.money(_asked(tender)),
            return_url=None if choice is None else choice.return_url,
            whole=whole,
            together=together,
        )
        if tender.kind == TenderKind.GIFT_CARD.value:
            cards = (card.card for card in frozen.cart.gift_cards if card.id == tender.gift_card)
            card = next(cards, None)
            return frozen, tender, None if card is None else replace(command, gift_card=card)
        if choice is None:
            return frozen, tender, None
        session = None if choice.session is None else NativeRef(choice.backend, choice.session)
        customer = None if choice.customer is None else NativeRef(choice.backend, choice.customer)
        store = True if choice.consented is not None else UNSET
        told = replace(command, token=choice.token, session=session, customer=customer, store=store)
        return frozen, tender, told

    async def _told(
        self, run: str, frozen: Frozen, tender: Row[Any], payment: Payment | Unanswered, seen: int
    ) -> dict[str, Any]:
        given = self._given
        if isinstance(payment, Unanswered):
            await given.checkouts.noted_of(tender, "authorise", payment.value.lower(), {}, {})
            return answered(_FAILURES.get(payment) or declined("REFUSED", tender.position))
        known = {"payment_id": payment.ref.id, "payment_state": payment.state.value}
        known |= {} if payment.together is None else {"together": payment.together}
        for name, money in (("authorised", payment.authorised), ("captured", payment.captured)):
            known |= {} if money is None or money.currency != frozen.row.currency else {name: str(money.amount)}
        values: dict[str, Any] = {"state": CheckoutState.PROCESSING.value}
        if payment.state.value in WAITING:
            values |= await self._waited_for(run, frozen, tender, payment, seen)
        facts = {"payment": payment.ref.id, "amount": tender.amount}
        await given.checkouts.noted_of(tender, "authorise", payment.state.value, facts, known, **values)
        held = payment.authorised or Money(Decimal(0), frozen.row.currency)
        ours = held.currency == frozen.row.currency
        return {
            "state": payment.state.value,
            "payment": payment.ref.id,
            "whole": ours and held.amount >= Decimal(_asked(tender)),
            "part": str(held.amount) if ours else "",
            "reason": "" if payment.reason is None else payment.reason.value,
        }

    async def _waited_for(
        self, run: str, frozen: Frozen, tender: Row[Any], payment: Payment, seen: int
    ) -> dict[str, Any]:
        """Until when, by the database's clock, from the first time on; and what the shopper is shown, unless they have
        answered meanwhile: a second answer would take the place of the first."""
        given = self._given
        database = given.checkouts.database
        values: dict[str, Any] = {}
        if frozen.row.expires is None:
            values["expires"] = database.now + given.action_seconds
        if payment.state is not PaymentState.REQUIRES_ACTION:
            return values
        action = payment.action
        if action is None and frozen.row.action is None:  # told to a process that died with it
            standing = await self._standing(run, frozen, tender, payment.ref)
            action = None if standing is None else standing.action
        if action is not None:
            async with database.write() as connection:
                values["action"] = await given.checkouts.sealed(connection, frozen.row, "action", action)
        processing, required = CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value
        return {**values, "state": case((checkouts.c.continued > seen, processing), else_=required)}

    async def _standing(
        self, run: str, frozen: Frozen, tender: Row[Any], ref: NativeRef | None = None
    ) -> Payment | None:
        """Asked until it answers; None where the processor has no such read."""
        given, backend = self._given, tender.backend
        if not given.ownership.offers(backend, GET_PAYMENTS.name):
            return None
        key = ref or NativeRef(backend, tender.payment_id)

        async def ask() -> Payment | None:
            found = await given.caller.keyed(backend, GET_PAYMENTS, [key], frozen.commerce, given.call(run))
            answer = found.get(key)
            if isinstance(answer, AdapterError):
                raise answer.fresh()
            return answer

        return await given.until_known(run, GET_PAYMENTS.name, ask)


def _asked(tender: Row[Any]) -> str:
    """Of its processor; what it pays may be less."""
    return tender.asked or tender.amount


def _last_told(tenders: Sequence[Row[Any]], backend: str) -> str | None:
    """Of the whole that a processor holds in several payments."""
    told = (each.together for each in reversed(tenders) if each.backend == backend)
    return next((each for each in told if each is not None), None)
