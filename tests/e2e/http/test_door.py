"""One request, one answer: what the door says in each situation."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, generate_latest

GRAPHQL = "application/graphql-response+json"


async def test_a_query_is_answered(served: Any, session: aiohttp.ClientSession) -> None:
    status, told = await served.post(session, '{ product(sku: "a") { sku cents related { title } } }')
    assert status == 200
    assert told == {"data": {"product": {"sku": "a", "cents": 1999, "related": {"title": "Related to Product a"}}}}


async def test_a_document_that_is_not_valid_has_no_data_entry(served: Any, session: aiohttp.ClientSession) -> None:
    for query, code in (("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{ product(", "GRAPHQL_PARSE_FAILED")):
        status, told = await served.post(session, query)
        assert status == 400
        assert "data" not in told
        assert told["errors"][0]["extensions"]["code"] == code


async def test_variables_that_cannot_be_coerced_are_the_clients_fault(
    served: Any, session: aiohttp.ClientSession
) -> None:
    query = "query ($sku: String!) { product(sku: $sku) { sku } }"
    status, told = await served.post(session, query, variables={"sku": 7})
    assert (status, "data" in told) == (400, False)
    assert served.opener.calls == {}


async def test_an_unexpected_failure_is_masked(served: Any, session: aiohttp.ClientSession) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    status, told = await served.post(session, "{ broken }", headers=headers)
    assert status == 200
    assert "hunter2" not in str(told)
    assert told["errors"][0]["extensions"] == {"code": "INTERNAL", "retryable": False, "traceId": trace}
    assert told["errors"][0]["path"] == ["broken"]


async def test_backends_are_known_by_their_alias_but_to_staff(served: Any, session: aiohttp.ClientSession) -> None:
    query = '{ product(sku: "a") { stock } }'
    status, told = await served.post(session, query)
    assert status == 200
    assert told["data"] == {"product": {"stock": None}}
    assert told["errors"][0]["extensions"] | {"traceId": ""} == {
        "code": "BACKEND_UNAVAILABLE",
        "retryable": True,
        "source": "erp",
        "domain": "stock",
        "traceId": "",
    }
    token = served.staff.token("worker", client_profile="staff", roles=["staff"])
    _, told = await served.post(session, query, headers={"authorization": f"Bearer {token}"})
    assert told["errors"][0]["extensions"]["source"] == "secret_erp_name"


async def test_a_signed_token_says_who_asks(served: Any, session: aiohttp.ClientSession) -> None:
    query = "{ me { subject email } }"
    assert (await served.post(session, query))[1] == {"data": {"me": None}}
    token = served.customers.token("alice", email="a@example.com", email_verified=True)
    _, told = await served.post(session, query, headers={"authorization": f"Bearer {token}"})
    assert told == {"data": {"me": {"subject": "alice", "email": "a@example.com"}}}


async def test_a_wrong_credential_is_refused_and_nothing_runs(served: Any, session: aiohttp.ClientSession) -> None:
    for headers in (
        {"authorization": "Bearer x.y.z"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer"},
        {"x-api-key": "wrong"},
        {"x-api-key": "wrong", "authorization": f"Bearer {served.customers.token('alice')}"},
    ):
        status, told = await served.post(session, '{ product(sku: "a") { sku } }', headers=headers)
        assert status == 401
        assert told["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert served.opener.calls == {}


async def test_no_header_names_a_customer(served: Any, session: aiohttp.ClientSession) -> None:
    names = ("x-customer-id", "x-user", "x-commerce-customer", "x-forwarded-user", "remote-user", "x-email")
    _, told = await served.post(session, "{ me { subject } }", headers=dict.fromkeys(names, "alice"))
    assert told == {"data": {"me": None}}


async def test_headers_choose_the_context_within_the_profile(served: Any, session: aiohttp.ClientSession) -> None:
    query = "{ where { country currency language channel } deadline }"
    asked = {
        "x-commerce-country": "IE",
        "x-commerce-language": "he-IL",
        "x-commerce-deadline-ms": "1500",
    }
    _, told = await served.post(session, query, headers=asked)
    assert told["data"] == {
        "where": {"country": "IE", "currency": "EUR", "language": "he", "channel": "retail"},
        "deadline": 1.5,
    }
    _, told = await served.post(session, query, headers={"accept-language": "fr, ja;q=0.8, en;q=0.1"})
    assert told["data"]["where"]["language"] == "ja"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-commerce-country": "FR"}, "CONTEXT_NOT_ALLOWED"),
        ({"x-commerce-country": "Narnia"}, "BAD_USER_INPUT"),
        ({"x-commerce-currency": "USD"}, "CONTEXT_NOT_ALLOWED"),
        ({"x-commerce-channel": "wholesale"}, "CONTEXT_NOT_ALLOWED"),
        ({"x-commerce-store": "atlantis"}, "CONTEXT_NOT_ALLOWED"),
        ({"x-commerce-language": "tlh"}, "UNSUPPORTED_LANGUAGE"),
        ({"x-commerce-language": "!"}, "BAD_USER_INPUT"),
        ({"x-commerce-deadline-ms": "soon"}, "BAD_USER_INPUT"),
        ({"x-commerce-max-age": "-1"}, "BAD_USER_INPUT"),
    ],
)
async def test_a_context_outside_the_profile_is_refused(
    served: Any, session: aiohttp.ClientSession, headers: dict[str, str], code: str
) -> None:
    status, told = await served.post(session, "{ where { country } }", headers=headers)
    assert status == 400
    assert told["errors"][0]["extensions"]["code"] == code


async def test_get_serves_queries_only(served: Any, session: aiohttp.ClientSession) -> None:
    headers = {"accept": GRAPHQL, "x-commerce-client": "test"}
    async with session.get(served.graphql, params={"query": "{ deadline }"}, headers=headers) as answer:
        assert (answer.status, await answer.json(content_type=None)) == (200, {"data": {"deadline": 10.0}})
    async with session.get(served.graphql, params={"query": "mutation { setPrice(cents: 1) }"}, headers=headers) as no:
        assert no.status == 405
    assert served.opener.price == 1999


async def test_operational_pages(served: Any, session: aiohttp.ClientSession) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/nothing", 404)):
        async with session.get(served.url + path) as answer:
            assert answer.status == status


async def test_answers_are_counted_by_status(served: Any, session: aiohttp.ClientSession) -> None:
    registry = CollectorRegistry()
    registry.register(served.doors.figures)
    await served.post(session, "{ deadline }")
    await served.post(session, "{ nothing }")
    shown = generate_latest(registry).decode()
    assert 'gateway_http_answers_total{method="POST",status="200"} 1.0' in shown
    assert 'gateway_http_answers_total{method="POST",status="400"} 1.0' in shown
    assert "gateway_http_seconds_count 2.0" in shown
    assert "gateway_http_open 0.0" in shown
