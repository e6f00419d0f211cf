"""An issuer's public keys, from a file or a URL: where a bearer token's signature is checked against.

Keys rotate: a key id nobody knows yet causes one fetch, and no more than one in `MINIMUM_INTERVAL`, whatever callers
send. Keys that were withdrawn are forgotten after `MAXIMUM_AGE`; while the issuer is away the last ones go on working.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from yarl import URL

from gateway.errors import ConfigurationError, Unavailable
from gateway.runtime.addresses import is_public, socket_factory

MINIMUM_INTERVAL = 10.0
MAXIMUM_AGE = 300.0
MAXIMUM_BYTES = 262_144
FETCH_SECONDS = 5.0
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
"""Asymmetric only: a shared secret in a key set would let everyone who verifies also sign."""

_log = structlog.get_logger(__name__)

FetchKeys = Callable[[], Awaitable[bytes]]


class KeySet:
    """Keys by id. `fetch` answers the JSON of a JWK Set (RFC 7517)."""

    def __init__(self, fetch: FetchKeys, *, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._name = name
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._unnamed: list[Key] = []
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()
        self._away = False

    async def find(self, kid: str | None) -> Key | None:
        """The key of that id; without an id, the only key there is. None when unknown. Raises Unavailable when no key
        could ever be fetched."""
        if self._fetched_at is None or self._clock() - self._fetched_at > MAXIMUM_AGE:
            await self._refresh()
        key = self._known(kid)
        if key is None:
            await self._refresh()
            key = self._known(kid)
        if key is None and self._fetched_at is None:
            raise Unavailable("The keys of the token's issuer cannot be fetched.", domain="identity")
        return key

    def _known(self, kid: str | None) -> Key | None:
        if kid is not None:
            return self._keys.get(kid)
        every = [*self._keys.values(), *self._unnamed]
        return every[0] if len(every) == 1 else None

    async def _refresh(self) -> None:
        asked_at = self._clock()
        async with self._lock:
            if self._tried_at is not None and (
                self._tried_at >= asked_at or self._clock() - self._tried_at < MINIMUM_INTERVAL
            ):
                return
            self._tried_at = self._clock()
            try:
                self._adopt(await self._fetch())
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError, JoseError) as error:
                if not self._away:
                    _log.warning("identity keys cannot be fetched", issuer=self._name, reason=type(error).__name__)
                self._away = True
                return
            if self._away:
                _log.info("identity keys are back", issuer=self._name)
            self._away = False
            self._fetched_at = self._clock()

    def _adopt(self, body: bytes) -> None:
        keys, _ = keys_in(body)
        self._keys = {key.kid: key for key in keys if key.kid}
        self._unnamed = [key for key in keys if not key.kid]


_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


def keys_in(body: bytes) -> tuple[list[Key], bool]:
    """The public signature keys of a JWK Set, and whether it tells private ones too, which it must not. Raises
    ValueError for what is no set."""
    try:
        document: object = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON ({error})") from error
    entries = cast("dict[str, object]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("there is no list `keys`")
    listed = [cast("dict[str, Any]", entry) for entry in cast("list[object]", entries) if isinstance(entry, dict)]
    keys = [key for entry in listed if (key := _public_key(entry)) is not None]
    return keys, any(_PRIVATE & entry.keys() for entry in listed)


def _public_key(entry: Mapping[str, Any]) -> Key | None:
    """None for what is not a signature key: a set may hold others, and kinds we do not know."""
    if entry.get("kty") not in KEY_TYPES or entry.get("use", "sig") != "sig":
        return None
    operations: object = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or not ("verify" in operations or "sign" in operations):
        return None
    public = {name: value for name, value in entry.items() if name not in _PRIVATE and name != "key_ops"}
    try:
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def from_file(path: Path) -> FetchKeys:
    async def fetch() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return fetch


def from_url(url: str, *, allow_private_network: bool) -> FetchKeys:
    """Fetches without following redirects, within a size and a time, and from public addresses only unless allowed."""

    async def fetch() -> bytes:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        connector = aiohttp.TCPConnector(socket_factory=socket_factory(allow_private_network=allow_private_network))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
            session.get(url, allow_redirects=False, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            body = await answer.content.read(MAXIMUM_BYTES + 1)
            while len(body) <= MAXIMUM_BYTES and (more := await answer.content.read(MAXIMUM_BYTES)):
                body += more
            if len(body) > MAXIMUM_BYTES:
                raise ValueError("too large")
            return body

    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise ConfigurationError("`jwks_url` must be an http(s) address", place="issuers")
    host = URL(url).host or ""
    if not allow_private_network and _is_address(host) and not is_public(host):
        raise ConfigurationError(f"`jwks_url` points into a private network: {host}", place="issuers")
    return fetch


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
