"""Which addresses the Internet reaches, by IANA's own registries: the special-purpose address registries of IPv4 and
IPv6 (RFC 6890 and its successors), as of 2025. Python's `is_global` follows an older state of them.

Where a registry says that an address is globally reachable although its network is not, this list does not follow: no
shop's system has an address among the protocol assignments.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPV4: tuple[IPv4Network, ...] = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private use
            "100.64.0.0/10",  # shared, behind a carrier's translator; a cloud's metadata, too
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's own wire to its machines: not in the registry, reached from inside only
            "169.254.0.0/16",  # link-local, metadata
            "172.16.0.0/12",  # private use
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 and 6a44 relays, deprecated
            "192.168.0.0/16",  # private use
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)

UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given to anybody. Outside of it: unspecified and loopback, IPv4 translated (`::ffff:0:0:0/96`)
and compatible, 64:ff9b:1::/48, 100::/64, 100:0:0:1::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10, ff00::/8."""
IPV6: tuple[IPv6Network, ...] = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarking, AMT, ORCHID, drone tags
            "2001:db8::/32",  # documentation
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)

NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = 0x00005EFE
_EITHER_BIT = 0xFDFFFFFF
"""Without the bit that says whether an interface's identifier is unique in the world."""


def is_reachable(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address of the Internet, and so is every IPv4 address inside it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in IPV4)
    if address.ipv4_mapped is not None:
        return is_reachable(address.ipv4_mapped)
    if address in NAT64:
        return is_reachable(IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in UNICAST or any(address in network for network in IPV6):
        return False
    return all(is_reachable(inside) for inside in _tunnelled(address))


def _tunnelled(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Where a tunnel would deliver it: 6to4 says so in front, ISATAP (RFC 5214) at the end."""
    inside: list[IPv4Address] = []
    if address.sixtofour is not None:
        inside.append(address.sixtofour)
    if int(address) >> 32 & _EITHER_BIT == _ISATAP:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(inside)
