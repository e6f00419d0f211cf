"""Carts made, and carts made one. Both know whose the result is: a signed-in customer's, or whoever bears the secret
that is told once.

A secret is derived from its holder's id under our own key, so that a repeated request can be told it again and the
database keeps nothing but its hash.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.model.cart_faults import AnyCartFault, AttemptKind, CartClosed, CartFault, CartNotFound, TooManyAttempts
from gateway.model.carts import Cart, CartAccess, CartChange, CartState
from gateway.model.principal import Touchpoint
from gateway.state.cart_keys import KeptResult, KeyUse
from gateway.state.cart_rows import moment, new_id
from gateway.state.carts import Edit, Refused, StoredCarts, frozen, held_by, secret_hash
from gateway.state.counters import Counters
from gateway.state.tables import cart_holders, carts

BOUND_SECONDS = 3_600.0
"""Over how long carts of one address or device are counted."""


class Bearing(Struct, frozen=True):
    """The client a secret is given to: `touchpoint` and `store` are shown to the others who hold the cart."""

    touchpoint: str
    store: str | None = None


class MadeCart(Struct, frozen=True):
    """`secret` is None where the cart is a customer's."""

    cart: Cart
    secret: str | None = None
    changes: tuple[CartChange, ...] = ()


Combine = Callable[[Cart, Cart, datetime], Edit | AnyCartFault]
"""Of the cart that is given up and the one that lives on: what that becomes."""


