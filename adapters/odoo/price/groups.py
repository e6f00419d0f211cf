"""Which price list a customer is in: `price_group` of the commerce context, derived here, never chosen by a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.odoo.values import Empty, link, record_id
from adapters.odoo.variants import OdooBackend
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef

PRICE_CONTEXT = "price.price_context"
LIST_MARK = "list:"
"""A price group that is a list of Odoo's own choosing, not a customer's tag."""


class _Tag(Struct, frozen=True):
    id: int
    name: str


class _PartnerRow(Struct, frozen=True):
    id: int
    category_id: tuple[_Tag, ...]


class _ListedPartnerRow(_PartnerRow, frozen=True):
    property_product_pricelist: int | Empty


class OdooPriceGroups(OdooBackend):
    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """The customer's tag that has a price list here; with `partner_pricelists`, else Odoo's choice."""
        groups = [choice.group for choice in self.config.pricelists if choice.group is not None]
        ids = [found for key in keys if (found := record_id(key.id)) is not None]
        if not ids or not (groups or self.config.partner_pricelists):
            return {}
        row = _ListedPartnerRow if self.config.partner_pricelists else _PartnerRow
        domain = [["id", "in", ids], ["active", "in", [True, False]]]
        partners = await self.client.search(row, "res.partner", domain, call, operation=PRICE_CONTEXT)
        answers: dict[NativeRef, str | AdapterError] = {}
        for partner in partners:
            names = {tag.name for tag in partner.category_id}
            group = self.config.group_for(context.country, context.currency, context.channel, names)
            if group is not None:
                answers[self.ref(partner.id)] = group
            elif isinstance(partner, _ListedPartnerRow) and (chosen := link(partner.property_product_pricelist)):
                answers[self.ref(partner.id)] = f"{LIST_MARK}{chosen}"
        return answers
