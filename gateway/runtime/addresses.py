"""Which network addresses a backend may have: looked at when the socket is made, after every name was resolved.

A check of the URL alone is beaten by names that resolve to private addresses, by addresses in unusual notation and by
names that resolve differently the second time; the socket is made for exactly one numeric address.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from gateway.runtime.special_addresses import is_reachable

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class AddressRefused(OSError):
    """The name of a backend resolved to an address the gateway may not connect to."""


def is_public(address: str) -> bool:
    """Whether a numeric address is globally routable, looking through IPv4 addresses that are wrapped in IPv6."""
    try:
        return is_reachable(ip_address(address.partition("%")[0]))
    except ValueError:
        return False


def socket_factory(*, allow_private_network: bool) -> Callable[[AddressInfo], socket.socket]:
    """Makes the sockets of one backend's connector, and refuses addresses that backend may not have."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not allow_private_network and not is_public(str(address[0])):
            raise AddressRefused(f"private, loopback or link-local address {address[0]} is not allowed")
        return socket.socket(family, kind, protocol)

    return make
