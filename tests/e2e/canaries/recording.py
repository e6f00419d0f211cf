"""Everything the gateway says while it runs: to its logs at every level, to its terminal, and to whoever traces it."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Recording:
    """`logs` of the standard library at DEBUG, tracebacks included; `terminal` is stdout and stderr, where structlog
    writes; `spans` are finished ones."""

    def __init__(self) -> None:
        self._logs = io.StringIO()
        self._terminal = io.StringIO()
        self._exporter = InMemorySpanExporter()

    @property
    def logs(self) -> str:
        return self._logs.getvalue()

    @property
    def terminal(self) -> str:
        return self._terminal.getvalue()

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    @contextmanager
    def on(self) -> Generator[None]:
        """Recording while entered. What was set before is set again afterwards."""
        handler = logging.StreamHandler(self._logs)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        root = logging.getLogger()
        level, before = root.level, trace.get_tracer_provider()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        trace._TRACER_PROVIDER = provider  # pyright: ignore[reportPrivateUsage]  # the setter works once a process
        try:
            with contextlib.redirect_stdout(self._terminal), contextlib.redirect_stderr(self._terminal):
                yield
        finally:
            trace._TRACER_PROVIDER = before if isinstance(before, TracerProvider) else None  # pyright: ignore[reportPrivateUsage]
            root.setLevel(level)
            root.removeHandler(handler)
            provider.shutdown()
            sys.stdout.flush()


Told = tuple[str, dict[str, Any], str | None, list[tuple[str, dict[str, Any]]], dict[str, Any]]


def told(span: ReadableSpan) -> Told:
    """All a span carries out of the process."""
    return (
        span.name,
        dict(span.attributes or {}),
        span.status.description,
        [(event.name, dict(event.attributes or {})) for event in span.events],
        dict(span.resource.attributes),
    )
