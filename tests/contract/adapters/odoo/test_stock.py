"""Stock: quants by warehouse, what counts and what does not, and kits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox.seeding.places import add_quant, add_warehouse
from gateway.errors import AmbiguousKey
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import OdooAdapter, Running, run

NOTHING = CommerceContext("DE", "EUR", "en").only(frozenset())


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    """Two warehouses, NORTH and SOUTH."""
    running = await run(stack, Seed(currency="EUR", country="DE"), version)
    for code in ("NORTH", "SOUTH"):
        add_warehouse(running.store, running.sandbox.seeded, code, code.title(), True, None)
    return running


async def levels(
    adapter: OdooAdapter, sku: str, locations: Sequence[str] = ("NORTH", "SOUTH")
) -> dict[str, StockLevel]:
    key = StockKey(sku, tuple(locations))
    answer = (await adapter.get_stock([key], NOTHING, CallContext.within(10)))[key]
    assert isinstance(answer, StockLevels)
    return answer.levels


async def figures(adapter: OdooAdapter, sku: str) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Free and on hand by location."""
    return {code: (level.available, level.on_hand) for code, level in (await levels(adapter, sku)).items()}


def lay(
    odoo: Running, product: int, code: str, on_hand: float, reserved: float = 0.0, owner: int | None = None
) -> None:
    add_quant(odoo.store, product, odoo.sandbox.seeded.shelves[code], on_hand, reserved, owner)


def place(odoo: Running, name: str, usage: str, warehouse: str | None = None) -> int:
    values = {"complete_name": name, "usage": usage, "active": True}
    return odoo.store.add(
        "stock.location", {**values, "warehouse_id": odoo.sandbox.seeded.warehouses.get(warehouse or "")}
    )


def kit(odoo: Running, product: int, parts: dict[int, float], yields: float = 1.0, **line: object) -> None:
    template = odoo.store.browse("product.product", product)["product_tmpl_id"]
    bom = {"type": "phantom", "product_tmpl_id": template, "product_id": None, "product_qty": yields}
    added = odoo.store.add("mrp.bom", bom)
    for part, needed in parts.items():
        values = {"bom_id": added, "product_id": part, "product_qty": needed, "product_uom_id": 1}
        odoo.store.add("mrp.bom.line", {**values, **line})


async def test_lots_and_child_shelves_are_summed_by_warehouse(odoo: Running) -> None:
    mug = odoo.product("MUG")
    lay(odoo, mug, "NORTH", 10, 3)
    lay(odoo, mug, "NORTH", 4)
    add_quant(odoo.store, mug, place(odoo, "NORTH/Stock/Shelf 1", "internal", "NORTH"), 1.5)
    lay(odoo, mug, "SOUTH", 2, 5)
    assert await figures(odoo.adapter(), "MUG") == {
        "NORTH": (Decimal("12.5"), Decimal("15.5")),
        "SOUTH": (Decimal(-3), Decimal(2)),
    }


async def test_customers_losses_and_third_parties_do_not_count(odoo: Running) -> None:
    mug = odoo.product("MUG")
    lay(odoo, mug, "NORTH", 10)
    lay(odoo, mug, "NORTH", 7, owner=odoo.store.add("res.partner", {"name": "Consignor"}))
    for usage in ("inventory", "customer", "supplier"):
        add_quant(odoo.store, mug, place(odoo, usage, usage, "NORTH"), -10)
    assert (await figures(odoo.adapter(), "MUG"))["NORTH"] == (10, 10)
    assert (await figures(odoo.adapter(third_party_stock=True), "MUG"))["NORTH"] == (17, 17)


async def test_a_location_without_warehouse_counts_where_the_configuration_says(odoo: Running) -> None:
    mug = odoo.product("MUG")
    add_quant(odoo.store, mug, place(odoo, "Popup/Market", "internal"), 6)
    plain, mapped = odoo.adapter(), odoo.adapter(unassigned_locations={"Popup/Market": "POPUP"})
    assert set(await levels(plain, "MUG", ["NORTH", "POPUP"])) == {"NORTH"}
    found = await levels(mapped, "MUG", ["NORTH", "POPUP"])
    assert (found["NORTH"].available, found["POPUP"].available) == (0, 6)


async def test_a_place_of_another_system_is_unknown_and_not_zero(odoo: Running) -> None:
    odoo.product("MUG")
    assert set(await levels(odoo.adapter(), "MUG", ["NORTH", "L123"])) == {"NORTH"}


async def test_what_is_not_kept_never_runs_out(odoo: Running) -> None:
    odoo.product("GIFT-WRAP", type="service", is_storable=False)
    found = await levels(odoo.adapter(), "GIFT-WRAP")
    assert {(level.tracking, level.available) for level in found.values()} == {(Tracking.UNTRACKED, None)}


async def test_a_sku_borne_twice_is_never_summed(odoo: Running) -> None:
    for _ in range(2):
        lay(odoo, odoo.product("TWIN"), "NORTH", 5)
    key = StockKey("TWIN", ("NORTH",))
    assert isinstance((await odoo.adapter().get_stock([key], NOTHING, CallContext.within(10)))[key], AmbiguousKey)


