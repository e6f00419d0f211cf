"""StockPort: quants of all warehouses in one call, kits through their components."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from adapters.odoo.shelf import Shelf
from adapters.odoo.stock.kits import Kit, available_kits, read_kits
from adapters.odoo.together import together
from adapters.odoo.values import Empty, link, number, record, text
from adapters.odoo.variants import OdooBackend
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey, natives_among, skus_among
from gateway.model.operation import MEBIBYTE
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.ports.manifest import AdapterEnvironment

GET_STOCK = "stock.get_stock"
QUANTS_SIZE = 8 * MEBIBYTE
ZERO = Decimal(0)
TRACKED, UNTRACKED = Tracking.TRACKED, Tracking.UNTRACKED


class _Warehouse(Struct, frozen=True):
    id: int
    code: str | Empty


class _Location(Struct, frozen=True):
    id: int
    usage: str
    complete_name: str | Empty
    warehouse_id: _Warehouse | Empty


class _Quant(Struct, frozen=True):
    id: int
    location_id: _Location | Empty
    quantity: Decimal
    reserved_quantity: Decimal
    owner_id: int | Empty


class _Stocked17(Struct, frozen=True):
    id: int
    default_code: str | Empty
    barcode: str | Empty
    type: str
    stock_quant_ids: tuple[_Quant, ...]

    @property
    def counted(self) -> bool:
        return self.type == "product"


class _Stocked(Struct, frozen=True):
    id: int
    default_code: str | Empty
    barcode: str | Empty
    is_storable: bool
    stock_quant_ids: tuple[_Quant, ...]

    @property
    def counted(self) -> bool:
        return self.is_storable


class _KitRow(Struct, frozen=True):
    id: int
    free_qty: Decimal
    qty_available: Decimal


class Lying(Struct, frozen=True):
    """Pieces at one place: on hand, and not yet promised to somebody."""

    on_hand: Decimal = ZERO
    free: Decimal = ZERO


Stocked = _Stocked17 | _Stocked
NOTHING = Lying()


class OdooStock(OdooBackend):
    def __init__(self, env: AdapterEnvironment) -> None:
        super().__init__(env)
        self.warehouses = Shelf(self._read_warehouses, self.config.tables_ttl)
        self.kits = Shelf(self._read_kits, self.config.tables_ttl)

    async def _read_warehouses(self, call: CallContext) -> Mapping[str, int]:
        rows = await self.client.search(_Warehouse, "stock.warehouse", [], call, operation="stock.tables")
        return {code: row.id for row in rows if (code := text(row.code))}

    async def _read_kits(self, call: CallContext) -> Mapping[int, Kit]:
        return await read_kits(self.client, call) if self.config.kits else {}

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        warehouses, kits = await asyncio.gather(self.warehouses.get(call), self.kits.get(call))
        variants = list(dict.fromkeys(key.variant for key in keys))
        parts = self._parts(variants, kits)
        rows: dict[int, Stocked] = {}
        for named in await self.variant_domains(variants, call):
            rows |= {row.id: row for row in await self._stocked(named, parts, call)}
        found = self.by_variant(variants, [(row.id, self._sku(row), row) for row in rows.values()])
        answered = {row.id for row in found.values() if not isinstance(row, AdapterError)}
        hard = [kit.product for kit in kits.values() if kit.product in answered and not kit.simple]
        asked = sorted({warehouses[code] for key in keys for code in key.locations if code in warehouses})
        by_odoo = await self._kit_figures(hard, asked, call)
        freshness = self.freshness()
        answers: dict[StockKey, StockLevels | AdapterError] = {}
        for key in keys:
            row = found.get(key.variant)
            if isinstance(row, AdapterError):
                answers[key] = row
            elif row is not None:
                answers[key] = self._levels(key, row, rows, kits, warehouses, by_odoo, freshness)
        return answers

    def _sku(self, row: Stocked) -> str | None:
        return text(row.barcode if self.sku_field == "barcode" else row.default_code)

    def _parts(self, variants: Sequence[VariantKey], kits: Mapping[int, Kit]) -> list[int]:
        """The components of those that are kits."""
        wanted, ids = set(self.written_skus(skus_among(variants))), set(natives_among(variants, self.name))
        return sorted(
            {
                part
                for kit in kits.values()
                if kit.simple
                and ((kit.barcode if self.sku_field == "barcode" else kit.sku) in wanted or str(kit.product) in ids)
                for part in kit.parts
            }
        )

    async def _stocked(self, named: list[Any], parts: Sequence[int], call: CallContext) -> tuple[Stocked, ...]:
        """The products, and with them the components of those that are kits."""
        domain: list[Any] = ["|", *named, ["id", "in", list(parts)]] if parts else named
        kind = _Stocked17 if await self.client.version(call) == 17 else _Stocked
        return await self.client.search(
            kind, "product.product", domain, call, operation=GET_STOCK, max_response_bytes=QUANTS_SIZE
        )

    async def _kit_figures(
        self, products: Sequence[int], warehouses: Sequence[int], call: CallContext
    ) -> dict[tuple[int, int], Lying]:
        """Odoo's own figures for kits that are more than a list of components: one request for each warehouse, because
        they depend on the context (`warehouse_id`; `warehouse` is ignored without a word)."""
        if not products:
            return {}

        async def at(warehouse: int) -> tuple[_KitRow, ...]:
            domain = [["id", "in", list(products)]]
            context = {"warehouse_id": warehouse}
            return await self.client.search(
                _KitRow, "product.product", domain, call, operation=GET_STOCK, context=context
            )

        async with together() as tasks:
            figures = {warehouse: tasks.create_task(at(warehouse)) for warehouse in warehouses}
        return {
            (row.id, warehouse): Lying(number(row.qty_available), number(row.free_qty))
            for warehouse, rows in figures.items()
            for row in rows.result()
        }

    def _levels(
        self,
        key: StockKey,
        row: Stocked,
        rows: Mapping[int, Stocked],
        kits: Mapping[int, Kit],
        warehouses: Mapping[str, int],
        by_odoo: Mapping[tuple[int, int], Lying],
        freshness: Freshness,
    ) -> StockLevels:
        """Odoo counts a storable product as 0 in every warehouse it has; elsewhere it knows nothing."""
        unassigned = self.config.unassigned_locations.values()
        locations = [place for place in key.locations if place in warehouses or place in unassigned]
        kit = kits.get(row.id)
        if kit is not None and kit.simple:
            lying = self._assembled(kit, rows, locations)
        elif kit is not None:
            figures = {place: by_odoo.get((row.id, warehouses.get(place, 0))) for place in locations}
            lying = {place: figure for place, figure in figures.items() if figure is not None}
        elif row.counted:
            lying = self._lying(row, locations)
        else:
            return StockLevels({place: StockLevel(place, UNTRACKED, freshness) for place in locations})
        return StockLevels(
            {place: StockLevel(place, TRACKED, freshness, at.free, at.on_hand) for place, at in lying.items()}
        )

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
        place: _Location | None = record(quant.location_id)
        if place is None or place.usage != "internal":
            return None
        if link(quant.owner_id) is not None and not self.config.third_party_stock:
            return None
        warehouse: _Warehouse | None = record(place.warehouse_id)
        if warehouse is not None:
            return text(warehouse.code)
        return self.config.unassigned_locations.get(text(place.complete_name) or "")

    async def close(self) -> None:
        await self.warehouses.close()
        await self.kits.close()
        await super().close()
