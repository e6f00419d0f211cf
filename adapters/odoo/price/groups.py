"""PriceContextPort: which price list a customer is in (`price_group` of the commerce context), derived here, never
chosen by a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.contacts import Tag
from adapters.odoo.values import Empty, Row, link, record_id
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment

LIST_MARK = "list:"
"""A price group that is a list of Odoo's own choosing, not a customer's tag."""


class _PartnerRow(Row, frozen=True):
    category_id: tuple[Tag, ...]


class _ListedPartnerRow(_PartnerRow, frozen=True):
    property_product_pricelist: int | Empty


class PriceGroups:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        self._name = env.name
        self._config = env.config
        self._client = client

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """The customer's tag that has a price list here; with `partner_pricelists`, else Odoo's choice."""
        config = self._config
        ids = [found for key in keys if (found := record_id(key.id)) is not None]
        if not ids or not (config.partner_pricelists or any(choice.group for choice in config.pricelists)):
            return {}
        row = _ListedPartnerRow if config.partner_pricelists else _PartnerRow
        domain = [["id", "in", ids], ["active", "in", [True, False]]]
        answers: dict[NativeRef, str | AdapterError] = {}
        for partner in await self._client.search(row, "res.partner", domain, call):
            names = {tag.name for tag in partner.category_id}
            group = config.group_for(context.country, context.currency, context.channel, names)
            chosen = link(partner.property_product_pricelist) if isinstance(partner, _ListedPartnerRow) else None
            if group is not None or chosen is not None:
                answers[NativeRef(self._name, str(partner.id))] = group or f"{LIST_MARK}{chosen}"
        return answers
