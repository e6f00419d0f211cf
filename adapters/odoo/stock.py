"""StockPort: quants of all warehouses in one call, and kits through their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.kits import Kit, available_kits, read_kits
from adapters.odoo.values import Coded, CodeRow, Empty, Row, link, number, record, text
from adapters.odoo.variants import SKUS_A_REQUEST, Variants
from gateway.errors import AdapterError
from gateway.kit.concurrency import gathered, in_chunks, together
from gateway.kit.keyed import answered
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, VariantKey, natives_among, skus_among
from gateway.model.stock import StockKey, StockLevel, StockLevels, StockPart, Tracking
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

TABLES = "stock.tables"
ZERO = Decimal(0)
TRACKED, UNTRACKED = Tracking.TRACKED, Tracking.UNTRACKED


class _Location(Row, frozen=True):
    usage: str
    complete_name: str | Empty
    warehouse_id: Coded | Empty


class _Quant(Row, frozen=True):
    location_id: _Location | Empty
    quantity: Decimal
    reserved_quantity: Decimal
    owner_id: int | Empty


class _Stocked17(CodeRow, frozen=True):
    type: str
    stock_quant_ids: tuple[_Quant, ...]

    @property
    def counted(self) -> bool:
        return self.type == "product"


class _Stocked(CodeRow, frozen=True):
    is_storable: bool
    stock_quant_ids: tuple[_Quant, ...]

    @property
    def counted(self) -> bool:
        return self.is_storable


class _KitRow(Row, frozen=True):
    free_qty: Decimal
    qty_available: Decimal


class Lying(Struct, frozen=True):
    """Pieces at one place: on hand, and not yet promised to somebody."""

    on_hand: Decimal = ZERO
    free: Decimal = ZERO


class _Tables(Struct, frozen=True):
    """Warehouses by reference, kits by product."""

    warehouses: Mapping[str, int]
    kits: Mapping[int, Kit]


Stocked = _Stocked17 | _Stocked
NOTHING = Lying()


class Stock:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, variants: Variants) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._variants = variants
        self._tables = Table(self._read_tables, env.config.tables_ttl, env.clock)
        self.close = self._tables.close

    def forget(self, tags: Sequence[str]) -> None:
        """Warehouses and kits have no webhook of their own; products and quants change far oftener than they."""
        if EVERYTHING[0] in tags:
            self._tables.forget()

    async def _read_tables(self, call: CallContext) -> _Tables:
        own = replace(call, operation=TABLES)
        async with together() as tasks:
            warehouses = tasks.create_task(self._client.search(Coded, "stock.warehouse", [], own))
            kits = tasks.create_task(read_kits(self._client, self._variants, own)) if self._config.kits else None
        by_code = {code: row.id for row in warehouses.result() if (code := text(row.code))}
        return _Tables(by_code, kits.result() if kits is not None else {})

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        tables = await self._tables.get(call, kept_is_enough=True)
        rows: dict[int, Stocked] = {}

        async def some(variants: Sequence[VariantKey]) -> Mapping[VariantKey, Stocked | AdapterError]:
            """With the components of those that are kits, which come to `rows` too."""
            parts = self._parts(variants, tables.kits)
            domains = await self._variants.domains(variants, call)
            pages = await gathered([self._stocked(named, parts, call) for named in domains])
            read = {row.id: row for page in pages for row in page}
            rows.update(read)
            return answered(variants, self._variants.found(read.values()).one, lambda variant, row: row)

        found = await in_chunks((key.variant for key in keys), SKUS_A_REQUEST, some)
        kits = {row.id for row in found.values() if isinstance(row, CodeRow) and row.id in tables.kits}
        hard = [product for product in kits if not tables.kits[product].simple]
        asked = {tables.warehouses[code] for key in keys for code in key.locations if code in tables.warehouses}
        by_odoo: Mapping[tuple[int, int], Lying] = {}
        uncounted: AdapterError | None = None
        try:
            by_odoo = await self._kit_figures(hard, sorted(asked), call)
        except AdapterError as error:
            if len(hard) == len(found):
                raise
            uncounted = error
        freshness = Freshness(self._env.name, self._env.clock())
        return answered(
            keys,
            lambda key: found.get(key.variant),
            lambda key, row: (
                (uncounted if row.id in hard else None) or self._levels(key, row, rows, tables, by_odoo, freshness)
            ),
        )

    def _parts(self, variants: Sequence[VariantKey], kits: Mapping[int, Kit]) -> list[int]:
        """The components of those that are kits."""
        skus = set(map(self._env.key_rule.written, skus_among(variants)))
        ids = set(natives_among(variants, self._env.name))
        asked = (kit for kit in kits.values() if kit.simple and (kit.sku in skus or str(kit.product) in ids))
        return sorted({part for kit in asked for part in kit.parts})

    async def _stocked(self, named: list[Any], parts: Sequence[int], call: CallContext) -> tuple[Stocked, ...]:
        """The products, and with them the components of those that are kits."""
        domain: list[Any] = ["|", *named, ["id", "in", list(parts)]] if parts else named
        kind = _Stocked17 if await self._client.version(call) == 17 else _Stocked
        return await self._client.search(kind, "product.product", domain, call)

    async def _kit_figures(
        self, products: Sequence[int], warehouses: Sequence[int], call: CallContext
    ) -> dict[tuple[int, int], Lying]:
        """Odoo's own figures for kits that are more than a list of components: one request for each warehouse, because
        they depend on the context (`warehouse_id`; `warehouse` is ignored without a word)."""
        if not products:
            return {}
        domain = [["id", "in", list(products)]]
        pages = await gathered(
            [
                self._client.search(_KitRow, "product.product", domain, call, context={"warehouse_id": warehouse})
                for warehouse in warehouses
            ]
        )
        return {
            (row.id, warehouse): Lying(number(row.qty_available), number(row.free_qty))
            for warehouse, rows in zip(warehouses, pages, strict=True)
            for row in rows
        }

    def _levels(
        self,
        key: StockKey,
        row: Stocked,
        rows: Mapping[int, Stocked],
        tables: _Tables,
        by_odoo: Mapping[tuple[int, int], Lying],
        freshness: Freshness,
    ) -> StockLevels:
        """Odoo counts a storable product as 0 in every warehouse it has; elsewhere it knows nothing."""
        warehouses, unassigned = tables.warehouses, self._config.unassigned_locations.values()
        locations = [place for place in key.locations if place in warehouses or place in unassigned]
        kit = tables.kits.get(row.id)
        parts: tuple[StockPart, ...] = ()
        if kit is not None and kit.simple:
            lying = self._assembled(kit, rows, locations)
            parts = self._parts_of(kit, rows, locations, freshness)
        elif kit is not None:
            figures = {place: by_odoo.get((row.id, warehouses.get(place, 0))) for place in locations}
            lying = {place: figure for place, figure in figures.items() if figure is not None}
        elif row.counted:
            lying = self._lying(row, locations)
        else:
            return StockLevels({place: StockLevel(place, UNTRACKED, freshness) for place in locations})
        return StockLevels(_tracked(lying, freshness), parts=parts)

    def _assembled(self, kit: Kit, rows: Mapping[int, Stocked], locations: Sequence[str]) -> dict[str, Lying]:
        """How many kits the components at each place make."""
        counted = [part for part in kit.parts if part not in rows or rows[part].counted]
        lying = {part: self._lying(rows[part], locations) if part in rows else {} for part in counted}
        found: dict[str, Lying] = {}
        for place in locations:
            parts = {part: at.get(place, NOTHING) for part, at in lying.items()}
            found[place] = Lying(
                available_kits(kit, {part: at.on_hand for part, at in parts.items()}),
                available_kits(kit, {part: at.free for part, at in parts.items()}),
            )
        return found

    def _parts_of(
        self, kit: Kit, rows: Mapping[int, Stocked], locations: Sequence[str], freshness: Freshness
    ) -> tuple[StockPart, ...]:
        """Those that are counted: the others hold up no kit, and a kit of nothing else is none at all to Odoo. One that
        is archived lies nowhere."""
        parts: list[StockPart] = []
        for part, needed in kit.parts.items():
            row = rows.get(part)
            if needed > 0 and (row is None or row.counted):
                lying = dict.fromkeys(locations, NOTHING) if row is None else self._lying(row, locations)
                sku = None if row is None else self._variants.sku_of(row)
                item = NativeRef(self._env.name, str(part)) if sku is None else self._env.key_rule.written(sku)
                parts.append(StockPart(item, needed, _tracked(lying, freshness)))
        return tuple(parts)

    def _lying(self, row: Stocked, locations: Sequence[str]) -> dict[str, Lying]:
        """Pieces at each of the places, in one walk over the product's quants."""
        on_hand, reserved = dict.fromkeys(locations, ZERO), dict.fromkeys(locations, ZERO)
        for quant in row.stock_quant_ids:
            place = self._place(quant)
            if place is not None and place in on_hand:
                on_hand[place] += number(quant.quantity)
                reserved[place] += number(quant.reserved_quantity)
        return {place: Lying(pieces, pieces - reserved[place]) for place, pieces in on_hand.items()}

    def _place(self, quant: _Quant) -> str | None:
        """Counter-entries lie in locations of other usages; goods of third parties count only by configuration."""
        place = record(quant.location_id)
        if place is None or place.usage != "internal":
            return None
        if link(quant.owner_id) is not None and not self._config.third_party_stock:
            return None
        warehouse = record(place.warehouse_id)
        if warehouse is not None:
            return text(warehouse.code)
        return self._config.unassigned_locations.get(text(place.complete_name) or "")


def _tracked(lying: Mapping[str, Lying], freshness: Freshness) -> dict[str, StockLevel]:
    return {place: StockLevel(place, TRACKED, freshness, at.free, at.on_hand) for place, at in lying.items()}
