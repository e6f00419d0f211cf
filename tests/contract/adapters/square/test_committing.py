"""Goods given to orders of other systems at Square: once for each reference, all or none, as of Square's own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create
from gateway.errors import CredentialsRefused, RequestRefused, Unavailable
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, GoodsSold, Restock, StockKey, StockLevels, Tracking
from gateway.ports.stock import RestockPort, StockCommitPort
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.sandbox import SeedStock
from tests.contract.adapters.square.connected import (
    BACKEND,
    NOW,
    Connect,
    Connected,
    call,
    product,
    seen_by,
    small_seed,
    variant,
)

HERE = CommerceContext("GB", "GBP", "en").only(frozenset())
REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
CREATE, RETRIEVE = (f"POST /v2/inventory/changes/batch-{what}" for what in ("create", "retrieve"))
MARKS, LOOK_UP = "POST /v2/catalog/batch-retrieve", "POST /v2/catalog/search"
COUNTS = "POST /v2/inventory/counts/batch-retrieve"


class Square(suites.Served):
    under_test = MANIFEST
    named = BACKEND

    @pytest.fixture
    def sandbox(self) -> SquareSandbox:
        return create(example_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return example_facts(self.named)


class TestWrites(suites.ServedStock, Square, suites.WriteConformance):
    writes = (b"/v2/inventory/changes/batch-create",)

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for kind, known, _ in sandbox.account.effects if (kind, known) == ("stock", reference)
        )


class TestCommitting(Square, suites.CommittingConformance): ...


class TestRestocking(Square, suites.RestockingConformance):
    no_record = "H" * 26

    @pytest.fixture
    def at(self, sandbox: SquareSandbox) -> datetime:
        return sandbox.account.clock()


class TestRestockWrites(suites.ServedRestock, Square, suites.WriteConformance):
    writes = (b"/v2/inventory/changes/batch-create",)

    @pytest.fixture
    def at(self, sandbox: SquareSandbox) -> datetime:
        return sandbox.account.clock()

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1
            for each in sandbox.account.changes
            if (each["adjustment"].get("reference_id"), each["adjustment"]["to_state"]) == (reference, "IN_STOCK")
        )


def sold(*goods: tuple[str, str, int], reference: str = REFERENCE) -> CommitStock:
    return CommitStock(reference=reference, goods=tuple(GoodsSold(*each) for each in goods), order="W1")


async def commit(till: Connected, command: CommitStock) -> NativeRef:
    return (await cast("StockCommitPort", till.adapter).commit_stock(command, HERE, call())).ref


async def available(till: Connected, sku: str, place: str) -> Decimal | None:
    key = StockKey(sku, (place,))
    answer = await till.adapter.get_stock([key], seen_by("stock.get_stock"), call(fresh=True))
    found = answer[key]
    assert isinstance(found, StockLevels)
    return found.levels[place].available


def made(till: Connected) -> list[dict[str, str]]:
    return [each["adjustment"] for each in till.sandbox.account.changes]


async def test_what_is_sold_goes_from_in_stock_to_sold_under_our_reference(till: Connected) -> None:
    ref = await commit(till, sold(("MUG-S", "L1", 2), ("MUG-S", "L2", 1)))
    assert ref == NativeRef(BACKEND, REFERENCE)
    shown = {
        (each["from_state"], each["to_state"], each["location_id"], each["quantity"], each["reference_id"])
        for each in made(till)
    }
    assert shown == {
        ("IN_STOCK", "SOLD", "L1", "2", REFERENCE),
        ("IN_STOCK", "SOLD", "L2", "1", REFERENCE),
    }
    assert till.asked() == [LOOK_UP, MARKS, CREATE]
    assert (await available(till, "MUG-S", "L1"), await available(till, "MUG-S", "L2")) == (Decimal(3), Decimal(2))


async def test_lines_of_the_same_goods_are_one_change(till: Connected) -> None:
    await commit(till, sold(("MUG-S", "L1", 2), ("MUG-S", "L1", 1)))
    (change,) = made(till)
    assert change["quantity"] == "3"


async def test_a_count_falls_below_zero_because_it_is_sold(till: Connected) -> None:
    await commit(till, sold(("MUG-S", "L2", 5)))
    assert await available(till, "MUG-S", "L2") == Decimal(-2)


async def test_asked_again_at_another_moment_it_is_the_same_commitment(till: Connected) -> None:
    """The time is a part of what Square compares, and the key alone would be refused."""
    first = await commit(till, sold(("MUG-S", "L1", 2)))
    till.asked()
    till.pass_time(90)
    assert await commit(till, sold(("MUG-S", "L1", 2))) == first
    assert till.asked() == [MARKS, CREATE, RETRIEVE]
    assert await available(till, "MUG-S", "L1") == Decimal(3)


async def test_a_key_whose_changes_are_not_to_be_seen_leaves_it_open(till: Connected) -> None:
    """Not refused: the first may be under way, or was of other goods, and stands."""
    await commit(till, sold(("MUG-S", "L1", 2)))
    till.pass_time(90)
    with pytest.raises(Unavailable):
        await commit(till, sold(("MUG-S", "L1", 1)))
    till.sandbox.account.changes.clear()
    with pytest.raises(Unavailable):
        await commit(till, sold(("MUG-S", "L1", 2)))
    assert await available(till, "MUG-S", "L1") == Decimal(3)


async def test_a_refused_look_after_a_used_key_is_no_refusal_of_the_commitment(till: Connected) -> None:
    await commit(till, sold(("MUG-S", "L1", 2)))
    till.pass_time(90)
    till.sandbox.withheld = {"INVENTORY_READ"}
    with pytest.raises(Unavailable):
        await commit(till, sold(("MUG-S", "L1", 2)))


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_of_ours_that_is_wrong_changes_nothing(till: Connected, wrong: timedelta) -> None:
    """Ahead, Square would refuse what has not happened yet; behind, the last count would have swallowed it."""
    till.sandbox.account.clock = lambda: NOW + wrong
    till.sandbox.set_stock("MUG-S", "L1", Decimal(9))
    await commit(till, sold(("MUG-S", "L1", 2)))
    assert await available(till, "MUG-S", "L1") == Decimal(7)


async def test_what_is_sold_without_counting_is_taken_from_no_count(till: Connected) -> None:
    till.sandbox.mark("MUG-L", "L1", track_inventory=False)
    await commit(till, sold(("MUG-S", "L1", 1), ("MUG-L", "L1", 1)))
    assert [each["location_id"] for each in made(till)] == ["L1"]
    assert await available(till, "MUG-S", "L1") == Decimal(4)
    till.asked()
    await commit(till, sold(("MUG-L", "L1", 1), reference="N" * 26))
    assert till.asked() == [MARKS]


async def test_tracking_is_read_afresh(till: Connected) -> None:
    till.sandbox.mark("MUG-S", "L1", track_inventory=False)
    key = StockKey("MUG-S", ("L1",))
    answer = await till.adapter.get_stock([key], seen_by("stock.get_stock"), call())
    assert answer[key].levels["L1"].tracking is Tracking.UNTRACKED
    till.sandbox.mark("MUG-S", "L1", track_inventory=True)
    await commit(till, sold(("MUG-S", "L1", 2)))
    assert await available(till, "MUG-S", "L1") == Decimal(3)


async def test_what_was_never_counted_is_given_no_count(till: Connected) -> None:
    with pytest.raises(RequestRefused):
        await commit(till, sold(("MUG-S", "L1", 1), ("TOTE", "L1", 1)))
    assert made(till) == []
    assert till.asked() == [LOOK_UP, MARKS, COUNTS]


async def test_a_count_tells_where_nobody_says_whether_goods_are_counted(till: Connected) -> None:
    del till.sandbox.account.variation_of("MUG-S")["item_variation_data"]["track_inventory"]
    await commit(till, sold(("MUG-S", "L1", 1)))
    assert await available(till, "MUG-S", "L1") == Decimal(4)


async def test_goods_that_are_not_kept_at_a_place_are_refused(till: Connected) -> None:
    till.sandbox.account.variation_of("MUG-S")["absent_at_location_ids"] = ["L2"]
    with pytest.raises(RequestRefused):
        await commit(till, sold(("MUG-S", "L2", 1)))
    assert made(till) == []


@pytest.mark.parametrize(
    "goods",
    [
        (),
        (("MUG-S", "L1", 0),),
        (("MUG-S", "L1", -1),),
        (("MUG-S", "L1", 1), ("NOPE", "L1", 1)),
        (("MUG-S", "L1", 1), ("MUG-S", "no place", 1)),
        (("MUG-S", "L1", 1), ("MUG-S", "L9", 1)),
    ],
)
async def test_what_makes_no_sense_changes_nothing(till: Connected, goods: tuple[tuple[str, str, int], ...]) -> None:
    with pytest.raises(RequestRefused):
        await commit(till, sold(*goods))
    assert made(till) == []


async def test_a_variation_that_was_deleted_is_not_known(till: Connected) -> None:
    assert await available(till, "MUG-S", "L1") == Decimal(5)
    till.sandbox.delete("MUG-S")
    with pytest.raises(RequestRefused):
        await commit(till, sold(("MUG-S", "L1", 1)))


async def test_an_account_that_is_down_refuses_nothing(till: Connected) -> None:
    till.sandbox.faults.down = True
    with pytest.raises(Unavailable) as down:
        await commit(till, sold(("MUG-S", "L1", 1)))
    assert down.value.unsent


async def test_two_that_bear_a_sku_are_nobodys(till: Connected) -> None:
    till.sandbox.account.variation_of("TOTE")["item_variation_data"]["sku"] = "MUG-S"
    with pytest.raises(RequestRefused):
        await commit(till, sold(("MUG-S", "L1", 1)))


async def test_more_goods_than_one_request_takes_are_refused_and_none_is_taken(connect: Connect) -> None:
    skus = [f"PIN-{number}" for number in range(101)]
    seed = small_seed(
        products=(product(9, *(variant(100 + number, sku) for number, sku in enumerate(skus))),),
        stock=tuple(SeedStock(sku, "L1", Decimal(1)) for sku in skus),
        prices=(),
    )
    till = await connect(seed)
    with pytest.raises(RequestRefused):
        await commit(till, sold(*((sku, "L1", 1) for sku in skus)))
    assert made(till) == []
    await commit(till, sold(*((sku, "L1", 1) for sku in skus[:100])))
    assert len(made(till)) == 100


async def test_without_the_right_to_write_nothing_is_changed(till: Connected) -> None:
    till.sandbox.withheld = {"INVENTORY_WRITE"}
    with pytest.raises(CredentialsRefused):
        await commit(till, sold(("MUG-S", "L1", 1)))
    assert made(till) == []
    till.sandbox.withheld = set()
    await commit(till, sold(("MUG-S", "L1", 1)))
    assert await available(till, "MUG-S", "L1") == Decimal(4)


async def test_a_variation_without_a_sku_is_committed_by_its_id(connect: Connect) -> None:
    ref = NativeRef("seed", "2009")
    seed = small_seed(products=(product(9, variant(9, None)),), stock=(SeedStock(ref, "L1", Decimal(4)),), prices=())
    till = await connect(seed)
    (named,) = (each["id"] for each in till.sandbox.account.variations())
    goods = (GoodsSold(NativeRef(BACKEND, named), "L1", 3),)
    await commit(till, CommitStock(reference=REFERENCE, goods=goods))
    assert till.sandbox.account.counts[named, "L1", "IN_STOCK"]["quantity"] == "1"


def returned(*goods: tuple[str, str, int], reference: str = REFERENCE) -> Restock:
    told = tuple(GoodsSold(*each) for each in goods)
    return Restock(reference=reference, record=NativeRef(BACKEND, reference), committed=NOW, goods=told)


async def restock(till: Connected, command: Restock) -> NativeRef:
    return (await cast("RestockPort", till.adapter).restock(command, HERE, call())).ref


async def test_what_goes_back_is_what_went_under_our_reference(till: Connected) -> None:
    goods = (("MUG-S", "L1", 2), ("MUG-S", "L2", 1))
    await commit(till, sold(*goods))
    await commit(till, sold(("MUG-S", "L1", 1), reference="B" * 26))
    till.asked()
    till.pass_time(30 * 86_400)
    await restock(till, returned(*goods))
    assert till.asked() == [LOOK_UP, MARKS, RETRIEVE, CREATE]
    shown = [(each["from_state"], each["to_state"], each["location_id"], each["quantity"]) for each in made(till)[3:]]
    assert sorted(shown) == [("SOLD", "IN_STOCK", "L1", "2"), ("SOLD", "IN_STOCK", "L2", "1")]
    assert (await available(till, "MUG-S", "L1"), await available(till, "MUG-S", "L2")) == (Decimal(4), Decimal(3))


async def test_asked_again_at_another_moment_it_is_given_back_once(till: Connected) -> None:
    await commit(till, sold(("MUG-S", "L1", 2)))
    first = await restock(till, returned(("MUG-S", "L1", 2)))
    till.pass_time(90)
    assert await restock(till, returned(("MUG-S", "L1", 2))) == first
    assert await available(till, "MUG-S", "L1") == Decimal(5)
    till.pass_time(90)
    till.sandbox.account.changes[:] = till.sandbox.account.changes[:1]
    with pytest.raises(Unavailable):  # under way, or of other goods
        await restock(till, returned(("MUG-S", "L1", 2)))


async def test_of_goods_that_are_all_uncounted_nothing_goes_back(till: Connected) -> None:
    till.sandbox.mark("MUG-L", "L1", track_inventory=False)
    await commit(till, sold(("MUG-L", "L1", 1)))
    till.asked()
    await restock(till, returned(("MUG-L", "L1", 1)))
    assert till.asked() == [MARKS]


async def test_goods_that_were_deleted_meanwhile_are_refused(till: Connected) -> None:
    await commit(till, sold(("MUG-S", "L1", 2)))
    till.sandbox.delete("MUG-S")
    with pytest.raises(RequestRefused):
        await restock(till, returned(("MUG-S", "L1", 2)))
