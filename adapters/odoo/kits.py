"""Kits, which are sold but not kept: bills of materials of type `phantom`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.errors import MissingModel
from adapters.odoo.values import CodeRow, Empty, Row, link, number, record
from adapters.odoo.variants import Variants
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE


class _Template(Row, frozen=True):
    product_variant_ids: tuple[CodeRow, ...]


class _Component(Row, frozen=True):
    uom_id: int | Empty


class _Line(Row, frozen=True):
    """`bom_product_template_attribute_value_ids`: the variants the line is for, when not for all."""

    product_id: _Component | Empty
    product_qty: Decimal
    product_uom_id: int | Empty
    bom_product_template_attribute_value_ids: tuple[int, ...]


class _Bom(Row, frozen=True):
    product_qty: Decimal
    product_id: CodeRow | Empty
    product_tmpl_id: _Template | Empty
    bom_line_ids: tuple[_Line, ...]


class Kit(Struct, frozen=True):
    """`sku` as the key rule writes it. `parts`: pieces of each component for one kit. Not `simple`: a kit of kits,
    lines for some variants only, or other units than the component is counted in; then Odoo is asked for its own
    figures."""

    product: int
    sku: str | None
    parts: Mapping[int, Decimal]
    simple: bool


async def read_kits(client: OdooClient, variants: Variants, call: CallContext) -> Mapping[int, Kit]:
    """By product id. An Odoo without the manufacturing module has none."""
    domain = [["type", "=", "phantom"]]
    try:
        rows = await client.search(_Bom, "mrp.bom", domain, call, max_response_bytes=8 * MEBIBYTE)
    except MissingModel:
        return {}
    kits: dict[int, Kit] = {}
    for row in rows:  # in Odoo's own order: the first one that fits a product is the one it uses
        single, template = record(row.product_id), record(row.product_tmpl_id)
        members = (single,) if single is not None else template.product_variant_ids if template is not None else ()
        for member in members:
            code = variants.sku_of(member)
            kits.setdefault(member.id, _kit(member.id, variants.rule.written(code) if code else None, row))
    return {
        product: replace(kit, simple=kit.simple and kits.keys().isdisjoint(kit.parts)) for product, kit in kits.items()
    }


def _kit(product: int, sku: str | None, row: _Bom) -> Kit:
    parts: dict[int, Decimal] = {}
    simple = bool(row.bom_line_ids) and row.product_qty > 0
    for line in row.bom_line_ids:
        component = record(line.product_id)
        if component is None or line.bom_product_template_attribute_value_ids:
            simple = False
            continue
        simple = simple and link(line.product_uom_id) == link(component.uom_id)
        needed = number(line.product_qty) / number(row.product_qty) if row.product_qty > 0 else Decimal(0)
        parts[component.id] = parts.get(component.id, Decimal(0)) + needed
    return Kit(product, sku, parts, simple)


def available_kits(kit: Kit, pieces: Mapping[int, Decimal]) -> Decimal:
    """Whole kits that can be made of `pieces` by component; a component that is not in `pieces` is not counted."""
    counts = [
        (at_hand / kit.parts[part]).to_integral_value(rounding=ROUND_FLOOR)
        for part, at_hand in pieces.items()
        if kit.parts[part] > 0
    ]
    return min(counts, default=Decimal(0))
