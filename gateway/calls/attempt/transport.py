"""What an adapter is given: `Transport` with its policies around every HTTP attempt, outermost first: retry, breaker,
rate budget, concurrency limit, timeout and size cap (the last two in `wire`). One per backend, so that nothing of one
backend's ever waits for another's.

The policies keep their state in a file each. Each is a pair of plain calls: may it go (`admit`, `draw`), and what
became of it (`record`, `learn`, `release`); this is the order they are asked and told in. Two of them may let an
attempt wait its turn, within its deadline: the rate budget and the concurrency limit.
"""

from __future__ import annotations

import asyncio
import ssl
import time

from msgspec.structs import replace

from gateway.calls.attempt import retry
from gateway.calls.attempt.breaker import Breaker
from gateway.calls.attempt.concurrency import BEGUN, Begun, GradientLimit
from gateway.calls.attempt.health import Health
from gateway.calls.attempt.rates import LONGEST_WAIT, RateBudget, RateLedger
from gateway.calls.attempt.usual import kind_of
from gateway.calls.metrics import BackendCounters, CallMetrics
from gateway.calls.observation import TALLY, Tally
from gateway.calls.wire.bodies import without_halves
from gateway.calls.wire.clients import wire_of
from gateway.calls.wire.exchange import Wire
from gateway.constraints import nearest
from gateway.errors import AdapterError, CircuitOpen, DeadlineExceeded, Overloaded, RateLimited
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.backend import AUDIT, PRICE_DRIFT, PROBE, RESOLVE
from gateway.ports.manifest import Manifest
from gateway.ports.transport import Request, Response, ThrottleSignal
from gateway.runtime.tracing import NO_SPAN, configured, span
from gateway.settings import PolicyNumbers

