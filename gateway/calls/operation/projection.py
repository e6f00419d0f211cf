"""Stock behind the same port for systems that cannot answer many SKUs live: a copy kept here, filled by a poll of
everything and, in between, by what webhooks name. Every level keeps the instant its source stated it, so its age is
visible; a copy that is older than it should be says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from msgspec.structs import replace

from gateway.calls.operation.staleness import marked_stale
from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, ContextView, Priority
from gateway.model.identity import NativeRef, VariantKey
from gateway.model.stock import StockKey, StockLevel, StockLevels

BEHIND = "PROJECTION_BEHIND"
"""The reason given for a level that is older than the poll should have left it."""

_log = structlog.get_logger("gateway.projection")


class StockSource(Protocol):
    """What an adapter offers where it has no batched stock. Both are slow, and called in the background."""

    async def all_stock(self, call: CallContext) -> Mapping[VariantKey, StockLevels]:
        """Levels at all places, by SKU; by reference for variants without one."""
        ...

    async def stock_of(self, variants: Sequence[VariantKey], call: CallContext) -> Mapping[VariantKey, StockLevels]:
        """Levels of some variants; one that is absent is no longer known."""
        ...


class StockProjection:
    """Answers `StockPort.get_stock` from the copy. `every` seconds between polls; `patience` seconds for one."""

    def __init__(self, source: StockSource, *, every: float = 60.0, patience: float = 30.0) -> None:
        self._source = source
        self._every = every
        self._patience = patience
        self._levels: dict[VariantKey, StockLevels] = {}
        self._read_at: dict[VariantKey, float] = {}
        self._filled_at: float | None = None
        self._poller: asyncio.Task[None] | None = None

    @property
    def age(self) -> float | None:
        """Seconds since the last whole poll began; None before the first."""
        return None if self._filled_at is None else time.monotonic() - self._filled_at

    def start(self) -> None:
        self._poller = asyncio.get_running_loop().create_task(self._poll_for_ever())

    async def close(self) -> None:
        poller, self._poller = self._poller, None
        if poller is not None:
            poller.cancel()
            await asyncio.gather(poller, return_exceptions=True)

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        """From the copy; `call.fresh` asks the source for these variants. Unavailable before the first poll."""
        if call.fresh:
            await self._read(list(dict.fromkeys(key.variant for key in keys)), call)
        elif self._filled_at is None:
            raise Unavailable(detail="the projection has not been filled yet")
        now = time.monotonic()
        return {key: self._answer(key, now) for key in keys if key.variant in self._levels}

    async def poll(self) -> None:
        """Reads everything once. Raises AdapterError."""
        started = time.monotonic()
        levels = await self._source.all_stock(self._call())
        for gone in [one for one in self._levels if one not in levels and self._read_at[one] < started]:
            del self._levels[gone], self._read_at[gone]
        for variant, found in levels.items():
            self._keep(variant, found, started)
        self._filled_at = started

    async def changed(self, tags: Sequence[str]) -> None:
        """Read again what a webhook named: `stock:<SKU>`, `stock:<native id>` of a variant without one, or `stock` for
        everything. Failures wait for the poll."""
        named = {tag.removeprefix("stock:") for tag in tags if tag.startswith("stock:")}
        natives = [one for one in self._levels if isinstance(one, NativeRef) and one.id in named]
        variants: list[VariantKey] = [*natives, *sorted(named - {native.id for native in natives})]
        try:
            if "stock" in tags:
                await self.poll()
            elif variants:
                await self._read(variants, self._call())
        except AdapterError as error:
            _log.warning("projection_not_renewed", code=error.code, variants=len(variants))

    async def _read(self, variants: Sequence[VariantKey], call: CallContext) -> None:
        started = time.monotonic()
        found = await self._source.stock_of(variants, call)
        for variant in variants:
            if variant in found:
                self._keep(variant, found[variant], started)
            elif self._read_at.get(variant, -1.0) < started:
                self._levels.pop(variant, None)
                self._read_at.pop(variant, None)

    def _keep(self, variant: VariantKey, levels: StockLevels, started: float) -> None:
        # What was asked for earlier and arrives later tells less than what is here.
        if self._read_at.get(variant, -1.0) <= started:
            self._levels[variant] = levels
            self._read_at[variant] = started

    def _answer(self, key: StockKey, now: float) -> StockLevels:
        known = self._levels[key.variant]
        parts = tuple(replace(part, levels=_at(key.locations, part.levels)) for part in known.parts)
        levels = replace(known, levels=_at(key.locations, known.levels), parts=parts)
        late = now - self._read_at[key.variant] > self._every + self._patience
        return marked_stale(levels, BEHIND) if late else levels

    def _call(self) -> CallContext:
        return CallContext.within(self._patience, priority=Priority.BACKGROUND)

    async def _poll_for_ever(self) -> None:
        while True:
            try:
                await self.poll()
            except AdapterError as error:
                _log.warning("projection_poll_failed", code=error.code)
            await asyncio.sleep(self._every)


def _at(places: Sequence[str], levels: Mapping[str, StockLevel]) -> dict[str, StockLevel]:
    return {place: levels[place] for place in places if place in levels}


class Projected:
    """An adapter whose stock is answered by a projection; everything else is the adapter's own."""

    def __init__(self, adapter: Any, stock: StockProjection) -> None:
        self._adapter = adapter
        self._stock = stock

    @property
    def get_stock(self) -> Any:
        return self._stock.get_stock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)
