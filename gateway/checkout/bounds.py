"""What may be held and tried before anything is bought: checkouts under way, pieces of one item, payments in vain.
Asked in the transaction that claims a checkout's key, before anything is held or any processor asked, of rows and
counters that all processes share; who they are about stands there as keyed hashes, until it is over.

Whoever let pieces go that they had been given time for comes after those who were told to come again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.cart_faults import AttemptKind, TooManyAttempts
from gateway.model.carts import Cart, CartLine
from gateway.model.checkouts import CheckoutState, FailureReason, Submission
from gateway.model.identity import NativeRef, VariantKey, canonical_key
from gateway.model.requesters import Requester, RequesterKind
from gateway.services.stock_items import sold_as
from gateway.settings import CheckoutSection
from gateway.state.counters import Counters
from gateway.state.database import Database
from gateway.state.kits import Kits
from gateway.state.sealing import Sealing
from gateway.state.tables import checkout_requesters, checkouts

WINDOW_SECONDS = 3_600.0
"""Over how long payments in vain are counted."""
SOON = 5
"""Seconds after which somebody may ask again where nobody knows how long it takes."""
_PATIENCE = 6
"""A declined payment lets pieces go like one that nobody finished, if they were held for more than this part of what a
shopper has: a second card is tried sooner."""
_LONGEST_ITEM = 400
_TRIED = (FailureReason.PAYMENT_DECLINED.value, FailureReason.PAYMENT_EXPIRED.value, FailureReason.CANCELLED.value)


class _Open(Struct, frozen=True):
    """A checkout under way of somebody's."""

    run: str
    pieces: Mapping[str, int]
    left: float | None
    """Seconds that its shopper still has; None: it goes on by itself."""


