"""The way from services to backends: operation policies around the ports of all backends, outermost first: deadline,
cache per key, coalescing per key, chunking. Transport policies sit below the adapters, in `transport`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import structlog

from gateway.calls.bound import BoundBackend
from gateway.calls.flights import Flights
from gateway.calls.metrics import CallMetrics
from gateway.errors import AdapterError, ConfigurationError, GatewayError, InvalidAnswer
from gateway.model.context import CallContext, CommerceContext, UndeclaredContext
from gateway.ports.operations import KeyedOperation, PagedOperation

__all__ = ["BoundBackend", "Caller"]

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")

_log = structlog.get_logger("gateway.calls")


class _Route:
    """One operation of one backend, looked up once."""

    __slots__ = ("bound", "domain", "keyed", "method", "operation", "shared", "spec")

    def __init__(self, bound: BoundBackend, operation: KeyedOperation[Any, Any] | PagedOperation[Any, Any]) -> None:
        spec = bound.manifest.operations.get(operation.name)
        method = getattr(bound.adapter, operation.method, None)
        if spec is None or method is None:
            raise ConfigurationError(f"backend `{bound.name}` does not serve {operation.name}")
        self.bound = bound
        self.spec = spec
        self.operation = operation.name
        self.domain = operation.domain.value
        self.keyed = isinstance(operation, KeyedOperation)
        self.method: Callable[..., Any] = method
        self.shared = spec.idempotent


class Caller:
    """One per gateway. `close` ends what still runs in the background."""

    def __init__(self, backends: Mapping[str, BoundBackend], *, metrics: CallMetrics | None = None) -> None:
        self._backends = backends
        self._routes: dict[tuple[str, str], _Route] = {}
        self._flights = Flights()

    def backend(self, name: str) -> BoundBackend:
        return self._backends[name]

    async def keyed(
        self,
        backend: str,
        operation: KeyedOperation[K, V],
        keys: Sequence[K],
        context: CommerceContext,
        call: CallContext,
    ) -> Mapping[K, V | AdapterError]:
        """Answers by key: an absent key does not exist; a call that failed as a whole is its error for every key it
        asked. Never raises AdapterError."""
        if not keys:
            return {}
        return await self._answers(self._route(backend, operation), list(dict.fromkeys(keys)), context, call)

    async def paged(
        self, backend: str, operation: PagedOperation[Q, R], query: Q, context: CommerceContext, call: CallContext
    ) -> R:
        """Raises AdapterError."""
        answers = await self._answers(self._route(backend, operation), [query], context, call)
        answer = answers[query]
        if isinstance(answer, AdapterError):
            raise answer.fresh()
        return cast("R", answer)

    async def close(self) -> None:
        await self._flights.close()

    def _route(self, backend: str, operation: KeyedOperation[Any, Any] | PagedOperation[Any, Any]) -> _Route:
        route = self._routes.get((backend, operation.name))
        if route is None:
            route = self._routes[backend, operation.name] = _Route(self._backends[backend], operation)
        return route

    async def _answers(
        self, route: _Route, keys: list[Any], context: CommerceContext, call: CallContext
    ) -> dict[Any, Any]:
        scope = (
            route.bound.name,
            route.operation,
            context.parts(route.spec.vary_on),
            call.person if route.spec.personal else None,
        )

        async def fetch(keys: Sequence[Any], call: CallContext) -> Mapping[Any, Any]:
            return await self._ask(route, keys, context, call)

        answers, _ = await self._flights.gather(scope, keys, route.spec.max_keys, call, fetch)
        for answer in answers.values():
            if isinstance(answer, AdapterError):
                answer.located(route.bound.name, route.domain)
        return answers

    async def _ask(
        self, route: _Route, keys: Sequence[Any], context: CommerceContext, call: CallContext
    ) -> Mapping[Any, Any]:
        """One call of the adapter."""
        view = context.only(route.spec.vary_on)
        try:
            if route.keyed:
                return await route.method(keys, view, call)
            return {keys[0]: await route.method(keys[0], view, call)}
        except (GatewayError, UndeclaredContext):
            raise
        except Exception as error:
            # A mapping that met something its author did not think of: the backend's answer is to blame, visibly.
            _log.exception("adapter_failed", backend=route.bound.name, operation=route.operation)
            raise InvalidAnswer(detail=f"{type(error).__name__} in the adapter") from error
