"""Access tokens of a real OpenID provider, through a rotation of its keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from node_clients import require_clients, script

from gateway.errors import Unauthenticated
from gateway.security import jwks
from gateway.security.tokens import TokenVerifier
from gateway.settings import IssuerSection

AUDIENCE = "urn:commerce-gateway"


class Provider:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.issuer = ""
        self.jwks = ""

    async def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while True:
                line = await self._process.stdout.readline()
                assert line, "the provider ended"
                if line.startswith(b"{"):
                    return json.loads(line)

    async def command(self, text: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        return await self.read()

    async def token(self, **claims: Any) -> str:
        return (await self.command(f"token {json.dumps(claims)}"))["access_token"]


@asynccontextmanager
async def provider() -> AsyncGenerator[Provider]:
    packages = require_clients()
    process = await asyncio.create_subprocess_exec(
        "node",
        str(script(packages, "provider.js")),
        AUDIENCE,
        cwd=packages,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    running = Provider(process)
    try:
        told = await running.read()
        running.issuer, running.jwks = told["issuer"], told["jwks"]
        yield running
    finally:
        process.terminate()
        await process.wait()


def section(running: Provider, **changes: Any) -> IssuerSection:
    wanted: dict[str, Any] = {
        "issuer": running.issuer,
        "audience": AUDIENCE,
        "jwks_url": running.jwks,
        "allow_private_network": True,
    }
    return IssuerSection(**{**wanted, **changes})


@pytest.mark.node
async def test_tokens_are_believed_before_and_after_a_rotation(
    serve_with: Any, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "MINIMUM_INTERVAL", 0.0)  # rotations minutes apart, in a test's time
    async with provider() as running:
        issuers = {
            "customers": {
                "issuer": running.issuer,
                "audience": AUDIENCE,
                "jwks_url": running.jwks,
                "allow_private_network": True,
            }
        }
        async with serve_with(issuers=issuers) as served:

            async def who(token: str) -> tuple[int, Any]:
                headers = {"authorization": f"Bearer {token}"}
                status, told = await served.post(session, "{ me { subject } }", headers=headers)
                return status, told["data"]["me"] if "data" in told else None

            first = await running.token(client_profile="web")
            assert await who(first) == (200, {"subject": "shop"})
            await running.command("rotate")
            second = await running.token(client_profile="web")
            assert await who(second) == (200, {"subject": "shop"})
            assert await who(first) == (200, {"subject": "shop"})
            assert (await who(await running.token(client_profile="unknown")))[0] == 401


@pytest.mark.node
async def test_a_withdrawn_key_and_another_shops_audience_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "MINIMUM_INTERVAL", 0.0)
    async with provider() as running:
        old = await running.token()
        assert (await TokenVerifier({"main": section(running)}).verify(old)).subject == "shop"
        for changes in ({"audience": "urn:another"}, {"issuer": "https://id.example.com"}, {"algorithms": ("ES256",)}):
            with pytest.raises(Unauthenticated):
                await TokenVerifier({"main": section(running, **changes)}).verify(old)
        await running.command("rotate")
        await running.command("withdraw")
        with pytest.raises(Unauthenticated):
            await TokenVerifier({"main": section(running)}).verify(old)
        assert (await TokenVerifier({"main": section(running)}).verify(await running.token())).subject == "shop"
