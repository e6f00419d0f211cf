"""StockCommitPort and RestockPort: goods that an order of another system takes, as deliveries that wait for a person to
send them off, and are cancelled when it is none any more.
One `stock.picking` a place, with one `stock.move` a product; confirmed, Odoo reserves what there is, and the rest as
it comes in.

All of them are made by one call and reserved by one: each is a transaction of Odoo's, so that there is never a part. In
between they are drafts, which hold nothing: "none", for whoever looks, and taken up again by whoever sends again.
Source: addons/stock/models/stock_picking.py and stock_move.py of 17 to 19, and mrp's `action_explode` for kits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.values import CodeRow, Empty, Row, link, record, text
from adapters.odoo.variants import SKUS_A_REQUEST, Variants
from gateway.errors import RequestRefused
from gateway.kit.concurrency import gathered, together
from gateway.kit.writing import after_an_effect, before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef, VariantKey
from gateway.model.stock import CommitStock, GoodsSold, Restock, Restocked, StockCommitted
from gateway.ports.manifest import AdapterEnvironment

TRANSFER = "stock.picking"
KEPT = ("product", "consu")
"""Types of products that lie somewhere and leave: those that are counted, and those that are not. Of a service nothing
does."""
TO_CUSTOMERS = ["location_dest_id.usage", "=", "customer"]
STANDING = ["state", "!=", "cancel"]
OVER = ("done", "cancel")


class _End(Row, frozen=True):
    usage: str


class _Source(Row, frozen=True):
    complete_name: str | Empty


class _Deliveries(Row, frozen=True):
    default_location_src_id: _Source | Empty
    default_location_dest_id: _End | Empty


class _Yard(Row, frozen=True):
    code: str | Empty
    lot_stock_id: int | Empty
    out_type_id: _Deliveries | Empty


class _Goods(CodeRow, frozen=True):
    name: str | Empty
    type: str


class _Transfer(Row, frozen=True):
    state: str


class _Way(Struct, frozen=True):
    """How goods leave a place: by which type of operation, from where to where."""

    kind: int
    source: int
    destination: int


class StockCommitments:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, variants: Variants) -> None:
        self._name = env.name
        self._config = env.config
        self._client = client
        self._variants = variants

    async def commit_stock(self, command: CommitStock, context: ContextView, call: CallContext) -> StockCommitted:
        """However many there are: what is missing waits. Drafts under the reference are an earlier sending's, and are
        taken up. What Odoo refuses to reserve is cancelled."""
        with before_sending():
            known = await self._client.search(_Transfer, TRANSFER, self._under(command.reference), call)
            if done := self._standing(known):
                return done
            values = () if known else await self._transfers(command, call)
        made = [row.id for row in known] or await self._client.create_all(TRANSFER, values, call)
        refused: RequestRefused | None = None
        try:  # of drafts it is `action_confirm` too
            await self._client.call(object, TRANSFER, "action_assign", {}, call, ids=made)
        except RequestRefused as error:
            refused = error
        with after_an_effect():
            after = await self._client.search(_Transfer, TRANSFER, self._under(command.reference), call)
            if done := self._standing(after):
                return done
            await self._client.call(object, TRANSFER, "action_cancel", {}, call, ids=made)
        raise refused or RequestRefused(detail="action_assign: the transfers are drafts as before")

    async def find_commitment(self, reference: str, context: ContextView, call: CallContext) -> StockCommitted | None:
        found = await self._client.search(_Transfer, TRANSFER, self._under(reference), call, order="id")
        return self._standing(found)

    async def restock(self, command: Restock, context: ContextView, call: CallContext) -> Restocked:
        """Deliveries that have not left are cancelled, which frees what they reserved, by one call. What has left comes
        back by a return, which is a person's."""
        with before_sending():
            known = await self._client.search(_Transfer, TRANSFER, self._ever(command.reference), call)
            if not known:
                raise RequestRefused(detail="no deliveries under this reference")
        if waiting := [row.id for row in known if row.state not in OVER]:
            await self._client.call(object, TRANSFER, "action_cancel", {}, call, ids=waiting)
        return self._restocked(known)

    async def find_restock(self, reference: str, context: ContextView, call: CallContext) -> Restocked | None:
        found = await self._client.search(_Transfer, TRANSFER, self._ever(reference), call, order="id")
        return self._restocked(found) if found and all(row.state in OVER for row in found) else None

    def _restocked(self, rows: Sequence[_Transfer]) -> Restocked:
        shipped = sorted(row.id for row in rows if row.state == "done")
        first = NativeRef(self._name, str(min(row.id for row in rows)))
        return Restocked(first, tuple(NativeRef(self._name, str(each)) for each in shipped))

    def _under(self, reference: str) -> list[Any]:
        return [*self._ever(reference), STANDING]

    def _ever(self, reference: str) -> list[Any]:
        """Returns of them bear it too, and come from the customers."""
        return [[f"move_ids.{self._config.move_reference_field}", "=", reference], TO_CUSTOMERS]

    def _standing(self, rows: Sequence[_Transfer]) -> StockCommitted | None:
        """The first of them; what was split off for later comes after it, as does what a person copied."""
        found = [row.id for row in rows if row.state != "draft"]
        return StockCommitted(NativeRef(self._name, str(min(found)))) if found else None

    async def _transfers(self, command: CommitStock, call: CallContext) -> Sequence[Mapping[str, Any]]:
        """Raises RequestRefused for what cannot be taken, whatever part of it."""
        _require_goods(command.goods)
        version = await self._client.version(call)
        async with together() as tasks:
            sold = tasks.create_task(self._products(command.goods, call))
            found = tasks.create_task(self._ways({each.place for each in command.goods}, call))
        products, ways = sold.result(), found.result()
        taken: dict[str, dict[int, int]] = {}
        for each in command.goods:
            product = products[each.variant]
            if product.type in KEPT:
                pieces = taken.setdefault(each.place, {})
                pieces[product.id] = pieces.get(product.id, 0) + each.pieces
        if not taken:
            raise RequestRefused(detail="none of these goods are kept in stock")
        named = {product.id: text(product.name) or str(product.id) for product in products.values()}
        return [
            {
                "picking_type_id": ways[place].kind,
                "location_id": ways[place].source,
                "location_dest_id": ways[place].destination,
                "origin": command.order or command.reference,
                "user_id": False,  # else the gateway's user is who has to see to it
                "move_ids": [
                    [0, 0, self._move(command, ways[place], product, number, named[product], version)]
                    for product, number in pieces.items()
                ],
            }
            for place, pieces in taken.items()
        ]

    def _move(
        self, command: CommitStock, way: _Way, product: int, pieces: int, name: str, version: int
    ) -> dict[str, Any]:
        """In the product's own unit, which is left unsaid: what is available is counted in it."""
        values: dict[str, Any] = {
            "product_id": product,
            "product_uom_qty": pieces,
            "location_id": way.source,
            "location_dest_id": way.destination,
            self._config.move_reference_field: command.reference,
        }
        return values if version >= 19 else {"name": name, **values}

    async def _products(self, goods: Sequence[GoodsSold], call: CallContext) -> Mapping[VariantKey, _Goods]:
        asked = list(dict.fromkeys(each.variant for each in goods))
        domains = await self._variants.domains(asked, call)
        pages = await gathered([self._client.search(_Goods, "product.product", named, call) for named in domains])
        bearers = self._variants.found(row for page in pages for row in page)
        found = {key: row for key in asked if isinstance(row := bearers.one(key), _Goods) and row.type != "combo"}
        if len(found) < len(asked):
            raise RequestRefused(detail=f"{len(asked) - len(found)} goods are not known here, or not as one product")
        return found

    async def _ways(self, places: set[str], call: CallContext) -> Mapping[str, _Way]:
        """Of each place. A warehouse has its deliveries; of a location outside every warehouse an operation type says
        so that is a delivery and starts there."""
        outside = {name: place for name, place in self._config.unassigned_locations.items() if place in places}
        async with together() as tasks:
            yards = tasks.create_task(
                self._client.search(_Yard, "stock.warehouse", [["code", "in", sorted(places)]], call)
            )
            starting = tasks.create_task(self._starting_at(sorted(outside), call))
            customers = tasks.create_task(self._customers(call))
        ways: dict[str, _Way] = {}
        for kind in starting.result():
            source = record(kind.default_location_src_id)
            place = outside.get(text(source.complete_name) or "") if source is not None else None
            if place is not None and source is not None:
                ways.setdefault(place, _Way(kind.id, source.id, _destination(kind, customers.result())))
        for yard in yards.result():
            kind, shelf, code = record(yard.out_type_id), link(yard.lot_stock_id), text(yard.code)
            if kind is not None and shelf is not None and code is not None:
                ways[code] = _Way(kind.id, shelf, _destination(kind, customers.result()))
        if unknown := len(places - ways.keys()):
            raise RequestRefused(detail=f"{unknown} places have no deliveries here, or are not places of this Odoo")
        return ways

    async def _starting_at(self, names: Sequence[str], call: CallContext) -> Sequence[_Deliveries]:
        if not names:
            return ()
        domain = [["code", "=", "outgoing"], ["default_location_src_id.complete_name", "in", names]]
        return await self._client.search(_Deliveries, "stock.picking.type", domain, call, order="sequence,id")

    async def _customers(self, call: CallContext) -> int:
        """Where what was delivered is, for Odoo: its first location of that kind. 17's deliveries do not always say."""
        rows = await self._client.search(_End, "stock.location", [["usage", "=", "customer"]], call)
        if not rows:
            raise RequestRefused(detail="no customers' location")
        return min(row.id for row in rows)


def _destination(kind: _Deliveries, customers: int) -> int:
    end = record(kind.default_location_dest_id)
    return end.id if end is not None and end.usage == "customer" else customers


def _require_goods(goods: Sequence[GoodsSold]) -> None:
    if not 0 < len(goods) <= SKUS_A_REQUEST or any(each.pieces <= 0 for each in goods):
        raise RequestRefused(detail=f"a commitment has goods, each in pieces, {SKUS_A_REQUEST} at most")
