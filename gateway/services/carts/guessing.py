"""How many promotion codes may be tried in vain: by one cart, and by one address, device or customer over all carts.

A code is counted before its owner is asked, in the database, and given back when it was one: so no two guesses pass the
budget side by side, in whatever process, and who has the right codes has none. What is beyond it is not asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cachetools import TTLCache

from gateway.model.baskets import CodeRefusal, Promotions
from gateway.model.cart_faults import AttemptKind, TooManyAttempts
from gateway.model.carts import Cart
from gateway.model.requesters import Requester
from gateway.services import Services
from gateway.services.requesters import requesters_of
from gateway.services.scope import Scope
from gateway.state.counters import Counters

WINDOW_SECONDS = 3_600.0
REMEMBERED = 20_000
"""Codes of carts that this process need not ask the database about."""
BEYOND_SECONDS = 5.0
"""How long a code that found no room is not asked of the database again."""
_GUESSED = frozenset({CodeRefusal.UNKNOWN, CodeRefusal.EXPIRED, CodeRefusal.USED_UP, CodeRefusal.REFUSED})
"""Of no code that would ever do anything. Who is told that a code is not for these goods has one."""

_Tried = tuple[str, str]
"""A cart and a code of it."""


class CodeGuesses:
    def __init__(self, services: Services) -> None:
        self._carts = services.kept_carts
        self._section = services.settings.carts
        database, sealing = self._carts.database, self._carts.sealing
        self._refused = Counters(database, "codes refused", WINDOW_SECONDS, sealing)
        self._seen = Counters(database, "codes tried", WINDOW_SECONDS, sealing)
        self._known: TTLCache[_Tried, bool] = TTLCache(REMEMBERED, WINDOW_SECONDS)
        self._beyond: TTLCache[_Tried, bool] = TTLCache(REMEMBERED, BEYOND_SECONDS)
        self._unanswered: TTLCache[_Tried, tuple[str, ...]] = TTLCache(REMEMBERED, WINDOW_SECONDS)
        """Counted by this process, and to whom; until their owner says that they are codes."""

    async def asked(self, cart: Cart, scope: Scope) -> tuple[str, ...]:
        """Which of the cart's codes their owner may be asked about. Raises StateUnavailable."""
        new = [code for code in cart.codes if (cart.id, code) not in self._known]
        beyond = [code for code in new if (cart.id, code) in self._beyond]
        if len(new) > len(beyond):
            beyond = await self._count(cart, new, scope)
        return tuple(code for code in cart.codes if code not in beyond)

    async def answered(self, cart: Cart, promotions: Promotions) -> None:
        """Those that were codes are given back to whom they were counted."""
        guessed = {one.code.upper() for one in promotions.refused if one.reason in _GUESSED}
        mentioned = {code.upper() for code in (*promotions.accepted, *(one.code for one in promotions.refused))}
        back: Counter[str] = Counter()
        for code in cart.codes:
            if code in mentioned and code not in guessed:
                back.update(self._unanswered.pop((cart.id, code), ()))
        if back:
            await self._refused.add_all({key: -count for key, count in back.items()})

    async def spent(self, cart: str | None, person: str | None, scope: Scope) -> TooManyAttempts | None:
        """Whether another code would not be asked about: said before it is put into the cart."""
        most = self._most(cart, requesters_of(scope, self._carts.sealing, person))
        async with self._carts.database.read() as connection:
            counted = await self._refused.standing(connection, most)
        over = [each.left for key, each in counted.items() if each.value >= most[key]]
        if not over:
            return None
        return TooManyAttempts(kind=AttemptKind.CODES_REFUSED, retry_after=int(max(over)) + 1, path=("input", "add"))

    async def _count(self, cart: Cart, new: Sequence[str], scope: Scope) -> list[str]:
        """Those for which there is no room."""
        most = self._most(cart.id, requesters_of(scope, self._carts.sealing, cart.person))
        marks = {f"{cart.id}|{code}": code for code in new}
        async with self._carts.database.write() as connection:
            standing = await self._refused.add_within(connection, dict.fromkeys(most, 0))  # from here on others wait
            seen = await self._seen.add_within(connection, dict.fromkeys(marks, 1))
            fresh = [code for mark, code in marks.items() if seen[mark].value == 1]
            room = max(0, min(allowed - standing[key].value for key, allowed in most.items()))
            counted, beyond = fresh[:room], fresh[room:]
            if counted:
                await self._refused.add_within(connection, dict.fromkeys(most, len(counted)))
            if beyond:
                await self._seen.add_within(connection, {f"{cart.id}|{code}": -1 for code in beyond})
        for code in new:
            (self._beyond if code in beyond else self._known)[cart.id, code] = True
        for code in counted:
            self._unanswered[cart.id, code] = tuple(most)
        return beyond

    def _most(self, cart: str | None, requesters: Iterable[Requester]) -> dict[str, int]:
        of_cart = {} if cart is None else {f"cart|{cart}": self._section.refused_codes}
        return {**of_cart, **{each.key: self._section.refused_codes_by_one for each in requesters}}
