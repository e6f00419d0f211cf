"""Which pieces come from which place: one function for plans and for reservations, for all lines at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stock import StockLevel, Tracking
from gateway.ownership import LocationPlan
from gateway.ports.order import Placement
from gateway.services.fulfilment.allocation import (
    Allocation,
    Shelves,
    Want,
    allocate,
    pieces_by_spot,
)
from gateway.services.stock_items import Need, saleable, spot_of
from gateway.state.ledger import StockSpot
from tests.unit.services.retailer import NOW

PER_LINE, PER_ORDER, DECIDES = Placement.PER_LINE, Placement.PER_ORDER, Placement.OWNER_DECIDES


def place(name: str, backend: str = "erp", safety: int = 0) -> LocationPlan:
    ref = name.upper()
    return LocationPlan(name, backend, ref, {backend: ref}, safety)


NORTH, SOUTH, WEST = place("north"), place("south"), place("west")
EVERYWHERE = (NORTH, SOUTH, WEST)
NAMED = {plan.name: plan for plan in EVERYWHERE}


def shelves(**free: dict[str, int]) -> Shelves:
    """`north={"MUG": 3}`."""
    return Shelves(
        {StockSpot("erp", sku, name.upper()): pieces for name, by in free.items() for sku, pieces in by.items()}, set()
    )


def want(line: str, sku: str, pieces: int, *places: LocationPlan) -> Want:
    return Want(line, sku, pieces, places or EVERYWHERE)


def taken(found: Allocation) -> list[tuple[str, str, int]]:
    assert found.lacking == ()
    return [(each.line, each.location, each.quantity) for each in found.allotments]


def test_medusa_16502_lines_of_one_stock_item_share_its_stock() -> None:
    """Two lines of one item, one engraved: three pieces are three, however many lines want two."""
    here = shelves(north={"MUG": 3})
    found = allocate([want("1", "MUG", 2), want("2", " MUG ", 2)], here, PER_LINE)
    assert [(lack.line, lack.wanted, lack.available) for lack in found.lacking] == [("2", 2, 1)]
    both = allocate([want("1", "MUG", 2), want("2", "MUG", 1)], here, PER_LINE)
    assert pieces_by_spot(both.allotments) == {StockSpot("erp", "MUG", "NORTH"): 3}
    assert here.free[StockSpot("erp", "MUG", "NORTH")] == 3  # whoever asks next sees what there was


def test_vendure_4030_what_is_given_to_orders_already_is_not_there() -> None:
    level = StockLevel("NORTH", Tracking.TRACKED, Freshness("erp", NOW), available=Decimal(2), on_hand=Decimal(10))
    assert saleable(level, NORTH) == 2
    assert saleable(level, place("north", safety=1)) == 1
    assert saleable(StockLevel("NORTH", Tracking.TRACKED, Freshness("erp", NOW), available=Decimal("-3")), NORTH) == -3


def test_vendure_4930_what_is_short_is_said_with_its_number() -> None:
    here = shelves(north={"MUG": 3, "BOWL": 9}, south={"MUG": 1})
    found = allocate([want("1", "BOWL", 1), want("2", "MUG", 5)], here, PER_LINE)
    assert [(lack.line, lack.wanted, lack.available) for lack in found.lacking] == [("2", 5, 4)]
    assert [each.line for each in found.allotments] == ["1"]
    assert allocate([want("2", "MUG", 5)], here, DECIDES).lacking[0].available == 3  # from one place, as it is sold


def test_one_place_for_everything_is_taken_before_a_nearer_one_for_a_part() -> None:
    here = shelves(north={"MUG": 5}, south={"MUG": 5, "BOWL": 5})
    for placement in Placement:
        found = allocate([want("1", "MUG", 1), want("2", "BOWL", 1)], here, placement)
        assert taken(found) == [("1", "south", 1), ("2", "south", 1)]


def test_lines_are_split_only_where_the_owner_takes_a_place_for_each() -> None:
    here = shelves(north={"MUG": 2}, south={"MUG": 2})
    assert taken(allocate([want("1", "MUG", 3)], here, PER_LINE)) == [("1", "north", 2), ("1", "south", 1)]
    for placement in (PER_ORDER, DECIDES, Placement.MOVED_AFTER):
        assert allocate([want("1", "MUG", 3)], here, placement).lacking[0].available == 2


def test_an_owner_that_takes_one_place_an_order_gets_one() -> None:
    """Two places are two orders: it would refuse them, after everything was held."""
    here = shelves(north={"MUG": 5}, south={"BOWL": 5, "CUP": 5})
    lines = [want("1", "MUG", 1), want("2", "BOWL", 1), want("3", "CUP", 1)]
    assert not allocate(lines, here, Placement.MOVED_AFTER).lacking
    found = allocate(lines, here, PER_ORDER)
    assert {each.location for each in found.allotments} == {"south"}
    assert [lack.line for lack in found.lacking] == ["1"]
    pinned = [want("1", "MUG", 1, NORTH), want("2", "BOWL", 1, SOUTH)]
    assert allocate(pinned, here, PER_ORDER).lacking


def test_several_orders_come_from_no_more_places_than_there_may_be_orders() -> None:
    places = [place(f"p{number}") for number in range(4)]
    here = Shelves({spot_of(each, f"SKU{number}"): 1 for number, each in enumerate(places)}, set())
    lines = [Want(str(number), f"SKU{number}", 1, tuple(places)) for number in range(4)]
    assert not allocate(lines, here, PER_ORDER, orders=4).lacking
    found = allocate(lines, here, PER_ORDER, orders=3)
    assert ([each.line for each in found.allotments], [each.line for each in found.lacking]) == (["0", "1", "2"], ["3"])


def test_a_line_is_split_over_orders_unless_each_has_to_be_whole() -> None:
    here = shelves(north={"MUG": 2}, south={"MUG": 2})
    assert len(allocate([want("1", "MUG", 3)], here, PER_ORDER, orders=2).allotments) == 2
    (lack,) = allocate([want("1", "MUG", 3)], here, PER_ORDER, orders=2, whole=True).lacking
    assert lack.available == 2


def test_what_no_order_may_be_placed_for_leaves_its_pieces_to_the_next_line() -> None:
    here = shelves(north={"BOWL": 9}, south={"MUG": 2}, west={"MUG": 2})
    lines = [want("1", "BOWL", 1, NORTH), want("2", "MUG", 4), want("3", "MUG", 2)]
    found = allocate(lines, here, PER_ORDER, orders=2)
    assert [each.line for each in found.lacking] == ["2"]
    assert [(each.line, each.location) for each in found.allotments] == [("1", "north"), ("3", "south")]


def test_a_line_that_can_come_from_one_place_only_goes_first() -> None:
    here = shelves(north={"MUG": 2}, south={"MUG": 2})
    found = allocate([want("1", "MUG", 2), want("2", "MUG", 2, NORTH)], here, PER_LINE)
    assert sorted(taken(found)) == [("1", "south", 2), ("2", "north", 2)]


def test_what_is_sold_without_counting_is_never_held_and_never_runs_out() -> None:
    spot = StockSpot("erp", "CARD", "NORTH")
    found = allocate([want("1", "CARD", 1_000), want("2", "CARD", 1_000)], Shelves({}, {spot}), PER_LINE)
    assert [each.held for each in found.allotments] == [False, False]
    assert pieces_by_spot(found.allotments) == {}


def test_a_place_that_is_named_twice_is_there_once() -> None:
    (lack,) = allocate([want("1", "MUG", 3, NORTH, NORTH)], shelves(north={"MUG": 2}), PER_LINE).lacking
    assert lack.available == 2


def test_a_place_that_was_not_heard_is_unknown_and_not_empty() -> None:
    (lack,) = allocate([want("1", "MUG", 2, NORTH, SOUTH)], shelves(north={"MUG": 1}), PER_LINE).lacking
    assert (lack.available, lack.unheard) == (1, True)
    (lack,) = allocate([want("1", "MUG", 2, NORTH)], shelves(north={"MUG": 1}), PER_LINE).lacking
    assert not lack.unheard


def test_a_reference_is_asked_of_its_own_system_only() -> None:
    till = place("till", "pos")
    known = NativeRef("pos", "V1")
    here = Shelves({StockSpot("erp", "V1", "NORTH"): 9, StockSpot("pos", "V1", "TILL"): 1}, set())
    assert taken(allocate([Want("1", known, 1, (NORTH, till))], here, PER_LINE)) == [("1", "till", 1)]
    (lack,) = allocate([Want("1", known, 2, (NORTH,))], here, PER_LINE).lacking
    assert (lack.available, lack.unheard) == (0, False)


def kits(**made: dict[str, str]) -> dict[StockSpot, tuple[Need, ...]]:
    """`SET={"MUG": "2"}`, at every place."""
    return {
        spot_of(plan, sku): tuple(Need(spot_of(plan, part), Decimal(each)) for part, each in parts.items())
        for sku, parts in made.items()
        for plan in EVERYWHERE
    }


def with_kits(here: Shelves, **made: dict[str, str]) -> Shelves:
    return replace(here, made=kits(**made))


def test_medusa_16502_a_kit_and_its_part_share_the_shelf() -> None:
    here = with_kits(shelves(north={"MUG": 3, "PEN": 9}), SET={"MUG": "2", "PEN": "1"})
    found = allocate([want("1", "SET", 1), want("2", "MUG", 1)], here, PER_LINE)
    assert pieces_by_spot(found.allotments) == {
        StockSpot("erp", "MUG", "NORTH"): 3, StockSpot("erp", "PEN", "NORTH"): 1,
    }  # fmt: skip
    found = allocate([want("1", "SET", 1), want("2", "MUG", 2)], here, PER_LINE)
    assert [(lack.line, lack.available) for lack in found.lacking] == [("2", 1)]
    found = allocate([want("1", "MUG", 2), want("2", "SET", 1)], here, PER_LINE)
    assert [(lack.line, lack.available) for lack in found.lacking] == [("2", 0)]


def test_two_kits_share_what_both_are_made_of() -> None:
    here = with_kits(shelves(north={"MUG": 3, "PEN": 1}), SET={"MUG": "2"}, DESK={"MUG": "2", "PEN": "1"})
    (lack,) = allocate([want("1", "SET", 1), want("2", "DESK", 1)], here, PER_LINE).lacking
    assert lack.line == "2"


def test_kits_come_from_several_places_where_lines_do() -> None:
    here = with_kits(shelves(north={"MUG": 3}, south={"MUG": 4}), SET={"MUG": "2"})
    found = allocate([want("1", "SET", 3)], here, PER_LINE)
    assert taken(found) == [("1", "north", 1), ("1", "south", 2)]
    assert pieces_by_spot(found.allotments) == {
        StockSpot("erp", "MUG", "NORTH"): 2, StockSpot("erp", "MUG", "SOUTH"): 4,
    }  # fmt: skip


def test_a_kit_is_as_much_counted_as_its_parts_are() -> None:
    wrap = StockSpot("erp", "WRAP", "NORTH")
    made = kits(SET={"MUG": "1", "WRAP": "1"}, GIFT={"WRAP": "2"})
    here = Shelves({StockSpot("erp", "MUG", "NORTH"): 1}, {wrap}, made)
    found = allocate([want("1", "SET", 1, NORTH), want("2", "GIFT", 9, NORTH)], here, PER_LINE)
    assert pieces_by_spot(found.allotments) == {StockSpot("erp", "MUG", "NORTH"): 1}
    assert [each.held for each in found.allotments] == [True, False]
    (lack,) = allocate([want("1", "SET", 1, SOUTH)], here, PER_LINE).lacking
    assert lack.unheard


def test_parts_of_a_piece_are_rounded_up_and_thirds_are_whole() -> None:
    north = [Need(spot_of(NORTH, "RIBBON"), Decimal(text)) for text in ("0.5", "1.5")]
    assert [need.of(3) for need in north] == [2, 5]
    assert [need.makes(5) for need in north] == [10, 3]
    two_thirds = Need(spot_of(NORTH, "MUG"), Decimal(2) / Decimal(3))
    assert [two_thirds.of(pieces) for pieces in (1, 2, 3, 300)] == [1, 2, 2, 200]
    assert [two_thirds.makes(pieces) for pieces in (-1, 0, 1, 2, 200)] == [0, 0, 1, 3, 300]


SKUS = ("MUG", "BOWL", "CUP")
SOLD = (*SKUS, "SET")
counts = st.dictionaries(
    st.tuples(st.sampled_from(SKUS), st.sampled_from(sorted(NAMED))), st.integers(-3, 8), max_size=9
)
orders = st.lists(
    st.tuples(st.sampled_from(SOLD), st.integers(1, 9), st.lists(st.sampled_from(sorted(NAMED)), unique=True)),
    min_size=1, max_size=6,
)  # fmt: skip


recipes = st.dictionaries(st.sampled_from(SKUS), st.sampled_from(("0.5", "1", "2", "3")), min_size=1)


@given(counts, orders, st.sampled_from(Placement), recipes)
def test_never_more_than_there_is_and_every_line_is_whole_or_named(
    counted: dict[tuple[str, str], int],
    ordered: list[tuple[str, int, list[str]]],
    placement: Placement,
    recipe: dict[str, str],
) -> None:
    free = {spot_of(NAMED[name], sku): pieces for (sku, name), pieces in counted.items()}
    wants = [
        Want(str(index), sku, pieces, tuple(NAMED[name] for name in names))
        for index, (sku, pieces, names) in enumerate(ordered)
    ]
    here = Shelves(dict(free), set(), kits(SET=recipe))
    found = allocate(wants, here, placement)
    for spot, pieces in pieces_by_spot(found.allotments).items():
        assert pieces <= free[spot]
    lacking = {lack.line: lack for lack in found.lacking}
    for each in wants:
        mine = [allotment for allotment in found.allotments if allotment.line == each.line]
        assert (each.line in lacking) == (not mine)
        assert not mine or sum(allotment.quantity for allotment in mine) == each.pieces
        assert {allotment.location for allotment in mine} <= {plan.name for plan in each.places}
        if placement is not PER_LINE:
            assert len(mine) <= 1
    if placement is PER_ORDER:
        assert len({allotment.location for allotment in found.allotments}) <= 1
    if placement is PER_LINE and len(wants) == 1 and found.lacking:
        there = sum(max(0, here.left(spot_of(plan, wants[0].variant), free) or 0) for plan in wants[0].places)
        assert there == found.lacking[0].available < wants[0].pieces


@pytest.mark.parametrize("placement", list(Placement))
def test_nothing_wanted_is_nothing_allotted(placement: Placement) -> None:
    assert allocate([], shelves(), placement) == Allocation(())
