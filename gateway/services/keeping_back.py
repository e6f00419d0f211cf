"""Readings as they are shown: less what checkouts keep back of them, and of what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import floor

from msgspec.structs import replace

from gateway.model.identity import KeyRule, VariantKey
from gateway.model.stock import StockLevel, StockLevels, Tracking
from gateway.services.counting import Shelf
from gateway.services.stock_items import Need, item_of
from gateway.state.held_stock import KeptBack, Spots
from gateway.state.ledger import StockSpot

Own = Mapping[StockSpot, int]
"""Pieces kept back for whoever looks: theirs, not gone."""
BackBySpot = Mapping[str, KeptBack]
"""At one place, by item."""
_NOTHING: BackBySpot = {}


def less_held(shelves: Sequence[Shelf], variants: Sequence[VariantKey], spots: Spots, own: Own) -> Sequence[Shelf]:
    """`variants` as they were asked, in the order of each shelf's answers. An answer with something kept back, or with
    parts, tells of its shelf's place alone."""
    named: dict[KeyRule, Sequence[str]] = {}
    found: list[Shelf] = []
    for shelf in shelves:
        kept = spots.get((shelf.backend, shelf.ref), _NOTHING)
        if not kept and not shelf.kits:
            found.append(shelf)
            continue
        items = named.get(shelf.key_rule)
        if items is None:
            items = named[shelf.key_rule] = [item_of(variant, shelf.key_rule) for variant in variants]
        found.append(_less(shelf, items, kept, own))
    return found


def _less(shelf: Shelf, items: Sequence[str], kept: BackBySpot, own: Own) -> Shelf:
    answers = list(shelf.answers)
    for position, item in enumerate(items) if kept else ():
        answer = answers[position]
        if item in kept and isinstance(answer, StockLevels) and not answer.parts:
            level = answer.levels.get(shelf.ref)
            if level is not None and level.available is not None:
                left = level.available - _kept_back(shelf, item, level, kept, own)
                answers[position] = StockLevels({shelf.ref: replace(level, available=left)}, answer.until)
    for position in shelf.kits:
        answer = answers[position]
        if isinstance(answer, StockLevels):
            level = _made(shelf, answer, kept, own)
            answers[position] = StockLevels({} if level is None else {shelf.ref: level}, answer.until)
    return replace(shelf, answers=answers)


def _kept_back(shelf: Shelf, item: str, level: StockLevel, kept: BackBySpot, own: Own) -> int:
    back = kept.get(item)
    if back is None:
        return 0
    mine = own.get(StockSpot(shelf.backend, item, shelf.ref), 0) if own else 0
    return max(0, back.against(level.freshness.as_of) - mine)


def _made(shelf: Shelf, answer: StockLevels, kept: BackBySpot, own: Own) -> StockLevel | None:
    """What its parts make once the safety stock of each is left alone; None where one of them was never counted. The
    safety stock is added again because whoever counts the shelf takes it off, as of everything."""
    whole = answer.levels.get(shelf.ref)
    least: int | None = None
    for part in answer.parts:
        level = part.levels.get(shelf.ref)
        if level is None or whole is None:
            return None
        if level.tracking is Tracking.UNTRACKED:
            continue
        left, item = 0, item_of(part.item, shelf.key_rule)
        if level.tracking is Tracking.TRACKED and level.available is not None:
            left = floor(level.available) - shelf.safety_stock - _kept_back(shelf, item, level, kept, own)
        made = Need(StockSpot(shelf.backend, item, shelf.ref), part.quantity).makes(left)
        least = made if least is None else min(least, made)
    if whole is None or least is None:
        return whole and replace(whole, tracking=Tracking.UNTRACKED, available=None, on_hand=None)
    return replace(whole, tracking=Tracking.TRACKED, available=Decimal(least + shelf.safety_stock))
