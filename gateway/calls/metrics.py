"""Figures of the call pipeline, per backend, operation and policy, as Prometheus scrapes them. No label ever holds
anything a client or a person chose.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.runtime.metrics import PlainCounters, PlainHistograms

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class CallMetrics:
    """One per gateway. Children are looked up once by those who count, because a look-up by labels takes a lock."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.calls = PlainCounters(
            "gateway_backend_calls",
            "Calls of an adapter's operation, by outcome (ok or an error code).",
            ("backend", "operation", "outcome"),
            registry,
        )
        self.call_seconds = PlainHistograms(
            "gateway_backend_call_seconds",
            "How long calls of an adapter's operation took.",
            ("backend", "operation"),
            _SECONDS,
            registry,
        )
        self.attempts = PlainCounters(
            "gateway_backend_attempts",
            "HTTP attempts, by outcome (a status, or an error code).",
            ("backend", "outcome"),
            registry,
        )
        self.policies = PlainCounters(
            "gateway_backend_policy",
            "What the policies decided, such as `retry/again`, `breaker/refused`, `limit/shed`, `cache/hit`.",
            ("backend", "policy", "outcome"),
            registry,
        )
        self.up = Gauge(
            "gateway_backend_up", "1 while the backend answers, 0 while it is down.", ("backend",), registry=registry
        )
        self.in_flight = Gauge("gateway_backend_in_flight", "HTTP attempts under way.", ("backend",), registry=registry)
        self.waiting = Gauge(
            "gateway_backend_waiting",
            "HTTP attempts that wait for room under the limit.",
            ("backend",),
            registry=registry,
        )
        self.limit = Gauge(
            "gateway_backend_concurrency_limit", "The adaptive limit of attempts.", ("backend",), registry=registry
        )
        self.writes = Counter(
            "gateway_writes",
            "Writes to backends, by outcome: ok, found (by looking it up), known (asked again), or an error's code.",
            ("backend", "operation", "outcome"),
            registry=registry,
        )
        self.writes_under_way = Gauge(
            "gateway_writes_under_way", "Writes this worker performs now.", ("backend",), registry=registry
        )
        self.webhooks = Counter(
            "gateway_webhooks", "Deliveries from backends, by outcome.", ("backend", "outcome"), registry=registry
        )


class BackendCounters:
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
