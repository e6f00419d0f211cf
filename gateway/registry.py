"""The configured backends, made at start: each adapter found by entry point, given its checked configuration, its
transport and its identifier cache."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast
from urllib.parse import urlsplit

import structlog

from gateway.calls.attempt.rates import RateLedger
from gateway.calls.attempt.transport import build_transport
from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.bound import BoundBackend
from gateway.constraints import nearest
from gateway.constraints.texts import variable_shown
from gateway.errors import ConfigurationError, Mistake
from gateway.logs.redaction import know_secrets
from gateway.model.identity import KeyRule
from gateway.ports.agreement import disagreements
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterConfig, AdapterEnvironment, Manifest, Secret
from gateway.settings import BackendSection, Settings, convert
from gateway.state.database import Database
from gateway.state.identifiers import StoredIdentifiers

ADAPTERS = "commerce_gateway.adapters"
_log = structlog.get_logger("gateway")


@cache
def _entries() -> Mapping[str, EntryPoint]:
    """Installed adapters by name: reading every distribution's metadata takes a while."""
    return {entry.name: entry for entry in entry_points(group=ADAPTERS)}


def installed_adapters() -> dict[str, str]:
    """Names of installed adapters with the distribution each comes from; nothing is imported."""
    return {name: entry.dist.name if entry.dist else "" for name, entry in _entries().items()}


def manifest_of(name: str, *, place: str) -> Manifest:
    """Import an adapter. Raises ConfigurationError when it is not installed or cannot be imported."""
    found = _entries()
    if name not in found:
        installed = tuple(sorted(found))
        raise ConfigurationError.of(
            [
                Mistake(
                    message=f"no adapter `{name}` is installed",
                    place=place,
                    value=name,
                    allowed=installed,
                    nearest=nearest(name, installed),
                )
            ]
        )
    try:
        manifest = found[name].load()
    except ImportError as error:
        raise ConfigurationError(f"adapter `{name}` cannot be imported: {error}", place=place) from error
    if not isinstance(manifest, Manifest):
        raise ConfigurationError(f"the entry point of adapter `{name}` is no manifest", place=place)
    return cast("Manifest", manifest)


def secret(settings: Settings, name: str, *, place: str) -> Secret:
    """A secret by its name in `[secrets]`. Raises ConfigurationError naming the variable that is missing."""
    source = settings.secrets.get(name)
    if source is None:
        near, named = nearest(name, settings.secrets), _named(name)
        hint = "" if near else ": this key names one, and the credential itself stands in the environment"
        told = Mistake(
            message=f"no secret {named}in [secrets]{hint}", place=place, value=name if named else None, nearest=near
        )
        raise ConfigurationError.of([told])
    values = tuple(value for variable in source.env if (value := settings.environment.get(variable)))
    know_secrets(values)
    if not values:
        variable = variable_shown(source.env[0]) if source.env else "that it names"
        raise ConfigurationError(f"set the environment variable {variable}", place=f"secrets.{name}")
    return Secret(values)


def _named(name: str) -> str:
    """The name, unless it looks like a credential that somebody pasted in its place."""
    return f"`{name}` " if len(name) <= 24 and name.isascii() and name.replace("_", "").isalpha() else ""


def cursor_secret(settings: Settings) -> Secret:
    """The key that signs cursors; a random one where none is configured, so that cursors end with the process."""
    name = settings.gateway.cursor_secret
    if name in settings.secrets:
        return secret(settings, name, place="gateway.cursor_secret")
    _log.warning("cursors_end_with_this_process", place="gateway.cursor_secret")
    return Secret((secrets.token_hex(32),))


def sealing_values(settings: Settings) -> tuple[str, ...]:
    """The secrets that what people typed is sealed with, newest first; none where none is configured."""
    name = settings.gateway.sealing_secret
    return secret(settings, name, place="gateway.sealing_secret").values if name in settings.secrets else ()


