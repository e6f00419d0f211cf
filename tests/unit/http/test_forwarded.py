"""Whose word for a client's address is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.entry.parties import party_of
from gateway.errors import ConfigurationError
from gateway.http.forwarded import Proxies

TRUSTED = ("10.0.0.0/8", "fd00::/8")


def scope(peer: str | None, *values: str, name: str = "X-Forwarded-For") -> dict[str, Any]:
    headers = [(name.lower().encode(), value.encode("latin-1")) for value in values]
    return {"client": None if peer is None else (peer, 1), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "written", "client"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.7"], "127.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7, 10.1.1.1, fd00::1"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, nonsense, 10.0.0.5"], "10.0.0.5"),
        ("10.0.0.1", ["198.51.100.7, "], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::1%eth0", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7" + ", 10.0.0.2" * 100], "10.0.0.2"),
        (None, ["198.51.100.7"], ""),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_clients(
    peer: str | None, written: list[str], client: str
) -> None:
    assert Proxies(TRUSTED).client_of(scope(peer, *written)) == client


@pytest.mark.parametrize(
    ("written", "client"),
    [
        (["for=198.51.100.7"], "198.51.100.7"),
        (["For=198.51.100.7;proto=https;by=10.0.0.1"], "198.51.100.7"),
        (['for="198.51.100.7:4711"'], "198.51.100.7"),
        (['for="[2001:db8::7]:4711"'], "2001:db8::7"),
        (["for=1.1.1.1, for=198.51.100.7;host=x, for=10.1.1.1"], "198.51.100.7"),
        (["for=1.1.1.1", "for=198.51.100.7"], "198.51.100.7"),
        (['host="a,for=1.1.1.1";for=198.51.100.7'], "198.51.100.7"),
        (["for=1.1.1.1, proto=https"], "10.0.0.1"),
        (["for=1.1.1.1, for=_hidden"], "10.0.0.1"),
        (["for=1.1.1.1, for=unknown"], "10.0.0.1"),
        (['for="1.1.1.1'], "10.0.0.1"),
        (["198.51.100.7"], "10.0.0.1"),
        (["for=" + "1" * 10_000], "10.0.0.1"),
    ],
)
def test_the_other_header_is_read_as_its_rfc_says(written: list[str], client: str) -> None:
    assert Proxies(TRUSTED, "forwarded").client_of(scope("10.0.0.1", *written, name="Forwarded")) == client


def test_only_the_one_configured_header_is_read() -> None:
    """A proxy that writes one of them passes the other on as its client sent it."""
    assert Proxies(TRUSTED).client_of(scope("10.0.0.1", "for=1.1.1.1", name="Forwarded")) == "10.0.0.1"
    assert Proxies(TRUSTED, "forwarded").client_of(scope("10.0.0.1", "1.1.1.1")) == "10.0.0.1"


def test_nobody_is_trusted_unless_configured() -> None:
    for peer in ("127.0.0.1", "::1", "10.0.0.1"):
        assert Proxies().client_of(scope(peer, "1.1.1.1")) == peer


@given(
    st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=4),
    st.sampled_from(["x-forwarded-for", "forwarded"]),
)
def test_whatever_a_client_writes_the_next_proxys_word_stands(invented: list[str], header: Any) -> None:
    last = "198.51.100.7" if header == "x-forwarded-for" else "for=198.51.100.7"
    proxies = Proxies(TRUSTED, header)
    assert proxies.client_of(scope("192.0.2.1", *invented, name=header)) == "192.0.2.1"
    found = proxies.client_of(scope("10.0.0.1", *invented, last, name=header))
    assert found == "198.51.100.7" or (header == "forwarded" and found == "10.0.0.1")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "the balancer", "10.0.0.0/33", ""])
def test_a_network_that_is_none_or_everybodys_is_refused(network: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Proxies((network,))
    assert refused.value.place == "server.trusted_proxies"


def test_one_customers_ipv6_addresses_are_one_party() -> None:
    assert party_of("2001:db8:1:2:3::4") == party_of("2001:db8:1:2:ffff::1") != party_of("2001:db8:1:3::1")
    assert party_of("198.51.100.7") == party_of("::ffff:198.51.100.7") != party_of("198.51.100.8")
    assert len(party_of("x" * 100_000)) < 100