_UNSAID = OperationSpec()
_FAIR_CHANCE = 1.0
"""Seconds after which silence is the backend's fault, even where the caller had less patience than the timeout; or
twice what the operation usually takes, where that is more."""


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
            **dict.fromkeys(("", PROBE, RESOLVE, AUDIT, PRICE_DRIFT, *manifest.errands), self._usual),
            **{name: (spec.timeout, _UNSAID.max_response_bytes) for name, spec in manifest.writes.items()},
            **{
                name: (numbers.timeout if spec.timeout == _UNSAID.timeout else spec.timeout, spec.max_response_bytes)
                for name, spec in manifest.operations.items()
            },
        }
        self._throttle = manifest.throttle
        self._numbers = numbers
        self._budget = retry.RetryBudget(numbers.retry_budget)
        self._traced: bool | None = None
        self._rates = RateBudget(name, ledger=ledger)
        # What has no connection waits inside the wire, where no class goes before another.
        self._limit = GradientLimit(min(numbers.concurrency_limit, numbers.connections))
        self._breaker = Breaker(
            window=numbers.breaker_window,
            failure_rate=numbers.breaker_failure_rate,
            minimum=numbers.breaker_minimum,
            open_for=numbers.breaker_open_for,
        )
        self._count = BackendCounters(name, metrics)
        metrics.up.labels(name).set_function(lambda: float(self.health.is_up))
        metrics.in_flight.labels(name).set_function(lambda: float(self._limit.in_flight))
        metrics.waiting.labels(name).set_function(lambda: float(self._limit.waiting))
        metrics.limit.labels(name).set_function(lambda: self._limit.limit)

    async def send(self, request: Request, call: CallContext) -> Response:
        if request.operation is None:
            request = replace(request, operation=call.operation)
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

    def count_invalid(self, code: str) -> None:
        """An answer that arrived well made no sense to the adapter; the backend is held to account for it."""
        self._breaker.count_invalid()
        self.health.failed(code, certain=self._breaker.is_open)

    async def close(self) -> None:
        await self._rates.close()
        await self._wire.close()

    def _terms(self, request: Request) -> tuple[float, int]:
        """Seconds and bytes of one attempt: the request's, else the operation's, else the configured ones. Raises
        ValueError for an operation that is none: a slip of the pen would else be limited and counted as nothing."""
        name = request.operation or ""
        terms = self._terms_of.get(name)
        if terms is None:
            close = nearest(name, self._terms_of)
            hint = f"; did you mean `{close}`?" if close else ""
            raise ValueError(f"`{name}` is neither an operation nor an errand that the manifest declares{hint}")
        seconds, cap = terms
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
        begun = BEGUN.get()
        place = 0 if begun is not None and begun.refused else self._limit.admit()
        if not place:
            place = await self._wait_for_room(ticket, request.cost, call, begun)
        elif begun is not None:
            begun.admitted = True
        tally = TALLY.get()
        if tally is not None:
            tally.attempted(request.cost)
        started = time.monotonic()
        try:
            exchange = None if self._is_traced() else self._wire.begin(request, call, seconds, cap)
            if exchange is None:
                response = await self._exchanged(request, call, seconds, cap)
            else:
                try:
                    response = await exchange.answer
                finally:
                    exchange.ended()
            body = without_halves(response.body)
            if body is not response.body:
                response = Response(response.status, response.headers, body)
        except AdapterError as error:
            self._failed(ticket, place, request, error, time.monotonic() - started, seconds)
            raise
        except BaseException:
            self._given_up(ticket, place, request)
            raise
        took = time.monotonic() - started
        return response, self._answered(ticket, place, request, response, took, seconds, tally)

    async def _stand_in_line(self, ticket: int, cost: float, call: CallContext) -> None:
        try:
            if await self._rates.take(cost, call):
                self._count.policy("rate", "waited")
        except BaseException as error:
            self._breaker.abandon(ticket)
            if isinstance(error, RateLimited):
                self._count.policy("rate", "refused")
            raise

    async def _wait_for_room(self, ticket: int, cost: float, call: CallContext, begun: Begun | None) -> int:
        """A place among the attempts under way. Raises Overloaded, or CircuitOpen where the breaker opened since."""
        try:
            place = await self._limit.wait(call, begun)
        except BaseException as error:
            self._rates.refund(cost)
            self._breaker.abandon(ticket)
            if isinstance(error, Overloaded):
                self._count.policy("limit", "shed")
            raise
        self._count.policy("limit", "waited")
        if self._breaker.is_open and not self._breaker.holds(ticket):
            self._limit.release(place, None, None)
            self._rates.refund(cost)
            self._count.policy("breaker", "refused")
            raise CircuitOpen(retry_after=self._breaker.retry_after())
        return place

    def _answered(
        self,
        ticket: int,
        place: int,
        request: Request,
        response: Response,
        took: float,
        seconds: float,
        tally: Tally | None,
    ) -> bool:
        """True when the answer is the vendor's refusal to be asked so often."""
        signal = self._signal(response)
        slow = took >= self._slow(seconds)
        if slow and response.status < 500 and self._limit.is_own_load(place):
            slow = False
        if response.status < 400:
            self._limit.release(place, kind_of(request, response), took)
        else:
            self._limit.release(place, None, None)
        self._rates.learn(signal, request.cost)
        self._count.attempt(str(response.status))
        limited = signal is not None and signal.limited
        if tally is not None and signal is not None and signal.cost is not None and not limited:
            tally.charged(signal.cost)
        ok = limited or (response.status < 500 and not slow)
        self._record(ticket, ok=ok)
        if ok and tally is not None:
            tally.answered += 1
        if ok and not self._breaker.is_open:
            self.health.succeeded()
        else:
            self.health.failed(f"HTTP {response.status}", certain=self._breaker.is_open)
        return limited

    def _is_traced(self) -> bool:
        if self._traced is None:
            self._traced = configured()
        return self._traced

    async def _exchanged(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        """The way of an attempt that waits for its connection, or is traced."""
        with span("backend.attempt", self._attributes(request)) if self._is_traced() else NO_SPAN:
            return await self._wire.exchange(request, call, seconds, cap)

    def _attributes(self, request: Request) -> dict[str, str]:
        return {"backend": self.name, "operation": request.operation or ""}

    def _slow(self, seconds: float) -> float:
        """Seconds that are a slow answer of an attempt that may take `seconds`: an operation that is given more time
        than others is expected to need it."""
        numbers = self._numbers
        return numbers.slow_call if seconds <= numbers.timeout else numbers.slow_call * seconds / numbers.timeout

    def _failed(
        self, ticket: int, place: int, request: Request, error: AdapterError, took: float, seconds: float
    ) -> None:
        late = isinstance(error, DeadlineExceeded)
        not_told = late and (
            took < self._fair_chance(request.operation or "", seconds) or self._limit.is_own_load(place)
        )
        self._limit.release(place, None, took if late else None, late=late)
        self._rates.forget(request.cost)
        self._count.attempt(error.code)
        if not error.counts_against_backend or not_told:
            self._breaker.abandon(ticket)
            return
        self._record(ticket, ok=False)
        self.health.failed(error.code, certain=self._breaker.is_open)

    def _given_up(self, ticket: int, place: int, request: Request) -> None:
        """Cancelled: nobody waits any longer, and nothing was learnt."""
        self._limit.release(place, None, None)
        self._rates.forget(request.cost)
        self._breaker.abandon(ticket)

    def _record(self, ticket: int, *, ok: bool) -> None:
        was_open = self._breaker.is_open
        self._breaker.record(ticket, ok=ok)
        if self._breaker.is_open and not was_open:
            self._limit.restart()

    def _fair_chance(self, operation: str, seconds: float) -> float:
        """Seconds that the backend was to be given by a caller with less patience than the timeout."""
        return min(max(_FAIR_CHANCE, 2.0 * self._limit.usual(operation)), seconds / 2)

    def _signal(self, response: Response) -> ThrottleSignal | None:
        try:
            return self._throttle(response)
        except Exception:  # a figure in a header that is none: an answer is not lost over that
            self._count.policy("rate", "unreadable")
            return None


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
