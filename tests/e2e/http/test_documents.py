"""Which documents run for whom: trusted ones, registered ones, free ones within the limits."""

from __future__ import annotations

import hashlib
import json
from math import ceil
from typing import Any

import aiohttp
import pytest

from gateway.errors import ConfigurationError
from gateway.security.trusted import read_manifest

WHERE = "query Where { where { country currency } }"
PRODUCT = '{ product(sku: "a") { sku } }'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def code(told: dict[str, Any]) -> str:
    return told["errors"][0]["extensions"]["code"]


@pytest.fixture
def bearer(served: Any) -> Any:
    def of(profile: str) -> dict[str, str]:
        return {"authorization": f"Bearer {served.customers.token('alice', client_profile=profile)}"}

    return of


async def send(served: Any, session: aiohttp.ClientSession, headers: dict[str, str], **body: Any) -> tuple[int, Any]:
    accept = {"accept": "application/graphql-response+json"}
    async with session.post(served.graphql, json=body, headers={**accept, **headers}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_closed_client_runs_its_own_documents_only(
    served: Any, session: aiohttp.ClientSession, bearer: Any
) -> None:
    headers = bearer("closed")
    expected = {"data": {"where": {"country": "GB", "currency": "GBP"}}}
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(WHERE)}}
    assert await send(served, session, headers, documentId=sha256(WHERE)) == (200, expected)
    assert await send(served, session, headers, documentId=f"sha256:{sha256(WHERE)}") == (200, expected)
    assert await send(served, session, headers, extensions=persisted) == (200, expected)
    assert await send(served, session, headers, query=WHERE) == (200, expected)
    status, told = await send(served, session, headers, query=PRODUCT)
    assert (status, code(told)) == (403, "FORBIDDEN")
    status, told = await send(served, session, headers, query=PRODUCT, documentId=sha256(PRODUCT))
    assert code(told) == "PERSISTED_QUERY_NOT_FOUND"
    status, told = await send(served, session, headers, query=PRODUCT, documentId=sha256(WHERE))
    assert (status, code(told)) == (400, "BAD_USER_INPUT")
    for odd in ("", "x" * 64, "../../etc/passwd"):
        assert (await send(served, session, headers, documentId=odd))[0] == 400
    assert served.opener.calls == {}


async def test_a_trusted_document_that_no_longer_fits_is_told_at_start_and_the_others_run(
    serve_with: Any, session: aiohttp.ClientSession, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    old = "query Old { gone }"
    (tmp_path / "old.json").write_text(json.dumps({sha256(text): text for text in (old, WHERE)}))
    closed = {"touchpoint": "web", "default_country": "GB", "free_documents": False, "operations": ["old.json"]}
    async with serve_with(profiles={"anonymous": closed}, api_keys={}, issuers={}) as running:
        assert sha256(old) in capsys.readouterr().out
        assert (await send(running, session, {}, documentId=sha256(WHERE)))[0] == 200
        assert (await send(running, session, {}, documentId=sha256(old)))[0] == 400


@pytest.mark.parametrize("manifest", ["{", "[]x", '{"abc": "{ a }"}', '{"' + "a" * 64 + '": "{ a }"}'])
def test_a_manifest_that_makes_no_sense_is_refused_at_start(tmp_path: Any, manifest: str) -> None:
    (tmp_path / "m.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match=r"m\.json"):
        read_manifest(tmp_path / "m.json", place="profiles.web.operations")


def test_apollos_manifest_format_is_read_as_well(tmp_path: Any) -> None:
    operations = [{"id": sha256(WHERE), "name": "Where", "type": "query", "body": WHERE}]
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    (tmp_path / "m.json").write_text(json.dumps(manifest))
    assert read_manifest(tmp_path / "m.json", place="") == {sha256(WHERE): WHERE}


async def test_documents_are_registered_only_where_the_profile_allows(
    serve_with: Any, session: aiohttp.ClientSession
) -> None:
    profiles = {
        "anonymous": {"touchpoint": "web", "default_country": "GB", "persisted_queries": True},
        "off": {"touchpoint": "web", "default_country": "GB"},
    }
    async with serve_with(profiles=profiles, api_keys={}) as served:
        persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(PRODUCT)}}
        off = {"authorization": f"Bearer {served.customers.token('alice', client_profile='off')}"}
        assert code((await send(served, session, {}, extensions=persisted))[1]) == "PERSISTED_QUERY_NOT_FOUND"
        wrong = {"persistedQuery": {"version": 1, "sha256Hash": sha256("other")}}
        assert (await send(served, session, {}, query=PRODUCT, extensions=wrong))[0] == 400
        assert (await send(served, session, {}, query=PRODUCT, extensions=persisted))[0] == 200
        assert (await send(served, session, {}, extensions=persisted))[1] == {"data": {"product": {"sku": "a"}}}
        invalid = "{ nothing }"
        bad = {"persistedQuery": {"version": 1, "sha256Hash": sha256(invalid)}}
        await send(served, session, {}, query=invalid, extensions=bad)
        assert code((await send(served, session, {}, extensions=bad))[1]) == "PERSISTED_QUERY_NOT_FOUND"
        told = (await send(served, session, off, extensions=persisted))[1]
        assert code(told) == "PERSISTED_QUERY_NOT_SUPPORTED"
        assert (await send(served, session, off, query=PRODUCT, extensions=persisted))[0] == 200


