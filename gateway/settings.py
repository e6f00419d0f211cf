"""The configuration as typed records: `gateway.toml` decoded strictly. `gateway.toml.example` is its annotated
reference. Secrets are resolved in `registry`; nothing here does I/O but `load`."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import ConfigurationError
from gateway.model.identity import KeyRule
from gateway.model.principal import ClientProfile
from gateway.model.stores import Address, GeoPoint

_S = TypeVar("_S")


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are refused."""


class GatewaySection(_Section, frozen=True, kw_only=True):
    """`state` and `redis` can hold passwords: GATEWAY_STATE and GATEWAY_REDIS of the environment take their place."""

    public_url: str = "http://127.0.0.1:8000"
    state: str = "sqlite+aiosqlite:///var/gateway.sqlite"
    redis: str = ""
    cursor_secret: str = "cursor"  # noqa: S105  the name of a secret, not one


class SecretSource(_Section, frozen=True, kw_only=True):
    """Names of environment variables, newest first; those after the first are still accepted (rotation)."""

    env: tuple[str, ...]


HttpClient = Literal["aiohttp", "lean"]


class PolicyNumbers(_Section, frozen=True, kw_only=True):
    """Numbers of the call pipeline for one backend. Times in seconds, rates as parts of one. `client` makes the
    attempts: `lean` costs less and speaks plain HTTP/1.1 only."""

    connections: int = 32
    timeout: float = 5.0
    retries: int = 1
    retry_budget: float = 0.1
    breaker_window: int = 20
    breaker_failure_rate: float = 0.5
    breaker_minimum: int = 10
    breaker_open_for: float = 5.0
    slow_call: float = 4.0
    concurrency_limit: int = 64
    cache: bool = True
    coalesce: bool = True
    client: HttpClient = "aiohttp"


class BackendSection(Struct, frozen=True, kw_only=True):
    """The common keys of `[backends.x]`; what is left over is `options`, checked by the adapter's own config model."""

    name: str
    adapter: str
    alias: str
    url: str
    countries: tuple[str, ...] = ()
    """The markets this backend knows anything of; empty is all."""
    ignored_places: tuple[str, ...] = ()
    """Its own references of places that are on purpose no location here."""
    allow_private_network: bool = False
    policy: PolicyNumbers = PolicyNumbers()
    options: Mapping[str, Any] = {}


class DomainSection(_Section, frozen=True, kw_only=True):
    """`order`: the first owns the domain. `fields` only for customers: survivorship, the first that knows."""

    order: tuple[str, ...]
    fallback: bool = False
    on_missing: str = "absent"
    compare: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = {}


class LocationSection(_Section, frozen=True, kw_only=True):
    """`refs` by backend name; `stock` the backend that counts here (default: the owner of the stock domain)."""

    refs: Mapping[str, str] = {}
    stock: str | None = None
    safety_stock: int = 0


class StoreSection(_Section, frozen=True, kw_only=True):
    """A customer-facing store. `hours` by day or range (`mon-sat`) as `HH:MM-HH:MM`, several with commas, or `closed`;
    `special_hours` by ISO date. Local times of `timezone` (IANA)."""

    name: str
    locations: tuple[str, ...]
    country: str
    timezone: str
    currency: str | None = None
    channel: str | None = None
    point: GeoPoint | None = None
    address: Address | None = None
    phone: str | None = None
    services: tuple[str, ...] = ()
    hours: Mapping[str, str] = {}
    special_hours: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    """The name in other languages, by BCP 47 tag."""
    unparsed_hours: str | None = None
    """Opening hours as people wrote them, where they could not be read."""


class ChannelSection(_Section, frozen=True, kw_only=True):
    """`currencies` per country, the first is the default; `locations` are where deliveries are promised from."""

    countries: tuple[str, ...]
    currencies: Mapping[str, tuple[str, ...]]
    locations: tuple[str, ...] = ()
    pickup_ready: int = 7200
    delivery_days: tuple[int, int] = (1, 3)
    quantity_cap: int = 10
    low_stock: int = 3


class LanguagesSection(_Section, frozen=True, kw_only=True):
    default: str = "en"
    available: tuple[str, ...] = ("en",)
    fallback: Mapping[str, tuple[str, ...]] = {}


class IssuerSection(_Section, frozen=True, kw_only=True):
    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    jwks_url: str = ""
    jwks_file: str = ""
    kind: str = "customer"
    roles_claim: str = ""
    allow_private_network: bool = False


class ApiKeySection(_Section, frozen=True, kw_only=True):
    env: str
    profile: str


class LimitsSection(_Section, frozen=True, kw_only=True):
    """Limits on documents before anything runs. Bytes, lexical tokens, counts."""

    body_bytes: int = 131_072
    document_bytes: int = 16_384
    tokens: int = 1_500
    depth: int = 20
    aliases: int = 60
    directives: int = 40
    root_fields: int = 20
    plans: int = 2_048


