"""What a checkout is paid with, as rows of ours: planned in one transaction before anybody is asked, then each with its
own references, state and amounts. Ids, states and amounts only: a gift card's number and PIN stay sealed in the cart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.references import derived, of_tender
from gateway.model.carts import Cart
from gateway.model.checkouts import Tender
from gateway.model.money import Money
from gateway.model.payments import PaymentState
from gateway.model.tenders import TenderKind, TenderProcessor, planned
from gateway.state.database import Database
from gateway.state.tables import checkout_tenders


async def plan(
    database: Database, connection: AsyncConnection, run: str, cart: Cart, total: Money, chosen: str | None
) -> Sequence[TenderKind]:
    """Stored value first, what the shopper chose (`chosen` is its processor) last; again the same. Empty, with nothing
    written, where a rest is left that nobody was chosen for."""
    tenders = planned(cart.gift_cards, total)
    if chosen is None and any(tender.card is None for tender in tenders):
        return ()
    for position, tender in enumerate(tenders):
        row = {
            "run": run,
            "position": position,
            "kind": tender.kind.value,
            "processor": TenderProcessor.GATEWAY.value,
            "backend": chosen if tender.card is None else tender.card.backend,
            "gift_card": None if tender.card is None else tender.card.id,
            "label": None if tender.card is None else tender.card.shown[-40:],
            "reference": derived(run, of_tender("authorise", position)),
            "amount": str(tender.amount.amount),
        }
        await connection.execute(database.insert_once(checkout_tenders, row))
    return [tender.kind for tender in tenders]


async def add(
    database: Database, connection: AsyncConnection, run: str, position: int, rest: str, backend: str, choice: bytes
) -> None:
    """One that was not planned, for what the others leave; `choice` is sealed."""
    row = {
        "run": run,
        "position": position,
        "kind": TenderKind.PAYMENT.value,
        "processor": TenderProcessor.GATEWAY.value,
        "backend": backend,
        "reference": derived(run, of_tender("authorise", position)),
        "amount": rest,
        "choice": choice,
    }
    await connection.execute(database.insert_once(checkout_tenders, row))


async def forget_choices(connection: AsyncConnection, run: str) -> None:
    """What the shopper's frontend gave for those that were not planned."""
    await connection.execute(update(checkout_tenders).where(checkout_tenders.c.run == run).values(choice=None))


async def tenders_of(connection: AsyncConnection, runs: Iterable[str]) -> Mapping[str, Sequence[Row[Any]]]:
    """By run, in the order in which they pay."""
    table = checkout_tenders.c
    chosen = select(checkout_tenders).where(table.run.in_(list(runs))).order_by(table.run, table.position)
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(chosen):
        found[row.run].append(row)
    return found


async def change(connection: AsyncConnection, run: str, position: int, **values: Any) -> None:
    mine = (checkout_tenders.c.run == run) & (checkout_tenders.c.position == position)
    await connection.execute(update(checkout_tenders).where(mine).values(**values))


async def of_payment(database: Database, backend: str, payment: str, reference: str | None) -> tuple[str, int] | None:
    """The run and the position of the tender that a processor's payment is, by its id or by the reference it was asked
    for under."""
    table = checkout_tenders.c
    named = (table.payment_id == payment) | (table.reference == (reference or ""))
    async with database.read() as connection:
        row = (
            await connection.execute(select(table.run, table.position).where(table.backend == backend, named))
        ).first()
        return None if row is None else (row.run, row.position)


def tender_of(row: Row[Any], currency: str) -> Tender:
    return Tender(
        position=row.position,
        kind=TenderKind(row.kind),
        processor=TenderProcessor(row.processor),
        backend=row.backend,
        amount=Money(Decimal(row.amount), currency),
        label=row.label,
        state=None if row.payment_state is None else PaymentState(row.payment_state),
        authorised=_money(row.authorised, currency),
        captured=_money(row.captured, currency),
    )


def _money(amount: str | None, currency: str) -> Money | None:
    return None if amount is None else Money(Decimal(amount), currency)
