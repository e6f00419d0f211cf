"""What a configuration of backends must make sense of before anything is asked."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigurationError
from gateway.registry import check_address


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8069", "https://shop.example/api", "http://[::1]:80", "https://a:b@host"]
)
def test_an_address_with_a_host_is_taken(url: str) -> None:
    check_address(url, place="backends.erp.url")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "erp",
        "erp.example:80",
        "//erp",
        "ftp://erp",
        "http://",
        "http://:80",
        "http://erp:99999",
        "http://[::1",
        "http://erp:0",
    ],
)
def test_what_no_client_can_ask_is_the_operators_mistake_with_its_place(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_address(url, place="backends.erp.url")
    assert "backends.erp.url" in str(raised.value)
