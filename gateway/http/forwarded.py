"""Whose address a request comes from: the socket's, unless that is a load balancer the configuration trusts.

Of a trusted proxy's list the last address that is no trusted proxy counts: each proxy appends who asked it, so whatever
stands further left may be a client's invention. One header only is read, because a proxy that writes one of the two
passes the other on as the client sent it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from gateway.entry.parties import IpAddress, address_read
from gateway.entry.refusal import Header
from gateway.errors import ConfigurationError
from gateway.http.wire import AsgiScope
from gateway.settings import ForwardedHeader, ServerSection

MOST_HOPS = 32
"""Proxies in a row that are looked through."""
_PLACE = "server.trusted_proxies"
_PAIR = re.compile(r"\s*([A-Za-z]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s\";,]*)\s*(;|,|$)")


class Proxies:
    """The trusted ones. None at all: then no header is ever looked at."""

    def __init__(self, networks: Iterable[str] = (), header: ForwardedHeader = "x-forwarded-for") -> None:
        """Raises ConfigurationError for what is no network, or is everybody's."""
        self._networks = tuple(_network(written) for written in networks)
        self._header = header.encode()
        self._read = _forwarded if header == "forwarded" else _forwarded_for

    @classmethod
    def of(cls, section: ServerSection) -> Proxies:
        return cls(section.trusted_proxies, section.forwarded_header)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, address: str) -> bool:
        parsed = address_read(address)
        return parsed is not None and self._has(parsed)

    def client_of(self, scope: AsgiScope) -> str:
        """The address to count for and to blame; empty where the server knows none."""
        peer = scope.get("client")
        if not peer:
            return ""
        nearest = address_read(str(peer[0]))
        if nearest is None:
            return str(peer[0])
        if self._networks and self._has(nearest):
            for hop, written in enumerate(self._read(_values(scope["headers"], self._header))):
                told = address_read(written)
                if told is None or hop >= MOST_HOPS:
                    break  # whoever stands behind this proxy is unknown: the proxy itself is the nearest that is known
                nearest = told
                if not self._has(told):
                    break
        return str(nearest)

    def _has(self, address: IpAddress) -> bool:
        return any(address in network for network in self._networks)


def _network(written: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(written)
    except ValueError as error:
        raise ConfigurationError(f"`{written}` is not a network: {error}", place=_PLACE) from error
    if network.prefixlen == 0:
        raise ConfigurationError(f"`{written}` would let everybody say who they are", place=_PLACE)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        return IPv4Network((mapped, network.prefixlen - 96))
    return network


def _values(headers: Iterable[Header], wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in headers if name.lower() == wanted)


def _forwarded_for(written: str) -> Iterator[str]:
    """`X-Forwarded-For`, the last one first."""
    for entry in reversed(written.split(",")):
        yield _without_port(entry.strip())


def _forwarded(written: str) -> Iterator[str]:
    """`Forwarded` (RFC 7239), the last `for` first. An element without one, or a header that cannot be read, says
    nothing of what stands before it."""
    elements: list[str] = [""]
    at = 0
    while at < len(written):
        pair = _PAIR.match(written, at)
        if pair is None or pair.end() == at:
            yield ""
            return
        name, value, end = pair.groups()
        if name.lower() == "for":
            elements[-1] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        if end == ",":
            elements.append("")
        at = pair.end()
    for element in reversed(elements):
        yield _without_port(element)


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, colon, _ = entry.partition(":")
    return host if colon and "." in host else entry
