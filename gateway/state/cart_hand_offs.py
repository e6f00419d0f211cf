"""A cart handed from one device to another by a short code, and who holds it.

A code lives three minutes, for one store or one account, and is compared in the database. All workers share one budget
of wrong guesses for each of these: living codes times allowed guesses stay below a hundredth of all possible codes,
else codes grow longer.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.cart_faults import (
    AnyCartFault,
    AttemptKind,
    CartNotFound,
    HandOffCodeInvalid,
    MarketDiffers,
    TooManyAttempts,
)
from gateway.model.carts import Cart, CartAccess, CartHolder, HandOffMode
from gateway.model.principal import Touchpoint
from gateway.state.cart_keys import KeptResult, KeyUse
from gateway.state.cart_making import Bearing, CartMaking, MadeCart
from gateway.state.cart_rows import moment, new_id
from gateway.state.carts import Holding, Refused, StoredCarts, frozen, held_by
from gateway.state.counters import Counters
from gateway.state.tables import cart_codes, cart_holders

CODE_SECONDS = 180.0
GUESSES = 50
"""Wrong codes of one store or account within a window as long as a code lives; the next are not even compared."""
GUESSES_OF_ONE = 10
"""Of them, by one device or address: nobody alone shuts a store's counter."""
SHORTEST, LONGEST = 6, 12
"""Digits, as people type them on any keypad."""
_PART = 100
"""Living codes times guesses, times this, is at most the number of possible codes."""
_WINDOWS = 2
"""A code lives in two windows as a rule, and may be guessed at in both."""
MOST_HOLDERS = 10


class Offer(Struct, frozen=True):
    code: str
    expires: datetime
    cart: Cart


class Market(Struct, frozen=True):
    """Where the device that claims may buy; None and empty: anywhere."""

    country: str | None = None
    currency: str | None = None
    countries: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def sells(self, cart: Cart) -> bool:
        return (
            self.country in (None, cart.country)
            and self.currency in (None, cart.currency)
            and (not self.countries or cart.country in self.countries)
            and (not self.channels or cart.channel is None or cart.channel in self.channels)
        )


