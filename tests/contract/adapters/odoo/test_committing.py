"""Goods of an Odoo that orders of other systems take: deliveries that wait, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, cast

import pytest
from msgspec.structs import replace

from adapters.odoo.errors import RightMissing
from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox, create
from adapters.odoo.sandbox.rights import INTERNAL, INVENTORY
from adapters.odoo.sandbox.seeding.places import add_deliveries, add_quant, add_warehouse
from gateway.errors import AdapterError, RequestRefused, Unavailable
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, GoodsSold, Restock, Restocked, StockCommitted, StockKey, StockLevels
from gateway.ports.stock import RestockPort, StockCommitPort
from gateway.testing import conformance as suites
from gateway.testing.conformance.base import a_call
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.conformance.served_writes import FaultyWrites
from gateway.testing.conformance.writes import WriteFault
from gateway.testing.connecting import whole
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import OdooAdapter, Running, run
from tests.contract.adapters.odoo.test_stock import kit, lay, place

REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
HERE = CommerceContext("DE", "EUR", "en").only(frozenset())


class Desk(OdooAdapter, StockCommitPort, RestockPort, Protocol): ...


def standing(sandbox: OdooSandbox, reference: str) -> list[dict[str, Any]]:
    """Transfers that hold something for a reference, or held it."""
    ids = {row["picking_id"] for row in sandbox.store.all("stock.move") if row.get("origin") == reference}
    rows = [row for row in sandbox.store.all("stock.picking") if row["id"] in ids]
    return [row for row in rows if state(sandbox, row) not in ("draft", "cancel")]


def state(sandbox: OdooSandbox, transfer: dict[str, Any]) -> str:
    return str(sandbox.store.value("stock.picking", transfer, "state", {}))


class Odoo(suites.Served):
    under_test = MANIFEST
    named = "erp"

    @pytest.fixture(params=[17, 18, 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return replace(example_facts(self.named), uncounted=(example_facts(self.named).skus[0], "elsewhere"))


class TestCommitting(Odoo, suites.CommittingConformance): ...


class TestWrites(suites.ServedStock, Odoo, suites.KeylessWriteConformance):
    """What holds the goods is the reserving; drafts made before it hold nothing."""

    writes = (b'"stock.picking","action_assign"', b"/json/2/stock.picking/action_assign")
    looks = (b'"order":"id"',)
    timeout = 3.0
    settles = 3.5

    @pytest.fixture(params=[pytest.param(18, marks=pytest.mark.full), 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return lambda reference: len(standing(sandbox, reference))


class TestRestocking(Odoo, suites.RestockingConformance): ...


class TestRestockWrites(suites.ServedRestock, Odoo, suites.LookedUpWriteConformance):
    """Cancelling what is cancelled changes nothing: it is one effect however often it is sent."""

    writes = (b'"stock.picking","action_cancel"', b"/json/2/stock.picking/action_cancel")
    looks = (b'"order":"id"',)
    timeout = 3.0
    settles = 3.5

    @pytest.fixture(params=[pytest.param(18, marks=pytest.mark.full), 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        def cancelled(reference: str) -> int:
            ids = {row["picking_id"] for row in sandbox.store.all("stock.move") if row.get("origin") == reference}
            rows = [row for row in sandbox.store.all("stock.picking") if row["id"] in ids]
            return sum(1 for row in rows if state(sandbox, row) == "cancel")

        return cancelled


@pytest.fixture(params=[17, 18, 19])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    """Two warehouses, NORTH and SOUTH."""
    running = await run(stack, Seed(currency="EUR", country="DE"), version)
    for code in ("NORTH", "SOUTH"):
        add_warehouse(running.store, running.sandbox.seeded, code, code.title(), True, None)
    return running


def desk(odoo: Running, **keys: Any) -> Desk:
    return cast("Desk", odoo.adapter(**keys))


def command(*goods: tuple[str, str, int], reference: str = REFERENCE, order: str | None = "W1001") -> CommitStock:
    return CommitStock(reference=reference, goods=tuple(GoodsSold(*each) for each in goods), order=order)


async def free(
    adapter: OdooAdapter, *skus: str, places: Iterable[str] = ("NORTH", "SOUTH")
) -> dict[tuple[str, str], Decimal | None]:
    keys = [StockKey(sku, tuple(places)) for sku in skus]
    answer = await adapter.get_stock(keys, HERE, a_call(fresh=True))
    levels = {key: found for key, found in answer.items() if isinstance(found, StockLevels)}
    return {(key.sku or "", code): at.available for key, found in levels.items() for code, at in found.levels.items()}


def over(adapter: Desk, transport: FaultyWrites) -> Desk:
    """The same adapter over a transport with faults."""
    return cast("Desk", whole(MANIFEST.create(replace(adapter.made_of, transport=transport)), "erp"))


def lines(odoo: Running) -> list[dict[str, Any]]:
    return [row for row in odoo.store.all("stock.move") if row["state"] != "cancel"]


def transfers(odoo: Running) -> list[dict[str, Any]]:
    return list(odoo.store.all("stock.picking"))


async def test_a_delivery_of_each_place_bears_the_orders_number_and_its_lines_our_reference(odoo: Running) -> None:
    adapter, mug, pen = desk(odoo), odoo.product("MUG"), odoo.product("PEN")
    for product, code, pieces in ((mug, "NORTH", 5), (pen, "NORTH", 9), (mug, "SOUTH", 4)):
        lay(odoo, product, code, pieces)
    goods = (("MUG", "NORTH", 2), ("PEN", "NORTH", 3), ("MUG", "NORTH", 1), ("MUG", "SOUTH", 4))
    done = await adapter.commit_stock(command(*goods), HERE, a_call())
    assert await free(adapter, "MUG", "PEN") == {
        ("MUG", "NORTH"): 2, ("MUG", "SOUTH"): 0, ("PEN", "NORTH"): 6, ("PEN", "SOUTH"): 0,
    }  # fmt: skip
    north, south = transfers(odoo)
    assert done.ref == NativeRef("erp", str(north["id"]))
    seeded = odoo.sandbox.seeded
    for row, code in ((north, "NORTH"), (south, "SOUTH")):
        warehouse = odoo.store.browse("stock.warehouse", seeded.warehouses[code])
        assert row["picking_type_id"] == warehouse["out_type_id"]
        assert (row["location_id"], row["location_dest_id"]) == (seeded.shelves[code], seeded.customers)
        assert (row["origin"], row["user_id"], state(odoo.sandbox, row)) == ("W1001", False, "assigned")
    assert {(row["picking_id"], row["product_id"], row["product_uom_qty"], row["origin"]) for row in lines(odoo)} == {
        (north["id"], mug, 3, REFERENCE), (north["id"], pen, 3, REFERENCE), (south["id"], mug, 4, REFERENCE),
    }  # fmt: skip
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) == done
    assert await adapter.find_commitment("Z" * 26, HERE, a_call()) is None


async def test_all_places_are_made_by_one_call_and_reserved_by_one(odoo: Running) -> None:
    adapter = desk(odoo)
    for code in ("NORTH", "SOUTH"):
        lay(odoo, odoo.product(f"MUG-{code}"), code, 5)
    odoo.sandbox.requests.clear()
    await adapter.commit_stock(command(("MUG-NORTH", "NORTH", 1), ("MUG-SOUTH", "SOUTH", 1)), HERE, a_call())
    written = [name for name in odoo.operations() if name.startswith("stock.picking.") and "search" not in name]
    assert written == ["stock.picking.create", "stock.picking.action_assign"]


async def test_what_is_missing_waits_and_nothing_is_left_to_sell(odoo: Running) -> None:
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5, 1)
    done = await adapter.commit_stock(command(("MUG", "NORTH", 7)), HERE, a_call())
    assert (await free(adapter, "MUG"))["MUG", "NORTH"] == 0
    (row,) = lines(odoo)
    assert (row["product_uom_qty"], row["quantity"], row["state"]) == (7, 4, "partially_available")
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) == done
    await adapter.commit_stock(command(("MUG", "NORTH", 1), reference="B" * 26), HERE, a_call())
    assert state(odoo.sandbox, transfers(odoo)[1]) == "confirmed"
    assert await adapter.find_commitment("B" * 26, HERE, a_call()) is not None


async def test_where_deliveries_reserve_by_hand_ours_are_reserved_all_the_same(odoo: Running) -> None:
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    for row in odoo.store.all("stock.picking.type"):
        row["reservation_method"] = "manual"
    await adapter.commit_stock(command(("MUG", "NORTH", 2)), HERE, a_call())
    assert (await free(adapter, "MUG"))["MUG", "NORTH"] == 3


async def test_of_a_kit_its_parts_are_taken_wherever_else_they_are_sold(odoo: Running) -> None:
    adapter, mug, pen = desk(odoo), odoo.product("MUG"), odoo.product("PEN")
    wrapping = odoo.product("WRAPPING", type="service", is_storable=False)
    kit(odoo, odoo.product("SET"), {mug: 2, pen: 3, wrapping: 1})
    kit(odoo, nested := odoo.product("BOX"), {(inner := odoo.product("PAIR")): 1, pen: 1})
    kit(odoo, inner, {mug: 2})
    lay(odoo, mug, "NORTH", 9)
    lay(odoo, pen, "NORTH", 20)
    await adapter.commit_stock(command(("SET", "NORTH", 2)), HERE, a_call())
    expected = {("SET", "NORTH"): 2, ("MUG", "NORTH"): 5, ("PEN", "NORTH"): 14}
    assert await free(adapter, "SET", "MUG", "PEN", places=["NORTH"]) == expected
    done = await adapter.commit_stock(command(("BOX", "NORTH", 1), reference="B" * 26), HERE, a_call())
    assert await free(adapter, "MUG", "PEN", places=["NORTH"]) == {("MUG", "NORTH"): 3, ("PEN", "NORTH"): 13}
    assert nested not in {row["product_id"] for row in lines(odoo)}
    assert await adapter.find_commitment("B" * 26, HERE, a_call()) == done


async def test_pieces_are_of_the_products_own_unit(odoo: Running) -> None:
    other = next(row["id"] for row in odoo.store.all("uom.uom") if row["id"] != 1)
    adapter, eggs = desk(odoo), odoo.product("EGGS", uom_id=other)
    lay(odoo, eggs, "NORTH", 5)
    await adapter.commit_stock(command(("EGGS", "NORTH", 2)), HERE, a_call())
    assert (await free(adapter, "EGGS"))["EGGS", "NORTH"] == 3
    assert odoo.store.value("stock.move", lines(odoo)[0], "product_uom", {}) == other


async def test_a_variant_without_a_sku_is_taken_by_its_id(odoo: Running) -> None:
    adapter, nameless = desk(odoo), odoo.product(None)
    lay(odoo, nameless, "NORTH", 5)
    goods = (GoodsSold(NativeRef("erp", str(nameless)), "NORTH", 2),)
    await adapter.commit_stock(CommitStock(reference=REFERENCE, goods=goods), HERE, a_call())
    assert [(row["product_id"], row["quantity"]) for row in lines(odoo)] == [(nameless, 2)]
    assert transfers(odoo)[0]["origin"] == REFERENCE
    stranger = (GoodsSold(NativeRef("shop", str(nameless)), "NORTH", 2),)
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(CommitStock(reference="B" * 26, goods=stranger), HERE, a_call())


async def test_a_service_is_left_out_and_alone_refused_and_what_is_not_counted_leaves_all_the_same(
    odoo: Running,
) -> None:
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    odoo.product("WRAPPING", type="service", is_storable=False)
    leaflet = odoo.product("LEAFLET", type="consu", is_storable=False)
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(command(("WRAPPING", "NORTH", 1)), HERE, a_call())
    assert transfers(odoo) == []
    goods = (("WRAPPING", "NORTH", 1), ("MUG", "NORTH", 1), ("LEAFLET", "NORTH", 1))
    await adapter.commit_stock(command(*goods), HERE, a_call())
    assert {row["product_id"]: row["state"] for row in lines(odoo)} == {mug: "assigned", leaflet: "assigned"}


@pytest.mark.parametrize(
    "goods",
    [
        [],
        [("MUG", "NORTH", 0)],
        [("MUG", "NORTH", -1)],
        [("MUG", "NORTH", 1), ("NO-SUCH", "NORTH", 1)],
        [("MUG", "NORTH", 1), ("TWIN", "NORTH", 1)],
        [("MUG", "NORTH", 1), ("MENU", "NORTH", 1)],
        [("MUG", "NORTH", 1), ("MUG", "no-such-place", 1)],
        [("MUG", "NORTH", 1), ("MUG", "CLOSED", 1)],
        [("MUG", "NORTH", 1), ("MUG", "RIVAL", 1)],
        [("MUG", "NORTH", 1), ("MUG", "", 1)],
    ],
)
async def test_what_cannot_be_taken_whole_makes_no_record(odoo: Running, goods: list[tuple[str, str, int]]) -> None:
    """Of two that bear a SKU neither is meant, a combo is a choice of others; an archived warehouse, and one of another
    company, are no places."""
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    for _ in range(2):
        odoo.product("TWIN")
    odoo.product("MENU", type="combo", is_storable=False)
    add_warehouse(odoo.store, odoo.sandbox.seeded, "CLOSED", "Closed", False, None)
    rival = add_warehouse(odoo.store, odoo.sandbox.seeded, "RIVAL", "Rival", True, None)
    odoo.store.write("stock.warehouse", rival, {"company_id": 9})
    adapter = desk(odoo)
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(command(*goods), HERE, a_call())
    assert transfers(odoo) == []
    assert (await free(adapter, "MUG"))["MUG", "NORTH"] == 5


async def test_a_location_outside_every_warehouse_takes_part_where_deliveries_start_there(odoo: Running) -> None:
    stall, mug = place(odoo, "Popup/Market", "internal"), odoo.product("MUG")
    add_quant(odoo.store, mug, stall, 6)
    lay(odoo, mug, "NORTH", 6)
    adapter = desk(odoo, unassigned_locations={"Popup/Market": "POPUP"})
    goods = (("MUG", "POPUP", 2), ("MUG", "NORTH", 1))
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(command(*goods), HERE, a_call())
    assert transfers(odoo) == []
    moving = add_deliveries(odoo.store, odoo.sandbox.seeded, stall, None)
    odoo.store.write("stock.picking.type", moving, {"code": "internal"})
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(command(*goods), HERE, a_call())
    kind = add_deliveries(odoo.store, odoo.sandbox.seeded, stall, None)
    await adapter.commit_stock(command(*goods), HERE, a_call())
    assert await free(adapter, "MUG", places=["NORTH", "POPUP"]) == {("MUG", "NORTH"): 5, ("MUG", "POPUP"): 4}
    assert transfers(odoo)[0]["picking_type_id"] == kind


@pytest.mark.parametrize("said", [None, "WH/Transit"])
async def test_deliveries_go_to_the_customers_wherever_their_type_says(odoo: Running, said: str | None) -> None:
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    destination = place(odoo, said, "transit") if said else None
    for row in odoo.store.all("stock.picking.type"):
        row["default_location_dest_id"] = destination
    await desk(odoo).commit_stock(command(("MUG", "NORTH", 1)), HERE, a_call())
    assert {row["location_dest_id"] for row in (*transfers(odoo), *lines(odoo))} == {odoo.sandbox.seeded.customers}


async def test_the_least_right_is_inventory_user_and_without_it_nothing_is_taken(odoo: Running) -> None:
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    adapter = desk(odoo, kits=False)
    odoo.sandbox.grant(INTERNAL)
    with pytest.raises(RightMissing) as refused:
        await adapter.commit_stock(command(("MUG", "NORTH", 1)), HERE, a_call())
    assert "stock.picking" in str(refused.value.detail)
    assert transfers(odoo) == []
    assert any(
        "stock.commit_stock" in note and "Inventory / User" in note for note in (await adapter.probe(a_call())).notes
    )
    odoo.sandbox.grant(INTERNAL, INVENTORY)
    assert await adapter.commit_stock(command(("MUG", "NORTH", 1)), HERE, a_call())
    assert not any("stock.commit_stock" in note for note in (await adapter.probe(a_call())).notes)


async def test_the_field_of_our_reference_may_be_one_of_the_retailers_own(odoo: Running) -> None:
    lay(odoo, odoo.product("MUG"), "NORTH", 5)
    adapter = desk(odoo, move_reference_field="x_gateway")
    done = await adapter.commit_stock(command(("MUG", "NORTH", 1)), HERE, a_call())
    assert [(row["x_gateway"], row.get("origin")) for row in lines(odoo)] == [(REFERENCE, None)]
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) == done
    probe = await desk(odoo, move_reference_field="x_gone").probe(a_call())
    assert any("a stock move has no such field" in str(problem) for problem in probe.problems)


async def test_what_was_sent_off_in_part_is_one_commitment_still_and_what_was_cancelled_none(odoo: Running) -> None:
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    done = await adapter.commit_stock(command(("MUG", "NORTH", 7)), HERE, a_call())
    odoo.sandbox.transfers.sent_off(int(done.ref.id))
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["done", "confirmed"]
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) == done
    assert (await free(adapter, "MUG"))["MUG", "NORTH"] == 0
    other = await adapter.commit_stock(command(("MUG", "SOUTH", 1), reference="B" * 26), HERE, a_call())
    await adapter.client.call(bool, "stock.picking", "action_cancel", {}, a_call(), ids=(int(other.ref.id),))
    assert await adapter.find_commitment("B" * 26, HERE, a_call()) is None


async def test_neither_a_return_nor_a_copy_that_a_person_made_is_the_commitment(odoo: Running) -> None:
    adapter, mug, seeded = desk(odoo), odoo.product("MUG"), odoo.sandbox.seeded
    back = {"location_id": seeded.customers, "location_dest_id": seeded.shelves["NORTH"]}
    copied = {"picking_type_id": odoo.store.browse("stock.warehouse", seeded.warehouses["NORTH"])["out_type_id"]}
    line = {"product_id": mug, "product_uom_qty": 1.0, "quantity": 1.0, "origin": REFERENCE}
    there = {"location_id": seeded.shelves["NORTH"], "location_dest_id": seeded.customers}
    for ends, how in ((back, "assigned"), (there, "draft")):
        transfer = odoo.store.add("stock.picking", {**copied, **ends})
        odoo.store.add("stock.move", {**line, **ends, "picking_id": transfer, "state": how})
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) is None


async def test_what_odoo_refuses_to_reserve_is_cancelled_and_refused(odoo: Running) -> None:
    """A kit of services alone is goods until it is confirmed."""
    adapter, wrapping = desk(odoo), odoo.product("WRAPPING", type="service", is_storable=False)
    kit(odoo, odoo.product("SERVICES"), {wrapping: 1})
    with pytest.raises(RequestRefused):
        await adapter.commit_stock(command(("SERVICES", "NORTH", 1)), HERE, a_call())
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["cancel"]
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) is None


@pytest.mark.parametrize("fault", [WriteFault.RESET, WriteFault.ERROR_500])
async def test_drafts_that_nobody_answered_for_hold_nothing_and_are_taken_up_again(
    odoo: Running, fault: WriteFault
) -> None:
    adapter = desk(odoo)
    for code in ("NORTH", "SOUTH"):
        lay(odoo, odoo.product(f"MUG-{code}"), code, 5)
    both = command(("MUG-NORTH", "NORTH", 1), ("MUG-SOUTH", "SOUTH", 2))
    broken = FaultyWrites((b'"stock.picking","create"', b"/json/2/stock.picking/create"), (), 0.0)
    broken.inner, broken.fault = adapter.client.transport, fault
    with pytest.raises(AdapterError) as lost:
        await over(adapter, broken).commit_stock(both, HERE, a_call())
    assert isinstance(lost.value, Unavailable)
    assert not lost.value.unsent
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["draft", "draft"]
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) is None
    assert await free(adapter, "MUG-NORTH", places=["NORTH"]) == {("MUG-NORTH", "NORTH"): 5}
    done = await adapter.commit_stock(both, HERE, a_call())
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["assigned", "assigned"]
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) == done
    assert await adapter.commit_stock(both, HERE, a_call()) == done
    assert len(transfers(odoo)) == 2


def back(done: StockCommitted, *goods: tuple[str, str, int]) -> Restock:
    sold = tuple(GoodsSold(*each) for each in goods)
    return Restock(reference=REFERENCE, record=done.ref, committed=datetime.now(UTC), goods=sold)


async def test_deliveries_of_all_places_are_cancelled_by_one_call_and_stay_so(odoo: Running) -> None:
    adapter = desk(odoo)
    for code in ("NORTH", "SOUTH"):
        lay(odoo, odoo.product(f"MUG-{code}"), code, 5)
    goods = (("MUG-NORTH", "NORTH", 1), ("MUG-SOUTH", "SOUTH", 7))
    done = await adapter.commit_stock(command(*goods), HERE, a_call())
    other = await adapter.commit_stock(command(("MUG-NORTH", "NORTH", 2), reference="B" * 26), HERE, a_call())
    assert await adapter.find_restock(REFERENCE, HERE, a_call()) is None
    odoo.sandbox.requests.clear()
    answer = await adapter.restock(back(done, *goods), HERE, a_call())
    assert answer == Restocked(done.ref)
    assert [name for name in odoo.operations() if "search" not in name] == ["stock.picking.action_cancel"]
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["cancel", "cancel", "assigned"]
    assert await free(adapter, "MUG-NORTH", "MUG-SOUTH") == {
        ("MUG-NORTH", "NORTH"): 3, ("MUG-NORTH", "SOUTH"): 0, ("MUG-SOUTH", "NORTH"): 0, ("MUG-SOUTH", "SOUTH"): 5,
    }  # fmt: skip
    assert await adapter.find_restock(REFERENCE, HERE, a_call()) == answer
    assert await adapter.find_commitment(REFERENCE, HERE, a_call()) is None
    assert await adapter.find_commitment("B" * 26, HERE, a_call()) == other
    odoo.sandbox.requests.clear()
    assert await adapter.restock(back(done, *goods), HERE, a_call()) == answer
    assert [name for name in odoo.operations() if "search" not in name] == []


async def test_what_has_left_is_named_and_the_rest_of_it_is_cancelled(odoo: Running) -> None:
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    done = await adapter.commit_stock(command(("MUG", "NORTH", 7)), HERE, a_call())
    odoo.sandbox.transfers.sent_off(int(done.ref.id))
    lay(odoo, mug, "NORTH", 2)
    answer = await adapter.restock(back(done, ("MUG", "NORTH", 7)), HERE, a_call())
    assert answer == Restocked(done.ref, (done.ref,))
    assert [state(odoo.sandbox, row) for row in transfers(odoo)] == ["done", "cancel"]
    assert await adapter.find_restock(REFERENCE, HERE, a_call()) == answer


async def test_goods_that_odoo_does_not_give_back_are_refused(odoo: Running) -> None:
    """Somebody sends them off between the look and the cancelling."""
    adapter, mug = desk(odoo), odoo.product("MUG")
    lay(odoo, mug, "NORTH", 5)
    done = await adapter.commit_stock(command(("MUG", "NORTH", 1)), HERE, a_call())
    for row in lines(odoo):
        row["state"] = "done"
    odoo.store.changed()
    odoo.store.add("stock.move", {**lines(odoo)[0], "id": None, "state": "assigned"})
    with pytest.raises(RequestRefused):
        await adapter.restock(back(done, ("MUG", "NORTH", 1)), HERE, a_call())