class Registry:
    """Owns what backends need: `close` it in the end."""

    def __init__(self) -> None:
        self.backends: dict[str, BoundBackend] = {}
        self.configs: dict[str, AdapterConfig] = {}
        """Each adapter's own section, by backend."""
        self._identifiers: list[StoredIdentifiers] = []
        self._at_hand: Mapping[str, Manifest] = {}

    @classmethod
    def open(
        cls,
        settings: Settings,
        database: Database,
        metrics: CallMetrics,
        manifests: Mapping[str, Manifest] | None = None,
        ledger: RateLedger | None = None,
    ) -> Registry:
        """Raises ConfigurationError for every backend that cannot be made. Opens no connection yet. `manifests` are
        adapters at hand, by name, besides those that are installed; `ledger` shares rate budgets over gateways."""
        registry = cls()
        registry._at_hand = manifests or {}
        mistakes: list[Mistake] = []
        for section in settings.backends.values():
            try:
                registry._add(section, settings, database, metrics, ledger)
            except ConfigurationError as error:
                mistakes += error.mistakes
        if mistakes:
            raise ConfigurationError.of(mistakes)
        return registry

    def _add(
        self,
        section: BackendSection,
        settings: Settings,
        database: Database,
        metrics: CallMetrics,
        ledger: RateLedger | None,
    ) -> None:
        place = f"backends.{section.name}"
        manifest = self._at_hand.get(section.adapter) or manifest_of(section.adapter, place=f"{place}.adapter")
        config = self.configs[section.name] = convert(
            section.options, manifest.config, place=place, dec_hook=secrets_of(settings, place)
        )
        config.verify(place)
        check_address(section.url, place=f"{place}.url")
        transport = build_transport(
            section.name,
            section.url,
            manifest,
            section.policy,
            allow_private_network=section.allow_private_network,
            metrics=metrics,
            ledger=ledger,
        )
        identifiers = StoredIdentifiers(database, section.name)
        self._identifiers.append(identifiers)
        environment = AdapterEnvironment(
            name=section.name,
            alias=section.alias,
            url=section.url,
            config=config,
            transport=transport,
            identifiers=identifiers,
            key_rule=settings.identity.get(section.name, KeyRule()),
            clock=_utc_now,
            locations=_references(settings, section.name),
        )
        backend = made(manifest, environment, f"{place}.adapter")
        self.backends[section.name] = BoundBackend(
            name=section.name,
            alias=section.alias,
            backend=backend,
            manifest=manifest,
            policy=section.policy,
            transport=transport,
        )

    async def close(self) -> None:
        for backend in self.backends.values():
            await backend.backend.close()
            if backend.transport is not None:
                await backend.transport.close()
        for identifiers in self._identifiers:
            await identifiers.close()


def made(manifest: Manifest, environment: AdapterEnvironment[Any], place: str) -> Backend:
    """What an adapter makes of its section. Raises ConfigurationError where that is not what its manifest says."""
    backend = cast("object", manifest.create(environment))
    if not isinstance(backend, Backend):
        raise ConfigurationError(
            f"the adapter `{manifest.name}` makes {type(backend).__name__}, no Backend", place=place
        )
    mistakes = list(disagreements(manifest, backend, environment.config, place))
    if mistakes:
        raise ConfigurationError.of(mistakes)
    return backend


def check_address(url: str, *, place: str) -> None:
    """Raises ConfigurationError for what no HTTP client can ask."""
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        reachable = False
    if not reachable:
        raise ConfigurationError("this is no http or https address with a host", place=place)


def _references(settings: Settings, backend: str) -> tuple[str, ...]:
    return tuple(section.refs[backend] for section in settings.locations.values() if backend in section.refs)


def secrets_of(settings: Settings, place: str) -> Callable[[type[Any], Any], Any]:
    """How an adapter's configuration names a secret: by its key in `[secrets]`."""

    def decode(kind: type[Any], value: Any) -> Any:
        if kind is Secret and isinstance(value, str):
            return secret(settings, value, place=place)
        if kind is Secret:
            raise ValueError("Expected the name of an entry of [secrets]")
        raise NotImplementedError(kind.__name__)

    return decode


def check_identity_rules(settings: Settings, backends: Mapping[str, BoundBackend]) -> None:
    """Raises ConfigurationError for an `[identity.x]` of a backend that is not configured."""
    for name in settings.identity:
        if name not in backends:
            raise ConfigurationError(f"no backend `{name}`", place=f"identity.{name}")


def _utc_now() -> datetime:
    return datetime.now(UTC)
