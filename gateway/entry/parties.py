"""Who is counted as one in the network."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

LONGEST_ADDRESS = 64
SITE_BITS = 64
"""What one IPv6 customer has at least to itself."""

IpAddress = IPv4Address | IPv6Address


def party_of(address: str) -> str:
    """Who is counted as one: an IPv4 address, or the IPv6 network of /64 that one customer can choose addresses in."""
    return address[:LONGEST_ADDRESS] if len(address) > LONGEST_ADDRESS else _party(address)


@lru_cache(4_096)
def _party(address: str) -> str:
    parsed = _read(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> SITE_BITS << SITE_BITS, SITE_BITS)))
    return address if parsed is None else str(parsed)


def address_read(written: str) -> IpAddress | None:
    """An address without its zone; IPv4 as IPv4, however the socket writes it."""
    return None if len(written) > LONGEST_ADDRESS else _read(written)


@lru_cache(4_096)
def _read(written: str) -> IpAddress | None:
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
