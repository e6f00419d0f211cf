"""An order that was placed at one system and written into others is one order for whoever asks, and staff see where it
stands.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import delete, insert, update

from gateway.model.fulfilment import GapReason
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderOrigin
from gateway.model.syncing import SyncRole, SyncState
from gateway.ports.order import Placement
from gateway.state.mirrors import StoredMirrors
from gateway.state.tables import checkouts, order_mirrors
from tests.unit.services.conftest import Build, World
from tests.unit.services.fulfilling import SOHO_POINT, Hand, lacking, plans, served, shown, wish
from tests.unit.services.retailer import STAFF, configuration, domains, order, person, shop, shopper

ADA, RUN = shopper("ada@example.com"), "RUNOFAMIRROREDORDER2345672"


def backend(*orders: Any) -> Any:
    return shop("MUG", customers=(person("1", "ada@example.com"),), orders=orders)


async def mirrored(build: Build) -> World:
    """The shop's order W1, which the ERP has as S1, and which the till still lacks."""
    systems = ("shop", "erp", "till")
    channel = {
        "countries": ["GB"], "currencies": {"GB": ["GBP"]}, "orders": {"mirror": ["erp"], "expect": ["till"]},
    }  # fmt: skip
    world = await build(
        configuration(domains=domains(order=systems, customer=systems), channels={"web": channel}),
        {
            "shop": backend(order("10", "1", 9, number="W1")),
            "erp": backend(order("90", "1", 0.5, number="S1", origin=OrderOrigin("W1", "shop"))),
            "till": backend(),
        },
    )
    carts = world.services.stored_carts
    assert carts is not None
    stored = StoredMirrors(carts.database)
    row = {
        "run": RUN, "cart": "1" * 26, "cart_version": 1, "subject": "s", "continued": 0, "language": "en",
        "currency": "GBP", "quoted": "12.00", "state": "COMPLETED", "stage": "completed", "order_backend": "shop",
        "order_id": "10", "order_number": "W1", "created": 0.0, "moved": 0.0, "ended": 1.0,
    }  # fmt: skip
    async with carts.database.write() as connection:
        await connection.execute(insert(checkouts).values(row))
        await stored.open(connection, RUN, SyncRole.MIRROR, ("erp",), "{}")
        await stored.open(connection, RUN, SyncRole.EXPECTED, ("till",), "{}")
        await stored.moved(connection, RUN, "erp", SyncState.THERE, order_id="90", order_number="S1")
        await connection.execute(update(order_mirrors).where(order_mirrors.c.backend == "till").values(due=1.0))
    return world


async def test_it_is_listed_once_at_its_owner(build: Build) -> None:
    world = await mirrored(build)
    query = "{ me { orders { nodes { number freshness { source } } } } }"
    nodes = (await world.data(query, principal=ADA))["me"]["orders"]["nodes"]
    assert [node["number"] for node in nodes] == ["W1"]
    assert nodes[0]["freshness"] == {"source": "shop"}


def node(world: World, backend_name: str, fields: str) -> str:
    """The one order of a backend's, asked for by its id."""
    seeded = world[backend_name].seed.orders[0]
    identifier = world.services.ids.order(replace(seeded, ref=NativeRef(backend_name, seeded.ref.id)))
    return f'{{ node(id: "{identifier}") {{ ... on Order {{ {fields} }} }} }}'


async def test_the_id_of_its_mirror_is_the_owners_order(build: Build) -> None:
    world = await mirrored(build)
    for name in ("shop", "erp"):
        found = await world.data(node(world, name, "number"), principal=ADA)
        assert found["node"] == {"number": "W1"}, name
    stranger = await world.data(node(world, "erp", "number"), principal=shopper("bob@example.com", subject="bob"))
    assert stranger["node"] is None


async def test_staff_see_where_it_stands(build: Build) -> None:
    world = await mirrored(build)
    query = node(world, "shop", "syncInfo { system role state number overdue reason reference }")
    rows = (await world.data(query, principal=STAFF))["node"]["syncInfo"]
    assert {row["reference"] for row in rows} == {RUN}
    assert [tuple(row[key] for key in ("system", "role", "state", "number", "overdue", "reason")) for row in rows] == [
        ("shop", "OWNER", "THERE", "W1", False, None),
        ("erp", "MIRROR", "THERE", "S1", False, None),
        ("till", "EXPECTED", "WAITING", None, True, None),
    ]
    assert (await world.ask(query, principal=ADA)).errors


async def test_an_order_that_no_checkout_made_says_nothing(build: Build) -> None:
    world = await mirrored(build)
    carts = world.services.stored_carts
    assert carts is not None
    async with carts.database.write() as connection:
        await connection.execute(delete(checkouts))
    found = await world.data(node(world, "shop", "number syncInfo { system }"), principal=STAFF)
    assert found["node"] == {"number": "W1", "syncInfo": None}


def stores(owner: str) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "name": name.title(), "locations": [name], "country": "GB", "timezone": "Europe/London", "channel": "web",
            "services": ["pickup"], "point": {"latitude": latitude, "longitude": -0.13},
            "hours": {"mon-sun": "00:00-24:00"}, **more,
        }
        for name, latitude, more in (("soho", 51.513, {"orders": owner}), ("mayfair", 51.51, {}))
    }  # fmt: skip


async def test_a_store_may_name_another_owner_of_what_is_collected_there(build: Build) -> None:
    """Who can be told of the place, though the channel's owner decides by itself; the rest goes another way."""
    full = {"MUG": 9}
    world = await served(
        build, placement=Placement.OWNER_DECIDES, soho=full, mayfair=full, warehouse=full, stores=stores("till"),
        refs={"soho": {"refs": {"shop": "SOHO", "till": "T-SOHO"}}}, others=("till",),
    )  # fmt: skip
    hand = Hand(world, ADA)
    await hand.create(wish("MUG", 2))
    told = await plans(hand, near=SOHO_POINT)
    assert [("PICKUP", "Soho", [2])] in [shown(plan) for plan in told["plans"]]
    assert [("PICKUP", "Mayfair", [2])] not in [shown(plan) for plan in told["plans"]]
    assert ("PICKUP", "Mayfair", GapReason.OWNER_CANNOT_BE_TOLD.value, None) in lacking(told["gaps"])


async def test_what_two_systems_would_order_is_not_planned_together_and_not_bought(build: Build) -> None:
    world = await served(
        build, soho={"MUG": 1}, warehouse={"BOWL": 5, "MUG": 0}, stores=stores("till"),
        refs={"soho": {"refs": {"shop": "SOHO", "till": "T-SOHO"}}}, others=("till",),
    )  # fmt: skip
    hand = Hand(world, ADA)
    await hand.create(wish("MUG", 1), wish("BOWL", 2))
    assert [plan["id"] for plan in (await plans(hand, near=SOHO_POINT))["plans"]] == [None]
