"""SIGKILL at each point of a real checkout, with another process alive, over vendors in a process of their own; and the
books afterwards. Always: a few, which take turns; `full`: thirty at each store, which take turns; `soak`: all.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.model.carts import Cart
from gateway.model.payments import DeclineReason, PaymentState
from gateway.state.tables import checkout_orders, checkout_tenders, checkouts
from gateway.testing.reference.payment_book import ValueCard

from .checker import faults
from .conftest import both_stores
from .evidence import TOTAL, evidence
from .fleet import Worker, until
from .retail import NUMBER, REST, TOKEN, Retail
from .vendors import Vendors
from .worker import Station, buyer_of

FORWARD = {
    True: ("prepare", "reserve*", "ensure", "place", "gate*", "authorise", "confirm", "complete*"),
    False: ("prepare", "reserve*", "ensure", "preview", "gate*", "authorise", "place", "complete*"),
}
"""Steps by whether the owner takes pending orders; a local one bears a star."""
WRITES = {
    "place": "place_order", "authorise": "authorise", "confirm": "confirm_order", "void": "void",
    "cancel": "cancel_order", "prepare": "get_stock", "look": "get_payments", "continue": "authorise",
    "ensure": "ensure_customer", "preview": "preview_order",
}  # fmt: skip
"""What a remote step asks of its owner: `mid` is when the effect was had and the answer is lost."""
BACKWARD = {True: ("cancel", "fail*"), False: ("fail*",)}
"""After a decline."""
DIFFERENT = {True: ("cancel", "fail*"), False: ("cancel", "void", "fail*")}
"""After an owner's total that is not ours."""


GIFT_CARDS = {
    "gift card bought": {"authorise": "authorise", "authorise-1": "authorise#2"},
    "gift card declined": {"void-1": "get_payments", "void": "void"},
    "gift card different": {"void-1": "void", "void": "void#2"},
}
"""A gift card and a card: what is asked of each, and of which call the answer is lost. `declined` is the card;
`different` an owner's total, after both were held."""


APART: dict[tuple[bool, str], dict[str, str]] = {
    (True, "bought"): {"place": "place_order", "place-1": "place_order#2", "confirm-1": "confirm_order#2"},
    (True, "declined"): {"cancel-1": "cancel_order", "cancel": "cancel_order#2"},
    (True, "refused"): {"cancel-1": "", "cancel": "cancel_order"},
    (False, "bought"): {
        "preview-1": "preview_order#2", "place-1": "place_order#2", "confirm": "confirm_order",
        "confirm-1": "confirm_order#2",
    },
    (False, "refused"): {"cancel-1": "", "cancel": "cancel_order", "void": "void"},
}  # fmt: skip
"""Two orders of one checkout: what is asked for each, and of which call the answer is lost. `refused` is the second, by
its owner; that one is not looked up any more."""


RESTS = {
    "rest paid": ("another*", "offered*", "authorise-1"),
    "rest gone back": ("offered#2*", "void"),
    "rest declined": ("another#2*", "offered#3*", "void-1"),
    "rest different": ("void-1", "void"),
}
"""A card that is approved in part, and another one for the rest: `declined` is that, and then its shopper goes back;
`different` an owner's total, after both were held."""
RESTS_AT = {("rest paid", "authorise-1"): "authorise#2", ("rest different", "void"): "void#2",
            ("rest declined", "void-1"): "get_payments"}  # fmt: skip
"""Of which call the answer is lost, where it is not the first of its kind."""


def rests(pending: bool) -> Iterator[tuple[str, str]]:
    """(what happens, where), of the steps that only such a checkout has, and those that give its tenders back."""
    for what, steps in RESTS.items():
        if what == "rest different" and pending:  # compared before anything is held
            continue
        for step in steps:
            name, plain = step.rstrip("*"), step.rstrip("*").partition("#")[0]
            call = RESTS_AT.get((what, name)) or WRITES.get(plain.partition("-")[0], "")
            at = ("before", "mid", "record", "after") if step.endswith("*") else ("before", "after")
            yield from ((what, f"{when}:{name}") for when in at)
            if not step.endswith("*"):
                yield what, f"mid:{call}"
    yield from (("rest paid", f"{when}:offered#2") for when in ("mid", "record", "after"))


def points(steps: tuple[str, ...]) -> Iterator[str]:
    for step in steps:
        name = step.rstrip("*")
        yield f"before:{name}"
        if step.endswith("*"):
            yield f"mid:{name}"
            yield f"record:{name}"
        else:
            yield f"mid:{WRITES[name]}"
        yield f"after:{name}"


