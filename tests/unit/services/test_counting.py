"""What the levels of some places say together, held to plain arithmetic over exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import AdapterError, Unavailable
from gateway.model.freshness import Freshness
from gateway.model.stock import AvailabilityStatus, StockLevel, StockLevels, Tracking
from gateway.services.counting import CountedShelf, Shelf, StockCount, count, counted
from gateway.settings import ChannelSection

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SEEN = (Freshness("pos", NOW), Freshness("erp", NOW), Freshness("erp", NOW - timedelta(hours=1), stale=True))
LIMITS = ChannelSection(countries=(), currencies={}, quantity_cap=10, low_stock=3)
QUANTITIES = st.one_of(
    st.integers(-5, 30).map(Decimal), st.decimals(-5, 30, allow_nan=False, allow_infinity=False, places=3)
)
LEVELS = st.builds(
    StockLevel,
    st.just("L1"),
    st.sampled_from(Tracking),
    st.sampled_from(SEEN),
    st.none() | QUANTITIES,
)
ANSWERS = st.one_of(
    st.none(), st.builds(Unavailable, st.just("down")), LEVELS.map(lambda level: StockLevels({level.location: level}))
)
SHELVES = st.lists(st.tuples(ANSWERS, st.integers(0, 5)), max_size=6).map(
    lambda places: [Shelf(str(place), "L1", safety, [answer]) for place, (answer, safety) in enumerate(places)]
)


def heard(shelves: list[Shelf]) -> list[tuple[StockLevel, int]]:
    found = [(shelf.answers[0], shelf.safety_stock) for shelf in shelves]
    return [(answer.levels["L1"], safety) for answer, safety in found if isinstance(answer, StockLevels)]


@given(SHELVES)
def test_each_heard_place_adds_its_whole_pieces_above_the_safety_stock(shelves: list[Shelf]) -> None:
    found = count(0, shelves, LIMITS)
    levels = heard(shelves)
    tracked = [(level, safety) for level, safety in levels if level.tracking is not Tracking.UNTRACKED]
    pieces = sum(max(0, floor(level.available or 0) - safety) for level, safety in tracked)
    uncounted = len(tracked) < len(levels)
    assert found.quantity == (None if uncounted or not levels else min(pieces, 10))
    assert found.capped is (uncounted or pieces > 10)
    assert found.unknown == len(shelves) - len(levels)


@given(SHELVES)
def test_nothing_is_out_of_stock_while_a_place_was_not_heard(shelves: list[Shelf]) -> None:
    found = count(0, shelves, LIMITS)
    if found.status is AvailabilityStatus.OUT_OF_STOCK:
        assert (found.unknown, found.quantity) == (0, 0)
    if found.status is AvailabilityStatus.UNKNOWN:
        assert found.unknown or not shelves
    assert found.buyable is (found.capped or bool(found.quantity))
    assert (found.status is AvailabilityStatus.LOW_STOCK) is (found.quantity in (1, 2, 3))


@given(SHELVES)
def test_a_count_is_sure_when_all_were_heard_and_none_was_stale(shelves: list[Shelf]) -> None:
    found = count(0, shelves, LIMITS)
    facts = [level.freshness for level, _ in heard(shelves)]
    assert found.sure is (found.unknown == 0 and not any(fact.stale for fact in facts))
    assert found.freshness == tuple(dict.fromkeys(facts))


@given(SHELVES)
def test_the_failure_is_that_of_a_place_that_was_not_heard(shelves: list[Shelf]) -> None:
    failures = [shelf.answers[0] for shelf in shelves if isinstance(shelf.answers[0], AdapterError)]
    assert count(0, shelves, LIMITS).failure is (failures[-1] if failures else None)


VARIANTS = 5
Answers = Sequence[StockLevels | AdapterError | None]


def _plain(seen: Freshness, numbers: list[Decimal], odd: Answers, at: int) -> Answers:
    """Counted by one answer, but for one variant perhaps."""
    told: list[StockLevels | AdapterError | None]
    told = [StockLevels({"L1": StockLevel("L1", Tracking.TRACKED, seen, number)}) for number in numbers]
    told[at : at + len(odd)] = odd
    return told


def _shelves(places: Sequence[tuple[Answers, int]]) -> list[Shelf]:
    return [Shelf(str(place), "L1", safety, answers) for place, (answers, safety) in enumerate(places)]


PLAIN = st.builds(
    _plain,
    st.sampled_from(SEEN),
    st.lists(QUANTITIES, min_size=VARIANTS, max_size=VARIANTS),
    st.lists(ANSWERS, max_size=1),
    st.integers(0, VARIANTS - 1),
)
MIXED = st.lists(ANSWERS, min_size=VARIANTS, max_size=VARIANTS)


@given(st.lists(st.tuples(PLAIN | MIXED, st.integers(0, 5)), max_size=4).map(_shelves))
def test_many_variants_at_once_are_counted_as_one_by_one(shelves: list[Shelf]) -> None:
    at_once = counted([*map(CountedShelf.of, shelves)], VARIANTS, LIMITS, lambda found: found)
    assert at_once == [count(position, shelves, LIMITS) for position in range(VARIANTS)]


def test_of_equal_counts_is_made_once() -> None:
    level = StockLevels({"L1": StockLevel("L1", Tracking.TRACKED, SEEN[0], Decimal(4))})
    made: list[StockCount] = []
    found = counted([CountedShelf.of(Shelf("a", "L1", 0, [level] * 3))], 3, LIMITS, lambda one: made.append(one) or one)
    assert [one.quantity for one in found] == [4, 4, 4]
    assert len(made) == 1
