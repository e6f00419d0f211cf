"""OpenTelemetry spans of the pipeline. Without a configured provider a span costs nothing but the question."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from opentelemetry import trace

_NOTHING: AbstractContextManager[object] = nullcontext()


def span(name: str, attributes: Mapping[str, str]) -> AbstractContextManager[object]:
    """The current span while it is open. Attributes never hold a key, a query or anything about a person."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return _NOTHING
    return trace.get_tracer("gateway.calls").start_as_current_span(name, attributes=dict(attributes))
