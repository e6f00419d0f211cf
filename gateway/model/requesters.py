"""Who a checkout, a declined card or a wrong code is counted to. The key is a hash, under a key of ours."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class RequesterKind(Enum):
    ADDRESS = "address"
    """Who is counted as one in the network: an IPv4 address, or the /64 of IPv6."""
    DEVICE = "device"
    """A device's credential, whoever stands before it."""
    CUSTOMER = "customer"
    """Who has signed in, or whose the cart is."""


class Requester(Struct, frozen=True):
    """`key` is a hash under a key of ours, of 64 characters."""

    kind: RequesterKind
    key: str
