"""Issuers' keys are really fetched, and what stands there is looked at."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from gateway.check.issuers import examine_issuers
from gateway.security.issuer import LocalIssuer
from gateway.settings import decode
from tests.unit.validation.reference import ENVIRONMENT, REFERENCE

ISSUER = LocalIssuer("https://id.example.com", "commerce-gateway")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    bodies = {"jwks": ISSUER.jwks(), "page": b"<html>", "empty": b'{"keys": []}'}

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "elsewhere":
            return web.Response(status=302, headers={"location": "/jwks"})
        return web.Response(status=200 if name in bodies else 404, body=bodies.get(name, b""))

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def problems(jwks_url: str, *, private: bool = True) -> list[tuple[str | None, str]]:
    raw: dict[str, Any] = copy.deepcopy(REFERENCE)
    raw["issuers"]["customers"] |= {"jwks_url": jwks_url, "allow_private_network": private}
    found = await examine_issuers(decode(raw, ENVIRONMENT))
    assert {problem.place for problem in found} <= {"issuers.customers.jwks_url"}
    return [(problem.cause, problem.message) for problem in found]


async def test_good_keys_are_no_problem(url: str) -> None:
    assert await problems(f"{url}/jwks") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone", "status 404"),
        ("elsewhere", "status 302"),
        ("page", "no JWK Set"),
        ("empty", "no public signature key"),
    ],
)
async def test_what_is_no_key_set_is_told(url: str, name: str, said: str) -> None:
    ((_, message),) = await problems(f"{url}/{name}")
    assert said in message


async def test_a_host_without_an_address_a_port_without_a_listener_and_a_private_address_are_told_apart(
    url: str,
) -> None:
    causes = [
        (await problems("https://gateway-check.invalid/jwks"))[0][0],
        (await problems("http://127.0.0.1:9/jwks"))[0][0],
        (await problems(f"{url.replace('127.0.0.1', 'localhost')}/jwks", private=False))[0][0],
        (await problems(url.replace("http:", "https:")))[0][0],
    ]
    assert causes == ["dns", "refused", "private address", "tls"]
