"""An adapter connected to a backend as a gateway connects it: its configuration read from plain values, the gateway's
own transport under it, an identifier cache in memory. For sandboxes, real servers and hosted systems alike."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from msgspec import Struct

from gateway.calls.attempt.transport import AioTransport, build_transport
from gateway.model.identity import KeyRule
from gateway.ports.backend import Backend, implements, members, protocols
from gateway.ports.identifiers import IdentifierCache
from gateway.ports.manifest import AdapterConfig, AdapterEnvironment, Manifest, Secret
from gateway.ports.webhooks import WebhookPort
from gateway.settings import PolicyNumbers
from gateway.testing.control import ControlledTransport
from gateway.testing.identifiers import MemoryIdentifiers
from gateway.testing.sandbox import Sandbox

PATIENT = PolicyNumbers(timeout=30.0)
WRONG = "not-the-credential"


class Standing(Struct, frozen=True):
    """A server that somebody else starts and stops. `settings` as of a sandbox; `requests` counts what arrived."""

    url: str
    settings: Mapping[str, str] = {}
    requests: Callable[[], int] | None = None


Target = Sandbox | Standing | str
"""A sandbox is started and stopped; a text is a URL."""
Config = AdapterConfig | Mapping[str, object]


class Connected:
    """An adapter, the hand on its transport, and what it was made of. `secrets` are its credentials in plain."""

    def __init__(self, manifest: Manifest, environment: AdapterEnvironment, transport: AioTransport) -> None:
        self.backend = manifest.create(environment)
        self.adapter: Any = whole(self.backend, environment.name)
        self.environment = environment
        self.secrets = secrets_in(environment.config)
        self._transport = transport

    @property
    def control(self) -> ControlledTransport:
        assert isinstance(self.environment.transport, ControlledTransport)
        return self.environment.transport

    async def close(self) -> None:
        await self.backend.close()
        await self._transport.close()


def attached(
    manifest: Manifest,
    target: Standing,
    config: Config | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    name: str = "backend",
    locations: tuple[str, ...] = (),
    key_rule: KeyRule | None = None,
    clock: Callable[[], datetime] | None = None,
    identifiers: IdentifierCache | None = None,
    policies: PolicyNumbers = PATIENT,
) -> Connected:
    """As `connect`, to a server that stands; the caller closes it."""
    given = config if isinstance(config, AdapterConfig) else None
    values = {} if config is None or given is not None else dict(cast("Mapping[str, object]", config))
    now = clock or _utc_now
    transport = build_transport(name, target.url, manifest, policies, allow_private_network=True)
    environment = AdapterEnvironment(
        name=name,
        alias=name,
        url=target.url,
        config=given or read_config(manifest, {**target.settings, **values, **(secrets or {})}, name),
        transport=ControlledTransport(transport, target.requests),
        identifiers=identifiers or MemoryIdentifiers(now),
        key_rule=key_rule or KeyRule(),
        clock=now,
        locations=locations,
    )
    return Connected(manifest, environment, transport)


@asynccontextmanager
async def connect(
    manifest: Manifest,
    target: Target,
    config: Config | None = None,
    secrets: Mapping[str, str] | None = None,
    **more: Any,
) -> AsyncGenerator[Connected]:
    """`config` and `secrets` are keys of the backend's section, over the sandbox's own settings; a secret is given
    itself, not by the name of an entry of `[secrets]`. Texts are read leniently (`"19"` is 19), as from variables of
    the environment. `more` as of `attached`. Raises ConfigurationError and msgspec.ValidationError for what the section
    could not say."""
    async with AsyncExitStack() as opened:
        if not isinstance(target, Standing | str):
            opened.push_async_callback(target.stop)
        connected = attached(manifest, await _standing(target), config, secrets, **more)
        opened.push_async_callback(connected.close)
        yield connected


def whole(backend: Backend, name: str) -> Any:
    """The one place where tests look into what a manifest makes: all that its ports can do, with `probe`, `receive`,
    `forget` and `close`, as one object, which the only port may be itself. `name` as configured."""
    if backend.ports == (backend.probe,):
        return backend.probe
    found = SimpleNamespace(name=name, probe=backend.probe.probe, forget=backend.forget, close=backend.close)
    for port in (*backend.ports, backend.webhooks):
        for protocol in (*protocols(), WebhookPort):
            if implements(port, protocol):
                for member in members(protocol):
                    if hasattr(port, member):
                        setattr(found, member, getattr(port, member))
    return found


def read_config(manifest: Manifest, values: Mapping[str, object], name: str) -> AdapterConfig:
    config = msgspec.convert(dict(values), manifest.config, strict=False, dec_hook=_given)
    config.verify(f"backends.{name}")
    return config


def secrets_in(config: AdapterConfig) -> tuple[str, ...]:
    """Every credential in it, those of a rotation too."""
    found = (getattr(config, name) for name in config.__struct_fields__)
    return tuple(value for each in found if isinstance(each, Secret) for value in each.values)


def spoiled(manifest: Manifest, environment: AdapterEnvironment) -> AdapterEnvironment | None:
    """The same with credentials that nobody gave; None where there are none."""
    names = [name for name in environment.config.__struct_fields__ if _is_secret(environment.config, name)]
    if not names:
        return None
    wrong: Mapping[str, Any] = dict.fromkeys(names, Secret((WRONG,)))
    config = msgspec.structs.replace(environment.config, **wrong)
    identifiers = MemoryIdentifiers(environment.clock)
    return msgspec.structs.replace(environment, config=config, identifiers=identifiers)


class Hosted(Struct, frozen=True):
    """A running system that the environment names: `ACME_URL` for the manifest `acme`, `ACME_API_KEY` and the like for
    the keys of its section, `ACME_FACTS` for a file of facts (TOML, the fields of `ConformanceFacts`)."""

    target: Standing
    facts: str

    @classmethod
    def by_environment(cls, manifest: Manifest, environment: Mapping[str, str] | None = None) -> Hosted | None:
        """None where no URL is given."""
        known = os.environ if environment is None else environment
        prefix = f"{manifest.name}_".upper()
        url = known.get(f"{prefix}URL", "")
        fields = (name for name in manifest.config.__struct_fields__ if f"{prefix}{name}".upper() in known)
        settings = {name: known[f"{prefix}{name}".upper()] for name in fields}
        return cls(Standing(url, settings), known.get(f"{prefix}FACTS", "")) if url else None


async def _standing(target: Target) -> Standing:
    if isinstance(target, Standing):
        return target
    if isinstance(target, str):
        return Standing(target)
    return running(target, await target.start())


def running(sandbox: Sandbox, url: str) -> Standing:
    """A sandbox that was started."""
    return Standing(url, sandbox.settings, lambda: len(sandbox.requests))


def _is_secret(config: AdapterConfig, name: str) -> bool:
    return isinstance(getattr(config, name), Secret)


def _given(kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret((value,))
    if kind is Secret and isinstance(value, Secret):
        return value
    raise NotImplementedError(kind.__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)
