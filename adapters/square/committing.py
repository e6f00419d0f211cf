"""StockCommitPort and RestockPort: goods that another system sold go from IN_STOCK to SOLD, and back when its order is
none any more, all in one request, which Square takes as a whole or not at all. There is no look-up by a reference of
ours alone; a key that was used tells that there may be something, and the changes of these goods tell what.

Source: developer.squareup.com/docs/inventory-api/how-it-works,
developer.squareup.com/reference/square/inventory-api/batch-change-inventory."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.errors import KeyReused
from adapters.square.ids import is_id
from adapters.square.marks import tracking_at
from adapters.square.rows import Answer
from adapters.square.stock import Count, Stock
from gateway.errors import AdapterError, InvalidAnswer, RequestRefused, Unavailable
from gateway.kit.moments import as_rfc3339
from gateway.kit.money import decimal_of
from gateway.kit.writing import after_an_effect, before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, Restock, Restocked, StockCommitted, Tracking
from gateway.ports.manifest import AdapterEnvironment

CHANGES_PER_REQUEST = 100
COMMITMENT, RETURN = ".S", ".R"
"""Added to the reference for the key of its changes."""
IN_STOCK, SOLD = "IN_STOCK", "SOLD"
LOOKED_BACK = timedelta(days=1)
"""How far back changes are looked at: longer than any key is trusted."""
ROWS_PER_PAGE = 1_000

Taken = Mapping[tuple[str, str], Decimal]
"""Pieces by variation and location."""


class Adjustment(Struct, frozen=True):
    reference_id: str | None = None
    to_state: str | None = None
    location_id: str | None = None
    catalog_object_id: str | None = None
    quantity: str | None = None


class WireChange(Struct, frozen=True):
    """`adjustment` is there where the change is one, and not a count."""

    type: str | None = None
    adjustment: Adjustment | None = None


class ChangesAnswer(Answer, frozen=True, kw_only=True):
    """Of changes/batch-create, with the counts that are now, and of changes/batch-retrieve."""

    changes: tuple[WireChange, ...] | None = None
    counts: tuple[Count, ...] | None = None


class StockCommitments:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, stock: Stock) -> None:
        self._env = env
        self._client = client
        self._stock = stock

    async def commit_stock(self, command: CommitStock, context: ContextView, call: CallContext) -> StockCommitted:
        """Two requests, three where nobody says whether goods are counted. A commitment is known by our reference,
        which all its changes bear. What is sold without counting is taken from no count. Raises RequestRefused for
        goods that are not there, or not counted there, and for more than 100 of them."""
        with before_sending():
            taken = await self._taken(command, call)
        await self._moved(command.reference, COMMITMENT, taken, IN_STOCK, SOLD, call)
        return StockCommitted(NativeRef(self._env.name, command.reference))

    async def restock(self, command: Restock, context: ContextView, call: CallContext) -> Restocked:
        """Three requests: what goes back is what Square shows that went, of these goods, under our reference. What is
        sold without counting goes back to no count."""
        with before_sending():
            spots = await self._spots(command, call)
            took: Taken = {}
            if spots:
                since, until = command.committed - LOOKED_BACK, command.committed + LOOKED_BACK
                took = await self._changed(command.reference, spots, SOLD, call, since=since, until=until)
                if not took:
                    raise RequestRefused(detail="nothing of these goods was sold under this reference")
        await self._moved(command.reference, RETURN, took, SOLD, IN_STOCK, call)
        return Restocked(NativeRef(self._env.name, command.reference))

    async def find_restock(self, reference: str, context: ContextView, call: CallContext) -> Restocked | None:
        """Never asked (`FindKind.REPLAY`): there is no look-up by a reference alone."""
        return None

    async def _spots(self, command: Restock, call: CallContext) -> set[tuple[str, str]]:
        """Of goods that are counted. Raises RequestRefused for those that are not known any more."""
        variants = list(dict.fromkeys(each.variant for each in command.goods))
        ids, marks = await self._stock.known(variants, replace(call, fresh=True))
        spots: set[tuple[str, str]] = set()
        for each in command.goods:
            found = ids.get(each.variant)
            if isinstance(found, AdapterError) and not found.per_key:
                raise found
            if found is None or isinstance(found, AdapterError):
                raise RequestRefused(detail="goods that are not known here")
            known = marks.get(found.id)
            if known is None or tracking_at(each.place, known) is not Tracking.UNTRACKED:
                spots.add((found.id, each.place))
        return spots

    async def _moved(self, reference: str, key: str, taken: Taken, before: str, after: str, call: CallContext) -> None:
        if not taken:
            return
        changes = [self._change(reference, *spot, pieces, before, after) for spot, pieces in taken.items()]
        body = {"idempotency_key": f"{reference}{key}", "changes": changes}
        try:
            done = await self._client.post("/v2/inventory/changes/batch-create", body, ChangesAnswer, call)
        except KeyReused:
            # Sent before, at another moment: `occurred_at` is a part of what was asked.
            with after_an_effect():
                since = (self._client.their_time or self._env.clock()) - LOOKED_BACK
                if await self._changed(reference, set(taken), after, call, since=since) != taken:
                    raise Unavailable(detail="the key was used, and its changes are not to be seen") from None
        else:
            if done.counts is None and done.changes is None:
                raise InvalidAnswer(detail="changes/batch-create: neither counts nor changes")

    async def _taken(self, command: CommitStock, call: CallContext) -> Taken:
        if not command.goods or any(each.pieces <= 0 for each in command.goods):
            raise RequestRefused(detail="a commitment has goods, each in pieces")
        if not all(is_id(each.place) for each in command.goods):
            raise RequestRefused(detail="a place is no location of Square's")
        variants = list(dict.fromkeys(each.variant for each in command.goods))
        ids, marks = await self._stock.known(variants, replace(call, fresh=True))
        taken: dict[tuple[str, str], Decimal] = {}
        unsaid: set[tuple[str, str]] = set()
        for each in command.goods:
            found = ids.get(each.variant)
            if isinstance(found, AdapterError) and not found.per_key:
                raise found
            known = None if found is None or isinstance(found, AdapterError) else marks.get(found.id)
            if found is None or isinstance(found, AdapterError) or known is None:
                raise RequestRefused(detail="goods that are not known here")
            tracking = tracking_at(each.place, known)
            if tracking is Tracking.NOT_STOCKED:
                raise RequestRefused(detail="goods that are not kept at that place")
            if tracking is not Tracking.UNTRACKED:
                spot = found.id, each.place
                taken[spot] = taken.get(spot, Decimal(0)) + each.pieces
                unsaid |= {spot} if tracking is None else set()
        await self._require_counted(unsaid, call)
        if len(taken) > CHANGES_PER_REQUEST:
            raise RequestRefused(detail=f"more than {CHANGES_PER_REQUEST} goods and places at once")
        return taken

    async def _require_counted(self, unsaid: set[tuple[str, str]], call: CallContext) -> None:
        """A first change would begin a count at zero, of goods that nobody counts."""
        if unsaid:
            variations, places = (sorted(set(names)) for names in zip(*unsaid, strict=True))
            if unsaid - set(await self._stock.counted(variations, tuple(places), call)):
                raise RequestRefused(detail="goods that are not counted at that place")

    def _change(
        self, reference: str, variation: str, place: str, pieces: Decimal, before: str, after: str
    ) -> Mapping[str, object]:
        """As of Square's own time, not ours: what happened before a physical count is not taken from it, and what has
        not happened yet is refused."""
        return {
            "type": "ADJUSTMENT",
            "adjustment": {
                "reference_id": reference,
                "from_state": before,
                "to_state": after,
                "catalog_object_id": variation,
                "location_id": place,
                "quantity": f"{pieces:f}",
                "occurred_at": as_rfc3339(self._client.their_time or self._env.clock()),
            },
        }

    async def _changed(
        self,
        reference: str,
        spots: Set[tuple[str, str]],
        to: str,
        call: CallContext,
        *,
        since: datetime,
        until: datetime | None = None,
    ) -> Taken:
        """Pieces that went into a state under our reference, as Square shows them: of these goods, there is no other
        filter."""
        body = {
            "catalog_object_ids": sorted({variation for variation, _ in spots}),
            "location_ids": sorted({place for _, place in spots}),
            "types": ["ADJUSTMENT"],
            "updated_after": as_rfc3339(since),
            **({} if until is None else {"updated_before": as_rfc3339(until)}),
            "limit": ROWS_PER_PAGE,
        }
        found: dict[tuple[str, str], Decimal] = {}
        async for page in self._client.pages("/v2/inventory/changes/batch-retrieve", body, ChangesAnswer, call):
            for row in page.changes or ():
                change = row.adjustment
                if change is None or change.reference_id != reference or change.to_state != to:
                    continue
                spot = change.catalog_object_id or "", change.location_id or ""
                pieces = decimal_of(change.quantity or "", "changes[].adjustment.quantity")
                found[spot] = found.get(spot, Decimal(0)) + pieces
        return found
