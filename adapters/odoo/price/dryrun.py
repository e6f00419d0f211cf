"""Odoo's own calculation: `sale.order.onchange` on an order that is never saved. It includes what custom modules do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.price.basis import Basis, Keyed
from adapters.odoo.values import link, written_moment, written_number
from gateway.errors import InvalidAnswer
from gateway.model.context import CallContext

LINES_A_REQUEST = 200

_LINE_FIELDS = ("price_unit", "discount", "pricelist_item_id", "price_subtotal", "price_total")


class DryLine(Struct, frozen=True):
    """`price_unit` before `discount` (percent); the totals are of the whole line, rounded as Odoo rounds."""

    price_unit: Decimal
    discount: Decimal
    pricelist_item_id: int | bool
    price_subtotal: Decimal
    price_total: Decimal


class _DryOrder(Struct, frozen=True):
    order_line: tuple[tuple[int, int | str, DryLine], ...]


class _DryAnswer(Struct, frozen=True):
    value: _DryOrder


async def dry_run(
    client: OdooClient, config: OdooConfig, basis: Basis, lines: Sequence[Keyed], call: CallContext
) -> tuple[DryLine, ...]:
    """One request for up to LINES_A_REQUEST lines, answered in their order. Nothing is written. A product or list that
    is gone fails the whole call (MissingRecord)."""
    unit_field = "product_uom_id" if basis.tables.version >= 19 else "product_uom"
    commands: list[Any] = []
    for place, line in enumerate(lines):
        values: dict[str, Any] = {"product_id": line.variant.id, "product_uom_qty": written_number(line.quantity)}
        if line.unit is not None:
            values[unit_field] = line.unit
        commands.append([0, f"k{place}", values])
    head: dict[str, Any] = {"company_id": config.company, "date_order": written_moment(basis.at)}
    if partner := config.quotation_partner or link(basis.tables.company.partner_id):
        head["partner_id"] = partner
    # Left to Odoo, lines are priced before the list is known, and lines that no rule matches come back unconverted.
    if basis.price_list is not None:
        head |= {"pricelist_id": basis.price_list.id, "currency_id": basis.price_list.currency_id}
    # Left unsaid, Odoo applies the position of the quotation's own contact, which is nobody's who asks for a price.
    head["fiscal_position_id"] = basis.position.id if basis.position is not None else False
    arguments: Mapping[str, Any] = {
        "values": {**head, "order_line": commands},
        "field_names": [],  # with names, lines that did not change are left out
        "fields_spec": {"order_line": {"fields": {name: {} for name in _LINE_FIELDS}}},
    }
    answer = await client.call(_DryAnswer, "sale.order", "onchange", arguments, call, ids=())
    by_key = {str(key): line for _, key, line in answer.value.order_line}
    try:
        return tuple(by_key[f"k{place}"] for place in range(len(lines)))
    except KeyError as error:
        raise InvalidAnswer(detail="a dry run that leaves out a line") from error
