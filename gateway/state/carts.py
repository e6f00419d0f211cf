"""Carts: read by whoever may, changed one after the other, each change one transaction that awaits nobody else.

A change is a pure function from the cart to the cart; what it changed is written, and the version grows by one. Two
devices that change one cart at once are served one after the other, each upon what the other left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.cart_faults import (
    AnyCartFault,
    CartChanged,
    CartClosed,
    CartFault,
    CartNotFound,
    CheckoutInProgress,
    KeyConflict,
)
from gateway.model.carts import Cart, CartAccess, CartChange, CartState
from gateway.model.gift_cards import GiftCard
from gateway.state.cart_keys import KEPT_SECONDS as KEYS_KEPT_SECONDS
from gateway.state.cart_keys import KeptResult, KeyUse, keep, known
from gateway.state.cart_rows import cart_of, cart_row, line_row, lines_by_cart, moment, needs_sealing, stamped
from gateway.state.database import Database
from gateway.state.sealing import Sealing, SubjectKey, Unsealable, erase, guest_subject, person_subject
from gateway.state.tables import cart_codes, cart_holders, cart_keys, cart_lines, carts

KEPT_SECONDS = 90 * 86_400.0
"""After so long without a change a cart is not there any more."""
_SWEPT = 500
LINES_A_VERSION = 1_000
"""Lines stand in the order in which they came: by the version that brought them, then by their place in it. No cart has
as many."""


class Edit(Struct, frozen=True):
    """What a change makes of a cart, and what of it must be listed."""

    cart: Cart
    changes: tuple[CartChange, ...] = ()


Changing = Callable[[Cart, datetime], Edit | AnyCartFault]
"""Pure: no backend, no clock but the one it is given (the database's, aware UTC)."""


class Holding(Struct, frozen=True):
    """Who bears a secret, and what it was given to."""

    id: str
    touchpoint: str


class ChangedCart(Struct, frozen=True):
    """`replayed`: the key had been used for the same before; `changes` are those of then, the cart is as it is now."""

    cart: Cart
    changes: tuple[CartChange, ...] = ()
    replayed: bool = False


class Refused(Exception):
    """Ends a transaction that must leave nothing behind. A change may raise it; it never leaves this folder."""

    def __init__(self, fault: AnyCartFault) -> None:
        super().__init__(type(fault).__name__)
        self.fault = fault


class StoredCarts:
    """`read`, `of_person` and `change` ask whether the caller may; `load`, `freeze`, `thaw` and `ordered` do not, and
    take the connection of a transaction that is the caller's."""

    def __init__(self, database: Database, sealing: Sealing, *, kept: float = KEPT_SECONDS) -> None:
        self.database = database
        self.sealing = sealing
        self._kept = kept

    async def read(self, cart_id: str, access: CartAccess) -> Cart | None:
        """None where there is none, or none of this caller's."""
        async with self.database.read() as connection:
            return await self.opened(connection, cart_id, access)

    async def standing(self, cart_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        """Version and state of carts, for those who were let in before; without those that are gone."""
        chosen = select(carts.c.id, carts.c.version, carts.c.state).where(carts.c.id.in_(cart_ids))
        async with self.database.read() as connection:
            return {row.id: (row.version, row.state) for row in await connection.execute(chosen)}

    async def of_person(self, person: str, limit: int, after: tuple[float, str] | None = None) -> list[Cart]:
        """A customer's carts that are OPEN or FROZEN, those changed last first; `after` is `(changed, id)` of the last
        one seen."""
        living = carts.c.state.in_((CartState.OPEN.value, CartState.FROZEN.value))
        chosen = self._chosen().where(carts.c.person == person, living)
        if after is not None:
            at, last = after
            chosen = chosen.where((carts.c.changed < at) | ((carts.c.changed == at) & (carts.c.id < last)))
        async with self.database.read() as connection:
            rows = (
                await connection.execute(chosen.order_by(carts.c.changed.desc(), carts.c.id.desc()).limit(limit))
            ).all()
            lines = lines_by_cart(await connection.execute(_lines_of([row.id for row in rows])))
            key = await self._key(connection, person_subject(person)) if rows else None
            return [cart_of(row, lines.get(row.id, ()), key) for row in rows]

    async def change(
        self,
        cart_id: str,
        access: CartAccess,
        change: Changing,
        *,
        expected: int | None = None,
        use: KeyUse | None = None,
    ) -> ChangedCart | AnyCartFault:
        """Nothing at all is written where the answer is a fault. Raises StateUnavailable."""
        try:
            async with self.database.write() as connection:
                return await self._change(connection, cart_id, access, change, expected, use)
        except Refused as refused:
            return refused.fault

    async def load(self, connection: AsyncConnection, cart_id: str, *, lock: bool = False) -> Cart | None:
        """For those whose caller was let in before. `lock`: nobody else changes it until this transaction ends."""
        found = await self.found(connection, cart_id, lock=lock)
        return None if found is None else await self.whole(connection, found)

    async def freeze(
        self, connection: AsyncConnection, cart_id: str, version: int, checkout: str
    ) -> Cart | CartNotFound | CartChanged | CheckoutInProgress | CartClosed:
        """OPEN to FROZEN, of exactly this version: the cart as it will be bought. Doing it again for the same checkout
        answers the same. A fault has written nothing."""
        free = update(carts).where(
            carts.c.id == cart_id, carts.c.state == CartState.OPEN.value, carts.c.version == version
        )
        await connection.execute(free.values(state=CartState.FROZEN.value, checkout=checkout))
        cart = await self.load(connection, cart_id)
        if cart is None:
            return CartNotFound()
        if cart.state is CartState.FROZEN and cart.checkout == checkout and cart.version == version:
            return cart
        return frozen(cart) or CartChanged(version=cart.version)

    async def thaw(self, connection: AsyncConnection, cart_id: str, checkout: str) -> bool:
        """FROZEN by this checkout back to OPEN: the same lines, the next version. False where it is not frozen so."""
        mine = update(carts).where(
            carts.c.id == cart_id, carts.c.state == CartState.FROZEN.value, carts.c.checkout == checkout
        )
        values = {"state": CartState.OPEN.value, "checkout": None, "version": carts.c.version + 1}
        return (await connection.execute(mine.values({**values, "changed": self.database.now}))).rowcount == 1

    async def ordered(self, connection: AsyncConnection, cart_id: str, checkout: str, order: str) -> bool:
        """FROZEN by this checkout to ORDERED under our `order` reference; again the same is True too."""
        mine = update(carts).where(
            carts.c.id == cart_id,
            carts.c.checkout == checkout,
            (carts.c.state == CartState.FROZEN.value)
            | ((carts.c.state == CartState.ORDERED.value) & (carts.c.order_reference == order)),
        )
        values = {"state": CartState.ORDERED.value, "order_reference": order, "changed": self.database.now}
        return (await connection.execute(mine.values(values))).rowcount == 1

    async def forget_gift_cards(self, connection: AsyncConnection, cart_id: str) -> None:
        """Of the gift cards of a cart that was ordered only what is shown is left: no number, no PIN."""
        row = await self.found(connection, cart_id, lock=True)
        cart = None if row is None else await self.whole(connection, row)
        if row is None or cart is None or not cart.gift_cards:
            return
        left = tuple(
            replace(each, card=GiftCard(brand=each.card.brand, number=each.card.last_four)) for each in cart.gift_cards
        )
        key = await self.sealing.key_for(connection, self.database, row.subject)
        sealed = cart_row(replace(cart, gift_cards=left), key)["sealed"]
        await connection.execute(update(carts).where(carts.c.id == cart_id).values(sealed=sealed))

    async def erase_person(self, person: str) -> bool:
        """All that this customer typed into carts can never be read again, in no older copy either: also what they
        typed as a visitor, before a cart became theirs. False where there was nothing."""
        theirs = select(carts.c.id).where(carts.c.person == person)
        async with self.database.write() as connection:
            came_from = select(carts.c.id).where(carts.c.merged_into.in_(theirs))
            known = [row.id for row in await connection.execute(theirs.union(came_from))]
            erased = [await erase(connection, guest_subject(cart)) for cart in known]
            return any([await erase(connection, person_subject(person)), *erased])

    # --- what the other files of carts stand on -----------------------------------------------------------------

    async def found(self, connection: AsyncConnection, cart_id: str, *, lock: bool = False) -> Row[Any] | None:
        """Its row with the database's time (`now`), where it is not over."""
        chosen = self._chosen().where(carts.c.id == cart_id)
        if lock and not self.database.is_sqlite:
            chosen = chosen.with_for_update(of=carts)
        return (await connection.execute(chosen)).first()

    async def whole(self, connection: AsyncConnection, row: Row[Any], holder: Holding | None = None) -> Cart:
        lines = (await connection.execute(_lines_of([row.id]))).all()
        sealed = row.sealed is not None or any(line.sealed is not None for line in lines)
        key = await self._key(connection, row.subject) if sealed else None
        cart = cart_of(row, lines, key)
        return cart if holder is None else held_by(cart, holder.id, holder.touchpoint)

    async def opened(
        self, connection: AsyncConnection, cart_id: str, access: CartAccess, *, lock: bool = False
    ) -> Cart | None:
        """The cart, where the caller may open it."""
        row = await self.found(connection, cart_id, lock=lock)
        holder = await self.holder_of(connection, cart_id, access)
        if row is None:
            return None
        mine = row.person is not None and row.person == access.person
        if not mine and holder is None:
            return None
        return await self.whole(connection, row, None if mine else holder)

    async def holder_of(self, connection: AsyncConnection, cart_id: str, access: CartAccess) -> Holding | None:
        """Which holder bears the secret. Asked whether or not there is such a cart: the two take equally long."""
        if not access.secret:
            return None
        mine = (cart_holders.c.cart == cart_id) & (cart_holders.c.secret == secret_hash(access.secret))
        chosen = select(cart_holders.c.id, cart_holders.c.touchpoint).where(mine, cart_holders.c.revoked.is_(None))
        found = (await connection.execute(chosen)).first()
        return None if found is None else Holding(found.id, found.touchpoint)

    async def write(self, connection: AsyncConnection, before: Cart | None, after: Cart, now: datetime) -> Cart:
        """What differs from `before`, as its next version; all of it where there was nothing, or where it belongs to
        another person now and is sealed anew. Returns the cart as it was written."""
        version = 1 if before is None else before.version + 1
        known = {} if before is None else {line.id: line for line in before.lines}
        lines = tuple(line if known.get(line.id) == line else stamped(line, version, now) for line in after.lines)
        cart = replace(after, version=version, lines=lines, changed=now, created=after.created if before else now)
        subject = guest_subject(cart.id) if cart.person is None else person_subject(cart.person)
        anew = before is None or before.person != after.person
        key = None
        if needs_sealing(cart, lines):
            key = await self.sealing.key_for(connection, self.database, subject)
        row = {**cart_row(cart, key), "subject": subject, "changed": now.timestamp()}
        if before is None:
            await connection.execute(insert(carts).values(id=cart.id, created=now.timestamp(), **row))
        else:
            await connection.execute(update(carts).where(carts.c.id == cart.id).values(row))
        gone = [line for line in known if line not in {line.id for line in lines}]
        touched = [place for place, line in enumerate(lines) if anew or known.get(line.id) != line]
        await self._write_lines(connection, cart, gone, touched, key)
        return cart

    async def replayed(self, connection: AsyncConnection, use: KeyUse | None) -> KeptResult | None:
        """What the key did before. Raises Refused where it was used for something else."""
        result = None if use is None else await known(connection, self.database, use)
        if isinstance(result, KeyConflict):
            raise Refused(result)
        return result

    async def keep(self, connection: AsyncConnection, use: KeyUse | None, result: KeptResult) -> None:
        """Raises Refused where another process used the key at this very moment."""
        if use is not None and not await keep(connection, self.database, use, result):
            raise Refused(KeyConflict(message="This key is being used at this moment. Ask again."))

    async def sweep(self) -> int:
        """Carts that are over, with the keys of guests' data; codes and idempotency keys that are."""
        now = self.database.now
        over = select(carts.c.id).where(carts.c.changed < now - self._kept)
        async with self.database.write() as connection:
            rows = (await connection.execute(over.limit(_SWEPT))).all()
            for row in rows:
                await erase(connection, guest_subject(row.id))
            await connection.execute(delete(carts).where(carts.c.id.in_([row.id for row in rows])))
            await connection.execute(delete(cart_codes).where(cart_codes.c.expires < now - 86_400.0))
            await connection.execute(delete(cart_keys).where(cart_keys.c.at < now - KEYS_KEPT_SECONDS))
        return len(rows)

    async def _change(
        self,
        connection: AsyncConnection,
        cart_id: str,
        access: CartAccess,
        change: Changing,
        expected: int | None,
        use: KeyUse | None,
    ) -> ChangedCart:
        row = await self.found(connection, cart_id, lock=True)
        holder = await self.holder_of(connection, cart_id, access)
        mine = row is not None and row.person is not None and row.person == access.person
        if row is None or not (mine or holder):
            raise Refused(CartNotFound())
        cart = await self.whole(connection, row, None if mine else holder)
        if (before := await self.replayed(connection, use)) is not None:
            return ChangedCart(cart, before.changes, replayed=True)
        if (fault := frozen(cart)) is not None:
            raise Refused(fault)
        if expected is not None and expected != cart.version:
            raise Refused(CartChanged(version=cart.version, path=("input", "expectedVersion")))
        edit = change(cart, moment(row.now))
        if isinstance(edit, CartFault):
            raise Refused(edit)
        after = edit.cart
        if after != cart:
            after = await self.write(connection, cart, after, moment(row.now))
        await self.keep(connection, use, KeptResult(cart_id, edit.changes))
        return ChangedCart(after, edit.changes)

    async def _write_lines(
        self,
        connection: AsyncConnection,
        cart: Cart,
        gone: Sequence[str],
        touched: Sequence[int],
        key: SubjectKey | None,
    ) -> None:
        if gone:
            await connection.execute(delete(cart_lines).where(cart_lines.c.cart == cart.id, cart_lines.c.id.in_(gone)))
        rows: list[Mapping[str, Any]] = []
        for place in touched:
            line = cart.lines[place]
            rows.append({**line_row(cart.id, line, key), "position": cart.version * LINES_A_VERSION + place})
        for start in range(0, len(rows), 100):  # SQLite takes so many variables at a time
            some = rows[start : start + 100]
            columns = [name for name in some[0] if name not in ("cart", "id", "position", "added")]
            await connection.execute(self.database.upsert(cart_lines, some, update=columns))

    def _chosen(self) -> Select[Any]:
        alive = carts.c.changed >= self.database.now - self._kept
        return select(carts, self.database.now.label("now")).where(alive)

    async def _key(self, connection: AsyncConnection, subject: str) -> SubjectKey | None:
        """None where everything under it was erased."""
        try:
            return await self.sealing.key_of(connection, subject)
        except Unsealable:
            return None


def held_by(cart: Cart, holder: str | None, touchpoint: str | None) -> Cart:
    """As this holder has it; None: its customer."""
    return replace(cart, holder=holder, holder_touchpoint=touchpoint)


def frozen(cart: Cart) -> CheckoutInProgress | CartClosed | None:
    """Why a cart may not be changed."""
    if cart.state is CartState.FROZEN:
        return CheckoutInProgress(checkout=cart.checkout or "")
    if cart.state is not CartState.OPEN:
        return CartClosed(state=cart.state.value, merged_into=cart.merged_into)
    return None


def secret_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _lines_of(cart_ids: Sequence[str]) -> Select[Any]:
    chosen = select(cart_lines).where(cart_lines.c.cart.in_(cart_ids))
    return chosen.order_by(cart_lines.c.cart, cart_lines.c.position, cart_lines.c.id)
