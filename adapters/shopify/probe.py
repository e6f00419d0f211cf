"""`gateway check`: one cheap question with the Admin token, and what an operator should know about this shop."""

from __future__ import annotations

from adapters.shopify.answers import Node
from adapters.shopify.client import API_VERSION, Client, Document
from adapters.shopify.config import ShopifyConfig
from gateway.model.context import CallContext
from gateway.ports.domains import Probe

SHOP = Document("admin", "Shop", "query Shop{shop{name currencyCode taxesIncluded ianaTimezone}}")


class _Shop(Node, frozen=True, kw_only=True):
    name: str
    currency_code: str
    taxes_included: bool
    iana_timezone: str


class _Answer(Node, frozen=True, kw_only=True):
    shop: _Shop


async def probe(client: Client, config: ShopifyConfig, call: CallContext) -> Probe:
    shop = (await client.ask(SHOP, {}, _Answer, operation="probe", call=call)).shop
    taxes = "prices include tax" if shop.taxes_included else "prices exclude tax"
    notes = [f"{shop.name}: {shop.currency_code}, {taxes}, {shop.iana_timezone}"]
    if not config.read_all_orders:
        notes.append("orders older than 60 days cannot be read (read_all_orders)")
    if not client.has_storefront:
        notes.append("no storefront_token: no translations, no category menu, no search")
    return Probe(API_VERSION, tuple(notes))
