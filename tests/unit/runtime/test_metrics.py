"""Plain counters and histograms: what Prometheus reads is what was counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.runtime.metrics import PlainCounters, PlainHistograms

BOUNDS = (0.1, 1.0, 10.0)


@given(st.lists(st.floats(0, 20), max_size=20))
def test_a_histogram_is_read_as_prometheus_own_would_be(seconds: list[float]) -> None:
    from prometheus_client import Histogram

    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = PlainHistograms("took_seconds", "How long.", ("backend",), BOUNDS, ours).labels("erp")
    histogram = Histogram("took_seconds", "How long.", ("backend",), buckets=BOUNDS, registry=theirs).labels("erp")
    for one in seconds:
        durations.observe(one)
        histogram.observe(one)
    for sample, labels in [("bucket", {"le": le}) for le in ("0.1", "1.0", "10.0", "+Inf")] + [
        ("count", {}),
        ("sum", {}),
    ]:
        names = (f"took_seconds_{sample}", {"backend": "erp", **labels})
        assert ours.get_sample_value(*names) == theirs.get_sample_value(*names)


def test_counters_are_told_apart_by_their_labels() -> None:
    registry = CollectorRegistry()
    calls = PlainCounters("calls", "Calls.", ("backend", "outcome"), registry)
    calls.labels("erp", "ok").inc()
    calls.labels("erp", "ok").inc(2)
    calls.labels("erp", 'odd "one"\n').inc()
    (family,) = text_string_to_metric_families(generate_latest(registry).decode())
    assert {(one.labels["outcome"], one.value) for one in family.samples} == {("ok", 3.0), ('odd "one"\n', 1.0)}
    assert family.type == "counter"
