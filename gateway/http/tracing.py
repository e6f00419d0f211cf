"""One span per GraphQL request over HTTP, joined to the caller's trace; the spans of backend calls are below it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, format_trace_id, get_tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.runtime.tracing import configured

_PROPAGATOR = TraceContextTextMapPropagator()


def default_tracer() -> Tracer | None:
    """None where spans would go nowhere: then a request pays nothing for them."""
    return get_tracer("gateway.http") if configured() else None


@contextmanager
def request_span(tracer: Tracer, method: str, headers: Mapping[str, str]) -> Generator[Span]:
    """Attributes say nothing of the query, its variables or the person."""
    parent = _PROPAGATOR.extract(dict(headers))
    with tracer.start_as_current_span(f"{method} /graphql", context=parent, kind=SpanKind.SERVER) as span:
        span.set_attribute("http.request.method", method)
        yield span


def trace_id_of_span(span: Span) -> str:
    return format_trace_id(span.get_span_context().trace_id)


def answered(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
