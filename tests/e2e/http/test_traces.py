"""What a trace and a log show of a request, and what they never do."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

CANARIES = ("canary@example.com", "4111111111111111", "canary-secret", "hunter2")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_request_joins_its_callers_trace(serve_with: Any, session: aiohttp.ClientSession) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with serve_with(more={"tracer": provider.get_tracer("test")}) as served:
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        _, told = await served.post(session, "{ broken }", headers=headers)
        assert told["errors"][0]["extensions"]["traceId"] == TRACE
        _, told = await served.post(session, "{ broken }")
        own = told["errors"][0]["extensions"]["traceId"]
    spans = exporter.get_finished_spans()
    contexts = [span.get_span_context() for span in spans]
    assert [format_trace_id(context.trace_id) for context in contexts if context is not None] == [TRACE, own]
    assert all(span.attributes is not None for span in spans)
    assert {span.name for span in spans} == {"POST /graphql"}
    assert [(span.attributes or {}).get("http.response.status_code") for span in spans] == [200, 200]
    assert not any(canary in span.to_json() for span in spans for canary in CANARIES)
    provider.shutdown()


async def test_no_log_shows_what_a_client_sent(
    served: Any, session: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    note = "mutation ($n: NoteInput!) { note(input: $n) }"
    variables = {"n": {"sku": "1", "text": f"{CANARIES[0]} {CANARIES[1]}"}}
    bad_token = served.customers.token("alice", email=CANARIES[0], email_verified=True, aud="canary-secret")
    for query, headers in (
        ("{ broken }", {}),
        (note, {}),
        (f'{{ product(sku: "{CANARIES[0]}") {{ stock }} }}', {"x-api-key": "canary-secret"}),
        ("{ me { email } }", {"authorization": f"Bearer {bad_token}"}),
        (f'{{ canary-secret(a: "{CANARIES[0]}") ', {}),
    ):
        await served.post(session, query, headers=headers, variables=variables if query == note else None)
    params = {"query": f'{{ product(sku: "{CANARIES[0]}") {{ sku }} }}'}
    async with session.get(served.graphql, params=params, headers={"x-commerce-client": "test"}) as answer:
        assert answer.status == 200
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "unexpected failure" in logged
    assert [canary for canary in (*CANARIES, bad_token) if canary in logged] == []
