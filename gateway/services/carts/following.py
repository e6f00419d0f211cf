"""Carts followed: whoever may open one is told when it changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing

from gateway.model.carts import Cart, CartNews, CartState
from gateway.model.streams import StreamEnd
from gateway.services import Services
from gateway.services.carts.carts import Carts
from gateway.services.following import Following
from gateway.services.scope import Scope

_OPEN = (CartState.OPEN, CartState.FROZEN)


class FollowedCarts:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._following = Following[Cart](self._look, _standing, lambda cart: cart.state not in _OPEN)

    async def close(self) -> None:
        await self._following.close()

    async def follow(self, cart_id: str, scope: Callable[[], Scope]) -> AsyncGenerator[CartNews]:
        """The cart as it is, then each time it changed; the last says why it is the last. `scope` is of the event that
        is told next. Raises GatewayOverloaded, StateUnavailable where it cannot begin."""
        carts = self._services.of(Carts)
        async with aclosing(self._following.follow(cart_id, lambda: carts.get(cart_id, scope()))) as every:
            async for cart in every:
                yield _news(cart)

    async def _look(self, cart_ids: Sequence[str]) -> Mapping[str, Hashable]:
        store = self._services.stored_carts
        return {} if store is None else await store.standing(cart_ids)


def _standing(cart: Cart) -> Hashable:
    return cart.version, cart.state.value


def _news(cart: Cart | None) -> CartNews:
    if cart is None:
        return CartNews(ended=StreamEnd.NOT_YOURS)
    return CartNews(cart, None if cart.state in _OPEN else StreamEnd.OVER)
