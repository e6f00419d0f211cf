"""What the matrices of runs that follow an order share: their points, one that takes its turn, and the books over which
each point is judged.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select

from gateway.state.tables import checkouts

from .fleet import until
from .retail import Retail
from .test_kill_matrix import taking_turns
from .vendors import Vendors

MODULE = "tests.unit.checkout.worker"
Steps = Mapping[str, Mapping[str, Sequence[str] | None]]
"""By what happens: each step with what it asks of others; None: it is a transaction of ours."""
Point = tuple[str, str]
"""What happens, and where a process dies."""
Judged = Callable[[Retail, str, str, str, str], Awaitable[list[str]]]
"""`await judged(books, url, vendors, what, point)`: what is wrong afterwards."""


def points_of(steps: Steps) -> Iterator[Point]:
    for what, mine in steps.items():
        for step, asked in mine.items():
            yield what, f"before:{step}"
            for method in asked or ():
                yield what, f"mid:{method}"
            if asked is None:
                yield what, f"mid:{step}"
                yield what, f"record:{step}"
            yield what, f"after:{step}"


def that_takes_its_turn(url: str, steps: Steps) -> Point:
    """Another each day, and another at each store."""
    return random.Random(repr(taking_turns(url, 1))).choice(list(points_of(steps)))


async def bought(books: Retail, cart: str) -> str:
    """The checkout of a cart, once it is an order."""

    async def run() -> str | None:
        row = select(checkouts.c.run).where(checkouts.c.cart == cart, checkouts.c.state == "COMPLETED")
        async with books.database.read() as connection:
            return (await connection.execute(row)).scalar()

    return await until(40.0, run)


async def matrix(books: Retail, url: str, chosen: Iterable[Point], judged: Judged) -> list[str]:
    problems: list[str] = []
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay, **books.others}) as vendors:
            for what, point in chosen:
                problems += await judged(books, url, vendors, what, point)
    finally:
        await books.close_books()
    return problems
