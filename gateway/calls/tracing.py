"""OpenTelemetry spans of the pipeline. Without a configured provider a span costs nothing but the question."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from opentelemetry import trace

_NOTHING: AbstractContextManager[object] = nullcontext()


def configured() -> bool:
    """Whether spans go anywhere: asked once, at the first use of an operation or a transport, because even the
    question costs more than anything else on the way."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


def span(name: str, attributes: Mapping[str, str], *, traced: bool) -> AbstractContextManager[object]:
    """The current span while it is open. Attributes never hold a key, a query or anything about a person."""
    if not traced:
        return _NOTHING
    return trace.get_tracer("gateway.calls").start_as_current_span(name, attributes=dict(attributes))