async def test_a_kit_is_as_many_as_its_scarcest_part_allows(odoo: Running) -> None:
    """4 from mugs 9 at 2 each, pens 20 at 3 each, as a real server answered."""
    mug, pen = odoo.product("MUG"), odoo.product("PEN")
    kit(odoo, odoo.product("SET"), {mug: 2, pen: 3})
    lay(odoo, mug, "NORTH", 9)
    lay(odoo, pen, "NORTH", 22, 2)
    adapter = odoo.adapter()
    assert await figures(adapter, "SET") == {"NORTH": (4, 4), "SOUTH": (0, 0)}
    odoo.sandbox.requests.clear()
    keys = [StockKey(sku, ("NORTH",)) for sku in ("SET", "MUG", "NOBODY")]
    assert set(await adapter.get_stock(keys, NOTHING, CallContext.within(10))) == set(keys[:2])
    assert odoo.operations() == ["product.product.web_search_read"]


async def test_a_kit_says_what_it_is_made_of_and_how_much_of_that_there_is(odoo: Running) -> None:
    """Parts as they are sold by themselves; without a SKU, or archived, by their ids. What is not kept is no part."""
    mug, plain, gone = odoo.product("MUG"), odoo.product("", default_code=None), odoo.product("GONE")
    odoo.store.write("product.product", gone, {"active": False})
    wrap = odoo.product("WRAP", type="consu", is_storable=False)
    kit(odoo, odoo.product("SET"), {mug: 2, plain: 1, wrap: 1})
    kit(odoo, odoo.product("RELIC"), {gone: 1})
    lay(odoo, mug, "NORTH", 9, 1)
    lay(odoo, plain, "NORTH", 3)
    keys = [StockKey(sku, ("NORTH",)) for sku in ("SET", "RELIC", "MUG")]
    found = await odoo.adapter().get_stock(keys, NOTHING, CallContext.within(10))
    told = [[(part.item, part.quantity, part.levels["NORTH"].available) for part in each.parts]
            for each in found.values() if isinstance(each, StockLevels)]  # fmt: skip
    name = "erp"
    assert told == [
        [("MUG", 2, 8), (NativeRef(name, str(plain)), 1, 3)], [(NativeRef(name, str(gone)), 1, 0)], [],
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["SET", " SET", "SET  "])
async def test_a_kit_whose_code_has_blanks_at_its_ends_is_counted_by_its_parts(odoo: Running, code: str) -> None:
    mug = odoo.product("MUG")
    kit(odoo, odoo.product(code), {mug: 2})
    lay(odoo, mug, "NORTH", 9)
    assert await figures(odoo.adapter(), "SET") == {"NORTH": (4, 4), "SOUTH": (0, 0)}


async def test_a_bill_that_makes_several_kits_is_shared_out(odoo: Running) -> None:
    mug = odoo.product("MUG")
    kit(odoo, odoo.product("HALF"), {mug: 1}, yields=2.0)
    lay(odoo, mug, "NORTH", 3)
    assert (await figures(odoo.adapter(), "HALF"))["NORTH"] == (6, 6)


async def test_a_part_that_is_not_kept_does_not_hold_up_a_kit(odoo: Running) -> None:
    mug, wrap = odoo.product("MUG"), odoo.product("WRAP", type="consu", is_storable=False)
    kit(odoo, odoo.product("SET"), {mug: 1, wrap: 1})
    lay(odoo, mug, "NORTH", 3)
    assert (await figures(odoo.adapter(), "SET"))["NORTH"] == (3, 3)


async def test_a_kit_of_kits_is_counted_by_odoo_once_for_each_warehouse(odoo: Running) -> None:
    mug, inner, outer = odoo.product("MUG"), odoo.product("PAIR"), odoo.product("CRATE")
    kit(odoo, inner, {mug: 2})
    kit(odoo, outer, {inner: 3})
    lay(odoo, mug, "NORTH", 14, 1)
    lay(odoo, mug, "SOUTH", 6)
    adapter = odoo.adapter()
    assert await figures(adapter, "CRATE") == {"NORTH": (2, 2), "SOUTH": (1, 1)}
    odoo.sandbox.requests.clear()
    await figures(adapter, "CRATE")
    spec = MANIFEST.operations["stock.get_stock"]
    assert len(odoo.sandbox.requests) == 3 == spec.requests(1, {"kits": 1, "locations": 2})


async def test_an_odoo_without_manufacturing_has_no_kits(odoo: Running) -> None:
    odoo.sandbox.without_kits = True
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    assert (await figures(odoo.adapter(), "MUG"))["NORTH"] == (5, 5)


async def test_the_sandbox_ignores_the_context_key_warehouse_and_honours_warehouse_id(odoo: Running) -> None:
    """As the real servers do: `warehouse` changes nothing and is no error."""
    from msgspec import Struct

    class Free(Struct):
        id: int
        free_qty: float

    mug = odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    lay(odoo, mug, "SOUTH", 2)
    client = odoo.adapter().client
    south = odoo.sandbox.seeded.warehouses["SOUTH"]
    answers: list[float] = []
    for context in ({}, {"warehouse": south}, {"warehouse_id": south}):
        domain = [["default_code", "=", "MUG"]]
        rows = await client.search(Free, "product.product", domain, CallContext.within(10), context=context)
        answers.append(rows[0].free_qty)
    assert answers == [7.0, 7.0, 2.0]


async def test_stock_changes_are_seen_at_once(odoo: Running) -> None:
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    adapter = odoo.adapter()
    assert (await figures(adapter, "MUG"))["NORTH"] == (5, 5)
    odoo.sandbox.set_stock("MUG", "NORTH", Decimal(2), Decimal(1))
    assert (await figures(adapter, "MUG"))["NORTH"] == (1, 2)
