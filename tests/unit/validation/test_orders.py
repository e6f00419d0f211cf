"""Whose prices an order may bear is looked at before anybody can pay."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.ports.manifest import Manifest
from gateway.ports.order import Amounts, OrderWriting
from gateway.ports.stock import COMMIT_STOCK
from gateway.settings import decode
from gateway.testing.reference.manifest import MANIFEST
from gateway.validation import validate
from tests.unit.services.retailer import configuration, domains

OWN = replace(MANIFEST, name="own", ordering=OrderWriting(amounts=Amounts.OWN, pending=True))


def told(price: str, *, payment: bool = True) -> list[str]:
    backends = {name: {"adapter": name, "url": "memory:"} for name in ("own", "memory")}
    owners = domains("own", price=(price,), **({"payment": ("memory",)} if payment else {}))
    manifests: dict[str, Manifest] = {"own": OWN, "memory": MANIFEST}
    settings = decode({**configuration(domains=owners), "backends": backends}, {})
    return [m.message for m in validate(settings, manifests=manifests) if m.place == "domains.order.order"]


def test_an_owner_with_its_own_amounts_sells_at_nobody_elses_prices() -> None:
    (message,) = told("memory")
    assert message == (
        "no checkout can sell orders of `own`: it computes its own prices, and another system owns them here; "
        "`memory` could own them"
    )


def test_it_sells_at_its_own() -> None:
    assert told("own") == []


def test_where_nobody_can_pay_nothing_is_sold() -> None:
    assert told("memory", payment=False) == []


def test_an_owner_of_another_market_is_looked_at_too() -> None:
    backends = {
        "memory": {"adapter": "memory", "url": "memory:", "countries": ["GB"]},
        "own": {"adapter": "own", "url": "memory:", "countries": ["JP"]},
        "prices": {"adapter": "memory", "url": "memory:"},
    }
    owners = domains("memory", order=("memory", "own"), price=("prices",), payment=("memory",))
    channels = {"web": {"countries": ["GB", "JP"], "currencies": {"GB": ["GBP"], "JP": ["JPY"]}}}
    raw = {**configuration(domains=owners, channels=channels), "backends": backends}
    mistakes = validate(decode(raw, {}), manifests={"own": OWN, "memory": MANIFEST})
    (message,) = [mistake.message for mistake in mistakes if mistake.place == "domains.order.order"]
    assert message.startswith("no checkout can sell orders of `own`: it computes its own prices")


DEAF = replace(
    MANIFEST,
    name="deaf",
    writes={name: spec for name, spec in MANIFEST.writes.items() if name != COMMIT_STOCK.name},
)


def of_places(counts: str) -> list[tuple[str | None, str, bool]]:
    names = ("memory", "deaf")
    raw = configuration(
        domains=domains("memory", payment=("memory",)),
        locations={"london": {"refs": dict.fromkeys(names, "LON"), "stock": counts}},
        channels={"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]}},
    )
    backends = {name: {"adapter": name, "url": "memory:"} for name in names}
    mistakes = validate(decode({**raw, "backends": backends}, {}), manifests={"deaf": DEAF, "memory": MANIFEST})
    return [(each.place, each.message, each.grave) for each in mistakes if "nothing is sold" in each.message]


def test_a_place_whose_system_cannot_be_told_of_an_order_is_named() -> None:
    message = (
        "nothing is sold from here in orders of `memory`: `deaf` counts its stock and hears of none of them "
        "(`stock.commit_stock`, or a mirror); `memory` could"
    )
    assert of_places("deaf") == [("locations.london.stock", message, False)]
    assert of_places("memory") == []
