"""Readings as they are shown: less what checkouts keep back of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.model.identity import VariantKey, canonical_key
from gateway.model.stock import StockLevels
from gateway.services.counting import Shelf
from gateway.state.held_stock import KeptBack, Spots
from gateway.state.ledger import StockSpot

Own = Mapping[StockSpot, int]
"""Pieces kept back for whoever looks: theirs, not gone."""


def less_held(shelves: Sequence[Shelf], variants: Sequence[VariantKey], spots: Spots, own: Own) -> Sequence[Shelf]:
    """`variants` as they were asked, in the order of each shelf's answers. An answer with something kept back tells of
    its shelf's place alone."""
    items = [canonical_key(variant) if isinstance(variant, str) else variant.id for variant in variants]
    return [
        shelf if (kept := spots.get((shelf.backend, shelf.ref))) is None else _less(shelf, items, kept, own)
        for shelf in shelves
    ]


def _less(shelf: Shelf, items: Sequence[str], kept: Mapping[str, KeptBack], own: Own) -> Shelf:
    answers = list(shelf.answers)
    for position, item in enumerate(items):
        answer, back = answers[position], kept.get(item)
        if back is not None and isinstance(answer, StockLevels):
            mine = own.get(StockSpot(shelf.backend, item, shelf.ref), 0) if own else 0
            answers[position] = _left(answer, shelf.ref, back, mine)
    return replace(shelf, answers=answers)


def _left(answer: StockLevels, ref: str, kept: KeptBack, own: int) -> StockLevels:
    level = answer.levels.get(ref)
    if level is None or level.available is None:
        return answer
    pieces = max(0, kept.against(level.freshness.as_of) - own)
    return StockLevels({ref: replace(level, available=level.available - pieces)}, answer.until)
