"""What is read of a retailer for the checker: effect logs and rows as they are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import func, select

from gateway.model.orders import Order
from gateway.state.tables import carts, checkouts, holds, outbox, stock_ledger
from gateway.testing.reference.payment_book import ValueCard

from .checker import Ended, Evidence, Shelf, imbalance
from .retail import Retail

TOTAL = 1200
"""What a mug costs, in minor units."""


async def evidence(books: Retail, cards: Mapping[str, ValueCard] | None = None) -> Evidence:
    """`cards`: gift cards by number, of 5.00 each at first."""
    async with books.database.read() as connection:
        held = [(row[0], row[1]) for row in await connection.execute(select(holds.c.run, holds.c.state))]
        events = [(row[0], row[1]) for row in await connection.execute(select(outbox.c.kind, outbox.c.subject))]
    return Evidence(
        orders=[(reference, books.erp.order_states[order.number].value) for reference, order, _ in books.erp.placed],
        money=[(entry.kind, entry.payment, int(entry.amount.amount * 100)) for entry in books.pay.book.entries],
        payments={name: (held.purchase, held.state.value) for name, held in books.pay.book.payments.items()},
        holds=held,
        carts=[],
        events=events,
        records=[(record.emails[0], record.ref.id) for _, record in books.erp.ensured],
        named={reference: _named(books.erp.order_records[order.number]) for reference, order, _ in books.erp.placed},
        held={name: int(held.authorised * 100) for name, held in books.pay.book.payments.items()},
        total=TOTAL,
        values=[(number, 500, int(card.balance.amount * 100)) for number, card in (cards or {}).items()],
    )


def _named(order: Order) -> str:
    """The record that it bears."""
    return "" if order.customer is None else order.customer.id


async def problems(books: Retail, pieces: int) -> list[str]:
    """Of a retailer who began with so many mugs, when nothing moves any more."""
    async with books.database.read() as connection:
        columns = (checkouts.c.run, checkouts.c.state, carts.c.state, checkouts.c.total, checkouts.c.cart)
        joined = select(*columns).join(carts, carts.c.id == checkouts.c.cart).order_by(checkouts.c.created)
        rows = (await connection.execute(joined)).all()
        kept = await connection.execute(select(func.sum(stock_ledger.c.held)).where(stock_ledger.c.item == "MUG"))
        mine = select(func.sum(holds.c.quantity)).where(holds.c.item == "MUG", holds.c.state != "GONE")
        kept_back, held = kept.scalar() or 0, (await connection.execute(mine)).scalar() or 0
    shelf = Shelf(
        stocked=pieces,
        sold=sum(books.erp.sold.values()),
        kept_back=int(kept_back),
        goods=[
            (books.erp.order_states[number].value, sum(goods.values()))
            for number, goods in books.erp.order_goods.items()
        ],
    )
    last = {row[4]: row[0] for row in rows}
    ended = [
        # An earlier one gave the cart back, or there would have been no later one.
        Ended(row[0], row[1], row[2] if last[row[4]] == row[0] else "OPEN", int(Decimal(row[3] or 0) * 100))
        for row in rows
    ]
    return list(imbalance(ended, await evidence(books), shelf, int(held)))
