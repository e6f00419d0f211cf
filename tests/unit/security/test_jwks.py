"""How an issuer's keys are fetched, kept and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.errors import Unavailable
from gateway.security.issuer import LocalIssuer
from gateway.security.jwks import MAXIMUM_AGE, MAXIMUM_BYTES, MINIMUM_INTERVAL, KeySet, from_url


class Source:
    """A key set whose fetches are counted."""

    def __init__(self) -> None:
        self.issuer = LocalIssuer("https://id.example.com", "gateway")
        self.fetches = 0
        self.down = False
        self.now = 1_000.0
        self.keys = KeySet(self.fetch, name="test", clock=lambda: self.now)

    async def fetch(self) -> bytes:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.down:
            raise OSError("refused")
        return self.issuer.jwks()

    @property
    def newest(self) -> str:
        kid = self.issuer.keys[-1].kid
        assert kid is not None
        return kid


@pytest.fixture
def source() -> Source:
    return Source()


async def test_keys_are_fetched_once_and_found_by_id(source: Source) -> None:
    found = await asyncio.gather(*(source.keys.find(source.newest) for _ in range(20)))
    assert all(key is not None and key.kid == source.newest for key in found)
    assert source.fetches == 1


async def test_a_new_key_is_found_after_rotation(source: Source) -> None:
    before = source.newest
    await source.keys.find(before)
    source.issuer.rotate()
    source.now += MINIMUM_INTERVAL
    assert await source.keys.find(source.newest) is not None
    assert await source.keys.find(before) is not None
    assert source.fetches == 2


async def test_unknown_ids_cannot_make_the_issuer_busy(source: Source) -> None:
    for number in range(500):
        assert await source.keys.find(f"unknown-{number}") is None
        source.now += 0.02
    assert source.fetches == 1
    source.now += MINIMUM_INTERVAL
    await asyncio.gather(*(source.keys.find(f"unknown-{number}") for number in range(50)))
    assert source.fetches == 2


async def test_a_withdrawn_key_is_forgotten(source: Source) -> None:
    before = source.newest
    await source.keys.find(before)
    source.issuer.rotate(withdraw=True)
    source.now += MAXIMUM_AGE + 1
    assert await source.keys.find(before) is None


async def test_the_last_keys_serve_while_the_issuer_is_away(source: Source) -> None:
    await source.keys.find(source.newest)
    source.down = True
    source.now += MAXIMUM_AGE * 3
    assert await source.keys.find(source.newest) is not None


async def test_without_any_keys_nobody_can_be_verified(source: Source) -> None:
    source.down = True
    with pytest.raises(Unavailable):
        await source.keys.find(source.newest)


async def test_symmetric_and_encryption_keys_are_not_adopted() -> None:
    async def fetch() -> bytes:
        return b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}, {"kty": "EC", "kid": "b"}, {"kty": "XX"}]}'

    keys = KeySet(fetch, name="test")
    assert await keys.find("a") is None
    assert await keys.find("b") is None
    assert await keys.find(None) is None


class Web:
    """An issuer's address on a real socket."""

    def __init__(self) -> None:
        self.body = b'{"keys": []}'
        self.redirect = ""
        self.elsewhere = 0
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        if self.redirect:
            raise web.HTTPFound(self.redirect)
        return web.Response(body=self.body, content_type="application/json")

    async def internal(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response(body=self.body)


@pytest.fixture
async def address() -> AsyncGenerator[Web]:
    served = Web()
    application = web.Application()
    application.router.add_get("/jwks", served.serve)
    application.router.add_get("/internal", served.internal)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server: Any = site._server  # pyright: ignore[reportPrivateUsage] # aiohttp has no other way to learn the port
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield served
    await runner.cleanup()


async def test_a_set_is_fetched_over_http(address: Web) -> None:
    assert await from_url(address.url + "/jwks", allow_private_network=True)() == address.body


async def test_redirects_are_not_followed(address: Web) -> None:
    address.redirect = address.url + "/internal"
    with pytest.raises(ValueError, match="302"):
        await from_url(address.url + "/jwks", allow_private_network=True)()
    assert address.elsewhere == 0


async def test_a_huge_set_is_refused(address: Web) -> None:
    address.body = b" " * (MAXIMUM_BYTES + 1)
    with pytest.raises(ValueError, match="too large"):
        await from_url(address.url + "/jwks", allow_private_network=True)()


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433"])
async def test_names_that_lead_into_a_private_network_are_refused(address: Web, host: str) -> None:
    port = address.url.rpartition(":")[2]
    with pytest.raises((OSError, aiohttp.ClientError)):
        await from_url(f"http://{host}:{port}/internal", allow_private_network=False)()
    assert address.elsewhere == 0