class CartMaking:
    def __init__(self, store: StoredCarts) -> None:
        self._store = store
        self._counters = Counters(store.database, "carts made", BOUND_SECONDS, store.sealing)

    async def create(
        self,
        fill: Callable[[Cart, datetime], Edit | AnyCartFault],
        empty: Cart,
        bearing: Bearing | None,
        *,
        use: KeyUse | None = None,
        maker: str,
        most: int,
    ) -> MadeCart | AnyCartFault:
        """`empty` says whose it is and for which market; `fill` puts into it what comes along. `bearing` None: no
        secret. At most `most` carts of one `maker` within an hour."""
        store = self._store
        try:
            async with store.database.write() as connection:
                if (before := await store.replayed(connection, use)) is not None:
                    return await self._again(connection, before)
                counted = (await self._counters.add_within(connection, {maker: 1}))[maker]
                if counted.value > most:
                    raise Refused(TooManyAttempts(kind=AttemptKind.CARTS_MADE, retry_after=int(counted.left) + 1))
                now = await self._now(connection)
                holder = None if bearing is None else new_id()
                made = held_by(empty, holder, None if bearing is None else bearing.touchpoint)
                edit = fill(made, now)
                if isinstance(edit, CartFault):
                    raise Refused(edit)
                cart = await store.write(connection, None, edit.cart, now)
                secret = None
                if bearing is not None and holder is not None:
                    secret = await self.hold(connection, cart.id, holder, bearing)
                await store.keep(connection, use, KeptResult(cart.id, edit.changes, holder))
                return MadeCart(cart, secret, edit.changes)
        except Refused as refused:
            return refused.fault

    async def merge(
        self, source_id: str, target_id: str | None, access: CartAccess, combine: Combine, *, use: KeyUse | None = None
    ) -> MadeCart | AnyCartFault:
        """The customer takes a cart whose secret they bear: into `target_id`, into the cart of theirs that was changed
        last in the same market, or, where there is none, as their own. Doing it again changes nothing."""
        try:
            async with self._store.database.write() as connection:
                return await self._merge(connection, source_id, target_id, access, combine, use)
        except Refused as refused:
            return refused.fault

    async def hold(
        self, connection: AsyncConnection, cart: str, holder: str, bearing: Bearing, *, giver: str | None = None
    ) -> str:
        """One more who holds the cart, by this new id: the secret."""
        secret = self._store.sealing.digest("cart secret", holder)
        row = {"id": holder, "cart": cart, "secret": secret_hash(secret), "giver": giver, "revoked": None}
        row |= {"touchpoint": bearing.touchpoint, "store": bearing.store}
        await connection.execute(insert(cart_holders).values(**row, since=self._store.database.now))
        return secret

    async def held_again(self, connection: AsyncConnection, cart: Cart, holder: str) -> MadeCart | None:
        """With the secret its holder was told; None where the holder is there no more, or our key was changed since."""
        table = cart_holders.c
        chosen = select(table.secret, table.touchpoint).where(
            table.id == holder, table.cart == cart.id, table.revoked.is_(None)
        )
        row = (await connection.execute(chosen)).first()
        possible = () if row is None else self._store.sealing.digests("cart secret", holder)
        secret = next((one for one in possible if row is not None and secret_hash(one) == row.secret), None)
        if row is None or secret is None:
            return None
        return MadeCart(held_by(cart, holder, row.touchpoint), secret)

    async def _merge(
        self,
        connection: AsyncConnection,
        source_id: str,
        target_id: str | None,
        access: CartAccess,
        combine: Combine,
        use: KeyUse | None,
    ) -> MadeCart:
        store, person = self._store, access.person
        if person is None:
            raise Refused(CartNotFound())
        if target_id is None:
            target_id = await self._current(connection, source_id, person)
        rows = {
            name: await store.found(connection, name, lock=True)
            for name in sorted({source_id, *([target_id] if target_id else ())})  # in one order everywhere
        }
        row = rows[source_id]
        if row is None:
            raise Refused(CartNotFound())
        if row.state == CartState.MERGED.value and row.merged_into:  # again: whatever the target has become since
            target = await store.opened(connection, row.merged_into, CartAccess(person=person))
            if target is None:
                raise Refused(CartNotFound())
            before = await store.replayed(connection, use)
            return MadeCart(target, changes=() if before is None else before.changes)
        source = await store.opened(connection, source_id, access)
        target = None if target_id is None else await store.opened(connection, target_id, CartAccess(person=person))
        if source is None or (target_id is not None and target is None):
            raise Refused(CartNotFound())
        if source.person not in (None, person):  # whoever it was handed to may change it, not own it
            raise Refused(CartClosed(state=source.state.value, message="This cart belongs to somebody who signed in."))
        if (before := await store.replayed(connection, use)) is not None:
            return MadeCart(source, changes=before.changes)
        if (fault := frozen(source) or (None if target is None else frozen(target))) is not None:
            raise Refused(fault)
        now = moment(row.now)
        if source.holder_touchpoint == Touchpoint.KIOSK.value:  # what was not typed there was not lent to it either
            source = source.typed_by(source.holder)
        if target is None or target.id == source.id:
            return await self._adopt(connection, source, person, use, now)
        edit = combine(source, target, now)
        if isinstance(edit, CartFault):
            raise Refused(edit)
        merged = await store.write(connection, target, edit.cart, now)
        gone = replace(source, state=CartState.MERGED, merged_into=target.id, lines=(), buyer=None, note=None)
        gone = replace(gone, attributes={}, codes=(), groups=gone.groups[:1])
        gone = replace(gone, groups=(replace(gone.groups[0], address=None),))
        await store.write(connection, source, gone, now)
        await self._drop_holders(connection, source.id)
        await store.keep(connection, use, KeptResult(target.id, edit.changes))
        return MadeCart(merged, changes=edit.changes)

    async def _adopt(
        self, connection: AsyncConnection, cart: Cart, person: str, use: KeyUse | None, now: datetime
    ) -> MadeCart:
        """A visitor's cart becomes the customer's; what it was opened with dies."""
        if cart.person is None:
            cart = await self._store.write(connection, cart, replace(held_by(cart, None, None), person=person), now)
            await self._drop_holders(connection, cart.id)
        await self._store.keep(connection, use, KeptResult(cart.id))
        return MadeCart(held_by(cart, None, None))

    async def _drop_holders(self, connection: AsyncConnection, cart: str) -> None:
        living = update(cart_holders).where(cart_holders.c.cart == cart, cart_holders.c.revoked.is_(None))
        await connection.execute(living.values(revoked=self._store.database.now))

    async def _current(self, connection: AsyncConnection, source_id: str, person: str) -> str | None:
        """The customer's cart that was changed last, in the market of the one that is merged."""
        market = select(carts.c.country, carts.c.currency, carts.c.channel, carts.c.person).where(
            carts.c.id == source_id
        )
        source = (await connection.execute(market)).first()
        if source is None or source.person == person:
            return None
        same = (carts.c.country == source.country) & (carts.c.currency == source.currency)
        same &= carts.c.channel.is_not_distinct_from(source.channel)
        chosen = select(carts.c.id).where(
            carts.c.person == person, carts.c.state == CartState.OPEN.value, carts.c.id != source_id, same
        )
        return (await connection.execute(chosen.order_by(carts.c.changed.desc(), carts.c.id).limit(1))).scalar()

    async def _again(self, connection: AsyncConnection, before: KeptResult) -> MadeCart:
        cart = await self._store.load(connection, before.cart)
        if cart is None:
            raise Refused(CartNotFound())
        if before.holder is None:
            return MadeCart(cart, changes=before.changes)
        again = await self.held_again(connection, cart, before.holder)
        if again is None:  # it holds the cart no longer
            raise Refused(CartNotFound())
        return replace(again, changes=before.changes)

    async def _now(self, connection: AsyncConnection) -> datetime:
        return moment(float((await connection.execute(select(self._store.database.now))).scalar_one()))