class ServerSection(_Section, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 8000
    cors_origins: tuple[str, ...] = ()
    response_cache: bool = True
    """Whether finished public answers are kept and served as bytes."""
    drain_seconds: float = 10.0


class _File(_Section, frozen=True, kw_only=True):
    """The sections by name; the named ones inside are decoded one by one, so that an error can name them."""

    gateway: GatewaySection = GatewaySection()
    secrets: Mapping[str, dict[str, Any]] = {}
    backends: Mapping[str, dict[str, Any]] = {}
    domains: Mapping[str, dict[str, Any]] = {}
    identity: Mapping[str, dict[str, Any]] = {}
    locations: Mapping[str, dict[str, Any]] = {}
    stores: Mapping[str, dict[str, Any]] = {}
    channels: Mapping[str, dict[str, Any]] = {}
    languages: LanguagesSection = LanguagesSection()
    issuers: Mapping[str, dict[str, Any]] = {}
    profiles: Mapping[str, dict[str, Any]] = {}
    api_keys: Mapping[str, dict[str, Any]] = {}
    limits: LimitsSection = LimitsSection()
    server: ServerSection = ServerSection()


class Settings(Struct, frozen=True, kw_only=True):
    """The whole configuration, decoded. `environment` is where secrets are looked up. `base` is the file's folder."""

    gateway: GatewaySection
    secrets: Mapping[str, SecretSource]
    backends: Mapping[str, BackendSection]
    domains: Mapping[str, DomainSection]
    identity: Mapping[str, KeyRule]
    locations: Mapping[str, LocationSection]
    stores: Mapping[str, StoreSection]
    channels: Mapping[str, ChannelSection]
    languages: LanguagesSection
    issuers: Mapping[str, IssuerSection]
    profiles: Mapping[str, ClientProfile]
    api_keys: Mapping[str, ApiKeySection]
    limits: LimitsSection
    server: ServerSection
    environment: Mapping[str, str]
    base: Path


_COMMON_BACKEND_KEYS = ("adapter", "alias", "url", "countries", "ignored_places", "allow_private_network", "policy")


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and decode a file. Raises ConfigurationError with the place of the first mistake."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read the configuration: {error.strerror}", place=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not valid TOML: {error}", place=str(path)) from error
    return decode(raw, environment, base=path.resolve().parent)


def decode(
    raw: Mapping[str, Any], environment: Mapping[str, str] | None = None, *, base: Path | None = None
) -> Settings:
    """Settings from parsed TOML. Raises ConfigurationError with the place of the first mistake."""
    file = convert(dict(raw), _File, place="")
    known = dict(os.environ if environment is None else environment)
    kept = {key: known.get(f"GATEWAY_{key.upper()}") or getattr(file.gateway, key) for key in ("state", "redis")}
    return Settings(
        gateway=replace(file.gateway, **kept),
        secrets=_named(file.secrets, SecretSource, "secrets"),
        backends={name: _backend(name, section) for name, section in file.backends.items()},
        domains=_named(file.domains, DomainSection, "domains"),
        identity=_named(file.identity, KeyRule, "identity"),
        locations=_named(file.locations, LocationSection, "locations"),
        stores=_named(file.stores, StoreSection, "stores"),
        channels=_named(file.channels, ChannelSection, "channels"),
        languages=file.languages,
        issuers=_named(file.issuers, IssuerSection, "issuers"),
        profiles=_named(file.profiles, ClientProfile, "profiles"),
        api_keys=_named(file.api_keys, ApiKeySection, "api_keys"),
        limits=file.limits,
        server=file.server,
        environment=known,
        base=base or Path.cwd(),
    )


def _named(sections: Mapping[str, dict[str, Any]], kind: type[_S], place: str) -> dict[str, _S]:
    return {name: convert(section, kind, place=f"{place}.{name}") for name, section in sections.items()}


def _backend(name: str, section: dict[str, Any]) -> BackendSection:
    common = {key: value for key, value in section.items() if key in _COMMON_BACKEND_KEYS}
    options = {key: value for key, value in section.items() if key not in _COMMON_BACKEND_KEYS}
    common.setdefault("alias", name)
    return convert({**common, "name": name, "options": options}, BackendSection, place=f"backends.{name}")


def convert(raw: object, kind: type[_S], *, place: str, dec_hook: Callable[[type[Any], Any], Any] | None = None) -> _S:
    """`msgspec.convert` whose errors name the place in the file and suggest the nearest known key."""
    try:
        return msgspec.convert(raw, kind, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise _explained(str(error), kind, place) from error


_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_AT = re.compile(r" - at `\$?(?P<path>[^`]*)`")


def _explained(message: str, kind: type[Any], place: str) -> ConfigurationError:
    at = _AT.search(message)
    path = at.group("path").strip(".") if at else ""
    where = ".".join(part for part in (place, path) if part)
    unknown = _UNKNOWN.search(message)
    if unknown is None:
        return ConfigurationError(_AT.sub("", message), place=where or None)
    field = unknown.group("field")
    where = ".".join(part for part in (where, field) if part)
    close = difflib.get_close_matches(field, [key for key in _known_keys(kind) if key != field], n=1, cutoff=0.5)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return ConfigurationError(f"unknown key `{field}`{hint}", place=where)


def _known_keys(kind: type[Any]) -> list[str]:
    """Every field name of a section and of the sections below it: good enough to suggest from."""
    names: dict[str, None] = {}
    waiting: list[Any] = [kind]
    seen: set[Any] = set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if isinstance(current, type) and issubclass(current, Struct):
            for field in msgspec.structs.fields(current):
                names[field.encode_name] = None
                waiting.append(field.type)
        else:
            waiting.extend(typing.get_args(current))
    return list(names)
