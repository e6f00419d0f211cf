"""Figures of checkouts and of what reconciling found. Every worker shows the same: they are read from the database that
all share, but for the counters, which are of this worker's rounds."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.checkout.reconcile.findings import FindingKind


class CheckoutFigures:
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self.stuck = Gauge(
            "gateway_checkouts_stuck",
            "Checkouts without progress for a minute while nobody is waited for.",
            registry=registry,
        )
        self._open = Gauge(
            "gateway_reconcile_open", "Findings that a person has yet to look at.", ("kind",), registry=registry
        )
        self._found = Counter(
            "gateway_reconcile_findings", "Findings, each time they were met.", ("kind",), registry=registry
        )
        self.looked = Counter("gateway_reconcile_looked", "Checkouts compared with their owners.", registry=registry)
        self.unheard = Counter(
            "gateway_reconcile_unheard",
            "Rounds in which a backend did not answer, so that something was not judged.",
            ("backend",),
            registry=registry,
        )
        self._mirrors = Gauge(
            "gateway_order_mirrors_late",
            "Orders that another system should know by now and does not (WAITING), or said no to (REFUSED).",
            ("backend", "state"),
            registry=registry,
        )
        for kind in FindingKind:
            self._open.labels(kind.value)
            self._found.labels(kind.value)

    def found(self, kind: FindingKind) -> None:
        self._found.labels(kind.value).inc()

    def mirrors_late(self, counts: Mapping[tuple[str, str], int]) -> None:
        """By system and state; what is late nowhere is not shown."""
        self._mirrors.clear()
        for (backend, state), number in counts.items():
            self._mirrors.labels(backend, state).set(number)

    def open(self, counts: Mapping[FindingKind, int]) -> None:
        for kind in FindingKind:
            self._open.labels(kind.value).set(counts.get(kind, 0))
