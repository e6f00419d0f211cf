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


class CauseKind(Enum):
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


_WORDS: tuple[tuple[CauseKind, re.Pattern[str]], ...] = (
    (CauseKind.PRIVATE, re.compile(r"private, loopback or link-local")),
    (CauseKind.TLS, re.compile(r"\bTLS\b|certificate|\bSSL", re.IGNORECASE)),
    (CauseKind.DNS, re.compile(r"\bDNS\b")),
    (CauseKind.REFUSED, re.compile(r"refused: nothing listens")),
    (CauseKind.DATABASE, re.compile(r"database|psycopg2", re.IGNORECASE)),
    (CauseKind.CHANNEL, re.compile(r"channel", re.IGNORECASE)),
    (
        CauseKind.RIGHTS,
        re.compile(
            r"AccessError|ACCESS_DENIED|MISSING_SCOPES|INSUFFICIENT|\bFORBIDDEN\b|HTTP 403|\brights?\b"
            r"|permission|scope",
            re.IGNORECASE,
        ),
    ),
    (CauseKind.ADDRESS, re.compile(r"redirect|HTTP 404|status 404|status 400 at common|not GraphQL|not HTTP")),
)
"""Looked for in what the transport, the adapter or the vendor said, in this order."""

_BY_ERROR: tuple[tuple[type[AdapterError], CauseKind], ...] = (
    (DeadlineExceeded, CauseKind.TIMEOUT),
    (RateLimited, CauseKind.THROTTLED),
    (Overloaded, CauseKind.OVERLOADED),
    (CircuitOpen, CauseKind.DOWN),
    (CredentialsRefused, CauseKind.CREDENTIALS),
    (InvalidAnswer, CauseKind.ANSWER),
    (RequestRefused, CauseKind.REQUEST),
    (Unavailable, CauseKind.DOWN),
)
_SPEAKS_OF_ITSELF: Mapping[CauseKind, frozenset[CauseKind]] = {
    CauseKind.CREDENTIALS: frozenset({CauseKind.RIGHTS, CauseKind.CHANNEL, CauseKind.ADDRESS}),
    CauseKind.REQUEST: frozenset({CauseKind.RIGHTS, CauseKind.ADDRESS, CauseKind.CHANNEL, CauseKind.DATABASE}),
    CauseKind.ANSWER: frozenset({CauseKind.ADDRESS, CauseKind.TLS, CauseKind.CHANNEL}),
    CauseKind.DOWN: frozenset(CauseKind) - {CauseKind.RIGHTS, CauseKind.CREDENTIALS},
}
"""What words may say more exactly than the error's class does."""


def kind_of(error: BaseException) -> CauseKind:
    if not isinstance(error, AdapterError):
        return CauseKind.OURS
    general = next((kind for known, kind in _BY_ERROR if isinstance(error, known)), CauseKind.ANSWER)
    words = f"{error.detail or ''}"
    for kind, pattern in _WORDS:
        if kind in _SPEAKS_OF_ITSELF.get(general, ()) and pattern.search(words):
            return kind
    return general


def remedy_for(kind: CauseKind, backend: BoundBackend, config: object, url: str) -> str | None:
    """What a person does next, naming the keys of this backend's section."""
    place = f"backends.{backend.name}"
    secrets = _keys(config, lambda name, is_secret: is_secret)
    named = _keys(config, lambda name, is_secret: name in ("database", "login", "username"))
    channels = _keys(config, lambda name, is_secret: "channel" in name)
    database = _keys(config, lambda name, is_secret: name == "database")
    return {
        CauseKind.CREDENTIALS: f"the credential is wrong, expired or gone: check {_listed(place, (*named, *secrets))}",
        CauseKind.RIGHTS: f"the credential of {_listed(place, secrets)} lacks a right that this needs",
        CauseKind.DATABASE: f"there is no such database: check {_listed(place, database)}",
        CauseKind.CHANNEL: f"there is no such channel: check {_listed(place, channels)}",
        CauseKind.TLS: f"the certificate of `{place}.url` is not trusted, not for this host, or no TLS is spoken there",
        CauseKind.DNS: f"the host of `{place}.url` is not known: is it spelt right?",
        CauseKind.REFUSED: f"nothing listens at `{place}.url`: check host and port, and that the system runs",
        CauseKind.PRIVATE: f"set `{place}.allow_private_network = true` if this address is meant",
        CauseKind.TIMEOUT: f"no answer in time from `{place}.url`: a firewall in between, or a system that is slow",
        CauseKind.THROTTLED: "the vendor limits how often it may be asked: try again later",
        CauseKind.OVERLOADED: f"more than the limits of `{place}.policy` was asked at once",
        CauseKind.ADDRESS: f"something else answers at `{place}.url`: check scheme, path and version",
        CauseKind.ANSWER: f"something else than {backend.manifest.title}, or another version, answers at `{place}.url`",
        CauseKind.REQUEST: f"the vendor refuses the question: a key of [{place}] names something that it does not have",
        CauseKind.DOWN: f"the system behind `{place}.url` is not well",
        CauseKind.OURS: "a fault of the adapter",
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