class CartHandOffs:
    def __init__(self, store: StoredCarts, making: CartMaking) -> None:
        self._store = store
        self._making = making
        self._wrong = Counters(store.database, "hand-off guesses", CODE_SECONDS, store.sealing)

    async def offer(self, cart_id: str, access: CartAccess, mode: HandOffMode, scope: str) -> Offer | AnyCartFault:
        """A code for this cart that is good in `scope` (a store, an account). An earlier one of the cart is over."""
        store = self._store
        try:
            async with store.database.write() as connection:
                cart = await store.opened(connection, cart_id, access, lock=True)
                if cart is None:
                    raise Refused(CartNotFound())
                if (fault := frozen(cart)) is not None:
                    raise Refused(fault)
                if await self._holding(connection, cart_id) >= MOST_HOLDERS:
                    raise Refused(_too_many(CODE_SECONDS, "Too many hold this cart."))
                await store.database.one_at_a_time(connection)  # how many live is counted before one is added
                now = store.database.now
                mine = update(cart_codes).where(cart_codes.c.cart == cart_id, cart_codes.c.expires > now)
                await connection.execute(mine.values(expires=now))
                place = self._place(scope)
                length = await self._length(connection, place)
                for _ in range(5):  # a code that is taken already: draw another
                    code = f"{secrets.randbelow(10**length):0{length}}"
                    row = {"scope": place, "code": self._hashed(place, code), "cart": cart_id, "giver": cart.holder}
                    row |= {"mode": mode.value, "length": length, "expires": now + CODE_SECONDS}
                    once = store.database.insert_once(cart_codes, row)
                    if (await connection.execute(once)).rowcount == 1:
                        expires = select(cart_codes.c.expires).where(*self._is(place, code))
                        return Offer(code, moment((await connection.execute(expires)).scalar_one()), cart)
                raise Refused(_too_many(CODE_SECONDS))
        except Refused as refused:
            return refused.fault

    async def claim(
        self, code: str, scope: str, market: Market, bearing: Bearing, use: KeyUse | None = None, *, by: str
    ) -> MadeCart | AnyCartFault:
        """A secret of one's own for the cart behind a code. Not one guess beyond the budget is compared; a wrong one is
        counted though it changes nothing else. `by` is the device or address that is counted as one."""
        store = self._store
        place = self._place(scope)
        mine = f"{place}|{by}"
        async with store.database.write() as connection:
            of_one = (await self._wrong.add_within(connection, {mine: 1}))[mine]
            if of_one.value > GUESSES_OF_ONE:
                return _too_many(of_one.left + 1)
            counted = (await self._wrong.add_within(connection, {place: 1}))[place]
            if counted.value > GUESSES:
                return _too_many(counted.left + 1)
            try:
                made = await self._claim(connection, code, place, market, bearing, use)
            except Refused as refused:  # before anything was written but the count, which must stay
                if not isinstance(refused.fault, HandOffCodeInvalid):
                    await self._wrong.add_within(connection, {mine: -1, place: -1})
                return refused.fault
            await self._wrong.add_within(connection, {mine: -1, place: -1})
            return made

    async def holders(self, cart_id: str) -> list[CartHolder]:
        """Whoever bears a secret of it now, the first first. The caller was let in before."""
        alive = and_(cart_holders.c.cart == cart_id, cart_holders.c.revoked.is_(None))
        chosen = select(cart_holders).where(alive).order_by(cart_holders.c.since, cart_holders.c.id)
        async with self._store.database.read() as connection:
            return [
                CartHolder(id=row.id, touchpoint=row.touchpoint, since=moment(row.since), store=row.store)
                for row in await connection.execute(chosen)
            ]

    async def revoke(self, cart_id: str, access: CartAccess, holder: str | None) -> Cart | AnyCartFault:
        """From now on this holder's secret opens nothing; None: the caller's own, who gives the cart back to whoever
        handed it over. A cart is never deleted by it."""
        store = self._store
        try:
            async with store.database.write() as connection:
                cart = await store.opened(connection, cart_id, access, lock=True)
                leaving = holder or (None if cart is None else cart.holder)
                if cart is None or leaving is None:
                    raise Refused(CartNotFound())
                one = and_(cart_holders.c.cart == cart_id, cart_holders.c.id == leaving)
                giver = (await connection.execute(select(cart_holders.c.giver).where(one))).first()
                if giver is None:
                    raise Refused(CartNotFound(path=("input", "holderId")))
                now = store.database.now
                await connection.execute(
                    update(cart_holders).where(one, cart_holders.c.revoked.is_(None)).values(revoked=now)
                )
                if leaving == cart.holder and giver.giver is not None:  # also in a checkout: else nobody has it
                    back = update(cart_holders).where(cart_holders.c.cart == cart_id, cart_holders.c.id == giver.giver)
                    await connection.execute(back.values(revoked=None))
                return held_by(cart, None, None) if leaving == cart.holder else cart
        except Refused as refused:
            return refused.fault

    async def _claim(
        self,
        connection: AsyncConnection,
        code: str,
        place: str,
        market: Market,
        bearing: Bearing,
        use: KeyUse | None,
    ) -> MadeCart:
        """Raises Refused before it has written anything."""
        store, now = self._store, self._store.database.now
        if (before := await store.replayed(connection, use)) is not None:
            cart = await store.load(connection, before.cart)
            if cart is not None and before.holder is not None:
                again = await self._making.held_again(connection, cart, before.holder)
                if again is not None:
                    return again
        living = (*self._is(place, code), cart_codes.c.expires > now, cart_codes.c.claimed.is_(None))
        found = (await connection.execute(select(cart_codes).where(*living))).first()
        if found is None:
            raise Refused(HandOffCodeInvalid())
        cart = await store.load(connection, found.cart, lock=True)
        if cart is None:
            raise Refused(HandOffCodeInvalid())
        if (fault := frozen(cart)) is not None:
            raise Refused(fault)
        if not market.sells(cart):
            raise Refused(MarketDiffers(country=cart.country, channel=cart.channel))
        giver = await self._living(connection, found.giver)
        if giver is None and found.giver is not None:  # who was shut out of the cart since lets nobody in
            raise Refused(HandOffCodeInvalid())
        taken = await connection.execute(update(cart_codes).where(*living).values(claimed=now))
        if taken.rowcount != 1:  # by another process, between our two statements
            raise Refused(HandOffCodeInvalid())
        moving = found.mode == HandOffMode.MOVE.value and found.giver is not None
        if moving:
            await connection.execute(update(cart_holders).where(cart_holders.c.id == found.giver).values(revoked=now))
        if giver is not None and giver.touchpoint == Touchpoint.KIOSK.value and cart.authors - {giver.id}:
            bearing = replace(bearing, touchpoint=giver.touchpoint)  # nobody is lent more than was lent to the giver
        holder, back = new_id(), found.giver if moving else None
        secret = await self._making.hold(connection, cart.id, holder, bearing, giver=back)
        await store.keep(connection, use, KeptResult(cart.id, (), holder))
        return MadeCart(held_by(cart, holder, bearing.touchpoint), secret)

    async def _living(self, connection: AsyncConnection, holder: str | None) -> Holding | None:
        table = cart_holders.c
        chosen = select(table.id, table.touchpoint).where(table.id == holder, table.revoked.is_(None))
        found = None if holder is None else (await connection.execute(chosen)).first()
        return None if found is None else Holding(found.id, found.touchpoint)

    async def _holding(self, connection: AsyncConnection, cart_id: str) -> int:
        alive = and_(cart_holders.c.cart == cart_id, cart_holders.c.revoked.is_(None))
        return (await connection.execute(select(func.count()).where(alive))).scalar_one()

    async def _length(self, connection: AsyncConnection, place: str) -> int:
        """So many digits that guessing within the budget hits one of the living codes once in a hundred times."""
        now = self._store.database.now
        living = and_(cart_codes.c.scope == place, cart_codes.c.expires > now, cart_codes.c.claimed.is_(None))
        alive = (await connection.execute(select(func.count()).where(living))).scalar_one() + 1
        guesses = GUESSES * _WINDOWS
        return next((length for length in range(SHORTEST, LONGEST) if alive * guesses * _PART <= 10**length), LONGEST)

    def _place(self, scope: str) -> str:
        return self._store.sealing.digest("hand-off scope", scope)

    def _hashed(self, place: str, code: str) -> str:
        return self._store.sealing.digest("hand-off code", f"{place}|{code}")

    def _is(self, place: str, code: str) -> tuple[ColumnElement[bool], ...]:
        return (cart_codes.c.scope == place, cart_codes.c.code == self._hashed(place, code))


def _too_many(left: float, message: str = "Too many of these from here. Wait.") -> TooManyAttempts:
    return TooManyAttempts(kind=AttemptKind.CODES_GUESSED, retry_after=int(left), message=message)
