"""The two ends of a run, each one transaction: bought, or not. And the two looks at our own row on the way there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.given import Given
from gateway.checkout.steps.left import Left
from gateway.checkout.steps.order import Ordered
from gateway.checkout.tenders import forget_choices, plan, tenders_of
from gateway.model.checkouts import CheckoutState
from gateway.model.money import Money
from gateway.model.payments import PaymentState
from gateway.model.syncing import SyncRole
from gateway.model.tenders import TenderKind
from gateway.state.commitments import StoredCommitments
from gateway.state.further_orders import further_orders_of
from gateway.state.mirrors import StoredMirrors

PLACED_EVENT, FAILED_EVENT = "order.placed", "checkout.failed"
CAPTURE_EVENT, COMMIT_EVENT, MIRROR_EVENT = "checkout.capture_due", "checkout.commit_due", "order.mirror_due"
_FORGOTTEN = dict.fromkeys(("action", "details", "payment", "buyer", "rest"))
"""What nobody needs any more: people's, but for the rest."""


class Finish:
    def __init__(self, given: Given) -> None:
        self._given = given
        self._left = Left(given)

    async def gate(self, connection: AsyncConnection, run: str, amount: str) -> dict[str, Any]:
        """Before the money is asked for: the last moment at which the shopper can simply go back, and the one at which
        what each tender pays is fixed (`tenders`: how many; `another`: what is not approved may be paid by others, else
        the answer says nothing of it). `free`: there is nothing to pay. `unpaid`: the gift cards
        do not cover it, and nothing else was chosen."""
        given = self._given
        row = await given.checkouts.row(connection, run, lock=True)
        if row.cancel_asked is not None:
            return {"cancelled": True}
        if Decimal(amount) == 0:
            await given.checkouts.note(connection, run, "pay", "nothing_to_pay")
            return {"free": True}
        cart = await given.carts.load(connection, row.cart)
        if cart is None:
            raise LookupError("the cart of a checkout is gone")
        database = given.checkouts.database
        total = Money(Decimal(amount), row.currency)
        tenders = await plan(database, connection, run, cart, total, row.payment_backend)
        if not tenders:
            return {"unpaid": True}
        if TenderKind.PAYMENT not in tenders:
            await given.checkouts.note(connection, run, "pay", "covered_by_gift_cards")
        await given.checkouts.move(connection, run, "authorise", payment_asked=database.now)
        return {"tenders": len(tenders), **({"another": True} if row.another_tender else {})}

    async def woken(self, connection: AsyncConnection, run: str) -> dict[str, Any]:
        """What our row says, by the database's clock: the signal itself says nothing."""
        given = self._given
        row = await given.checkouts.row(connection, run, lock=True)
        left = 0.0 if row.expires is None else float(row.expires) - float(row.now)
        return {
            "cancelled": row.cancel_asked is not None,
            "expired": left <= 0,
            "left": max(0.0, left),
            "continued": row.continued,
        }

    async def complete(self, connection: AsyncConnection, run: str, ordered: str) -> None:
        """The cart is ordered, the hold handed over to the order, the claim ended, and who must go on is told. Where
        else the order is to be known is noted with it."""
        given = self._given
        row = await given.checkouts.row(connection, run, lock=True)
        if row.ended is not None:  # by a process of an older shape, which is not in this run's record
            return
        await given.carts.ordered(connection, row.cart, run, run)
        what = msgspec.json.decode(ordered, type=Ordered)
        counted, others = given.ordering(row.order_backend).counted, (*what.mirror, *what.expect)
        order = (row.order_backend, row.order_id)
        further = (await further_orders_of(connection, [run])).get(run, ())
        apart = {each.place: each.order_id for each in further}
        elsewhere = await given.ledger.hand_over(connection, run, *order, counted=counted, awaiting=others, apart=apart)
        later = await self._taken_later(connection, row.cart)
        ended = {"state": CheckoutState.COMPLETED.value, **_FORGOTTEN, "taken_later": later}
        await given.checkouts.move(connection, run, "completed", **ended, ended=given.checkouts.database.now)
        await given.checkouts.note(connection, run, "complete", "done", row.order_backend)
        await given.bounds.ended(connection, run)
        await given.claims.ended(connection, run)
        facts = {
            "checkout": run,
            "backend": row.order_backend,
            "order": row.order_id,
            "number": row.order_number or "",
            "total": row.total,
            "currency": row.currency,
            **({"orders": str(1 + len(further))} if further else {}),
        }
        await given.outbox.write(connection, PLACED_EVENT, run, facts, key=run)
        await given.carts.forget_gift_cards(connection, row.cart)
        await forget_choices(connection, run)
        tenders = (await tenders_of(connection, [run])).get(run, ())
        if not later and any(tender.payment_state == PaymentState.AUTHORISED.value for tender in tenders):
            await given.outbox.write(connection, CAPTURE_EVENT, run, {"checkout": run}, key=run)
        mirrors = StoredMirrors(given.checkouts.database)
        await mirrors.open(connection, run, SyncRole.MIRROR, what.mirror, ordered)
        await mirrors.open(connection, run, SyncRole.EXPECTED, what.expect, ordered)
        for backend in what.mirror:
            await given.outbox.write(connection, MIRROR_EVENT, run, {"checkout": run, "backend": backend}, key=backend)
        if elsewhere:
            goods = await given.ledger.uncommitted_within(connection, run)
            await StoredCommitments(given.checkouts.database).open(connection, run, goods)
            await given.outbox.write(connection, COMMIT_EVENT, run, {"checkout": run}, key=run)

    async def _taken_later(self, connection: AsyncConnection, cart_id: str) -> bool:
        """Whether the channel's money is taken once an order is fulfilled (`unfulfilled.py`)."""
        cart = await self._given.carts.load(connection, cart_id)
        channel = None if cart is None else self._given.ownership.channels.get(cart.channel or "")
        return channel is not None and channel.orders.capture == "at_fulfilment"

    async def fail(
        self, connection: AsyncConnection, run: str, reason: str, detail: str, again: str = "", undone: str = ""
    ) -> dict[str, Any]:
        """Nothing is held any more, and the cart is the shopper's again, with the same lines. `again`: in how many
        seconds it may be otherwise, or empty. `undone`: what was taken back; where an older saga made more, that is the
        answer, and nothing has ended."""
        given = self._given
        row = await given.checkouts.row(connection, run, lock=True)
        if row.ended is not None:
            return {}
        if left := await self._left.beside(connection, run, undone.split(",")):
            return left
        cart = await given.carts.load(connection, row.cart)
        await given.ledger.release(connection, run)
        await given.carts.thaw(connection, row.cart, run)
        ended = {"state": CheckoutState.FAILED.value, **_FORGOTTEN}
        now = given.checkouts.database.now
        await given.checkouts.move(
            connection, run, "failed", **ended, ended=now, reason=reason, detail=detail[:200] or None,
            retry_after=int(again) if again else None,
        )  # fmt: skip
        await forget_choices(connection, run)
        await given.checkouts.note(connection, run, "fail", reason)
        await given.claims.ended(connection, run)
        await given.outbox.write(connection, FAILED_EVENT, run, {"checkout": run, "reason": reason}, key=run)
        asked = row.payment_asked is not None
        since = None if row.expires is None else float(row.expires) - given.action_seconds
        waited = None if since is None else float(row.now) - since
        await given.bounds.failed(connection, run, row.cart, reason, asked=asked, waited=waited)
        if again and cart is not None:
            await given.bounds.turned_away(connection, cart, detail)
        return {}
