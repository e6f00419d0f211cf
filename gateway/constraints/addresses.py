"""Addresses: of backends, issuers, browsers' origins, the gateway's own, its database and its Redis."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from gateway.constraints.constraint import Constraint, Facts, Fault, nearest

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")
STATE_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


def _split(value: str) -> SplitResult | None:
    """None for what has no parts that make sense."""
    try:
        parts = urlsplit(value)
        if _SPACE.search(value) or parts.port == 0 or not parts.hostname or not is_host(parts.hostname):
            return None
    except ValueError:
        return None
    return parts


def is_host(value: str) -> bool:
    """A numeric address or what could be a name."""
    try:
        ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        plain = value.isascii() and len(value) <= 253 and _HOST.fullmatch(value)
        return bool(plain) and not value.replace(".", "").isdigit()
    return True


def is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _likely_scheme(value: str, schemes: tuple[str, ...]) -> str | None:
    scheme, marked, rest = value.partition("://")
    if not marked or not rest:
        return f"{schemes[-1]}://{value}" if _split(f"{schemes[-1]}://{value}") and "." in value else None
    likely = nearest(scheme, schemes, cutoff=0.5)
    return f"{likely}://{rest}" if likely and likely != scheme else None


def http_fault(value: str) -> Fault | None:
    """An address that an HTTP client can ask."""
    parts = _split(value)
    if parts is not None and parts.scheme in ("http", "https"):
        if value.split(":", 1)[0] != parts.scheme:
            return Fault("has a scheme in capitals", nearest=f"{parts.scheme}:{value.split(':', 1)[1]}")
        return None
    return Fault("is no http or https address with a host", nearest=_likely_scheme(value, ("http", "https")))


def _base(value: str, facts: Facts) -> Fault | None:
    """Paths are put behind it, so nothing may follow its own."""
    fault = http_fault(value)
    parts = _split(value)
    if fault is None and parts is not None and (parts.query or parts.fragment or "?" in value or "#" in value):
        return Fault("must end with its path: what follows `?` or `#` would be lost")
    return fault


def _public(value: str, facts: Facts) -> Fault | None:
    fault = _base(value, facts)
    parts = _split(value)
    if fault is None and parts is not None and parts.username is not None:
        return Fault("must carry no user name or password: it is told to everybody")
    return fault


def origin_fault(value: str) -> Fault | None:
    """As browsers send it (RFC 6454): scheme, host, port where it is not the usual one; or `*`."""
    if value == "*":
        return None
    parts = _split(value)
    if parts is None or parts.scheme not in ("http", "https"):
        return Fault(
            "is no origin: scheme and host, such as `https://www.example.com`",
            nearest=_likely_scheme(value, ("http", "https")) or _likely_local(value),
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    exact = f"{parts.scheme}://{host}{port}"
    if exact == value:
        return None
    return Fault("is not as a browser sends it: scheme and host, no path, no slash at the end", nearest=exact)


def _likely_local(value: str) -> str | None:
    host = value.partition(":")[0]
    return f"http://{value}" if is_loopback(host) and _split(f"http://{value}") else None


def _host(value: str, facts: Facts) -> Fault | None:
    return None if is_host(value) else Fault("is no address to listen on (an IP address or a host's name)")


def _network(value: str, facts: Facts) -> Fault | None:
    try:
        if ipaddress.ip_network(value).prefixlen == 0:
            return Fault("is everybody's network")
    except ValueError:
        try:
            return Fault("has bits beyond its mask", nearest=str(ipaddress.ip_network(value, strict=False)))
        except ValueError:
            return Fault("is no network (an address, or `10.0.0.0/8`)")
    return None


def _state(value: str, facts: Facts) -> Fault | None:
    scheme, marked, rest = value.partition(":")
    if _SPACE.search(value):
        return Fault("has a blank or a control character in it", nearest=hidden(_SPACE.sub("", value)))
    if scheme not in STATE_DRIVERS or not marked:
        usual = {"sqlite": STATE_DRIVERS[0], "postgres": STATE_DRIVERS[1], "postgresql": STATE_DRIVERS[1]}
        likely = usual.get(scheme.partition("+")[0].lower()) or nearest(scheme, STATE_DRIVERS)
        return Fault(
            "is no database that can be used here",
            allowed=tuple(f"{driver}://..." for driver in STATE_DRIVERS),
            nearest=None if likely is None else f"{likely}:{hidden(rest)}",
        )
    if scheme == STATE_DRIVERS[0] and not rest.startswith("///"):
        return Fault("is no file", allowed=("sqlite+aiosqlite:///relative/path", "sqlite+aiosqlite:////absolute/path"))
    if scheme == STATE_DRIVERS[1] and _split(value) is None and "host=" not in rest:
        return Fault("names no host", allowed=("postgresql+asyncpg://user@host/database",))
    return None


def _redis(value: str, facts: Facts) -> Fault | None:
    parts = _split(value)
    if value.startswith("unix://") or (parts is not None and parts.scheme in ("redis", "rediss")):
        path = "" if parts is None else parts.path.strip("/")
        return (
            None
            if re.fullmatch("[0-9]{0,5}", path) or value.startswith("unix://")
            else Fault("names no database number")
        )
    return Fault(
        "is no Redis address", allowed=("redis://host:6379/0", "rediss://host:6379/0"), nearest=_likely_redis(value)
    )


def _likely_redis(value: str) -> str | None:
    scheme, marked, rest = value.partition("://")
    likely = nearest(scheme, ("redis", "rediss"))
    return f"{likely}://{hidden(rest)}" if marked and likely else None


def hidden(address: str) -> str:
    """Without the user, the password and the values of a query that may stand in it. Whatever stands before the last
    `@` is hidden, because a password may hold any sign, and clients read them differently."""
    place, asked, query = address.partition("?")
    scheme, marked, rest = place.rpartition("://") if "://" in place else ("", "", place)
    user, at, host = rest.rpartition("@")
    shown = f"{scheme}{marked}***@{host}" if at else f"{scheme}{marked}{user}{host}"
    return shown + asked + re.sub(r"=[^&]*", "=***", query)


HTTP_URL = Constraint("http address", lambda value, facts: http_fault(value))
BASE_URL = Constraint("base address", _base)
PUBLIC_URL = Constraint("public address", _public)
ORIGIN = Constraint("origin", lambda value, facts: origin_fault(value))
LISTEN_HOST = Constraint("host", _host)
NETWORK = Constraint("network", _network)
STATE_URL = Constraint("database address", _state)
REDIS_URL = Constraint("Redis address", _redis)