class CheckoutBounds:
    """`action_seconds`: how long a shopper has for what a payment asks of them. Whoever was told to come again is
    waited for twice as long: until what they were told of is over, and then for a while."""

    def __init__(self, database: Database, sealing: Sealing, section: CheckoutSection, action_seconds: float) -> None:
        self._database = database
        self._section = section
        self._kits = Kits(database)
        self._action = action_seconds
        self._unpaid = Counters(database, "payments in vain", WINDOW_SECONDS, sealing)
        self._lapsed = Counters(database, "holds lapsed", WINDOW_SECONDS, sealing)
        self._wanted = Counters(database, "told to come again", 2 * action_seconds, sealing)

    async def refused(self, connection: AsyncConnection, asked: Submission) -> TooManyAttempts | None:
        """Why this is one too many. To be called before the transaction has written anything: others of the same
        requesters wait until it ends."""
        requesters = asked.requesters
        await self._database.in_turn(connection, (each.key for each in requesters))
        under_way = await self._open(connection, requesters)  # before the counters: what ends meanwhile counts twice
        pieces = await self._pieces(connection, asked.cart.active)
        for each in requesters:
            mine = under_way[each.key]
            if len(mine) >= self._most_open(each.kind):
                return _too_many(AttemptKind.CHECKOUTS_OPEN, _first_over(mine))
            held: Counter[str] = Counter()
            for one in mine:
                held.update(one.pieces)
            for item, wanted in pieces.items():
                if held[item] and held[item] + wanted > self._section.pieces_at_once:
                    return _too_many(AttemptKind.PIECES_HELD, _first_over(one for one in mine if item in one.pieces))
        if asked.choice is not None and (fault := await self._unpaid_too_often(connection, asked, under_way)):
            return fault
        return await self._yielding(connection, requesters, pieces, under_way)

    async def failed_too_often(self, cart: str, requesters: Sequence[Requester]) -> TooManyAttempts | None:
        """Whether no processor is asked any more: for what is prepared there before a checkout."""
        async with self._database.read() as connection:
            return await self.too_often(connection, cart, requesters)

    async def too_often(
        self, connection: AsyncConnection, cart: str, requesters: Sequence[Requester]
    ) -> TooManyAttempts | None:
        """As `failed_too_often`, in a transaction of the caller's."""
        counted = await self._unpaid.standing(connection, (_cart(cart), *(each.key for each in requesters)))
        for key, most in self._most_unpaid(cart, requesters).items():
            if key in counted and counted[key].value >= most:
                return _too_many(AttemptKind.PAYMENTS_FAILED, counted[key].left)
        return None

    async def opened(self, connection: AsyncConnection, run: str, asked: Submission) -> None:
        """With the claim."""
        pieces = json.dumps(await self._pieces(connection, asked.cart.active))
        for each in asked.requesters:
            row = {"run": run, "requester": each.key, "pieces": pieces, "since": self._database.now}
            await connection.execute(self._database.insert_once(checkout_requesters, row))

    async def recount(self, run: str, cart: Cart) -> None:
        """What it is made of is known now."""
        async with self._database.write() as connection:
            pieces = json.dumps(await self._pieces(connection, cart.active))
            mine = update(checkout_requesters).where(checkout_requesters.c.run == run)
            await connection.execute(mine.values(pieces=pieces))

    async def ended(self, connection: AsyncConnection, run: str) -> dict[str, Mapping[str, int]]:
        """Nothing is held any more, or for good: to whom it was counted, and what."""
        table = checkout_requesters
        gone = delete(table).where(table.c.run == run).returning(table.c.requester, table.c.pieces)
        rows = (await connection.execute(gone)).all()
        return {row.requester: json.loads(row.pieces) for row in rows}

    async def failed(
        self, connection: AsyncConnection, run: str, cart: str, reason: str, *, asked: bool, waited: float | None
    ) -> None:
        """`asked`: money was asked for. `waited`: for so many seconds the shopper was waited for; None: they were not.
        What an owner did is nobody's fault."""
        theirs = await self.ended(connection, run)
        if not asked or reason not in _TRIED:
            return
        declined = reason == FailureReason.PAYMENT_DECLINED.value
        if declined or waited is not None:
            await self._unpaid.add_within(connection, dict.fromkeys((_cart(cart), *theirs), 1))
        if waited is not None and (not declined or waited > self._action / _PATIENCE):
            lapsed = (_of(requester, item) for requester, pieces in theirs.items() for item in pieces)
            await self._lapsed.mark_within(connection, lapsed)

    async def declined(self, connection: AsyncConnection, run: str, cart: str) -> bool:
        """A payment came to nothing, and its checkout would go on with another. Whether the cart has had as many as it
        may: this one is counted with the checkout then, which ends."""
        mine, table = _cart(cart), checkout_requesters
        counted = (await self._unpaid.standing(connection, [mine])).get(mine)
        if (0 if counted is None else counted.value) + 1 >= self._section.unpaid_per_cart:
            return True
        chosen = select(table.c.requester).where(table.c.run == run)
        theirs = (await connection.execute(chosen)).scalars()
        await self._unpaid.add_within(connection, dict.fromkeys((mine, *theirs), 1))
        return False

    async def turned_away(self, connection: AsyncConnection, cart: Cart, line: str) -> None:
        """Somebody was told that this may come back."""
        short = [each for each in cart.active if each.id == line]
        await self._wanted.mark_within(connection, await self._pieces(connection, short))

    async def sweep(self) -> int:
        """Of checkouts that are not under way: their last step forgets them, this is for what it left."""
        table = checkout_requesters
        living = select(checkouts.c.run).where(checkouts.c.state.in_(_OPEN))
        over = delete(table).where(table.c.run.not_in(living))
        async with self._database.write() as connection:
            return (await connection.execute(over)).rowcount

    # --- inside -------------------------------------------------------------------------------------------------

    async def _open(self, connection: AsyncConnection, requesters: Iterable[Requester]) -> dict[str, list[_Open]]:
        table = checkout_requesters.c
        found: dict[str, list[_Open]] = {each.key: [] for each in requesters}
        left = (checkouts.c.expires - self._database.now).label("left")
        chosen = select(table.run, table.requester, table.pieces, left).join(checkouts, checkouts.c.run == table.run)
        for row in await connection.execute(chosen.where(table.requester.in_(list(found)))):
            found[row.requester].append(_Open(row.run, json.loads(row.pieces), row.left))
        return found

    async def _unpaid_too_often(
        self, connection: AsyncConnection, asked: Submission, under_way: Mapping[str, Sequence[_Open]]
    ) -> TooManyAttempts | None:
        """Those under way count as if they came to nothing: else all that are begun at once were let through."""
        keys = self._most_unpaid(asked.cart.id, asked.requesters)
        counted = await self._unpaid.standing(connection, keys)
        for key, most in keys.items():
            mine = under_way.get(key, ())
            in_vain = counted.get(key)
            value = 0 if in_vain is None else in_vain.value
            if value + len(mine) >= most:
                waits = in_vain.left if in_vain is not None and value >= most else _first_over(mine)
                return _too_many(AttemptKind.PAYMENTS_FAILED, waits)
        return None

    async def _yielding(
        self,
        connection: AsyncConnection,
        requesters: Sequence[Requester],
        pieces: Mapping[str, int],
        under_way: Mapping[str, Sequence[_Open]],
    ) -> TooManyAttempts | None:
        """Whoever let pieces go, and whoever holds some that are not paid yet: other than an address, which may be many
        people's."""
        wanted = await self._wanted.standing(connection, pieces) if requesters else {}
        if not wanted:
            return None
        for each in requesters:
            mine = [one for one in under_way[each.key] if wanted.keys() & one.pieces.keys()]
            if mine and each.kind is not RequesterKind.ADDRESS:
                return _too_many(AttemptKind.PIECES_HELD, _first_over(mine))
        lapsed = {_of(each.key, item): item for each in requesters for item in wanted}
        known = await self._lapsed.standing(connection, lapsed)
        waits = [wanted[lapsed[key]].left for key in known]
        return _too_many(AttemptKind.HOLD_LAPSED, max(waits)) if waits else None

    async def _pieces(self, connection: AsyncConnection, lines: Sequence[CartLine]) -> dict[str, int]:
        """By item: of a kit what it is made of, once any checkout has read that; the most where its owners differ."""
        kits = await self._kits.known_within(connection, (sold_as(line.variant) for line in lines))
        found: Counter[str] = Counter()
        for line in lines:
            variant, pieces = line.variant, int(line.quantity)
            made: dict[str, int] = {}
            for (backend, what), parts in kits.items():
                if what == sold_as(variant) and (isinstance(variant, str) or variant.backend == backend):
                    for part in parts:
                        name = _named(NativeRef(backend, part.item) if part.native else part.item)
                        made[name] = max(made.get(name, 0), ceil(part.quantity * pieces))
            found.update(made or {_named(variant): pieces})
        return dict(found)

    def _most_open(self, kind: RequesterKind) -> int:
        section = self._section
        if kind is RequesterKind.ADDRESS:
            return section.open_per_address
        return section.open_per_device if kind is RequesterKind.DEVICE else section.open_per_customer

    def _most_unpaid(self, cart: str, requesters: Iterable[Requester]) -> dict[str, int]:
        section = self._section
        most = {
            RequesterKind.ADDRESS: section.unpaid_per_address,
            RequesterKind.DEVICE: section.unpaid_per_device,
            RequesterKind.CUSTOMER: section.unpaid_per_customer,
        }
        return {_cart(cart): section.unpaid_per_cart, **{each.key: most[each.kind] for each in requesters}}


_OPEN = (CheckoutState.PROCESSING.value, CheckoutState.ACTION_REQUIRED.value)


def _named(variant: VariantKey) -> str:
    """What lines share stock by."""
    named = f"sku|{canonical_key(variant)}" if isinstance(variant, str) else f"{variant.backend}|{variant.id}"
    return named[:_LONGEST_ITEM]


def _first_over(under_way: Iterable[_Open]) -> float:
    """Until the first of those whose shopper is waited for is over by itself."""
    return min((one.left for one in under_way if one.left is not None), default=float(SOON))


def _too_many(kind: AttemptKind, left: float) -> TooManyAttempts:
    return TooManyAttempts(kind=kind, retry_after=max(1, ceil(left)), path=("input", "cartId"))


def _cart(cart: str) -> str:
    return f"cart|{cart}"


def _of(requester: str, item: str) -> str:
    return f"{requester}|{item}"
