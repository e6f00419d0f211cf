"""Orders over several systems as one list: each once, newest first, gaps named, nothing lost."""

from __future__ import annotations

from typing import Any

from gateway.model.orders import OrderOrigin
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import NOW, configuration, domains, order, person, shop, shopper

ADA = shopper("ada@example.com")
PAGE = """query($first: Int!, $after: String) { me { orders(first: $first, after: $after) {
  edges { late cursor node { number placedAt freshness { source } } }
  gaps { source code retryable } pageInfo { hasNextPage endCursor } totalCount } } }"""


def backend(*orders: Any) -> Any:
    return shop("MUG", customers=(person("1", "ada@example.com"), person("2", "bob@example.com")), orders=orders)


async def world_of(build: Build, **seeds: Any) -> World:
    return await build(configuration(domains=domains(order=tuple(seeds), customer=tuple(seeds))), {
        "shop": shop("MUG"), **seeds})  # fmt: skip


async def page(world: World, first: int, after: str | None = None, principal: Any = ADA) -> dict[str, Any]:
    data = await world.data(PAGE, {"first": first, "after": after}, principal=principal)
    return data["me"]["orders"]


def numbers(found: dict[str, Any]) -> list[str]:
    return [edge["node"]["number"] for edge in found["edges"]]


async def everything(world: World, first: int) -> list[str]:
    seen: list[str] = []
    after: str | None = None
    for _ in range(50):
        found = await page(world, first, after)
        seen += numbers(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return seen
    raise AssertionError("paging does not end")


async def test_web_orders_and_receipts_are_one_list_newest_first(build: Build) -> None:
    world = await world_of(
        build,
        shop=backend(order("10", "1", 1), order("11", "1", 4)),
        till=backend(order("20", "1", 2), order("21", "1", 3)),
    )
    assert await everything(world, 10) == ["N10", "N20", "N21", "N11"]
    assert await everything(world, 1) == ["N10", "N20", "N21", "N11"]


async def test_an_order_known_to_shop_and_erp_is_shown_once_although_the_dates_differ(build: Build) -> None:
    twin = order("90", "1", 0.5, number="S1", origin=OrderOrigin("W1", "shop"))
    older = [order(str(30 + n), "1", 10 + n) for n in range(6)]
    world = await world_of(build, shop=backend(order("10", "1", 9, number="W1"), *older), erp=backend(twin))
    assert (await everything(world, 2)).count("W1") == 1
    assert "S1" not in await everything(world, 2)


async def test_the_twin_enriches_only_when_it_is_selected(build: Build) -> None:
    twin = order("90", "1", 0.5, number="S1", origin=OrderOrigin("W1", "shop"))
    world = await world_of(build, shop=backend(order("10", "1", 9, number="W1")), erp=backend(twin))
    await page(world, 5)
    assert world["erp"].requests["order.get_by_origin"] == 0
    query = "{ me { orders { nodes { number fulfilment { number rawStatus freshness { source role } } } } } }"
    (node,) = (await world.data(query, principal=ADA))["me"]["orders"]["nodes"]
    assert node["fulfilment"] == {
        "number": "S1", "rawStatus": "done", "freshness": {"source": "erp", "role": "ENRICHMENT"}
    }  # fmt: skip
    assert world["erp"].requests["order.get_by_origin"] == 1


async def test_equal_instants_over_three_systems_page_without_loss_or_double(build: Build) -> None:
    world = await world_of(
        build,
        shop=backend(*(order(f"1{n}", "1", 3, number=f"A{n}") for n in range(4))),
        erp=backend(*(order(f"2{n}", "1", 3, number=f"B{n}") for n in range(4))),
        till=backend(*(order(f"3{n}", "1", 3, number=f"C{n}") for n in range(4))),
    )
    whole = {f"{letter}{n}" for letter in "ABC" for n in range(4)}
    for size in (1, 2, 3, 5, 12):
        seen = await everything(world, size)
        assert len(seen) == 12, size
        assert set(seen) == whole, size


async def test_a_system_that_is_down_is_a_gap_and_its_orders_come_later_marked(build: Build) -> None:
    world = await world_of(
        build,
        shop=backend(*(order(f"1{n}", "1", 2 * n + 1, number=f"A{n}") for n in range(4))),
        till=backend(*(order(f"2{n}", "1", 2 * n + 2, number=f"B{n}") for n in range(3))),
    )
    await world.data("{ me { id } }", principal=ADA)
    world["till"].down = True
    first = await page(world, 2)
    assert numbers(first) == ["A0", "A1"]
    assert first["gaps"] == [{"source": "till", "code": "BACKEND_UNAVAILABLE", "retryable": True}]
    assert first["pageInfo"]["hasNextPage"]
    world["till"].down = False
    second = await page(world, 10, first["pageInfo"]["endCursor"])
    assert second["gaps"] == []
    assert numbers(second) == ["B0", "B1", "A2", "B2", "A3"]
    assert [edge["late"] for edge in second["edges"]] == [True, False, False, False, False]


async def test_paging_ends_while_a_system_stays_down(build: Build) -> None:
    world = await world_of(build, shop=backend(order("10", "1", 1)), till=backend(order("20", "1", 2)))
    await world.data("{ me { id } }", principal=ADA)
    world["till"].down = True
    assert await everything(world, 1) == ["N10"]


async def test_when_no_system_can_be_heard_it_is_null_with_a_code(build: Build) -> None:
    world = await world_of(build, shop=backend(order("10", "1", 1)))
    await world.data("{ me { id } }", principal=ADA)
    world["shop"].down = True
    result = await world.ask(PAGE, {"first": 5}, principal=ADA)
    assert result.data is not None
    assert result.data["me"]["orders"] is None
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["BACKEND_UNAVAILABLE"]


async def test_history_that_may_not_be_read_is_a_gap_not_an_end(build: Build) -> None:
    world = await world_of(build, shop=backend(order("10", "1", 1)))
    world["shop"].truncated_before = NOW.replace(month=5)
    found = await page(world, 5)
    assert found["gaps"] == [{"source": "shop", "code": "HISTORY_TRUNCATED", "retryable": False}]


async def test_orders_that_a_system_hides_from_the_gateway_are_a_gap(build: Build) -> None:
    world = await world_of(build, shop=backend(order("10", "1", 1)))
    world["shop"].restricted = True
    found = await page(world, 5)
    assert numbers(found) == ["N10"]
    assert found["gaps"] == [{"source": "shop", "code": "ACCESS_RESTRICTED", "retryable": False}]


async def test_the_only_order_system_loses_no_order_to_a_reference_of_somebodys(build: Build) -> None:
    """A business customer's purchase number looks like another system's."""
    noted = order("10", "1", 1, origin=OrderOrigin("PO-4711"))
    world = await build(
        configuration(domains=domains(order=("erp",), customer=("erp",))),
        {"shop": shop("MUG"), "erp": backend(noted, order("11", "1", 2))},
    )
    assert await everything(world, 10) == ["N10", "N11"]


async def test_an_order_stays_where_no_other_system_knows_the_customer(build: Build) -> None:
    """Ordered as a guest: the shop has no customer whose list could show it."""
    noted = order("10", "1", 1, origin=OrderOrigin("W1", "shop"))
    empty = shop("MUG", orders=(order("90", "1", 2, number="W1"),))
    world = await world_of(build, shop=empty, erp=backend(noted))
    assert await everything(world, 10) == ["N10"]


async def test_a_system_that_could_not_be_searched_may_still_list_the_twin(build: Build) -> None:
    noted = order("10", "1", 1, origin=OrderOrigin("W1", "shop"))
    world = await world_of(build, shop=backend(order("90", "1", 2, number="W1")), erp=backend(noted))
    world["shop"].down = True
    found = await page(world, 5)
    assert numbers(found) == []
    assert [gap["source"] for gap in found["gaps"]] == ["shop"]


async def test_a_cursor_is_of_one_person_only(build: Build) -> None:
    world = await world_of(build, shop=backend(*(order(f"1{n}", "1", n) for n in range(3))))
    cursor = (await page(world, 1))["pageInfo"]["endCursor"]
    bob = shopper("bob@example.com", subject="bob")
    for stolen in (cursor, cursor[:-2] + "AA", "garbage", ""):
        result = await world.ask(PAGE, {"first": 1, "after": stolen or "x"}, principal=bob)
        assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["INVALID_CURSOR"]


async def test_another_customers_orders_never_appear(build: Build) -> None:
    world = await world_of(build, shop=backend(order("10", "1", 1), order("11", "2", 2)))
    assert await everything(world, 5) == ["N10"]
