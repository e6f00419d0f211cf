"""What `/metrics` shows of the executor, the response cache and the rest of one worker, beside the call pipeline's own
figures."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.entry.response_cache import ResponseCache
from gateway.execution.memo.counters import ExecutionCounters


class ExecutorMetrics(Collector):
    """Reads plain counters when somebody scrapes; counting costs an operation nothing but an addition."""

    def __init__(self, counters: ExecutionCounters) -> None:
        self._counters = counters

    def collect(self) -> Iterable[Metric]:
        counters = self._counters
        for name, text, label, counted in (
            ("gateway_operations", "Operations by executor.", "executor", counters.operations),
            ("gateway_plan_gave_up", "Plans that graphql-core completed, by reason.", "reason", counters.gave_up),
            ("gateway_plan_unplannable", "Operations without a plan, by reason.", "reason", counters.unplannable),
        ):
            family = CounterMetricFamily(name, text, labels=(label,))
            for value, count in counted.items():
                family.add_metric((value,), count)
            yield family
        for name, text, count in (
            ("gateway_documents_parsed", "Documents parsed and validated.", counters.documents_parsed),
            ("gateway_documents_refused", "Documents refused by a limit.", counters.documents_refused),
            ("gateway_plans_compiled", "Plans compiled.", counters.plans_compiled),
            ("gateway_plans_evicted", "Plans dropped for want of room.", counters.plans_evicted),
            ("gateway_batched_fetches", "Calls of batched fields.", counters.fetches),
            ("gateway_batched_keys", "Parents those calls were for.", counters.keys),
        ):
            yield CounterMetricFamily(name, text, value=count)


class ResponseCacheMetrics(Collector):
    def __init__(self, cache: ResponseCache) -> None:
        self._cache = cache

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily("gateway_response_cache_hits", "Answers served as bytes.", value=self._cache.hits)
        yield CounterMetricFamily("gateway_response_cache_misses", "Answers that had to run.", value=self._cache.misses)
        yield GaugeMetricFamily("gateway_response_cache_entries", "Answers kept.", value=len(self._cache))


def exposition(*registries: CollectorRegistry) -> tuple[bytes, str]:
    """All figures of this worker as text, and the content type."""
    return b"".join(generate_latest(registry) for registry in (*registries, REGISTRY)), CONTENT_TYPE_LATEST
