"""Carts followed: whoever may open one is told when it changed, in whichever process. One look at the database for all
carts that are followed in this one, twice a second; what opens a cart is checked anew with everything that is told, and
every five seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

import structlog

from gateway.errors import GatewayOverloaded, StateUnavailable
from gateway.model.carts import Cart, CartNews, CartState, CartStreamEnd
from gateway.services import Services
from gateway.services.carts.carts import Carts
from gateway.services.scope import Scope

POLL_SECONDS = 0.5
CHECK_SECONDS = 5.0
MOST_FOLLOWED = 5_000
"""Streams of one process."""
_BATCH = 500
_OPEN = (CartState.OPEN, CartState.FROZEN)
_log = structlog.get_logger("gateway.carts")

_Standing = tuple[int, str]


class _Follower:
    """One stream: rung when its cart stands otherwise than it was told."""

    __slots__ = ("news", "seen")

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.seen: _Standing | None = None


class Following:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._followers: dict[str, set[_Follower]] = {}
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def follow(self, cart_id: str, scope: Callable[[], Scope]) -> AsyncGenerator[CartNews]:
        """The cart as it is, then each time it changed; the last says why it is the last. `scope` is of the event that
        is told next. Raises GatewayOverloaded, StateUnavailable where it cannot begin."""
        carts = self._services.of(Carts)
        if self._count >= MOST_FOLLOWED:
            raise GatewayOverloaded("Too many carts are followed here.")
        follower = _Follower()
        self._enter(cart_id, follower)
        try:
            cart = await carts.get(cart_id, scope())
            while True:
                yield _news(cart)
                if cart is None or cart.state not in _OPEN:
                    return
                follower.seen = _standing(cart)
                cart = await self._next(cart, follower, carts, scope)
        finally:
            self._leave(cart_id, follower)

    async def _next(self, told: Cart, follower: _Follower, carts: Carts, scope: Callable[[], Scope]) -> Cart | None:
        """The cart once it is otherwise; None once it is not theirs."""
        while True:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await follower.news.wait()
            except TimeoutError:
                pass
            follower.news.clear()
            try:
                cart = await carts.get(told.id, scope())
            except StateUnavailable:
                continue  # nothing is told meanwhile either
            if cart is None or _standing(cart) != _standing(told):
                return cart

    def _enter(self, cart_id: str, follower: _Follower) -> None:
        self._followers.setdefault(cart_id, set()).add(follower)
        self._count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look_for_ever())

    def _leave(self, cart_id: str, follower: _Follower) -> None:
        mine = self._followers.get(cart_id, set())
        mine.discard(follower)
        self._count -= 1
        if not mine:
            self._followers.pop(cart_id, None)

    async def _look_for_ever(self) -> None:
        """For as long as anybody follows anything."""
        away = False
        while self._followers:
            began = time.monotonic()
            try:
                await self._look()
                away = False
            except StateUnavailable:
                if not away:
                    _log.warning("carts_unwatched")
                away = True
            await asyncio.sleep(max(0.05, POLL_SECONDS - (time.monotonic() - began)))

    async def _look(self) -> None:
        store = self._services.stored_carts
        if store is None:
            return
        followed = list(self._followers)
        for start in range(0, len(followed), _BATCH):
            some = followed[start : start + _BATCH]
            found = await store.standing(some)
            for cart_id in some:
                for follower in self._followers.get(cart_id, ()):
                    if follower.seen is not None and found.get(cart_id) != follower.seen:
                        follower.news.set()


def _standing(cart: Cart) -> _Standing:
    return cart.version, cart.state.value


def _news(cart: Cart | None) -> CartNews:
    if cart is None:
        return CartNews(ended=CartStreamEnd.NOT_YOURS)
    return CartNews(cart, None if cart.state in _OPEN else CartStreamEnd.OVER)