def every_point() -> list[tuple[bool, str, str]]:
    """(pending, what happens, where). Twice the same is once."""
    found: list[tuple[bool, str, str]] = []
    for pending in (True, False):
        found.append((pending, "bought", "claimed"))
        found += [(pending, "bought", point) for point in points(FORWARD[pending])]
        found += [(pending, "declined", point) for point in points(BACKWARD[pending])]
        found += [(pending, "different", point) for point in points(DIFFERENT[pending])]
        found += [(pending, "challenged", point) for point in points(("woken*", "continue"))]
        found += [(pending, "gone back", point) for point in points(("look", "void"))]
        for what, steps in GIFT_CARDS.items():
            if what == "gift card different" and pending:  # compared before anything is held
                continue
            for step, call in steps.items():
                found += [(pending, what, point) for point in (f"before:{step}", f"mid:{call}", f"after:{step}")]
    return list(dict.fromkeys(found))


def points_apart() -> list[tuple[bool, str, str]]:
    found: list[tuple[bool, str, str]] = []
    for (pending, what), steps in APART.items():
        for step, call in steps.items():
            mid = (f"mid:{call}",) if call else ()
            found += [(pending, what, point) for point in (f"before:{step}", *mid, f"after:{step}")]
    return found


class Fleet:
    """The vendors (ours to read), a database, and one worker that lives on."""

    quoted = "12.00"

    def __init__(self, url: str, vendors: str, books: Retail) -> None:
        self.url, self.vendors, self.books = url, vendors, books
        self.cards: dict[str, ValueCard] = {}

    def worker(self, pending: bool, kill: str = "", *, another: bool = False) -> Worker:
        station = Station(self.url, self.vendors, pending, kill, another=another)
        return Worker(station, module="tests.unit.checkout.worker")

    async def standing(self, cart: str) -> tuple[str, str] | None:
        """Its checkout, and how that stands."""
        chosen = select(checkouts.c.run, checkouts.c.state).where(checkouts.c.cart == cart)
        async with self.books.database.read() as connection:
            row = (await connection.execute(chosen)).first()
        return None if row is None else (row.run, row.state)

    async def killed_at(self, pending: bool, what: str, point: str, other: Worker) -> list[str]:
        cart = await self.cart(what)
        mild = what.removeprefix("gift card ")
        async with self.worker(pending, point, another=what in RESTS) as victim:
            asked = asyncio.create_task(victim.ask("submit", cart.id, point, self.quoted))
            if mild in ("challenged", "gone back") or what in RESTS:
                await self._answer(cart, mild, other)
            await victim.died()
            await asked
        if point == "claimed":
            await other.ask("submit", cart.id, point, self.quoted)

        async def over() -> tuple[str, str] | None:
            now = await self.standing(cart.id)
            if now is not None and now[1] == "ACTION":  # whoever was told to come back comes back again
                await other.ask(await self._reply(mild, now[0]), now[0])
            return now if now is not None and now[1] in ("COMPLETED", "FAILED") else None

        run, state = await until(60.0, over)
        await until(60.0, other.idle)  # else the next victim goes on with this one's run, and dies of it
        return [f"{what} at {point}: {fault}" for fault in await self.judged(cart, what, run, state)]

    async def cart(self, what: str) -> Cart:
        """A buyer's, and the owners have it brought about."""
        books, mild = self.books, what.removeprefix("gift card ")
        book = books.pay.book
        book.declined = {TOKEN: DeclineReason.INSUFFICIENT_FUNDS} if mild == "declined" else {}
        book.challenged = {TOKEN} if mild in ("challenged", "gone back") else set()
        book.approves = Decimal("8.00") if what in RESTS else None
        if what == "rest declined":
            book.declined[REST] = DeclineReason.INSUFFICIENT_FUNDS
        books.erp.surprising = True
        books.erp.surcharge = Decimal("0.01") if mild.endswith("different") else Decimal(0)
        book.cards.clear()
        cart = await books.cart(gift_cards={NUMBER: "5.00"} if what in GIFT_CARDS else None)
        self.cards = dict(book.cards)
        return cart

    async def judged(self, cart: Cart, what: str, run: str, state: str) -> Sequence[str]:
        good = ("bought", "challenged", "rest paid")
        if state != ("COMPLETED" if what.removeprefix("gift card ") in good else "FAILED"):
            return [state]
        tenders = 2 if what in GIFT_CARDS or what in RESTS else 1
        cart_state = (await self.books.cart_now(cart)).state.value
        seen = await evidence(self.books, self.cards)
        return faults(run, state, cart_state, seen, buyer_of(cart.id).email, tenders)

    async def _answer(self, cart: Cart, what: str, other: Worker) -> None:
        async def shown() -> tuple[str, str] | None:
            now = await self.standing(cart.id)
            return now if now is not None and now[1] == "ACTION" else None

        run, _ = await until(20.0, shown)
        await other.ask(await self._reply(what, run), run)
        if what == "rest declined":  # and is asked for it again
            await until(20.0, lambda: self._declined(run))
            await until(20.0, shown)
            await other.ask("cancel", run)

    async def _reply(self, what: str, run: str) -> str:
        """What the shopper does who is asked for something."""
        if what == "rest declined" and await self._declined(run):
            return "cancel"
        if what in RESTS:
            return "cancel" if what == "rest gone back" else "rest"
        return "cancel" if what == "gone back" else "continue"

    async def _declined(self, run: str) -> bool:
        """Whether the other card was tried already."""
        mine = (checkout_tenders.c.run == run) & (checkout_tenders.c.payment_state == PaymentState.FAILED.value)
        async with self.books.database.read() as connection:
            return (await connection.execute(select(checkout_tenders.c.run).where(mine))).first() is not None


