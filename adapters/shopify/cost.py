"""How much one Admin query may ask for. The vendor prices a query before it runs it: an object is 1 point, a connection
`first` times its node, and one query may cost 1000 (vendor guide, API limits). Pages and pieces are cut to fit, and cut
smaller when the vendor prices a document higher than the published rule."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from adapters.shopify.errors import TooCostly
from gateway.errors import AdapterError

A = TypeVar("A")
K = TypeVar("K")
ATTEMPTS = 4
HEADROOM = 20
"""Points kept for what stands beside the list in a document."""


def fitting(per_item: int, at_most: int, limit: int = 1000) -> int:
    """How many items of `per_item` points one query may ask for."""
    return max(1, min(at_most, (limit - HEADROOM) // max(1, per_item)))


class CostBook:
    """What each document has really cost, against the published rule."""

    def __init__(self, limit: int, scale: float) -> None:
        self._limit = limit
        self._start = scale
        self._scales: dict[str, float] = {}

    def pieces(self, document: str, per_item: int, at_most: int) -> int:
        """How many items of `per_item` points (by the published rule) one query of this document may ask for."""
        scale = self._scales.get(document, self._start)
        return fitting(math.ceil(per_item * scale), at_most, self._limit)

    def nested(self, document: str, outer: int, per_item: int, at_most: int) -> int:
        """How many items fit in each of `outer` lists of one query; at least one."""
        each = self.pieces(document, outer, self._limit * 100) - 1
        return max(1, min(at_most, each // per_item))

    def learn(self, document: str, cost: float, items: int, per_item: int) -> None:
        """The vendor priced `items` at `cost`: ask for no more than fits from now on."""
        priced = max(cost, self._limit + 1.0) / max(1, items * per_item)
        self._scales[document] = max(self._scales.get(document, self._start), priced)

    async def page(
        self,
        document: str,
        most: int,
        row: int,
        item: int,
        nested: range,
        send: Callable[[int, int, float], Awaitable[A]],
    ) -> A:
        """A page of as many rows of `row` points as one query may cost, with as many items of `item` points in each as
        fit beside them, within `nested`; fewer when it turns out dearer. `send` takes rows, items, and the points."""
        fewest = nested[0]
        while True:
            rows = self.pieces(document, row + fewest * item, most)
            items = next(
                (each for each in reversed(nested) if self.pieces(document, row + each * item, rows) >= rows), fewest
            )
            points = row + items * item
            try:
                return await send(rows, items, float(points * rows))
            except TooCostly as error:
                if rows == 1 and items == fewest:
                    raise
                self.learn(document, error.cost, rows, points)

    async def in_pieces(
        self,
        document: str,
        items: Sequence[K],
        per_item: int,
        at_most: int,
        send: Callable[[Sequence[K]], Awaitable[None]],
        failed: Callable[[K, AdapterError], None] | None = None,
    ) -> None:
        """Send all items in as few queries as fit, in order. A piece that turns out too dear is cut again. With
        `failed`, which is told of each item of a piece that fails, the others are sent all the same; where every piece
        fails, the first error is raised."""
        done = answered = 0
        failures = 0
        first: AdapterError | None = None
        while done < len(items):
            piece = items[done : done + self.pieces(document, per_item, at_most)]
            try:
                await send(piece)
            except TooCostly as error:
                failures += 1
                if failures >= ATTEMPTS or len(piece) == 1:
                    first = first or error
                    break
                self.learn(document, error.cost, error.rows or len(piece), per_item)
                continue
            except AdapterError as error:
                if failed is None:
                    raise
                first = first or error
                for item in piece:
                    failed(item, error)
            else:
                answered += 1
            done += len(piece)
        if first is None:
            return
        if failed is None:
            raise first
        for item in items[done:]:
            failed(item, first)
        if not answered:
            raise first
