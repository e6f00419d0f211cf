"""Through whom a checkout may sell is asked of each market's own owner."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.calls.operation.bound import BoundBackend
from gateway.checkout.owners import owner_of_orders
from gateway.ownership import Ownership
from gateway.ports.manifest import Manifest
from gateway.ports.order import Amounts, OrderWriting
from gateway.settings import decode
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from tests.unit.services.retailer import configuration, domains, shop

OWN = replace(MANIFEST, ordering=OrderWriting(amounts=Amounts.OWN, pending=True))


def owned(japan: Manifest, price: tuple[str, ...]) -> Ownership:
    raw: dict[str, Any] = {
        **configuration(domains=domains("erp", order=("erp", "shop"), price=price)),
        "backends": {
            "erp": {"adapter": "memory", "url": "memory:", "countries": ["GB"]},
            "shop": {"adapter": "memory", "url": "memory:", "countries": ["JP"]},
            "prices": {"adapter": "memory", "url": "memory:"},
        },
    }
    manifests = {"erp": MANIFEST, "shop": japan, "prices": MANIFEST}
    bound = {
        name: BoundBackend(name=name, alias=name, backend=ReferenceAdapter(name, shop()).backend, manifest=manifest)
        for name, manifest in manifests.items()
    }
    return Ownership(decode(raw, {}), bound)


@pytest.mark.parametrize(
    ("japan", "price", "sold"),
    [
        pytest.param(MANIFEST, ("prices",), "shop", id="amounts that are given"),
        pytest.param(OWN, ("prices",), None, id="amounts of its own beside another's prices"),
        pytest.param(OWN, ("erp", "shop"), "shop", id="amounts of its own, and its own prices"),
        pytest.param(replace(MANIFEST, writes={}), ("prices",), None, id="no orders to be placed"),
    ],
)
def test_each_market_sells_through_its_own_owner(japan: Manifest, price: tuple[str, ...], sold: str | None) -> None:
    ownership = owned(japan, price)
    assert owner_of_orders(ownership, "GB") == "erp"
    assert owner_of_orders(ownership, "JP") == sold