async def matrix(url: str, chosen: list[tuple[bool, str, str]]) -> list[str]:
    books = await Retail.books(url, pieces=10_000)
    problems: list[str] = []
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            for pending in (True, False):
                mine = [point for point in chosen if point[0] is pending]
                if not mine:
                    continue
                fleet = Fleet(url, vendors, books)
                async with fleet.worker(pending) as other:
                    for _, what, point in mine:
                        problems += await fleet.killed_at(pending, what, point, other)
    finally:
        await books.close_books()
    return problems


def taking_turns(
    url: str, count: int, points: list[tuple[bool, str, str]] | None = None
) -> list[tuple[bool, str, str]]:
    """Others each day, and others at each store; `GATEWAY_SEED` brings a day's back."""
    seed = os.environ.get("GATEWAY_SEED") or datetime.now(UTC).date().isoformat()
    return random.Random(f"{seed} {url.partition(':')[0]}").sample(every_point() if points is None else points, count)


@both_stores
async def test_a_few_points_that_take_turns(url: str) -> None:
    chosen = taking_turns(url, 2)
    assert await matrix(url, chosen) == [], chosen


@both_stores
@pytest.mark.parametrize(
    "what", [(True, "gift card bought", "mid:authorise#2"), (False, "gift card different", "mid:void#2")], ids=str
)
async def test_a_gift_cards_value_is_spent_once_or_is_there(url: str, what: tuple[bool, str, str]) -> None:
    assert await matrix(url, [what]) == []


@pytest.mark.parametrize(
    "what", [(True, "rest paid", "mid:authorise#2"), (False, "rest paid", "record:offered#2")], ids=str
)
async def test_the_rest_is_paid_once_whoever_dies(url: str, what: tuple[bool, str, str]) -> None:
    assert await matrix(url, [what]) == []


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("pending", [True, False])
async def test_every_point_of_another_tender(url: str, pending: bool) -> None:
    assert await matrix(url, [(pending, *point) for point in rests(pending)]) == []


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_thirty_points_that_take_turns(url: str) -> None:
    chosen = taking_turns(url, 30)
    assert await matrix(url, chosen) == [], chosen


@pytest.mark.soak
@pytest.mark.timeout(3600)
@both_stores
async def test_every_point(url: str) -> None:
    assert await matrix(url, every_point()) == []


class FleetApart(Fleet):
    """Mugs lie in London, plates in Leeds, and the owner of the orders takes one place an order."""

    quoted = "24.00"

    def worker(self, pending: bool, kill: str = "", *, another: bool = False) -> Worker:
        station = Station(self.url, self.vendors, pending, kill, another=another, apart=True)
        return Worker(station, module="tests.unit.checkout.worker")

    async def cart(self, what: str) -> Cart:
        await super().cart(what)
        self.books.erp.refused_places = {"LEE"} if what == "refused" else set()
        return await self.books.cart(("MUG", 1), ("PLATE", 1))

    async def judged(self, cart: Cart, what: str, run: str, state: str) -> Sequence[str]:
        if state != ("COMPLETED" if what == "bought" else "FAILED"):
            return [state]
        chosen = select(checkout_orders.c.reference).where(checkout_orders.c.run == run)
        async with self.books.database.read() as connection:
            further = list((await connection.execute(chosen)).scalars())
        if len(further) != 1:
            return [f"{1 + len(further)} orders were planned"]
        cart_state = (await self.books.cart_now(cart)).state.value
        seen = replace(await evidence(self.books), total=2 * TOTAL)
        return faults(run, state, cart_state, seen, buyer_of(cart.id).email, further=further)


async def matrix_apart(url: str, chosen: list[tuple[bool, str, str]]) -> list[str]:
    books = await Retail.books(url, pieces=10_000, plates="LEE")
    problems: list[str] = []
    try:
        async with Vendors({"erp": books.erp, "pay": books.pay}) as vendors:
            for pending in sorted({point[0] for point in chosen}):
                fleet = FleetApart(url, vendors, books)
                async with fleet.worker(pending) as other:
                    for _, what, point in (each for each in chosen if each[0] is pending):
                        problems += await fleet.killed_at(pending, what, point, other)
    finally:
        await books.close_books()
    return problems


@both_stores
async def test_a_few_points_of_two_orders_that_take_turns(url: str) -> None:
    chosen = taking_turns(url, 2, points_apart())
    assert await matrix_apart(url, chosen) == [], chosen


@pytest.mark.soak
@pytest.mark.timeout(1800)
@both_stores
async def test_every_point_of_two_orders(url: str) -> None:
    assert await matrix_apart(url, points_apart()) == []
