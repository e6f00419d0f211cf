"""What is there under a reference of ours, read and nothing else: no journal, no claim. For whoever compares what
owners have with what we noted; a write's own look-ups are `writes`'."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from msgspec import Struct

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.writes import WriteRoute
from gateway.errors import AdapterError, ConfigurationError, OutcomeUnknown
from gateway.logs.failures import FAILURES
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.orders import PlacedOrder
from gateway.ports.domain import WriteOperation
from gateway.ports.order import PLACE_ORDER, OrderTwinsPort

R = TypeVar("R", bound=Struct)

_NOWHERE = CommerceContext(country="", currency="", language="")


class LookUps:
    """Of one backend. `seconds` is the time one call may take."""

    def __init__(self, bound: BoundBackend, seconds: float = 10.0) -> None:
        self._bound = bound
        self._seconds = seconds

    def able(self, operation: WriteOperation[Any, Any]) -> bool:
        """Whether its records can be looked for by our reference at all."""
        try:
            return WriteRoute(self._bound, operation).find is not None
        except ConfigurationError:
            return False

    async def found(self, operation: WriteOperation[Any, R], reference: str, trace: str) -> R | None:
        """None: there is none now, as far as the look-up can know. Raises AdapterError."""
        route = WriteRoute(self._bound, operation)
        return cast("R | None", await self._asked(route.find, route, reference, trace))

    async def orders(self, reference: str, trace: str) -> Sequence[PlacedOrder]:
        """All orders under a reference where the owner can show more than one. Raises AdapterError."""
        twins = self._bound.backend.port(OrderTwinsPort)
        route = WriteRoute(self._bound, PLACE_ORDER)
        if twins is not None:
            return cast("Sequence[PlacedOrder]", await self._asked(twins.find_orders, route, reference, trace))
        found = await self._asked(route.find, route, reference, trace)
        return () if found is None else (found,)

    async def _asked(self, method: Any, route: WriteRoute, reference: str, trace: str) -> Any:
        operation, name = route.operation, self._bound.name
        deadline = time.monotonic() + self._seconds
        call = CallContext(deadline, Priority.BACKGROUND, trace, fresh=True, operation=operation.name)
        try:
            async with asyncio.timeout(self._seconds + 1.0):
                return await method(reference, _NOWHERE.only(route.spec.vary_on), call)
        except AdapterError as error:
            raise error.located(name, operation.domain.name, operation.name) from None
        except TimeoutError as error:
            raise OutcomeUnknown(source=name, domain=operation.domain.name) from error
        except Exception as error:  # a mistake of ours in an adapter: nothing was learnt
            FAILURES.unexpected(error, event="look_up_failed", backend=name, operation=operation.name, trace_id=trace)
            raise OutcomeUnknown(source=name, domain=operation.domain.name) from error
