from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.runtime.addresses import is_public

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:db8::1", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(address)


IANA = {
    # IPv4 Special-Purpose Address Registry
    "0.0.0.0/8": False, "0.0.0.0/32": False, "10.0.0.0/8": False, "100.64.0.0/10": False, "127.0.0.0/8": False,
    "169.254.0.0/16": False, "172.16.0.0/12": False, "192.0.0.0/24": False, "192.0.0.0/29": False,
    "192.0.0.8/32": False, "192.0.0.170/32": False, "192.0.0.171/32": False, "192.0.2.0/24": False,
    "192.88.99.0/24": False, "192.88.99.2/32": False, "192.168.0.0/16": False, "198.18.0.0/15": False,
    "198.51.100.0/24": False, "203.0.113.0/24": False, "240.0.0.0/4": False, "255.255.255.255/32": False,
    # IPv6 Special-Purpose Address Registry
    "::1/128": False, "::/128": False, "64:ff9b:1::/48": False, "100::/64": False, "100:0:0:1::/64": False,
    "2001::/23": False, "2001::/32": False, "2001:2::/48": False, "2001:10::/28": False, "2001:db8::/32": False,
    "3fff::/20": False, "5f00::/16": False, "fc00::/7": False, "fe80::/10": False,
    # IPv4 and IPv6 multicast, and what is deprecated
    "224.0.0.0/4": False, "ff00::/8": False, "fec0::/10": False, "::/96": False, "::ffff:0:0:0/96": False,
    # ordinary networks right beside them
    "1.0.0.0/8": True, "9.0.0.0/8": True, "11.0.0.0/8": True, "100.0.0.0/10": True, "100.128.0.0/9": True,
    "126.0.0.0/8": True, "128.0.0.0/8": True, "169.253.0.0/16": True, "169.255.0.0/16": True, "172.0.0.0/12": True,
    "172.32.0.0/11": True, "192.0.1.0/24": True, "192.0.3.0/24": True, "192.88.98.0/24": True, "192.88.100.0/24": True,
    "192.167.0.0/16": True, "192.169.0.0/16": True, "198.17.0.0/16": True, "198.20.0.0/16": True,
    "198.51.99.0/24": True, "198.51.101.0/24": True, "203.0.112.0/24": True, "203.0.114.0/24": True,
    "223.0.0.0/8": True, "168.63.129.0/28": True, "168.63.129.17/32": True, "2001:200::/23": True,
    "2001:db7::/32": True, "2001:db9::/32": True, "2003::/16": True, "3ffe::/16": True, "3fff:1000::/20": True,
}  # fmt: skip
"""Networks, and whether they are globally reachable."""


@pytest.mark.parametrize(("network", "reachable"), IANA.items())
def test_the_registries_of_iana_are_followed(network: str, reachable: bool) -> None:
    parsed = ip_network(network)
    middle = parsed[parsed.num_addresses // 2]
    assert {is_public(str(address)) for address in (parsed[0], middle, parsed[-1])} == {reachable}


METADATA = ["168.63.129.16", "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"]


def wrapped(address: IPv4Address) -> dict[str, str]:
    """An IPv4 address in every form of IPv6 that ends there."""
    high, low = int(address) >> 16, int(address) & 0xFFFF
    return {
        "mapped": f"::ffff:{address}",
        "mapped, in hex": f"0:0:0:0:0:ffff:{high:x}:{low:x}",
        "NAT64": f"64:ff9b::{high:x}:{low:x}",
        "6to4": f"2002:{high:x}:{low:x}::1",
        "ISATAP": f"2a00:1450:4009::5efe:{high:x}:{low:x}",
        "ISATAP, unique": f"2a00:1450:4009::200:5efe:{high:x}:{low:x}",
    }


NEVER = {
    "translated": "::ffff:0:{0}",
    "compatible": "::{0}",
    "local NAT64": "64:ff9b:1::{0}",
    "Teredo": "2001:0:808:808::{0}",
    "link-local ISATAP": "fe80::5efe:{0}",
}


@pytest.mark.parametrize("address", METADATA)
def test_a_clouds_metadata_are_reached_in_no_form(address: str) -> None:
    assert not is_public(address)
    if "." in address:
        assert not any(is_public(form) for form in wrapped(IPv4Address(address)).values())


@given(st.ip_addresses(v=4))
def test_what_is_wrapped_is_as_public_as_what_is_inside(address: IPv4Address) -> None:
    public = is_public(str(address))
    assert {name: is_public(form) for name, form in wrapped(address).items()} == dict.fromkeys(wrapped(address), public)
    assert not any(is_public(form.format(address)) for form in NEVER.values())


@given(st.text(max_size=40))
def test_what_is_no_address_is_refused(text: str) -> None:
    assert is_public(text) in (False, True)
    if not any(character in ".:" for character in text):
        assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_in_ipv6_changes_nothing(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
