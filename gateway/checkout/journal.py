"""Checkouts as rows of ours, and the journal of what each did: ids, states and amounts. Polls are answered from here,
never from the engine. Who buys, and what their payment needs (a token, a challenge, what came back of it), is sealed
under the key of whose cart it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.references import of_order, of_tender
from gateway.checkout.tenders import change, tender_of, tenders_of
from gateway.model.carts import Cart
from gateway.model.checkouts import (
    Checkout,
    CheckoutState,
    Failure,
    FailureReason,
    JournalEntry,
    PaymentChoice,
    VerifiedBuyer,
)
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import PlacedOrder
from gateway.model.payments import ANOTHER_TENDER, NextAction
from gateway.state.database import Database
from gateway.state.further_orders import FurtherOrders, FurtherState
from gateway.state.sealing import Sealing, SubjectKey, Unsealable, guest_subject, person_subject
from gateway.state.tables import checkout_journal, checkout_orders, checkout_tenders, checkouts

T = TypeVar("T")

FAILED_KEPT_SECONDS = 90 * 86_400.0
"""How long one that bought nothing is kept: as long as its cart, without which nobody may read it."""
_BATCH = 500


class Checkouts:
    """Methods with a connection belong to the caller's transaction."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self.database = database
        self._sealing = sealing

    async def open(
        self,
        connection: AsyncConnection,
        run: str,
        cart: Cart,
        quoted: Money,
        choice: PaymentChoice | None,
        buyer: VerifiedBuyer | None,
        language: str,
        *,
        email_proven: bool = False,
        another_tender: bool = False,
    ) -> None:
        """With the claim, before the run."""
        subject = guest_subject(cart.id) if cart.person is None else person_subject(cart.person)
        sealed: dict[str, bytes | None] = {"payment": None, "buyer": None}
        for column, value in (("payment", choice), ("buyer", buyer)):
            if value is not None:
                key = await self._sealing.key_for(connection, self.database, subject)
                sealed[column] = key.seal(msgspec.json.encode(value), _place(run, column))
        row = {
            "run": run,
            "cart": cart.id,
            "cart_version": cart.version,
            "subject": subject,
            **sealed,
            "payment_backend": None if choice is None else choice.backend,
            "continued": 0,
            "email_proven": email_proven,
            "another_tender": another_tender,
            "language": language,
            "currency": quoted.currency,
            "quoted": str(quoted.amount),
            "state": CheckoutState.PROCESSING.value,
            "stage": "claimed",
            "created": self.database.now,
            "moved": self.database.now,
        }
        await connection.execute(self.database.insert_once(checkouts, row))

    async def row(self, connection: AsyncConnection, run: str, *, lock: bool = False) -> Row[Any]:
        """With the database's time (`now`). Raises NoResultFound."""
        chosen = select(checkouts, self.database.now.label("now")).where(checkouts.c.run == run)
        if lock and not self.database.is_sqlite:
            chosen = chosen.with_for_update()
        return (await connection.execute(chosen)).one()

    async def move(self, connection: AsyncConnection, run: str, stage: str, **values: Any) -> None:
        """Progress: whoever watches for stuck ones sees it."""
        change = update(checkouts).where(checkouts.c.run == run)
        await connection.execute(change.values(stage=stage, moved=self.database.now, **values))

    async def note(
        self,
        connection: AsyncConnection,
        run: str,
        step: str,
        outcome: str,
        backend: str | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Once per step and outcome, however often the step is repeated."""
        row = {"run": run, "step": step, "outcome": outcome, "backend": backend, "facts": json.dumps(facts or {})}
        await connection.execute(self.database.insert_once(checkout_journal, {**row, "at": self.database.now}))

    async def noted(
        self, run: str, stage: str, outcome: str, backend: str | None, facts: Mapping[str, str], **values: Any
    ) -> None:
        """`move` and `note` of a remote step."""
        async with self.database.write() as connection:
            await self.move(connection, run, stage, **values)
            await self.note(connection, run, stage, outcome, backend, facts)

    async def noted_of(
        self,
        tender: Row[Any],
        stage: str,
        outcome: str,
        facts: Mapping[str, str],
        told: Mapping[str, Any],
        **values: Any,
    ) -> None:
        """`noted` of a step about one tender, whose row is told what came of it."""
        step = of_tender(stage, tender.position)
        async with self.database.write() as connection:
            if told:
                await change(connection, tender.run, tender.position, **told)
            await self.move(connection, tender.run, step, **values)
            await self.note(connection, tender.run, step, outcome, tender.backend, facts)

    async def noted_of_order(
        self,
        run: str,
        stage: str,
        outcome: str,
        position: int,
        backend: str,
        facts: Mapping[str, str],
        placed: PlacedOrder | None = None,
        state: FurtherState | None = None,
    ) -> None:
        """`noted` of a step about one order of a checkout. Its row is told of it as `placed`, and where it is not the
        first, whose row is the checkout's own, of its `state`."""
        step = of_order(stage, position)
        values: dict[str, Any] = {}
        if placed is not None:
            values = {"order_id": placed.ref.id, "order_number": placed.number}
        if position == 0:
            known = {} if placed is None and stage != "place" else {"order_backend": backend, **values}
            await self.noted(run, step, outcome, backend, facts, **known)
            return
        async with self.database.write() as connection:
            if state is not None:
                await FurtherOrders(self.database).change(connection, run, position, state, **values)
            await self.move(connection, run, step)
            await self.note(connection, run, step, outcome, backend, facts)

    async def get(self, run: str) -> Checkout | None:
        async with self.database.read() as connection:
            row = (await connection.execute(select(checkouts).where(checkouts.c.run == run))).first()
            if row is None:
                return None
            action = None
            if row.state == CheckoutState.ACTION_REQUIRED.value and row.rest is not None:
                action = NextAction(ANOTHER_TENDER, amount=Money(Decimal(row.rest), row.currency))
            elif row.state == CheckoutState.ACTION_REQUIRED.value:
                action = await self.unsealed(connection, row, "action", NextAction)
            tenders = (await tenders_of(connection, [run])).get(run, ())
        return _checkout(row, action, tenders)

    async def standing(self, runs: Sequence[str]) -> dict[str, CheckoutState]:
        chosen = select(checkouts.c.run, checkouts.c.state).where(checkouts.c.run.in_(runs))
        async with self.database.read() as connection:
            return {row.run: CheckoutState(row.state) for row in await connection.execute(chosen)}

    async def history(self, run: str) -> Sequence[JournalEntry]:
        return await history_of(self.database, run)

    async def sweep(self) -> int:
        """Those that bought nothing, when they are old: anybody can make as many as they like. What was bought stays:
        it says which payment is whose order."""
        old = checkouts.c.moved < self.database.now - FAILED_KEPT_SECONDS
        chosen = select(checkouts.c.run).where(checkouts.c.state == CheckoutState.FAILED.value, old).limit(_BATCH)
        async with self.database.write() as connection:
            runs = list((await connection.execute(chosen)).scalars())
            await connection.execute(delete(checkout_journal).where(checkout_journal.c.run.in_(runs)))
            await connection.execute(delete(checkout_tenders).where(checkout_tenders.c.run.in_(runs)))
            await connection.execute(delete(checkout_orders).where(checkout_orders.c.run.in_(runs)))
            await connection.execute(delete(checkouts).where(checkouts.c.run.in_(runs)))
        return len(runs)

    async def stuck(self, seconds: float) -> list[Row[Any]]:
        return await open_checkouts(self.database, seconds)

    async def unsealed(self, connection: AsyncConnection, row: Row[Any], column: str, kind: type[T]) -> T | None:
        """None where there is nothing, or it was erased."""
        return await self._opened(connection, row, getattr(row, column), column, kind)

    async def choice_of(self, connection: AsyncConnection, row: Row[Any], tender: Row[Any]) -> PaymentChoice | None:
        """What a tender that is no gift card is paid with, as the shopper chose it."""
        if tender.choice is None:
            return await self.unsealed(connection, row, "payment", PaymentChoice)
        return await self._opened(connection, row, tender.choice, choice_at(tender.position), PaymentChoice)

    async def sealed(self, connection: AsyncConnection, row: Row[Any], column: str, value: Any) -> bytes:
        key: SubjectKey = await self._sealing.key_for(connection, self.database, row.subject)
        return key.seal(msgspec.json.encode(value), _place(row.run, column))

    async def _opened(
        self, connection: AsyncConnection, row: Row[Any], sealed: bytes | None, column: str, kind: type[T]
    ) -> T | None:
        if sealed is None:
            return None
        try:
            key = await self._sealing.key_of(connection, row.subject)
            return None if key is None else msgspec.json.decode(key.unseal(sealed, _place(row.run, column)), type=kind)
        except Unsealable:
            return None


async def history_of(database: Database, run: str) -> Sequence[JournalEntry]:
    chosen = select(checkout_journal).where(checkout_journal.c.run == run).order_by(checkout_journal.c.id)
    async with database.read() as connection:
        rows = await connection.execute(chosen)
        return [
            JournalEntry(row.step, row.outcome, row.backend, json.loads(row.facts), datetime.fromtimestamp(row.at, UTC))
            for row in rows
        ]


async def open_checkouts(database: Database, stuck: float | None = None, limit: int = 200) -> list[Row[Any]]:
    """Rows of those that have not ended, longest without progress first. `stuck`: only those that have made none for so
    many seconds while nobody is waited for, or past what the shopper was given."""
    now, table = database.now, checkouts.c
    open_still = table.state.in_((CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value))
    chosen = select(checkouts, now.label("now")).where(open_still)
    if stuck is not None:
        waits = (table.state == CheckoutState.ACTION_REQUIRED.value) & (table.expires > now - stuck)
        chosen = chosen.where(table.moved < now - stuck, ~waits)
    async with database.read() as connection:
        return list(await connection.execute(chosen.order_by(table.moved).limit(limit)))


def choice_at(position: int) -> str:
    """What the choice of one tender is sealed as."""
    return f"choice-{position}"


def _place(run: str, column: str) -> str:
    return f"checkouts:{run}:{column}"


def _checkout(row: Row[Any], action: NextAction | None, tenders: Sequence[Row[Any]]) -> Checkout:
    state = CheckoutState(row.state)
    completed = state is CheckoutState.COMPLETED
    return Checkout(
        id=row.run,
        cart=row.cart,
        state=state,
        created=datetime.fromtimestamp(row.created, UTC),
        total=Money(Decimal(row.total or row.quoted), row.currency),
        action=action,
        expires=None if row.expires is None else datetime.fromtimestamp(row.expires, UTC),
        failure=None if row.reason is None else Failure(FailureReason(row.reason), row.detail, row.retry_after),
        order=NativeRef(row.order_backend, row.order_id) if completed and row.order_id is not None else None,
        number=row.order_number if completed else None,
        tenders=tuple(tender_of(each, row.currency) for each in tenders),
    )
