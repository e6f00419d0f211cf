"""Why a backend does not answer as it should, told from what came of a call, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum

import msgspec

from gateway.calls.operation.bound import BoundBackend
from gateway.check.findings import Problem
from gateway.errors import (
    AdapterError,
    CircuitOpen,
    CredentialsRefused,
    DeadlineExceeded,
    GatewayError,
    InvalidAnswer,
    Overloaded,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.ports.manifest import AdapterConfig, Secret
from gateway.structure import marks_of


class Kind(Enum):
    """What was wrong, by whom it is mended."""

    CREDENTIALS = "credentials"
    RIGHTS = "rights"
    DATABASE = "database"
    CHANNEL = "channel"
    TLS = "tls"
    DNS = "dns"
    REFUSED = "refused"
    PRIVATE = "private address"
    TIMEOUT = "timeout"
    THROTTLED = "throttled"
    OVERLOADED = "overloaded"
    ADDRESS = "address"
    ANSWER = "answer"
    REQUEST = "request"
    DOWN = "down"
    OURS = "adapter"


_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PRIVATE, re.compile(r"private, loopback or link-local")),
    (Kind.TLS, re.compile(r"\bTLS\b|certificate|\bSSL", re.IGNORECASE)),
    (Kind.DNS, re.compile(r"\bDNS\b")),
    (Kind.REFUSED, re.compile(r"refused: nothing listens")),
    (Kind.DATABASE, re.compile(r"database|psycopg2", re.IGNORECASE)),
    (Kind.CHANNEL, re.compile(r"channel", re.IGNORECASE)),
    (
        Kind.RIGHTS,
        re.compile(
            r"AccessError|ACCESS_DENIED|MISSING_SCOPES|INSUFFICIENT|\bFORBIDDEN\b|HTTP 403|\brights?\b"
            r"|permission|scope",
            re.IGNORECASE,
        ),
    ),
    (Kind.ADDRESS, re.compile(r"redirect|HTTP 404|status 404|status 400 at common|not GraphQL|not HTTP")),
)
"""Looked for in what the transport, the adapter or the vendor said, in this order."""

_BY_ERROR: tuple[tuple[type[AdapterError], Kind], ...] = (
    (DeadlineExceeded, Kind.TIMEOUT),
    (RateLimited, Kind.THROTTLED),
    (Overloaded, Kind.OVERLOADED),
    (CircuitOpen, Kind.DOWN),
    (CredentialsRefused, Kind.CREDENTIALS),
    (InvalidAnswer, Kind.ANSWER),
    (RequestRefused, Kind.REQUEST),
    (Unavailable, Kind.DOWN),
)
_SPEAKS_OF_ITSELF: Mapping[Kind, frozenset[Kind]] = {
    Kind.CREDENTIALS: frozenset({Kind.RIGHTS, Kind.CHANNEL, Kind.ADDRESS}),
    Kind.REQUEST: frozenset({Kind.RIGHTS, Kind.ADDRESS, Kind.CHANNEL, Kind.DATABASE}),
    Kind.ANSWER: frozenset({Kind.ADDRESS, Kind.TLS, Kind.CHANNEL}),
    Kind.DOWN: frozenset(Kind) - {Kind.RIGHTS, Kind.CREDENTIALS},
}
"""What words may say more exactly than the error's class does."""


def kind_of(error: BaseException) -> Kind:
    if not isinstance(error, AdapterError):
        return Kind.OURS
    general = next((kind for known, kind in _BY_ERROR if isinstance(error, known)), Kind.ANSWER)
    words = f"{error.detail or ''}"
    for kind, pattern in _WORDS:
        if kind in _SPEAKS_OF_ITSELF.get(general, ()) and pattern.search(words):
            return kind
    return general


def remedy_for(kind: Kind, backend: BoundBackend, config: object, url: str) -> str | None:
    """What a person does next, naming the keys of this backend's section."""
    place = f"backends.{backend.name}"
    secrets = _keys(config, lambda name, is_secret: is_secret)
    named = _keys(config, lambda name, is_secret: name in ("database", "login", "username"))
    channels = _keys(config, lambda name, is_secret: "channel" in name)
    database = _keys(config, lambda name, is_secret: name == "database")
    return {
        Kind.CREDENTIALS: f"the credential is wrong, expired or withdrawn: check {_listed(place, (*named, *secrets))}",
        Kind.RIGHTS: f"the credential of {_listed(place, secrets)} lacks a right that this needs",
        Kind.DATABASE: f"there is no such database: check {_listed(place, database)}",
        Kind.CHANNEL: f"there is no such channel: check {_listed(place, channels)}",
        Kind.TLS: f"the certificate of `{place}.url` is not trusted, not for this host, or no TLS is spoken there",
        Kind.DNS: f"the host of `{place}.url` is not known: is it spelt right?",
        Kind.REFUSED: f"nothing listens at `{place}.url`: check host and port, and that the system runs",
        Kind.PRIVATE: f"set `{place}.allow_private_network = true` if this address is meant",
        Kind.TIMEOUT: f"no answer in time from `{place}.url`: a firewall in between, or a system that is slow",
        Kind.THROTTLED: "the vendor limits how often it may be asked: try again later",
        Kind.OVERLOADED: f"more than the limits of `{place}.policy` was asked at once",
        Kind.ADDRESS: f"something else answers at `{place}.url`: check scheme, path and version",
        Kind.ANSWER: f"something else than {backend.manifest.title} answers at `{place}.url`, or another version of it",
        Kind.REQUEST: f"the vendor refuses the question: a key of [{place}] names something that it does not have",
        Kind.DOWN: f"the system behind `{place}.url` is not well",
        Kind.OURS: "a fault of the adapter",
    }[kind]


def problem_of(error: BaseException, backend: BoundBackend, config: object, url: str, *, doing: str = "") -> Problem:
    """For whatever came of asking a backend. Of an exception that nobody expected only the kind is told: its text may
    hold a customer's data."""
    kind = kind_of(error)
    during = f" at {doing}" if doing else ""
    if isinstance(error, AdapterError):
        message, detail = f"{error.code}{during}: {error.message}", error.detail
    elif isinstance(error, GatewayError):
        message, detail = f"{error.code}{during}: {error.message}", None
    else:
        message, detail = f"{type(error).__name__} in the adapter{during}", None
    remedy = remedy_for(kind, backend, config, url)
    return Problem(message=message, backend=backend.name, cause=kind.value, remedy=remedy, detail=detail)


def _keys(config: object, wanted: Callable[[str, bool], bool]) -> tuple[str, ...]:
    """Of an adapter's section, by name and whether a secret stands there."""
    if not isinstance(config, AdapterConfig):
        return ()
    found: list[str] = []
    for field in msgspec.structs.fields(type(config)):
        kind = marks_of(field.type)[0]
        is_secret = kind is Secret or Secret in getattr(kind, "__args__", ())
        if "webhook" not in field.name and wanted(field.name, is_secret):
            found.append(field.encode_name)
    return tuple(found)


def _listed(place: str, keys: Iterable[str]) -> str:
    listed = [f"`{place}.{key}`" for key in keys]
    return " and ".join((", ".join(listed[:-1]), listed[-1])) if len(listed) > 1 else "".join(listed) or f"[{place}]"
