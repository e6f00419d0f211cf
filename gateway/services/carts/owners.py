"""The owners of promotions, shipping and tax, asked for whole baskets.

Two equal baskets, of whatever carts, share one question and for a while its answer. A slow owner does not hold a cart:
it is waited for within a budget, its answer is kept when it comes, and until then nobody waits for it again. Who asks
for a cart that was changed meanwhile waits no longer, and a question that nobody waits for is ended.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import GatewayError
from gateway.model.baskets import Basket, TaxQuery
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.ports.domain import PagedOperation
from gateway.services.systems import SystemsOfRecord

Q = TypeVar("Q", Basket, TaxQuery)
R = TypeVar("R")

KEPT_SECONDS = 20.0
"""How long an answer is good for an equal basket."""
KEPT_ANSWERS = 2_000
SLOW_SECONDS = 10.0
"""How long an owner that was late is not waited for again."""
ANSWER_SECONDS = 8.0
"""What a question may take in all, whether or not anybody waits for it still."""
SLOW, SUPERSEDED = "SLOW", "SUPERSEDED"


class Silent(Struct, frozen=True):
    """No answer: `reason` is a code of `gateway.errors`, SLOW or SUPERSEDED; `owner` its configured name."""

    owner: str
    reason: str


class Said(Struct, Generic[R], frozen=True):
    """An answer, and the owner's configured name."""

    owner: str
    answer: R


class _Flight:
    """One question under way, and how many wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task = task
        self.waiting = 0


class Owners:
    def __init__(self, systems: SystemsOfRecord, budget: float) -> None:
        self._systems = systems
        self._budget = budget
        self._flights: dict[Hashable, _Flight] = {}
        self._kept: LRUCache[Hashable, tuple[float, Any]] = LRUCache(KEPT_ANSWERS)
        self._slow_until: dict[tuple[str, str], float] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._asking: Counter[tuple[str, str]] = Counter()

    def owner(self, operation: PagedOperation[Any, Any], commerce: CommerceContext) -> str | None:
        """Who answers here; None where nobody serves it."""
        serving = self._systems.ownership.serving(operation.domain, commerce.country)
        return serving[0] if serving and self._systems.ownership.offers(serving[0], operation.name) else None

    async def ask(
        self,
        operation: PagedOperation[Q, R],
        query: Q,
        commerce: CommerceContext,
        call: CallContext,
        *,
        cart: str,
        fresh: bool = False,
    ) -> Said[R] | Silent | None:
        """None where nobody serves it here. `cart` is the one it is asked for. `fresh` asks past what is kept and waits
        as long as the call may: for a checkout. Never raises for what an owner does."""
        owner = self.owner(operation, commerce)
        if owner is None:
            return None
        key = (operation.name, owner, query, commerce)
        kept = None if fresh else self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return Said(owner, kept[1])
        place = (owner, operation.name)
        late = not fresh and self._slow_until.get(place, 0.0) > time.monotonic()
        flight = None if fresh else self._flights.get(key)
        if flight is None:
            if late and self._asking.get(place):
                return Silent(owner, SLOW)  # one question at a time finds out whether it is quick again
            flight = self._fly(key, operation, owner, query, commerce, call, fresh=fresh)
        patience = call.remaining() if fresh else min(0.02 if late else self._budget, call.remaining())
        return await self._wait(key, flight, owner, place, max(patience, 0.0), cart)

    def superseded(self, cart: str) -> None:
        """The cart was changed: what was asked for it before is waited for no longer."""
        for waiting in self._waiting.pop(cart, ()):
            if not waiting.done():
                waiting.set_result(None)

    async def close(self) -> None:
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fly(
        self,
        key: Hashable,
        operation: PagedOperation[Q, R],
        owner: str,
        query: Q,
        commerce: CommerceContext,
        call: CallContext,
        *,
        fresh: bool,
    ) -> _Flight:
        basket = query.basket if isinstance(query, TaxQuery) else query
        whose = "basket" if basket.customer is None else f"{basket.customer.backend}|{basket.customer.id}"
        # Whoever has an equal basket has the same answer: there is nobody's name in the question.
        asked = replace(
            call, person=whose, priority=Priority.CHECKOUT if fresh else Priority.CART, fresh=fresh, max_age=None
        )
        asked = replace(asked, deadline=time.monotonic() + ANSWER_SECONDS, made=time.monotonic())
        work = self._systems.caller.paged(owner, operation, query, commerce, asked)
        flight = _Flight(asyncio.ensure_future(work))
        place = (key, object()) if fresh else key
        self._flights[place] = flight
        self._asking[owner, operation.name] += 1

        def landed(task: asyncio.Task[Any]) -> None:
            self._asking[owner, operation.name] -= 1
            if self._flights.get(place) is flight:
                del self._flights[place]
            if not task.cancelled() and task.exception() is None:
                self._kept[key] = (time.monotonic() + KEPT_SECONDS, task.result())
                self._slow_until.pop((owner, operation.name), None)

        flight.task.add_done_callback(landed)
        return flight

    async def _wait(
        self, key: Hashable, flight: _Flight, owner: str, place: tuple[str, str], patience: float, cart: str
    ) -> Said[Any] | Silent:
        leaving: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(cart, set())
        waiting.add(leaving)
        flight.waiting += 1
        try:
            await asyncio.wait((flight.task, leaving), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            flight.waiting -= 1
            waiting.discard(leaving)
            if not waiting and self._waiting.get(cart) is waiting:
                del self._waiting[cart]
        if flight.task.done():
            return _said(owner, flight.task)
        if leaving.done():
            if not flight.waiting:
                flight.task.cancel()
            return Silent(owner, SUPERSEDED)
        self._slow_until[place] = time.monotonic() + SLOW_SECONDS
        return Silent(owner, SLOW)


def _said(owner: str, task: asyncio.Task[Any]) -> Said[Any] | Silent:
    if task.cancelled():
        return Silent(owner, SUPERSEDED)
    error = task.exception()
    if error is None:
        return Said(owner, task.result())
    if isinstance(error, GatewayError):
        return Silent(owner, error.code)
    raise error
