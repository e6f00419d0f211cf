"""OpenTelemetry spans of the pipeline. Without a configured provider a span costs nothing but the question."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from gateway.errors import GatewayError

NO_SPAN: AbstractContextManager[object] = nullcontext()
"""In place of a span where nobody traces."""


def configured() -> bool:
    """Whether spans go anywhere: asked once, at the first use of an operation or a transport, because even the
    question costs more than anything else on the way."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider | trace.NoOpTracerProvider)


@contextmanager
def span(name: str, attributes: Mapping[str, str]) -> Generator[object]:
    """The current span while it is open. Attributes never hold a key, a query or anything about a person. A failure is
    recorded by its code alone: texts of exceptions and of their causes may hold what a backend said of a customer."""
    with trace.get_tracer("gateway.calls").start_as_current_span(
        name, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            kind = error.code if isinstance(error, GatewayError) else type(error).__name__
            current.set_attribute("error.type", kind)
            current.set_status(Status(StatusCode.ERROR, kind))
            raise
