"""The gateway over planted backends, each behind a fault server, with real credentials for everything."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.hubspot.sandbox import HubSpotSandbox
from adapters.shopify.sandbox import ShopifySandbox
from adapters.shopify.sandbox.cost import Bucket
from gateway.app import Gateway
from gateway.calls.attempt.breaker import Breaker
from gateway.calls.attempt.rates import RateBudget
from gateway.calls.attempt.transport import AioTransport
from gateway.calls.operation.cache import Entry
from gateway.demo.configuration import TEMPLATE, environment, filled, words
from gateway.demo.hosting import hosted
from gateway.demo.identities import DAY, Tokens, publish_keys, sign_tokens
from gateway.demo.retailer import VENDORS
from gateway.demo.sandboxes import Sandboxes, start_sandboxes
from gateway.entry.response_cache import KeptAnswer
from gateway.security.issuer import LocalIssuer
from gateway.settings import Settings, load
from gateway.testing.faults.http import Incoming, Outgoing
from gateway.testing.faults.proxy import FaultProxy
from tests.e2e.canaries.planted import ADA, NOOR, planted_seeds
from tests.e2e.canaries.scanner import email, phone

WEBHOOK_SECRETS: Mapping[str, str] = {
    "shop": "webhook_secret",
    "erp": "webhook_token",
    "crm": "webhook_secret",
    "till_uk": "webhook_signature_key",
    "till_jp": "webhook_signature_key",
}
"""Each backend's own name for what its deliveries are proven with."""


class Tampering(FaultProxy):
    """A fault server that can also change the backend's answers."""

    tamper: Callable[[Outgoing], Outgoing] | None = None

    async def forward(self, request: Incoming) -> Outgoing:
        found = await super().forward(request)
        return found if self.tamper is None else self.tamper(found)


class Retailer(Struct, frozen=True):
    """`secrets` is everything that must never be seen; `webhooks` what deliveries of a backend are proven with."""

    url: str
    folder: Path
    settings: Settings
    gateway: Gateway
    sandboxes: Sandboxes
    doors: Mapping[str, Tampering]
    tokens: Tokens
    webhooks: Mapping[str, str]
    secrets: tuple[str, ...]

    def kept(self) -> tuple[dict[Any, Entry], dict[Any, KeptAnswer]]:
        """What the gateway keeps at this moment: the call pipeline's answers by scope and key, finished responses."""
        (doors,) = self.gateway._doors  # pyright: ignore[reportPrivateUsage]
        answers = self.gateway.caller._cache._entries  # pyright: ignore[reportPrivateUsage]
        return dict(answers), dict(doors.cache._kept)  # pyright: ignore[reportPrivateUsage]

    async def forget(self) -> None:
        """As if much time had passed: nothing is kept, no breaker is open, nobody is throttled."""
        for name in self.sandboxes.running:
            transport = self.gateway.registry.backends[name].transport
            assert isinstance(transport, AioTransport)
            transport._breaker = _never_open()  # pyright: ignore[reportPrivateUsage]
            transport._rates = RateBudget(name)  # pyright: ignore[reportPrivateUsage]
            await self.gateway.changed(name, ("product", "price", "stock", "customer", "order", "loyalty", "search"))
        self.gateway.caller._cache.clear()  # pyright: ignore[reportPrivateUsage]


