"""No form of a private address reaches a server that listens on one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.calls.attempt.transport import AioTransport, build_transport
from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.ports.transport import Request
from gateway.settings import HttpClient, PolicyNumbers
from gateway.testing.faults import Fault, FaultProxy

from .conftest import Upstream, manifest

FORMS = [
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
    "localhost", "LOCALHOST", "localhost.", "ip6-localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.0.1.", "①②⑦.0.0.1",
    "user@127.0.0.1", "example.com@127.0.0.1",
]  # fmt: skip


class Canary:
    """Counts connections on every local address."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        listening = socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET)
        if socket.has_ipv6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(("::" if socket.has_ipv6 else "0.0.0.0", 0))
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._count, sock=listening)

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    made = Canary()
    await made.start()
    yield made
    await made.stop()


def transport(url: str, client: HttpClient, *, allow: bool = False) -> AioTransport:
    numbers = PolicyNumbers(timeout=2.0, retries=0, client=client)
    return build_transport("shop", url, manifest({}), numbers, allow_private_network=allow)


async def send(sender: AioTransport, path: str = "/") -> str:
    try:
        request = Request(method="GET", path=path, headers={"x-api-key": "secret"})
        return str((await sender.send(request, CallContext.within(5.0))).status)
    except AdapterError as error:
        return error.code
    finally:
        await sender.close()


async def test_the_canary_can_be_reached_where_it_is_allowed(canary: Canary, client: HttpClient) -> None:
    assert await send(transport(f"http://127.0.0.1:{canary.port}", client, allow=True)) == "200"
    assert canary.connections == 1


async def test_no_form_of_a_private_address_is_connected_to(canary: Canary, client: HttpClient) -> None:
    assert len(FORMS) >= 20
    for form in FORMS:
        code = await send(transport(f"http://{form}:{canary.port}", client))
        assert code in ("BACKEND_UNAVAILABLE", "BACKEND_REFUSED", "BACKEND_TIMEOUT", "BACKEND_INVALID"), form
    assert canary.connections == 0


async def test_a_path_cannot_choose_the_host(canary: Canary, client: HttpClient) -> None:
    there = f"127.0.0.1:{canary.port}"
    for path in (f"http://{there}/", f"//{there}/", f"@{there}/", f"\\\\{there}"):
        sender = transport("http://backend.invalid", client, allow=True)
        expected = "BACKEND_REFUSED" if "\\" in path else "BACKEND_UNAVAILABLE"  # no path at all, or one of our host
        assert await send(sender, path) == expected, path
    assert canary.connections == 0


async def test_a_name_that_answers_differently_the_second_time_gains_nothing(
    canary: Canary, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address is looked at where the socket is made, so there is no second time."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1", "127.0.0.1"])

    class Rebinding(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = ResolveResult(hostname=host, host=next(answers), port=port, family=socket.AF_INET, proto=0, flags=0)
            return [found]

        async def close(self) -> None:
            return None

    def rebinding(**_: object) -> Rebinding:
        return Rebinding()

    async def found(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (next(answers), port))]

    monkeypatch.setattr(aiohttp.connector, "DefaultResolver", rebinding)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    next(answers)
    for _ in range(2):
        assert await send(transport(f"http://rebinding.example:{canary.port}", client)) == "BACKEND_UNAVAILABLE"
    assert canary.connections == 0


async def test_a_redirect_carries_no_credential_anywhere(
    upstream: tuple[Upstream, str], canary: Canary, client: HttpClient
) -> None:
    proxy = FaultProxy(upstream[1])
    proxy.redirect_to = f"http://127.0.0.1:{canary.port}/"
    await proxy.start()
    await proxy.set(Fault.REDIRECT)
    assert await send(transport(proxy.url, client, allow=True)) == "BACKEND_INVALID"
    assert canary.connections == 0
    await proxy.stop()


async def test_cookies_and_proxies_of_the_environment_play_no_part(
    upstream: tuple[Upstream, str], canary: Canary, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{canary.port}")
    proxy = FaultProxy(upstream[1])
    await proxy.start()
    assert await send(transport(proxy.url, client, allow=True)) in ("404", "405")
    assert canary.connections == 0
    await proxy.stop()
