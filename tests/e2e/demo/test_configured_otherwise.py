"""The same sandboxes behind a gateway configured otherwise: who owns a domain is a matter of one line, and a backend
that refuses its credential, or holds nothing, is told apart from one that is down."""

from __future__ import annotations

import os
import tomllib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from gateway.demo.answers import Answer, ask
from gateway.demo.configuration import TEMPLATE, environment, filled, words
from gateway.demo.hosting import hosted
from gateway.demo.identities import publish_keys
from gateway.demo.retailer.backends import VENDORS
from gateway.demo.run import RunningDemo
from gateway.demo.sandboxes import Sandboxes, start_sandboxes
from gateway.settings import decode
from gateway.testing.sandbox import Seed

pytestmark = pytest.mark.asyncio(loop_scope="package")
SKU = "VAS-HAR-M"
PRICE = """query ($sku: String!) { product(by: { sku: $sku }) { title { value } freshness { source }
  variants { sku price { current { gross { formatted } } freshness { source role } }
    availability { status freshness { source } } } } }"""


@asynccontextmanager
async def gateway(
    sandboxes: Sandboxes, change: Callable[[dict[str, Any], dict[str, str]], None]
) -> AsyncGenerator[str]:
    """A gateway of its own in front of running sandboxes, after `change` of the configuration and environment."""
    async with hosted(0) as host:
        publish_keys(host.folder)
        raw = tomllib.loads(filled(TEMPLATE.read_text("utf-8"), words(sandboxes, host.folder, host.url)))
        known = {**os.environ, **environment(sandboxes)}
        change(raw, known)
        async with host.serving(decode(raw, known, base=host.folder)):
            yield host.url


def variant(answer: Answer) -> dict[str, Any]:
    return next(entry for entry in answer.body["data"]["product"]["variants"] if entry["sku"] == SKU)


async def test_another_system_of_record_is_one_line_and_no_other_change(demo: RunningDemo) -> None:
    def owned_by_the_shop(raw: dict[str, Any], known: dict[str, str]) -> None:
        raw["domains"]["price"]["order"] = ["shop", "erp"]

    before = variant(await ask(demo.url, PRICE, {"sku": SKU}))
    async with gateway(demo.sandboxes, owned_by_the_shop) as url:
        after = variant(await ask(url, PRICE, {"sku": SKU}))
    assert (before["price"]["freshness"]["source"], before["price"]["freshness"]["role"]) == ("erp", "PRIMARY")
    assert (after["price"]["freshness"]["source"], after["price"]["freshness"]["role"]) == ("webshop", "PRIMARY")
    assert after["price"]["current"]["gross"]["formatted"] == before["price"]["current"]["gross"]["formatted"]
    assert after["availability"]["status"] == before["availability"]["status"]


async def test_a_refused_credential_is_said_to_be_one_and_harms_nothing_else(demo: RunningDemo) -> None:
    def wrong_key(raw: dict[str, Any], known: dict[str, str]) -> None:
        known["DEMO_ERP_API_KEY"] = "not-the-key"
        raw["domains"]["price"]["fallback"] = False

    async with gateway(demo.sandboxes, wrong_key) as url:
        answer = await ask(url, PRICE, {"sku": SKU})
    assert answer.body["data"]["product"]["freshness"]["source"] == "webshop"
    assert variant(answer)["price"] is None
    refused = [error for error in answer.body["errors"] if error["path"][-1] == "price"]
    assert {error["extensions"]["code"] for error in refused} == {"BACKEND_CREDENTIALS"}
    assert {error["extensions"]["retryable"] for error in refused} == {False}
    assert "not-the-key" not in str(answer.body)


async def test_an_empty_backend_is_empty_and_no_error() -> None:
    empty = Seed(currency="GBP", country="GB")
    text = """{ products(first: 5) { nodes { slug } pageInfo { hasNextPage endCursor } }
      search(query: "mug", first: 5) { nodes { slug } } categories { key } collections { key }
      product(by: { slug: "mug" }) { slug } stores(first: 1) { totalCount } }"""

    def unchanged(raw: dict[str, Any], known: dict[str, str]) -> None: ...

    async with (
        await start_sandboxes(dict.fromkeys(VENDORS, empty), VENDORS) as sandboxes,
        gateway(sandboxes, unchanged) as url,
    ):
        answer = await ask(url, text, {})
    assert answer.complete, answer.body
    assert answer.body["data"] == {
        "products": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "search": {"nodes": []},
        "categories": [],
        "collections": [],
        "product": None,
        "stores": {"totalCount": 12},
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ product(by: { id: "nonsense" }) { slug } }', "MALFORMED_ID"),
        ("{ products(first: 101) { nodes { slug } } }", "PAGE_TOO_LARGE"),
        ("{ products(first: 0) { nodes { slug } } }", "BAD_USER_INPUT"),
        ('{ products(first: 1, after: "forged") { nodes { slug } } }', "INVALID_CURSOR"),
        ('query @inContext(language: "xx") { context { language } }', "UNSUPPORTED_LANGUAGE"),
        ('query @inContext(country: "FR") { context { country } }', "CONTEXT_NOT_ALLOWED"),
        ('query @inContext(country: "JP", currency: "GBP") { context { currency } }', "CONTEXT_NOT_ALLOWED"),
        ('{ product(by: { barcode: "4006381333932" }) { slug } }', "BAD_USER_INPUT"),
        (
            '{ search(query: "mug", filters: [{ facet: "moon_phase", values: ["full"] }]) { nodes { slug } } }',
            "UNSUPPORTED_FILTER",
        ),
        ('{ customer(by: { email: "ada.okafor@example.com" }) { id } }', "FORBIDDEN"),
    ],
)
async def test_what_makes_no_sense_has_a_code_of_its_own(demo: RunningDemo, query: str, code: str) -> None:
    answer = await ask(demo.url, query, {})
    assert [error["extensions"]["code"] for error in answer.body["errors"]] == [code]


async def test_what_nobody_has_is_null_and_no_error(demo: RunningDemo) -> None:
    text = """{ bySku: product(by: { sku: "NO-SUCH-SKU" }) { slug } bySlug: product(by: { slug: "no-such" }) { slug }
      byBarcode: product(by: { barcode: "4006381333931" }) { slug } me { id } category(key: "no-such") { key } }"""
    answer = await ask(demo.url, text, {})
    assert answer.complete
    assert set(answer.body["data"].values()) == {None}


async def test_a_schema_that_not_everybody_may_ask_for_is_not_there_as_text(demo: RunningDemo) -> None:
    def closed(raw: dict[str, Any], known: dict[str, str]) -> None:
        for profile in raw["profiles"].values():
            profile["introspection"] = False

    async with gateway(demo.sandboxes, closed) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/graphql/schema") as response:
            assert response.status == 404
        async with session.get(f"{demo.url}/graphql/schema") as response:
            assert response.status == 200