async def test_introspection_and_get_are_for_profiles_that_allow_them(
    served: Any, session: aiohttp.ClientSession, bearer: Any
) -> None:
    query = "{ __schema { queryType { name } } }"
    assert (await send(served, session, {}, query=query))[0] == 200
    status, told = await send(served, session, bearer("private"), query=query)
    assert (status, code(told)) == (403, "FORBIDDEN")
    hidden = '{ product(sku: 1) { sku } ... on Query { ...F } } fragment F on Query { __type(name: "Me") { name } }'
    assert (await send(served, session, bearer("private"), query=hidden.replace("sku: 1", 'sku: "1"')))[0] == 403
    _, told = await send(served, session, bearer("private"), query='{ prodct(sku: "a") { sku } }')
    assert "Did you mean" not in str(told)
    _, told = await send(served, session, {}, query='{ prodct(sku: "a") { sku } }')
    assert "Did you mean" in str(told)
    async with session.get(served.graphql, params={"query": PRODUCT}, headers=bearer("private")) as answer:
        assert answer.status == 405


async def test_cost_is_told_on_request_and_limited(served: Any, session: aiohttp.ClientSession) -> None:
    query = "query ($n: Int = 3) { products(first: $n) { sku related { sku } } }"
    asked = {"x-commerce-cost": "1"}
    _, told = await send(served, session, asked, query=query)
    # Asked at all, the words of the text, two fetches; then by row two objects, two leaves and a fetch's weight.
    asked_for, rows = 250 + 25 + 2 * 30 + 1, 2 * 1.1 + 1
    assert told["extensions"] == {"cost": {"requested": ceil(asked_for + 3 * rows), "limit": 20_000}}
    _, told = await send(served, session, asked, query=query, variables={"n": 100})
    assert told["extensions"]["cost"]["requested"] == ceil(asked_for + 100 * rows)
    served.opener.calls.clear()
    deep = "query ($n: Int!) { a: products(first: $n) { related { related { related { related { sku } } } } } "
    deep += " ".join(f"b{number}: products(first: 1000) {{ related {{ sku }} }}" for number in range(7)) + "}"
    status, told = await send(served, session, {}, query=deep, variables={"n": 1_000})
    assert (status, code(told)) == (400, "LIMIT_EXCEEDED")
    assert served.opener.calls == {}


async def test_a_card_number_is_refused_and_echoed_nowhere(
    served: Any, session: aiohttp.ClientSession, capsys: pytest.CaptureFixture[str]
) -> None:
    number = "4111 1111 1111 1111"
    query = "mutation ($note: NoteInput!) { note(input: $note) }"
    for body in (
        {"query": query, "variables": {"note": {"sku": "1", "text": f"charge {number}"}}},
        {"query": f'mutation {{ note(input: {{sku: "1", text: "{number}"}}) }}'},
    ):
        status, told = await send(served, session, {}, **body)
        assert (status, code(told)) == (400, "BAD_USER_INPUT")
        assert "4111" not in str(told)
    variables = {"note": {"sku": number, "text": "fine", "barcode": "4006381333931"}}
    assert await send(served, session, {}, query=query, variables=variables) == (200, {"data": {"note": "fine"}})
    out = capsys.readouterr()
    assert "4111" not in out.out + out.err


async def test_a_caller_is_limited_and_told_when_to_come_again(
    served: Any, session: aiohttp.ClientSession, bearer: Any
) -> None:
    headers = bearer("limited")
    statuses = [(await send(served, session, headers, query="{ deadline }"))[0] for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    async with session.post(served.graphql, json={"query": "{ deadline }"}, headers=headers) as answer:
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    other = served.customers.token("bob", client_profile="limited")
    assert (await send(served, session, {"authorization": f"Bearer {other}"}, query="{ deadline }"))[0] == 200
