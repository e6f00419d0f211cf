"""How the doors are used, counted in plain numbers and read when somebody scrapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.entry.capacity import Capacity
from gateway.http.gate import Gate
from gateway.runtime.metrics import PlainHistogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class DoorMetrics(Collector):
    """`answered` is told of every answer over HTTP; a stream counts when it ends."""

    def __init__(self, gate: Gate, capacity: Capacity) -> None:
        self._gate = gate
        self._capacity = capacity
        self._statuses: Counter[tuple[str, int]] = Counter()
        self._seconds = PlainHistogram(SECONDS)

    def answered(self, method: str, status: int, seconds: float) -> None:
        self._statuses[method if method in ("GET", "POST", "OPTIONS") else "other", status] += 1
        self._seconds.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        answers = CounterMetricFamily("gateway_http_answers", "GraphQL answers over HTTP.", labels=("method", "status"))
        for (method, status), count in sorted(self._statuses.items()):
            answers.add_metric((method, str(status)), count)
        yield answers
        yield HistogramMetricFamily(
            "gateway_http_seconds",
            "How long GraphQL answers over HTTP took.",
            buckets=self._seconds.buckets(),
            sum_value=self._seconds.sum,
        )
        yield GaugeMetricFamily("gateway_http_operations", "Operations under way.", value=self._capacity.under_way)
        yield GaugeMetricFamily(
            "gateway_http_operations_limit", "Operations let in at a time, at present.", value=int(self._capacity.limit)
        )
        yield CounterMetricFamily(
            "gateway_http_overloaded", "Operations refused because of what was under way.", value=self._capacity.refused
        )
        yield GaugeMetricFamily(
            "gateway_http_open", "Requests, streams and sockets under way.", value=self._gate.inside
        )
