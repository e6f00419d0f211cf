"""A retailer of a warehouse and three stores, two of which lie near each other; one shop counts and takes orders."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, cast

from msgspec.structs import replace

from gateway.calls.operation.bound import BoundBackend
from gateway.ports.order import OrderWriting, Placement
from gateway.state.ledger import Ledger, StockSpot
from gateway.testing.sandbox import SeedKit, SeedShipping
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, gbp, shop, stock
from tests.unit.services.test_carts import Hand, wish

__all__ = ["PLANS", "Hand", "hold", "placing", "plans", "served", "wish"]

ROW = "way store { name { value } } lineId wanted available reason"
PLANS = f"""query ($id: ID!, $near: NearInput, $address: FulfilmentAddressInput) {{ cart(id: $id) {{
  fulfilmentPlans(near: $near, address: $address) {{ complete holdSeconds gaps {{ {ROW} }}
    plans {{ id reasons parcels cost {{ amount currencyCode }} promise {{ readyAt readyBy confidence }}
      missing {{ {ROW} }}
      parts {{ way store {{ name {{ value }} }} distanceKm pieces {{ lineId quantity }}
        promise {{ readyAt readyBy confidence }} option {{ id price {{ gross {{ amount }} }} }} }} }} }} }} }}"""
SOHO_POINT = {"latitude": 51.513, "longitude": -0.131}
STANDARD = SeedShipping(id="standard", label="Standard", price=gbp("4.80"), countries=("GB",))


def _store(name: str, latitude: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name.title(), "locations": [name], "country": "GB", "timezone": "Europe/London", "channel": "web",
        "services": ["pickup"], "point": {"latitude": latitude, "longitude": -0.13},
        "hours": {"mon-sun": "00:00-24:00"}, **more,
    }  # fmt: skip


async def served(
    build: Build,
    *,
    placement: Placement = Placement.PER_LINE,
    sending: tuple[str, ...] = ("warehouse",),
    shipping: tuple[SeedShipping, ...] = (STANDARD,),
    refs: Mapping[str, Mapping[str, Any]] | None = None,
    stores: Mapping[str, dict[str, Any]] | None = None,
    channel: Mapping[str, Any] | None = None,
    others: tuple[str, ...] = (),
    kits: tuple[SeedKit, ...] = (),
    safety_stock: int = 0,
    **counted: Mapping[str, int],
) -> World:
    """`counted` by place: `soho={"MUG": 3}`. What is not counted at a place is not there. `others` are
    systems that sell and count nothing; `kits` are sold beside the rest, and made of it."""
    places = ("warehouse", "soho", "mayfair", "leeds")
    skus = ("MUG", "BOWL", "CUP")
    counts = tuple(stock(sku, place.upper(), counted.get(place, {}).get(sku, 0)) for place in places for sku in skus)
    made = [str(kit.variant) for kit in kits]
    world = await build(
        configuration(
            domains=domains(shipping=("shop",)),
            locations={
                place: {"refs": {"shop": place.upper()}, "safety_stock": safety_stock, **(refs or {}).get(place, {})}
                for place in places
            },
            stores=stores
            or {"soho": _store("soho", 51.513), "mayfair": _store("mayfair", 51.51), "leeds": _store("leeds", 53.8)},
            channels={
                "web": {
                    "countries": ["GB"],
                    "currencies": {"GB": ["GBP"]},
                    "locations": list(sending),
                    **(channel or {}),
                }
            },
        ),
        {
            "shop": shop(*skus, *made, stock=counts, shipping=shipping, kits=kits),
            **{name: shop(*skus) for name in others},
        },
    )
    placing(world, placement)
    return world


def placing(world: World, placement: Placement, *, pending: bool = False) -> None:
    """The owner of orders as it declares itself."""
    backends = cast("MutableMapping[str, BoundBackend]", world.services.ownership.backends)
    bound = backends["shop"]
    backends["shop"] = replace(
        bound, manifest=replace(bound.manifest, ordering=OrderWriting(placement=placement, pending=pending))
    )


async def plans(hand: Hand, **given: Any) -> dict[str, Any]:
    told = await hand.ask(PLANS, {"id": hand.cart["id"], **given})
    return told["cart"]["fulfilmentPlans"]


async def hold(world: World, run: str, **pieces: Mapping[str, int]) -> None:
    """Kept back by a checkout that read the shop just now: `soho={"MUG": 2}`."""
    carts = world.services.stored_carts
    assert carts is not None
    ledger = Ledger(carts.database)
    wanted = {StockSpot("shop", sku, place.upper()): count for place, by in pieces.items() for sku, count in by.items()}
    await ledger.read_at(dict.fromkeys(wanted, 99), await ledger.now())
    async with carts.database.write() as connection:
        assert not await ledger.reserve(connection, run, wanted)


def shown(plan: Mapping[str, Any]) -> list[tuple[str, str | None, list[int]]]:
    """Way, store and pieces of each part."""
    return [
        (part["way"], part["store"] and part["store"]["name"]["value"], [each["quantity"] for each in part["pieces"]])
        for part in plan["parts"]
    ]


def lacking(gaps: list[dict[str, Any]]) -> list[tuple[str, str | None, str, int | None]]:
    return [
        (gap["way"], gap["store"] and gap["store"]["name"]["value"], gap["reason"], gap["available"]) for gap in gaps
    ]
