"""An adapter whose manifest, ports and configuration do not fit keeps the gateway from opening, and says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.app import Gateway, build_app
from gateway.errors import ConfigurationError
from gateway.ports.manifest import Manifest
from gateway.settings import Settings, decode
from gateway.testing.reference.manifest import MANIFEST, manifest_of
from gateway.testing.sandbox import Seed

FITS = manifest_of({"shop": Seed(currency="GBP", country="GB")})


def settings(folder: Path) -> Settings:
    raw: dict[str, Any] = {
        "gateway": {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite"},
        "backends": {"shop": {"adapter": "odd", "url": "http://127.0.0.1:9", "allow_private_network": True}},
        "domains": {"price": {"order": ["shop"]}},
    }
    return decode(raw, {})


def without(name: str) -> dict[str, Any]:
    return {each: spec for each, spec in MANIFEST.operations.items() if each != name}


def _nothing(_: object) -> Any:
    return object()


UNFIT = {
    "a misspelt operation": (
        replace(
            FITS, operations=without("stock.get_stock") | {"stock.get_stok": MANIFEST.operations["stock.get_stock"]}
        ),
        "declares `stock.get_stok`, which is no operation; did you mean `stock.get_stock`?",
    ),
    "an operation that nobody serves the domain without": (
        replace(FITS, operations=without("price.get_prices")),
        "its manifest declares no `price.get_prices`",
    ),
    "a write there and not declared": (
        replace(FITS, writes={}),
        "has `place_order`, and its manifest does not declare `order.place_order`",
    ),
    "webhooks that nobody receives": (
        replace(FITS, webhook_topics=("prices/update",)),
        "declares the webhook topic `prices/update` and receives no webhooks",
    ),
    "no backend at all": (replace(FITS, create=_nothing), "makes object, no Backend"),
}


@pytest.mark.parametrize("case", UNFIT)
async def test_a_gateway_does_not_open_with(case: str, tmp_path: Path) -> None:
    manifest, said = UNFIT[case]
    unfit: Manifest = manifest
    with pytest.raises(ConfigurationError) as refused:
        await Gateway.open(settings(tmp_path), {"odd": unfit})
    assert said in refused.value.message
    with pytest.raises(ConfigurationError):
        await build_app(settings(tmp_path), manifests={"odd": unfit}).start()


async def test_one_that_fits_opens(tmp_path: Path) -> None:
    gateway = await Gateway.open(settings(tmp_path), {"odd": FITS})
    await gateway.close()
