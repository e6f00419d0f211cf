"""Checkouts followed: whoever may open one is told when it stands otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing

from gateway.model.checkouts import Checkout, CheckoutNews, CheckoutState
from gateway.model.streams import StreamEnd
from gateway.services import Services
from gateway.services.following import Following
from gateway.services.purchasing import Purchasing
from gateway.services.scope import Scope

_ENDS = (CheckoutState.COMPLETED, CheckoutState.FAILED)


class FollowedCheckouts:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._following = Following[Checkout](
            self._look, lambda checkout: checkout.state, lambda checkout: checkout.state in _ENDS
        )

    async def close(self) -> None:
        await self._following.close()

    async def follow(self, checkout_id: str, scope: Callable[[], Scope]) -> AsyncGenerator[CheckoutNews]:
        """As it is, then each time its state is another; the last says why it is the last. Raises GatewayOverloaded,
        StateUnavailable where it cannot begin."""
        purchasing = self._services.of(Purchasing)
        following = self._following.follow(checkout_id, lambda: purchasing.get(checkout_id, scope()))
        async with aclosing(following) as every:
            async for checkout in every:
                yield _news(checkout)

    async def _look(self, runs: Sequence[str]) -> Mapping[str, Hashable]:
        desk = self._services.desk
        return {} if desk is None else await desk.standing(runs)


def _news(checkout: Checkout | None) -> CheckoutNews:
    if checkout is None:
        return CheckoutNews(ended=StreamEnd.NOT_YOURS)
    return CheckoutNews(checkout, StreamEnd.OVER if checkout.state in _ENDS else None)