@asynccontextmanager
async def running_retailer() -> AsyncGenerator[Retailer]:
    async with hosted(0) as host, await start_sandboxes(planted_seeds(), VENDORS) as sandboxes:
        _widen(sandboxes)
        doors = {name: Tampering(each.url) for name, each in sandboxes.running.items()}
        for door in doors.values():
            await door.start()
        try:
            publish_keys(host.folder)
            behind = {name: replace(each, url=doors[name].url) for name, each in sandboxes.running.items()}
            settings, webhooks = _configure(Sandboxes(behind), host.folder, host.url)
            tokens = _tokens(settings, host.folder)
            hidden = (
                *(value for value in settings.environment.values() if value in _credentials(settings)),
                *webhooks.values(),
                *(token.rpartition(".")[2] for token in (tokens.shopper, tokens.vip, tokens.staff, tokens.voice)),
                *(token.rpartition(".")[2] for token in tokens.kiosks.values()),
                *(_private_part(host.folder / name) for name in ("customers", "devices", "staff")),
            )
            async with host.serving(settings, sells=False) as gateway:
                retailer = Retailer(
                    host.url, host.folder, settings, gateway, sandboxes, doors, tokens, webhooks, hidden
                )
                await retailer.forget()
                yield retailer
        finally:
            stops: list[Awaitable[None]] = [door.stop() for door in doors.values()]
            for stop in stops:
                await stop


def _never_open() -> Breaker:
    return Breaker(window=10_000, failure_rate=1.0, minimum=10_000, open_for=0.0)


def _widen(sandboxes: Sandboxes) -> None:
    """No vendor's limit is met by accident."""
    plenty = 1_000_000
    shop, crm = sandboxes.running["shop"].sandbox, sandboxes.running["crm"].sandbox
    assert isinstance(shop, ShopifySandbox)
    assert isinstance(crm, HubSpotSandbox)
    shop.bucket = Bucket(plenty, plenty)
    crm.limits.per_ten_seconds = crm.limits.searches_per_second = plenty


def _configure(sandboxes: Sandboxes, folder: Path, url: str) -> tuple[Settings, dict[str, str]]:
    """The demo's configuration, with webhooks, and nothing tried again: each fault is to be met.
    The voice assistant may not look at the schema, as nobody may in production."""
    text = TEMPLATE.read_text("utf-8")
    webhooks = {name: f"webhook-{secrets.token_hex(16)}" for name in WEBHOOK_SECRETS}
    known: dict[str, str] = {}
    for name, option in WEBHOOK_SECRETS.items():
        text = text.replace("[secrets]\n", f'[secrets]\n{name}_webhook = {{ env = ["DEMO_{name.upper()}_HOOK"] }}\n')
        extra = f'{option} = "{name}_webhook"\npolicy = {{ retries = 0 }}\n'
        text = text.replace(f"[backends.{name}]\n", f"[backends.{name}]\n{extra}")
        known[f"DEMO_{name.upper()}_HOOK"] = webhooks[name]
    text = text.replace("[profiles.voice]\n", "[profiles.voice]\nintrospection = false\n")
    path = folder / "gateway.toml"
    path.write_text(filled(text, words(sandboxes, folder, url)), "utf-8")
    around = {name: value for name, value in os.environ.items() if name not in ("GATEWAY_STATE", "GATEWAY_REDIS")}
    return load(path, {**around, **environment(sandboxes), **known}), webhooks


def _credentials(settings: Settings) -> set[str]:
    names = ("CURSOR_KEY", "TOKEN", "API_KEY", "SECRET", "SIGNATURE_KEY")
    return {
        value
        for name, value in settings.environment.items()
        if name.startswith("DEMO_") and name.endswith(names) and "PROGRAM" not in name
    }


def _tokens(settings: Settings, folder: Path) -> Tokens:
    """The demo's, but Ada's and Noor's name the addresses that were planted."""
    issued = settings.issuers["customers"]
    issuer = LocalIssuer.load(folder / "customers", issued.issuer, issued.audience)

    def shopper(subject: str, number: int, code: str) -> str:
        claims: dict[str, Any] = {"email": email(number), "phone_number": phone(number, code)}
        claims |= {"email_verified": True, "phone_number_verified": True}
        return issuer.token(subject, seconds=DAY, client_profile="web", **claims)

    tokens = sign_tokens(settings, folder)
    return replace(tokens, shopper=shopper("ada", ADA, "44"), vip=shopper("noor", NOOR, "965"))


def _private_part(folder: Path) -> str:
    issuer = LocalIssuer.load(folder, "unnamed", "unnamed")
    return str(issuer.keys[-1].as_dict(private=True)["d"])
