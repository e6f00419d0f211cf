"""The collector looks at little at a time, also where one container comes for each that goes."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator

import pytest

from gateway.http import collecting

KEPT = 100_000
BETWEEN_TICKS = 500


@pytest.fixture
def settled() -> Iterator[None]:
    """A process that serves. Automatic collections as it has them."""
    before = gc.get_threshold()
    collecting.settle(ticking=True)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def looked_at(settled: None) -> Iterator[list[int]]:
    """How many containers each collection of the young looked at."""
    sizes: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] < 2:
            sizes.append(sum(len(gc.get_objects(generation)) for generation in range(info["generation"] + 1)))

    gc.callbacks.append(count)
    yield sizes
    gc.callbacks.remove(count)


def test_where_one_comes_for_one_that_goes_few_are_young_together(looked_at: list[int]) -> None:
    full = deque(((str(number),) for number in range(KEPT)), maxlen=KEPT)
    looked_at.clear()
    for number in range(KEPT):
        full.append((str(number),))
        if number % BETWEEN_TICKS == 0:
            collecting.look(1 + number // BETWEEN_TICKS)
    gc.collect(0)
    assert max(looked_at) < 2 * collecting.MIDDLE_TICKS * BETWEEN_TICKS + collecting.YOUNG


def test_rings_are_gone_after_two_looks_at_the_most(settled: None) -> None:
    class Ring:
        gone = 0

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            Ring.gone += 1

    Ring()
    collecting.look(1)
    Ring()
    collecting.look(2)
    assert Ring.gone == 2


def test_what_became_old_is_looked_at_once_a_minute(settled: None) -> None:
    ring: list[object] = []
    ring.append(ring)
    marked = id(ring)
    collecting.look(1)
    collecting.look(2)
    assert marked in map(id, gc.get_objects(generation=2))
    del ring
    collecting.look(collecting.OLD_TICKS + 2)
    assert marked in map(id, gc.get_objects(generation=2))
    collecting.look(2 * collecting.OLD_TICKS)
    assert marked not in map(id, gc.get_objects(generation=2))
