"""One whole gateway for each vendor, which owns everything there, before its sandbox: asked through the GraphQL door,
answered over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from adapters.shopify.sandbox.cost import Bucket
from gateway.app import Gateway
from gateway.model.identity import NativeRef
from gateway.ports.manifest import Manifest, Secret
from gateway.registry import manifest_of
from gateway.security.issuer import LocalIssuer
from gateway.settings import decode
from gateway.testing.conformance.example import example_seed
from gateway.testing.sandbox import RecordedRequest, Seed

PLENTY = 1e9
ISSUER, AUDIENCE = "https://staff.example", "commerce-gateway"
PLACE = "1001"
DOMAINS: Mapping[str, tuple[str, ...]] = {
    "odoo": ("product", "price", "stock", "store", "customer", "loyalty", "order"),
    "odoo-18": ("product", "price", "stock", "store", "customer", "loyalty", "order"),
    "shopify": ("product", "search", "price", "stock", "store", "customer", "order"),
    "shopify-admin": ("product", "price", "stock", "store", "customer", "order"),
    "square": ("product", "price", "stock", "store", "customer", "loyalty", "order"),
}


class Door:
    """A gateway's GraphQL door, and what arrived at the vendor behind it."""

    def __init__(self, vendor: str, gateway: Gateway, sandbox: Any, staff: str) -> None:
        self.vendor = vendor
        self.gateway = gateway
        self._sandbox = sandbox
        self._staff = staff
        self._application = gateway.doors()
        self.known: dict[str, Any] = {}

    @property
    def requests(self) -> list[RecordedRequest]:
        return self._sandbox.requests

    @property
    def is_up(self) -> bool:
        transport = self.gateway.caller.backend("owner").transport
        return transport is not None and transport.health.is_up

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, staff: bool = False) -> Any:
        body = msgspec.json.encode({"query": query, "variables": variables or {}})
        headers = [(b"content-type", b"application/json"), (b"host", b"test"), (b"accept", b"application/json")]
        if staff:
            headers.append((b"authorization", f"Bearer {self._staff}".encode()))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }
        requests = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[bytes] = []

        async def receive() -> Any:
            if not requests:
                await asyncio.Event().wait()
            return requests.pop(0)

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        await self._application(scope, receive, send)
        return msgspec.json.decode(b"".join(sent))


def seed_of(vendor: str) -> Seed:
    """Places as the vendor names them."""
    seed = example_seed()
    if not vendor.startswith("shopify"):
        return seed

    def place(ref: str) -> str:
        return f"gid://shopify/Location/{ref}"

    return replace(
        seed,
        stores=tuple(replace(each, ref=NativeRef("seed", place(each.ref.id))) for each in seed.stores),
        stock=tuple(replace(each, location=place(each.location)) for each in seed.stock),
        orders=tuple(replace(each, location=place(each.location or PLACE)) for each in seed.orders),
    )


def options(manifest: Manifest, settings: Mapping[str, str], secrets: dict[str, Any], known: dict[str, str]) -> Any:
    """A sandbox's settings as they stand in the configuration file: credentials by the name of a secret."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(manifest.config)}
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if Secret in (kinds.get(name), *getattr(kinds.get(name), "__args__", ())):
            known[name.upper()] = value
            secrets[name] = {"env": [name.upper()]}
            found[name] = name
        else:
            found[name] = msgspec.convert(value, kinds.get(name, str), strict=False)
    return found


def configuration(
    vendor: str, url: str, sandbox: Any, folder: Path, jwks: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    adapter = vendor.partition("-")[0]
    secrets: dict[str, Any] = {"cursor": {"env": ["CURSOR"]}}
    known = {"CURSOR": "c" * 40}
    own = options(manifest_of(adapter, place="owner"), sandbox.settings, secrets, known)
    if vendor == "shopify-admin":
        own.pop("storefront_token")
        secrets.pop("storefront_token")
    place = f"gid://shopify/Location/{PLACE}" if adapter == "shopify" else PLACE
    raw: dict[str, Any] = {
        "gateway": {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite", "cursor_secret": "cursor"},
        "secrets": secrets,
        "backends": {
            "owner": {
                "adapter": adapter,
                "alias": "vendor",
                "url": url,
                "allow_private_network": True,
                "policy": {
                    "breaker_minimum": 2,
                    "breaker_window": 4,
                    "breaker_open_for": 60.0,
                    "timeout": 60.0,
                    "slow_call": 60.0,
                },
                **own,
            }
        },
        "domains": {name: {"order": ["owner"]} for name in DOMAINS[vendor]},
        "locations": {"london": {"refs": {"owner": place}}},
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]}},
        "languages": {"default": "en", "available": ["en"]},
        "issuers": {
            "staff": {
                "issuer": ISSUER,
                "audience": AUDIENCE,
                "jwks_file": str(jwks),
                "kind": "staff",
                "roles_claim": "roles",
            }
        },
        "profiles": {
            name: {"touchpoint": "web", "default_country": "GB", "default_channel": "web", "deadline": 120.0}
            for name in ("anonymous", "staff")
        },
    }
    return raw, known


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=sorted(DOMAINS))
async def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    vendor: str = request.param
    adapter = vendor.partition("-")[0]
    folder = tmp_path_factory.mktemp(vendor)
    issuer = LocalIssuer(ISSUER, AUDIENCE)
    factory: Any = {entry.name: entry for entry in entry_points(group="commerce_gateway.sandboxes")}[adapter].load()
    sandbox = factory(seed_of(vendor), 18) if vendor == "odoo-18" else factory(seed_of(vendor))
    if (
        adapter == "shopify"
    ):  # its pace is held in `contract/adapters/shopify`; here strangers ask more than it lets pass
        sandbox.bucket = Bucket(PLENTY, PLENTY)
    raw, known = configuration(vendor, await sandbox.start(), sandbox, folder, issuer.save(folder))
    gateway = await Gateway.open(decode(raw, known, base=folder))
    staff = issuer.token("boss", roles=["staff"], client_profile="staff", seconds=36_000)
    yield Door(vendor, gateway, sandbox, staff)
    await gateway.close()
    await sandbox.stop()
