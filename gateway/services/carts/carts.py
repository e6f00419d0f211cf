"""Carts found and changed: who may, in which market, under whose key. What a change makes of a cart stands in
`editing`; how it is kept in `state/carts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.cart_faults import AnyCartFault, CartChanged, CartFault, CartNotFound, InvalidInput
from gateway.model.carts import (
    Buyer,
    Cart,
    CartAccess,
    CartHolder,
    CartState,
    HandOffMode,
    MergeRule,
    PostalAddress,
)
from gateway.model.paging import CartEdge, CartList, PageInfo
from gateway.services import Services
from gateway.services.carts import editing
from gateway.services.carts.editing import Editing
from gateway.services.carts.evaluation import Evaluation
from gateway.services.carts.guessing import CodeGuesses
from gateway.services.carts.merging import merging
from gateway.services.carts.moving import Moving
from gateway.services.carts.outcomes import CartMade, CartOutcome, HandOffOffered, Keyed
from gateway.services.carts.owners import Owners
from gateway.services.carts.wishes import Bounds, DeliveryWish, LineUpdate, LineWish
from gateway.services.scope import Scope
from gateway.state.cart_hand_offs import CartHandOffs, Market
from gateway.state.cart_keys import KeyUse
from gateway.state.cart_making import Bearing, CartMaking, MadeCart
from gateway.state.cart_rows import new_id
from gateway.state.carts import ChangedCart, Edit, frozen

KEY_LENGTH = 200


class _After(Struct, frozen=True, tag="c"):
    changed: float
    id: str


class Carts:
    def __init__(self, services: Services) -> None:
        section = services.settings.carts
        self._services = services
        self._section = section
        self._bounds = Bounds.of(section)
        self._owners = Owners(services.systems, section.owner_seconds)
        self.evaluation = Evaluation(services, self._owners)
        self._moving = Moving(services, self.evaluation)

    async def close(self) -> None:
        await self._owners.close()

    # --- found --------------------------------------------------------------------------------------------------

    async def get(self, cart_id: str, scope: Scope) -> Cart | None:
        """None where there is none, or none of this caller's. Raises StateUnavailable."""
        return await self._services.kept_carts.read(cart_id, access_of(scope)) if is_id(cart_id) else None

    async def mine(self, size: int, after: str | None, scope: Scope) -> CartList:
        """The signed-in customer's carts that are not over, those changed last first; empty for anybody else. Raises
        InvalidCursor, StateUnavailable."""
        person = access_of(scope).person
        if person is None:
            return CartList((), PageInfo(has_next_page=False, end_cursor=None))
        bound_to = f"carts|{person}"
        start = None
        if after is not None:
            opened = self._services.cursors.open(after, _After, bound_to=bound_to)
            start = (opened.changed, opened.id)
        found = await self._services.kept_carts.of_person(person, size + 1, start)
        edges = tuple(
            CartEdge(cart, self._services.cursors.seal(_After(cart.changed.timestamp(), cart.id), bound_to=bound_to))
            for cart in found[:size]
        )
        return CartList(edges, PageInfo(len(found) > size, edges[-1].cursor if edges else None))

    async def holders(self, cart: Cart) -> list[CartHolder]:
        return await self._handing.holders(cart.id)

    # --- made ---------------------------------------------------------------------------------------------------

    async def create(self, lines: Sequence[LineWish], codes: Sequence[str], scope: Scope, keyed: Keyed) -> CartMade:
        """For the market of the operation. The key of a visitor without any credential names nobody: each of their
        requests is a cart of its own."""
        if codes and (spent := await self._guesses.spent(None, access_of(scope).person, scope)) is not None:
            return CartMade(faults=(replace(spent, path=("input", "codes")),))
        store = self._services.kept_carts
        access = access_of(scope)
        commerce, principal = scope.commerce, scope.principal
        empty = Cart(
            id=new_id(),
            version=1,
            state=CartState.OPEN,
            country=commerce.country,
            currency=commerce.currency,
            channel=commerce.channel,
            store=commerce.store,
            person=access.person,
            created=scope.now,
            changed=scope.now,
        )
        whose = None if principal.key is None else f"{principal.kind}|{principal.key}|{commerce.store or ''}"
        if (fault := _wrong_key(keyed)) is not None:
            return CartMade(faults=(fault,))
        use = None if whose is None or keyed.key is None else KeyUse(whose, keyed.key, keyed.digest)
        add, code = editing.adding(lines, self._bounds), editing.coding(codes, ())

        def fill(cart: Cart, now: datetime) -> Edit:
            return code(add(cart, now).cart, now)

        made = await CartMaking(store).create(
            fill,
            empty,
            None if access.person is not None else _bearing(scope),
            use=use,
            maker=principal.key or scope.party,
            most=self._section.made_per_hour,
        )
        return _made(made, seen=bool(lines))

    # --- changed ------------------------------------------------------------------------------------------------

    async def add(self, cart_id: str, lines: Sequence[LineWish], scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._changed(cart_id, editing.adding(lines, self._bounds), scope, keyed)

    async def update(self, cart_id: str, lines: Sequence[LineUpdate], scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._changed(cart_id, editing.updating(lines, self._bounds), scope, keyed)

    async def remove(self, cart_id: str, lines: Sequence[str], scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._changed(cart_id, editing.removing(lines), scope, keyed)

    async def buyer(self, cart_id: str, buyer: Buyer | None, scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._changed(cart_id, editing.buying(buyer), scope, keyed)

    async def address(
        self, cart_id: str, address: PostalAddress | None, group: str | None, scope: Scope, keyed: Keyed
    ) -> CartOutcome:
        return await self._changed(cart_id, editing.addressing(address, group), scope, keyed)

    async def deliver(self, cart_id: str, choices: Sequence[DeliveryWish], scope: Scope, keyed: Keyed) -> CartOutcome:
        """A store that this client may not choose reads like one that is not there."""
        for place, choice in enumerate(choices):
            known = choice.store is None or self._services.stores.named([choice.store], scope)[0] is not None
            if not known:
                path = ("input", "deliveries", str(place), "storeId")
                return await self.refused(cart_id, InvalidInput(message="There is no such store.", path=path), scope)
        return await self._changed(cart_id, editing.delivering(choices, self._bounds), scope, keyed)

    async def codes(
        self, cart_id: str, add: Sequence[str], remove: Sequence[str], scope: Scope, keyed: Keyed
    ) -> CartOutcome:
        """Beyond the budget of codes tried in vain none is added; what is in the cart can still be taken out."""
        if add and (cart := await self.get(cart_id, scope)) is not None:
            more = any(one.strip().upper() not in cart.codes for one in add)
            if more and (spent := await self._guesses.spent(cart.id, cart.person, scope)) is not None:
                return await self.refused(cart_id, spent, scope)
        return await self._changed(cart_id, editing.coding(add, remove), scope, keyed)

    async def write(self, cart_id: str, edit: Editing, scope: Scope, keyed: Keyed) -> CartOutcome:
        """Note and attributes (`editing.writing`)."""
        return await self._changed(cart_id, edit, scope, keyed)

    async def abandon(self, cart_id: str, scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._changed(cart_id, editing.abandoning, scope, keyed)

    async def move(self, cart_id: str, country: str, channel: str | None, scope: Scope, keyed: Keyed) -> CartOutcome:
        """To another market: priced there first, then moved if nobody changed it meanwhile; what becomes of each line
        is listed. Nothing is taken out of the cart but codes that do nothing there."""
        cart = await self.get(cart_id, scope)
        if cart is None:
            return CartOutcome(faults=(CartNotFound(),))
        planned = await self._moving.plan(cart, country, channel, scope)
        if isinstance(planned, CartFault):
            return await self.refused(cart_id, planned, scope)
        keyed = replace(keyed, expected=cart.version if keyed.expected is None else keyed.expected)
        return await self._changed(cart_id, planned.edit, scope, keyed)

    async def merge(self, source: str, target: str | None, rule: MergeRule, scope: Scope, keyed: Keyed) -> CartOutcome:
        """Into a cart of the signed-in customer's, who bears the other's secret. For nobody else."""
        if (fault := _wrong_key(keyed)) is not None:
            return await self.refused(source, fault, scope)
        access = access_of(scope)
        use = None if keyed.key is None else KeyUse(f"cart|{source}", keyed.key, keyed.digest)
        known = is_id(source) and (target is None or is_id(target))
        made: MadeCart | AnyCartFault = CartNotFound()
        if known and access.person is not None and source != target:
            combine = merging(rule, self._bounds)
            made = await CartMaking(self._services.kept_carts).merge(source, target, access, combine, use=use)
        if isinstance(made, CartFault):
            return await self.refused(source, made, scope)
        self._owners.superseded(made.cart.id)
        return CartOutcome(cart=made.cart, changes=made.changes)

    # --- handed on ----------------------------------------------------------------------------------------------

    async def offer(self, cart_id: str, mode: HandOffMode, store: str | None, scope: Scope) -> HandOffOffered:
        place = self._place(store, scope)
        if isinstance(place, CartFault):
            return HandOffOffered(cart=await self.get(cart_id, scope), faults=(place,))
        if not is_id(cart_id):
            return HandOffOffered(faults=(CartNotFound(),))
        offered = await self._handing.offer(cart_id, access_of(scope), mode, place)
        if isinstance(offered, CartFault):
            return HandOffOffered(cart=await self.get(cart_id, scope), faults=(offered,))
        return HandOffOffered(cart=offered.cart, code=offered.code, expires=offered.expires)

    async def claim(self, code: str, store: str | None, other_market: bool, scope: Scope, keyed: Keyed) -> CartMade:
        place = self._place(store, scope)
        if isinstance(place, CartFault):
            return CartMade(faults=(place,))
        if (fault := _wrong_key(keyed)) is not None:
            return CartMade(faults=(fault,))
        code = "".join(sign for sign in code if sign not in " -.")[:64]
        commerce = scope.commerce
        market = Market(
            country=None if other_market else commerce.country,
            currency=None if other_market else commerce.currency,
            countries=scope.profile.countries,
            channels=scope.profile.channels,
        )
        device = scope.principal.key or ""
        use = None if keyed.key is None else KeyUse(f"hand-off|{device}|{place}|{code}", keyed.key, keyed.digest)
        made = await self._handing.claim(code, place, market, _bearing(scope), use, by=device or scope.party)
        return _made(made)

    async def revoke(self, cart_id: str, holder: str | None, scope: Scope) -> CartOutcome:
        """`holder` None: this device gives the cart back."""
        found = CartNotFound()
        left = await self._handing.revoke(cart_id, access_of(scope), holder) if is_id(cart_id) else found
        if isinstance(left, CartFault):
            return await self.refused(cart_id, left, scope)
        return CartOutcome(cart=await self.get(cart_id, scope))

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _guesses(self) -> CodeGuesses:
        return self._services.of(CodeGuesses)

    @property
    def _handing(self) -> CartHandOffs:
        return CartHandOffs(self._services.kept_carts, CartMaking(self._services.kept_carts))

    async def _changed(self, cart_id: str, edit: Editing, scope: Scope, keyed: Keyed) -> CartOutcome:
        if not is_id(cart_id):
            return CartOutcome(faults=(CartNotFound(),))
        if (fault := _wrong_key(keyed)) is not None:
            return await self.refused(cart_id, fault, scope)
        use = None if keyed.key is None else KeyUse(f"cart|{cart_id}", keyed.key, keyed.digest)
        changed = await self._services.kept_carts.change(
            cart_id, access_of(scope), edit, expected=keyed.expected, use=use
        )
        if not isinstance(changed, ChangedCart):
            return await self.refused(cart_id, changed, scope)
        self._owners.superseded(cart_id)
        cart = changed.cart
        seen = tuple(line.id for line in cart.lines if line.version == cart.version and line.expected is not None)
        return CartOutcome(cart=cart, changes=changed.changes, seen=seen)

    async def refused(self, cart_id: str, fault: AnyCartFault, scope: Scope) -> CartOutcome:
        """With the cart as it is, so that the client can go on from there."""
        cart = None if isinstance(fault, CartNotFound) else await self.get(cart_id, scope)
        return CartOutcome(cart=cart, faults=(fault if cart is not None else CartNotFound(),))

    def _place(self, store: str | None, scope: Scope) -> str | InvalidInput:
        """For whom a hand-off code is good: a store, else the account that is signed in."""
        store = store or scope.commerce.store
        if store is not None:
            if self._services.stores.named([store], scope)[0] is None:
                return InvalidInput(message="There is no such store.", path=("input", "storeId"))
            return f"store|{store}"
        person = access_of(scope).person
        if person is None:
            return InvalidInput(message="Say in which store, or sign in.", path=("input", "storeId"))
        return f"account|{person}"


def unchangeable(cart: Cart, keyed: Keyed) -> AnyCartFault | None:
    """What keeps a change from being made, where somebody is asked something first: it is looked at again with it."""
    if (fault := _wrong_key(keyed) or frozen(cart)) is not None:
        return fault
    if keyed.expected is not None and keyed.expected != cart.version:
        return CartChanged(version=cart.version, path=("input", "expectedVersion"))
    return None


def access_of(scope: Scope) -> CartAccess:
    customer = scope.principal.kind == "customer"
    return CartAccess(person=scope.principal.key if customer else None, secret=scope.cart_secret)


def is_id(text: str) -> bool:
    """Whether it could be a cart's: nothing else is asked of the database."""
    return len(text) == 26 and text.isascii() and text.isalnum() and text.upper() == text


def _bearing(scope: Scope) -> Bearing:
    return Bearing(scope.profile.touchpoint.value, scope.commerce.store)


def _wrong_key(keyed: Keyed) -> AnyCartFault | None:
    key = keyed.key
    if key is None or (0 < len(key) <= KEY_LENGTH and key.isprintable()):
        return None
    message = f"A key has 1 to {KEY_LENGTH} printable characters."
    return InvalidInput(message=message, path=("input", "idempotencyKey"))


def _made(made: MadeCart | AnyCartFault, *, seen: bool = False) -> CartMade:
    if isinstance(made, CartFault):
        return CartMade(faults=(made,))
    lines = tuple(line.id for line in made.cart.lines if seen and line.expected is not None)
    return CartMade(cart=made.cart, secret=made.secret, changes=made.changes, seen=lines)
