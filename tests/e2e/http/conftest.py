"""A gateway's doors over the small schema, on a real socket, with an issuer of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.execution.run.engine import Engine
from gateway.http.app import Doors, build_asgi
from gateway.http.direct import DirectHttp
from gateway.http.serve import Server, server_config
from gateway.security.issuer import LocalIssuer
from gateway.security.limits import guard_of
from gateway.security.profiles import Profiles
from gateway.security.tokens import TokenVerifier
from gateway.settings import Settings, decode

sys.path.insert(0, str(Path(__file__).parent))
from shop_schema import Opener, build

ISSUER = "https://issuer.test"
STAFF_ISSUER = "https://staff.test"
AUDIENCE = "commerce-gateway"
STOREFRONT_KEY = "storefront-key-for-tests"

CONFIGURATION: dict[str, Any] = {
    "channels": {
        "retail": {"countries": ["GB", "IE"], "currencies": {"GB": ["GBP"], "IE": ["EUR"]}},
        "tokyo": {"countries": ["JP"], "currencies": {"JP": ["JPY"]}},
    },
    "stores": {
        "covent_garden": {
            "name": "Covent Garden",
            "locations": [],
            "country": "GB",
            "timezone": "Europe/London",
            "currency": "GBP",
            "channel": "retail",
        }
    },
    "languages": {"default": "en", "available": ["en", "ja", "he"]},
    "issuers": {
        "customers": {"issuer": ISSUER, "audience": AUDIENCE, "jwks_file": "customers.json"},
        "staff": {
            "issuer": STAFF_ISSUER,
            "audience": AUDIENCE,
            "jwks_file": "staff.json",
            "kind": "staff",
            "roles_claim": "roles",
        },
    },
    "profiles": {
        "anonymous": {"touchpoint": "web", "default_country": "GB"},
        "web": {"touchpoint": "web", "default_country": "GB", "detailed_errors": False},
        "closed": {
            "touchpoint": "web",
            "default_country": "GB",
            "introspection": False,
            "allow_get": False,
            "free_documents": False,
            "operations": ["trusted.json"],
        },
        "private": {"touchpoint": "web", "default_country": "GB", "introspection": False, "allow_get": False},
        "kiosk": {"touchpoint": "kiosk", "stores": ["covent_garden"], "personal_data": False, "page_limit": 24},
        "staff": {"touchpoint": "agent", "default_country": "GB", "explain": True, "detailed_errors": True},
        "limited": {"touchpoint": "app", "default_country": "GB", "requests_per_minute": 3},
    },
    "api_keys": {"storefront": {"env": "STOREFRONT_KEY_SHA256", "profile": "web"}},
}
TRUSTED = "query Where { where { country currency } }"
ENVIRONMENT = {"STOREFRONT_KEY_SHA256": hashlib.sha256(STOREFRONT_KEY.encode()).hexdigest()}


class Served:
    """A running gateway: its address, its issuers, and what its schema did."""

    def __init__(self, url: str, doors: Doors, opener: Opener, customers: LocalIssuer, staff: LocalIssuer) -> None:
        self.url = url
        self.graphql = f"{url}/graphql"
        self.doors = doors
        self.opener = opener
        self.customers = customers
        self.staff = staff

    async def post(
        self, session: aiohttp.ClientSession, query: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> tuple[int, dict[str, Any]]:
        wanted = {"accept": "application/graphql-response+json", **(headers or {})}
        async with session.post(self.graphql, json={"query": query, **parts}, headers=wanted) as answer:
            return answer.status, await answer.json(content_type=None)


def settings_of(folder: Path, **sections: Any) -> Settings:
    raw = {**CONFIGURATION, **sections}
    return decode(raw, ENVIRONMENT, base=folder)


def doors_of(settings: Settings, opener: Opener, **more: Any) -> Doors:
    async def ready() -> Mapping[str, Any]:
        return {"ready": True}

    profiles = opener.profiles = Profiles(settings)
    del profiles
    return build_asgi(
        engine=Engine(
            build(),
            guards=[guard_of(settings.limits)],
            max_tokens=settings.limits.tokens,
            max_characters=settings.limits.document_bytes,
        ),
        open_context=opener,
        verifier=TokenVerifier(
            settings.issuers, profiles=settings.profiles, base=settings.base, revoked=opener.is_revoked
        ),
        settings=settings,
        ready=ready,
        metrics=lambda: (b"gateway_up 1\n", "text/plain; version=0.0.4"),
        alias_of=lambda name: {"secret_erp_name": "erp"}.get(name, "backend"),
        **more,
    )


@asynccontextmanager
async def listening(doors: Doors, **options: Any) -> AsyncGenerator[str]:
    """The doors on a port of their own, in this loop. Started and stopped by hand: uvicorn sleeps in between."""
    config = server_config(doors, host="127.0.0.1", port=0, lifespan="off", **options)
    config.load()
    server = Server(doors, config, drain_seconds=0.0)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        doors.gate.stop()
        for listener in server.servers:
            listener.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        async with asyncio.timeout(10):
            while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110  uvicorn has no event
                await asyncio.sleep(0.002)
        await doors.close()


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    more: Mapping[str, Any] | None = None,
    server_options: Mapping[str, Any] | None = None,
    **sections: Any,
) -> AsyncGenerator[Served]:
    customers = LocalIssuer(ISSUER, AUDIENCE)
    staff = LocalIssuer(STAFF_ISSUER, AUDIENCE)
    (folder / "customers.json").write_bytes(customers.jwks())
    (folder / "staff.json").write_bytes(staff.jwks())
    (folder / "trusted.json").write_text(json.dumps({hashlib.sha256(TRUSTED.encode()).hexdigest(): TRUSTED}))
    opener = Opener()
    doors = doors_of(settings_of(folder, **sections), opener, **(more or {}))
    async with listening(doors, **(server_options or {})) as url:
        yield Served(url, doors, opener, customers, staff)


@pytest.fixture(params=["direct", "in messages"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """From the connection to the door: every test of a door runs both ways."""
    monkeypatch.setattr(DirectHttp, "direct", request.param == "direct")
    return request.param


@pytest.fixture
async def served(tmp_path: Path, way: str) -> AsyncGenerator[Served]:
    async with serving(tmp_path) as running:
        yield running


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


Serving = Callable[..., Any]


@pytest.fixture
def serve_with(tmp_path: Path, way: str) -> Serving:
    """A gateway with other sections of configuration."""

    def start(**sections: Any) -> Any:
        return serving(tmp_path, **sections)

    return start


@pytest.fixture
def storefront_key() -> str:
    return STOREFRONT_KEY
