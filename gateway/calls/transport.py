"""What an adapter is given: `Transport` with its policies around every HTTP attempt, outermost first: retry, breaker,
rate budget, concurrency limit, timeout and size cap (the last two in `wire`). One per backend, so that nothing of one
backend's ever waits for another's.

The policies decide without waiting and keep their state in a file each; this is the order they are asked in.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from gateway.calls import retry
from gateway.calls.breaker import Breaker
from gateway.calls.concurrency import GradientLimit
from gateway.calls.health import Health
from gateway.calls.metrics import CallMetrics
from gateway.calls.observation import TALLY, Tally
from gateway.calls.rates import LONGEST_WAIT, RateBudget, RateLedger
from gateway.calls.tracing import NO_SPAN, configured, span
from gateway.calls.wire import Wire
from gateway.calls.wires import wire_of
from gateway.errors import AdapterError, CircuitOpen, DeadlineExceeded, Overloaded, RateLimited
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.manifest import Manifest
from gateway.ports.transport import Request, Response, ThrottleSignal
from gateway.settings import PolicyNumbers

_UNSAID = OperationSpec()
_FAIR_CHANCE = 1.0
"""Seconds after which silence is the backend's fault, even where the caller had less patience than the timeout."""


class AioTransport:
    """Implements `gateway.ports.transport.Transport`."""

    def __init__(
        self,
        name: str,
        wire: Wire,
        manifest: Manifest,
        numbers: PolicyNumbers,
        *,
        metrics: CallMetrics,
        ledger: RateLedger | None = None,
    ) -> None:
        self.name = name
        self.health = Health(name)
        self._wire = wire
        self._usual = numbers.timeout, _UNSAID.max_response_bytes
        self._terms_of = {
            operation: (numbers.timeout if spec.timeout == _UNSAID.timeout else spec.timeout, spec.max_response_bytes)
            for operation, spec in manifest.operations.items()
        }
        self._throttle = manifest.throttle
        self._numbers = numbers
        self._budget = retry.RetryBudget(numbers.retry_budget)
        self._traced: bool | None = None
        self._rates = RateBudget(name, ledger=ledger)
        self._limit = GradientLimit(numbers.concurrency_limit)
        self._breaker = Breaker(
            window=numbers.breaker_window,
            failure_rate=numbers.breaker_failure_rate,
            minimum=numbers.breaker_minimum,
            open_for=numbers.breaker_open_for,
        )
        self._count = _Counters(name, metrics)
        metrics.up.labels(name).set_function(lambda: float(self.health.is_up))
        metrics.in_flight.labels(name).set_function(lambda: float(self._limit.in_flight))
        metrics.limit.labels(name).set_function(lambda: self._limit.limit)

    async def send(self, request: Request, call: CallContext) -> Response:
        seconds, cap = self._terms(request)
        self._budget.deposit()
        attempt = 0
        while True:
            attempt += 1
            response: Response | None = None
            failure: AdapterError | None = None
            limited = False
            try:
                response, limited = await self._attempt(request, call, seconds, cap)
                if response.status < 400 and not limited:
                    return response
            except AdapterError as error:
                error.source = error.source or self.name
                failure = error
            pause = self._before_again(request, call, attempt, response, limited, failure)
            if pause is None:
                if failure is not None:
                    raise failure
                assert response is not None  # noqa: S101  one of the two is set
                return response
            await asyncio.sleep(pause)

    def denounce(self, code: str) -> None:
        """An answer that arrived well made no sense to the adapter; the backend is held to account for it."""
        self._breaker.denounce()
        self.health.failed(code, certain=self._breaker.is_open)

    async def close(self) -> None:
        await self._rates.close()
        await self._wire.close()

    def _terms(self, request: Request) -> tuple[float, int]:
        """Seconds and bytes of one attempt: the request's, else the operation's, else the configured ones."""
        seconds, cap = self._terms_of.get(request.operation, self._usual)
        if request.timeout is not None:
            seconds = request.timeout
        return seconds, cap if request.max_response_bytes == MEBIBYTE else request.max_response_bytes

    def _before_again(
        self,
        request: Request,
        call: CallContext,
        attempt: int,
        response: Response | None,
        limited: bool,
        failure: AdapterError | None,
    ) -> float | None:
        """Seconds to wait before the next attempt; None where there is to be none."""
        if call.once or not request.idempotent or attempt > self._numbers.retries:
            return None
        if limited:
            pause = self._rates.retry_after() + retry.delay(attempt)
            if pause > LONGEST_WAIT:
                return None
        elif retry.worth_retrying(response.status if response is not None else None, failure):
            pause = retry.delay(attempt)
        else:
            return None
        if pause >= call.remaining():
            return None
        if not self._budget.withdraw():
            self._count.policy("retry", "exhausted")
            return None
        self._count.policy("retry", "again")
        return pause

    async def _attempt(self, request: Request, call: CallContext, seconds: float, cap: int) -> tuple[Response, bool]:
        """The answer, and whether it is the vendor's refusal to be asked so often."""
        ticket = self._breaker.admit()
        if ticket is None:
            self._count.policy("breaker", "refused")
            raise CircuitOpen(retry_after=self._breaker.retry_after())
        if not self._rates.draw(request.cost):
            await self._stand_in_line(ticket, request.cost, call)
        if not self._limit.admit(call.priority):
            self._rates.forget(request.cost)
            self._breaker.abandon(ticket)
            self._count.policy("limit", "shed")
            raise Overloaded(retry_after=1.0)
        tally = TALLY.get()
        if tally is not None:
            tally.attempted(request.cost)
        started = time.monotonic()
        try:
            with self._span(request):
                response = await self._wire.exchange(request, call, seconds, cap)
        except AdapterError as error:
            self._failed(ticket, request, error, time.monotonic() - started, seconds)
            raise
        except BaseException:  # cancelled: nobody waits any longer, and nothing was learnt
            self._limit.release(request.operation, None)
            self._rates.forget(request.cost)
            self._breaker.abandon(ticket)
            raise
        return response, self._answered(ticket, request, response, time.monotonic() - started, tally)

    async def _stand_in_line(self, ticket: int, cost: float, call: CallContext) -> None:
        try:
            if await self._rates.take(cost, call):
                self._count.policy("rate", "waited")
        except BaseException as error:
            self._breaker.abandon(ticket)
            if isinstance(error, RateLimited):
                self._count.policy("rate", "refused")
            raise

    def _answered(self, ticket: int, request: Request, response: Response, took: float, tally: Tally | None) -> bool:
        """True when the answer is the vendor's refusal to be asked so often."""
        signal = self._signal(response)
        self._limit.release(request.operation, took if response.status < 400 else None)
        self._rates.learn(signal, request.cost)
        self._count.attempt(str(response.status))
        limited = signal is not None and signal.limited
        if tally is not None and signal is not None and signal.cost is not None and not limited:
            tally.charged(signal.cost)
        ok = limited or (response.status < 500 and took < self._numbers.slow_call)
        self._breaker.record(ticket, ok=ok)
        if ok and not self._breaker.is_open:
            self.health.succeeded()
        else:
            self.health.failed(f"HTTP {response.status}", certain=self._breaker.is_open)
        return limited

    def _span(self, request: Request) -> AbstractContextManager[object]:
        if self._traced is None:
            self._traced = configured()
        if not self._traced:
            return NO_SPAN
        return span("backend.attempt", {"backend": self.name, "operation": request.operation})

    def _failed(self, ticket: int, request: Request, error: AdapterError, took: float, seconds: float) -> None:
        late = isinstance(error, DeadlineExceeded)
        self._limit.release(request.operation, None, dropped=late)
        self._rates.forget(request.cost)
        self._count.attempt(error.code)
        if not error.counts_against_backend or (late and took < min(_FAIR_CHANCE, seconds / 2)):
            self._breaker.abandon(ticket)
            return
        self._breaker.record(ticket, ok=False)
        self.health.failed(error.code, certain=self._breaker.is_open)

    def _signal(self, response: Response) -> ThrottleSignal | None:
        try:
            return self._throttle(response)
        except Exception:  # a figure in a header that is none: an answer is not lost over that
            self._count.policy("rate", "unreadable")
            return None


class _Counters:
    """Children of the counters of one backend, looked up once."""

    def __init__(self, backend: str, metrics: CallMetrics) -> None:
        self._backend = backend
        self._metrics = metrics
        self._attempts: dict[str, Callable[[], None]] = {}

    def attempt(self, outcome: str) -> None:
        count = self._attempts.get(outcome)
        if count is None:
            count = self._attempts[outcome] = self._metrics.attempts.labels(self._backend, outcome).inc
        count()

    def policy(self, policy: str, outcome: str) -> None:
        self._metrics.policies.labels(self._backend, policy, outcome).inc()


def build_transport(
    name: str,
    url: str,
    manifest: Manifest,
    numbers: PolicyNumbers,
    *,
    allow_private_network: bool,
    metrics: CallMetrics | None = None,
    ledger: RateLedger | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> AioTransport:
    """The transport of one backend. `ledger` shares its rate budget with other gateways; `ssl_context` is for
    certificates the system does not know."""
    wire = wire_of(
        numbers.client,
        url,
        connections=numbers.connections,
        allow_private_network=allow_private_network,
        ssl_context=ssl_context,
    )
    return AioTransport(name, wire, manifest, numbers, metrics=metrics or CallMetrics(), ledger=ledger)
