"""What a configuration of backends must make sense of before anything is asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.calls.metrics import CallMetrics
from gateway.errors import ConfigurationError
from gateway.registry import Registry, check_address, manifest_of
from gateway.settings import BackendSection, Settings, decode
from gateway.state.database import Database
from gateway.validation.backends import check_backends
from gateway.validation.whole import facts_of
from tests.unit.validation.reference import ENVIRONMENT, REFERENCE, ROOT


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


SECTIONS: dict[str, dict[str, Any]] = {
    "adyen": {"api_key": "shop_admin", "merchant_account": "ShopECOM"},
    "hubspot": {"access_token": "shop_admin"},
    "manual": {"methods": {"pickup": {"kind": "pickup", "label": "Pay at pickup"}}},
    "memory": {},
    "odoo": {"api_key": "shop_admin", "database": "d", "login": "l"},
    "shopify": {"admin_token": "shop_admin", "storefront_token": "shop_admin"},
    "square": {"access_token": "shop_admin"},
    "stripe": {"secret_key": "shop_admin"},
    "vendure": {"api_key": "shop_admin"},
}
ODD: tuple[Any, ...] = ("", "id", "a.b", "GB", 0, 1.5, True, ["a"], ["a", "b", "c", "d", "e", "f"], {"en": "x"})


def opens(settings: Settings, database: Database) -> bool:
    try:
        Registry.open(settings, database, CallMetrics())
    except ConfigurationError:
        return False
    return True  # nothing is connected before somebody asks


@pytest.mark.parametrize("adapter", SECTIONS)
async def test_what_the_check_takes_of_a_backend_can_be_opened(adapter: str) -> None:
    """Every key of an adapter with values of every kind: none is refused only when it is too late."""
    late: list[str] = []
    database = await Database.open("sqlite+aiosqlite:///:memory:")
    reference = decode(REFERENCE, ENVIRONMENT, base=ROOT)
    facts = facts_of(reference)
    for field in msgspec.structs.fields(manifest_of(adapter, place=adapter).config):
        for value in ODD:
            options = {**SECTIONS[adapter], field.encode_name: value}
            section = BackendSection(
                name="crm", adapter=adapter, alias="crm", url="https://crm.example", options=options
            )
            settings = msgspec.structs.replace(reference, backends={"crm": section}, domains={}, locations={})
            told = list(check_backends(settings, facts, {}))
            if not any((mistake.place or "").startswith("backends.crm") for mistake in told):
                late += [] if opens(settings, database) else [f"{field.encode_name} = {value!r}"]
    await database.close()
    assert late == []
