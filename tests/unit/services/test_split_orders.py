"""What one checkout bought in several orders is one order for whoever asks: listed once, under the first one's number,
with what all of them have.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from gateway.model.identity import NativeRef
from gateway.model.orders import Order, OrderStatus
from gateway.ports.order import Placement
from gateway.state.further_orders import FurtherOrder, FurtherOrders, FurtherState
from gateway.state.tables import checkouts
from tests.unit.services.conftest import Build, World
from tests.unit.services.fulfilling import Hand, placing, plans, served, shown, wish
from tests.unit.services.retailer import configuration, domains, order, person, shop, shopper

ADA, RUN = shopper("ada@example.com"), "RUNOFTWOORDERSABCDEFGH234"
FIELDS = """number status total { gross { amount } } lines { sku } linesTruncated
  parts { number status total { gross { amount } } }"""
LIST = """query($first: Int!, $after: String) { me { orders(first: $first, after: $after) {
  nodes { number } pageInfo { hasNextPage endCursor } } } }"""
OTHERS = 4


async def split(build: Build, **changed: Any) -> World:
    """W1 in five orders (W1 to W5, the last one placed last), between an older and a younger order."""
    parts = [order(str(10 + number), "1", 5 - number / 1_000, number=f"W{number + 1}") for number in range(OTHERS + 1)]
    parts[1] = replace(parts[1], **changed)
    orders: tuple[Order, ...] = (order("1", "1", 1), *parts, order("2", "1", 9))
    seed = shop("MUG", customers=(person("1", "ada@example.com"),), orders=orders)
    channel = {"countries": ["GB"], "currencies": {"GB": ["GBP"]}}
    world = await build(
        configuration(domains=domains(order=("shop",), customer=("shop",)), channels={"web": channel}), {"shop": seed}
    )
    placing(world, Placement.PER_ORDER, pending=True)
    carts = world.services.stored_carts
    assert carts is not None
    row = {
        "run": RUN, "cart": "1" * 26, "cart_version": 1, "subject": "s", "continued": 0, "language": "en",
        "currency": "GBP", "quoted": "60.00", "state": "COMPLETED", "stage": "completed", "order_backend": "shop",
        "order_id": "10", "order_number": "W1", "created": 0.0, "moved": 0.0, "ended": 1.0,
    }  # fmt: skip
    stored = FurtherOrders(carts.database)
    async with carts.database.write() as connection:
        await connection.execute(insert(checkouts).values(row))
        planned = [
            FurtherOrder(position=at, backend="shop", place=f"P{at}", reference=f"R{at}", amount="12.00")
            for at in range(1, OTHERS + 1)
        ]
        await stored.plan(connection, RUN, planned)
        for at in range(1, OTHERS + 1):
            known = {"order_id": str(10 + at), "order_number": f"W{at + 1}"}
            await stored.change(connection, RUN, at, FurtherState.CONFIRMED, **known)
    return world


@pytest.mark.parametrize("first", [1, 2, 10])
async def test_they_are_listed_once_whatever_the_length_of_a_page(build: Build, first: int) -> None:
    world = await split(build)
    seen: list[str] = []
    after: str | None = None
    for _ in range(10):
        page = (await world.data(LIST, {"first": first, "after": after}, principal=ADA))["me"]["orders"]
        seen += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["N1", "W1", "N2"]


async def listed(world: World) -> dict[str, Any]:
    query = f"{{ me {{ orders {{ nodes {{ {FIELDS} }} }} }} }}"
    nodes = (await world.data(query, principal=ADA))["me"]["orders"]["nodes"]
    return next(node for node in nodes if node["number"] == "W1")


async def test_it_has_what_all_of_them_have(build: Build) -> None:
    found = await listed(await split(build))
    assert (found["total"]["gross"]["amount"], len(found["lines"]), found["linesTruncated"]) == ("60.00", 5, False)
    assert [part["number"] for part in found["parts"]] == ["W1", "W2", "W3", "W4", "W5"]
    assert found["status"] == "FULFILLED"


async def test_one_of_them_is_still_on_its_way(build: Build) -> None:
    found = await listed(await split(build, status=OrderStatus.CONFIRMED))
    assert (found["status"], found["parts"][1]["status"]) == ("PARTIALLY_FULFILLED", "CONFIRMED")


async def test_what_is_cancelled_of_it_does_not_keep_it_from_being_fulfilled(build: Build) -> None:
    found = await listed(await split(build, status=OrderStatus.CANCELLED))
    assert (found["status"], found["parts"][1]["status"]) == ("FULFILLED", "CANCELLED")


async def test_the_id_of_any_of_them_is_the_whole_order(build: Build) -> None:
    world = await split(build)
    for native in ("10", "12"):
        seeded = next(each for each in world["shop"].seed.orders if each.ref.id == native)
        identifier = world.services.ids.order(replace(seeded, ref=NativeRef("shop", native)))
        query = f'{{ node(id: "{identifier}") {{ ... on Order {{ number parts {{ number }} }} }} }}'
        found = (await world.data(query, principal=ADA))["node"]
        assert (found["number"], len(found["parts"])) == ("W1", 5)
        stranger = await world.data(query, principal=shopper("bob@example.com", subject="bob"))
        assert stranger["node"] is None


async def test_a_part_that_cannot_be_read_is_shown_with_what_was_paid_for_it(build: Build) -> None:
    world = await split(build)
    world["shop"].seed = replace(
        world["shop"].seed, orders=tuple(each for each in world["shop"].seed.orders if each.number != "W3")
    )
    found = await listed(world)
    assert (found["total"]["gross"]["amount"], found["linesTruncated"]) == ("60.00", True)
    assert found["parts"][2] == {"number": "W3", "status": None, "total": {"gross": {"amount": "12.00"}}}


async def test_an_owner_that_takes_one_place_an_order_is_offered_as_several(build: Build) -> None:
    world = await served(build, soho={"MUG": 1}, warehouse={"BOWL": 5})
    placing(world, Placement.PER_ORDER, pending=True)
    hand = Hand(world, ADA)
    await hand.create(wish("MUG", 1), wish("BOWL", 2))
    (plan,) = (await plans(hand))["plans"]
    assert plan["id"] is not None
    assert shown(plan) == [("PICKUP", "Soho", [1]), ("SHIP", None, [2])]
