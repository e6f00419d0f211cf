"""StockCommitPort and RestockPort: goods that another system sold leave what is available, and come back when its order
is none any more, all by one mutation. The same key gives the first answer again; there is no look-up by a reference of
ours.

Source: shopify.dev/docs/api/admin-graphql/2026-10/mutations/inventoryAdjustQuantities,
shopify.dev/docs/api/usage/implementing-idempotency."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import LOCATION, is_gid
from adapters.shopify.shapes import Identified, Node
from adapters.shopify.stock import Stock
from gateway.errors import AdapterError, InvalidAnswer, RequestRefused, Unavailable
from gateway.kit.writing import before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, Restock, Restocked, StockCommitted, Tracking
from gateway.ports.manifest import AdapterEnvironment

COMMIT = Document(
    "admin",
    "StockCommit",
    "mutation StockCommit($input:InventoryAdjustQuantitiesInput! $key:String!)"
    "{inventoryAdjustQuantities(input:$input) @idempotent(key:$key)"
    "{inventoryAdjustmentGroup{id} userErrors{code field}}}",
)
MADE = Document(
    "admin",
    "StockAdjustment",
    "query StockAdjustment($id:ID!){node(id:$id){...on InventoryAdjustmentGroup{id referenceDocumentUri"
    ' changes(quantityNames:["available"]){delta item{id} location{id}}}}}',
)
MUTATION_POINTS = 12.0
KEY_LIVES = 3_600.0
"""Seconds in which a key is trusted to give the first answer again."""
MOST_CHANGES = 250
KEYS = 3
"""How many keys one commitment may use up: one whose request failed is good for nothing any more."""
FAILED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
OPEN = frozenset(
    {
        "IDEMPOTENCY_CONCURRENT_REQUEST",
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "ADJUST_QUANTITIES_FAILED",
        "SERVICE_UNAVAILABLE",
    }
)
"""Codes that leave open what became of it, or of what was sent under the same key before."""

Taken = Mapping[tuple[str, str], int]
"""Pieces by inventory item and location."""


class _Error(Node, frozen=True, kw_only=True):
    code: str | None = None
    field: list[str] | None = None


class _Adjusted(Node, frozen=True, kw_only=True):
    user_errors: list[_Error]
    inventory_adjustment_group: Identified | None = None


class _Answer(Node, frozen=True, kw_only=True):
    inventory_adjust_quantities: _Adjusted


class _Change(Node, frozen=True, kw_only=True):
    """Of what is no longer there the item, or the place, is null."""

    delta: int
    item: Identified | None = None
    location: Identified | None = None


class _Group(Node, frozen=True, kw_only=True):
    """Of another kind of node nothing was asked."""

    id: str = ""
    reference_document_uri: str | None = None
    changes: tuple[_Change, ...] = ()


class _Found(Node, frozen=True, kw_only=True):
    node: _Group | None = None


class StockCommitments:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client, stock: Stock) -> None:
        self._name = env.name
        self._client = client
        self._stock = stock

    async def commit_stock(self, command: CommitStock, context: ContextView, call: CallContext) -> StockCommitted:
        """Two requests. What is sold without counting is taken from no count. Raises RequestRefused for goods that are
        not there, or not kept at that place, and for more than 250 of them."""
        with before_sending():
            taken = await self._taken(command, call)
        document = _document(command.reference)
        if not taken:
            return StockCommitted(NativeRef(self._name, document))
        deltas = {spot: -pieces for spot, pieces in taken.items()}
        made = await self._adjusted(f"{command.reference}.S", "other", document, deltas, call)
        return StockCommitted(NativeRef(self._name, made))

    async def restock(self, command: Restock, context: ContextView, call: CallContext) -> Restocked:
        """Two requests: what comes back is what the shop's own record of the commitment says that went. Raises
        RequestRefused where there is no such record, or what it names is not there any more."""
        document = _document(command.reference)
        if command.record.id == document:  # of goods that are sold without counting
            return Restocked(command.record)
        with before_sending():
            deltas = await self._went(command, document, call)
        key, returned = f"{command.reference}.R", document.replace("Commitment", "Restock")
        made = await self._adjusted(key, "restock", returned, deltas, call)
        return Restocked(NativeRef(self._name, made))

    async def find_restock(self, reference: str, context: ContextView, call: CallContext) -> Restocked | None:
        """Never asked (`FindKind.REPLAY`)."""
        return None

    async def _went(self, command: Restock, document: str, call: CallContext) -> Mapping[tuple[str, str], int]:
        found = (await self._client.ask(MADE, {"id": command.record.id}, _Found, call, 3.0)).node
        if found is None or found.reference_document_uri != document:
            raise RequestRefused(detail="no adjustment of the shop's is this commitment")
        deltas: dict[tuple[str, str], int] = {}
        for change in found.changes:
            if change.item is None or change.location is None:
                raise RequestRefused(detail="goods, or a place, that the shop has no longer")
            deltas[change.item.id, change.location.id] = -change.delta
        return deltas

    async def _adjusted(
        self, key: str, reason: str, document: str, deltas: Mapping[tuple[str, str], int], call: CallContext
    ) -> str:
        """The shop's record of it. Compared with nothing: it is sold, or not sold any more, whatever is there."""
        changes = [
            {"inventoryItemId": item, "locationId": place, "delta": delta, "changeFromQuantity": None}
            for (item, place), delta in deltas.items()
        ]
        asked = {"name": "available", "reason": reason, "referenceDocumentUri": document, "changes": changes}
        for attempt in range(KEYS):
            told = {"input": asked, "key": f"{key}.{attempt}"}
            answer = await self._client.ask(COMMIT, told, _Answer, call, MUTATION_POINTS)
            done = answer.inventory_adjust_quantities
            codes = {error.code for error in done.user_errors}
            if codes and codes <= {FAILED_BEFORE}:
                continue
            if codes & OPEN:
                raise Unavailable(detail=_told(done.user_errors))
            if codes:
                raise RequestRefused(detail=_told(done.user_errors))
            if done.inventory_adjustment_group is None:
                raise InvalidAnswer(detail=f"{COMMIT.name}: no adjustment and no error")
            return done.inventory_adjustment_group.id
        raise RequestRefused(detail="failed before, under every key of this commitment")

    async def _taken(self, command: CommitStock, call: CallContext) -> Taken:
        if not command.goods or any(each.pieces <= 0 for each in command.goods):
            raise RequestRefused(detail="a commitment has goods, each in pieces")
        if not all(is_gid(LOCATION, each.place) for each in command.goods):
            raise RequestRefused(detail="a place is no location of the shop's")
        places = sorted({each.place for each in command.goods})
        items = await self._stock.stocked(list(dict.fromkeys(each.variant for each in command.goods)), places, call)
        taken: dict[tuple[str, str], int] = {}
        for each in command.goods:
            found = items.get(each.variant)
            if isinstance(found, AdapterError) and not found.per_key:
                raise found  # nothing was learnt of these goods
            if found is None or isinstance(found, AdapterError):
                raise RequestRefused(detail="goods that are not known here")
            tracking = found.tracking(each.place)
            if tracking is Tracking.NOT_STOCKED:
                raise RequestRefused(detail="goods that are not kept at that place")
            if tracking is Tracking.TRACKED:
                taken[found.item, each.place] = taken.get((found.item, each.place), 0) + each.pieces
        if len(taken) > MOST_CHANGES:
            raise RequestRefused(detail=f"more than {MOST_CHANGES} goods and places at once")
        return taken


def _document(reference: str) -> str:
    """By which staff see whose adjustment it is."""
    return f"gid://commerce-gateway/Commitment/{reference}"


def _told(errors: list[_Error]) -> str:
    """Codes and fields; the vendor's words may repeat what was sent."""
    return "; ".join(f"{error.code} at {'.'.join(error.field or ())}" for error in errors)[:200]
