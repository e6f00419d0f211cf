"""The test server itself: what the adapter's tests rely on is really there."""

from __future__ import annotations

import urllib.request

import msgspec
import pytest

from tests.servers.vendure_server import VendureServer

pytestmark = pytest.mark.node


def ask(server: VendureServer, query: str, headers: dict[str, str]) -> dict[str, object]:
    request = urllib.request.Request(
        f"{server.url}/admin-api",
        msgspec.json.encode({"query": query}),
        {"content-type": "application/json", **headers},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return msgspec.json.decode(answer.read())


def test_the_whole_sample_catalogue_is_there(vendure: VendureServer) -> None:
    headers = {"vendure-api-key": vendure.seed.api_keys["default"]}
    answer = ask(vendure, "{ products { totalItems } productVariants { totalItems } }", headers)
    assert answer == {"data": {"products": {"totalItems": 54}, "productVariants": {"totalItems": 88}}}


def test_an_api_key_is_worth_nothing_in_another_channel(vendure: VendureServer) -> None:
    headers = {"vendure-api-key": vendure.seed.api_keys["default"], "vendure-token": vendure.seed.channels["eu"]}
    answer = ask(vendure, "{ products { totalItems } }", headers)
    assert "You are not currently authorized" in str(answer["errors"])
