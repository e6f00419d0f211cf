"""`gateway check`: one cheap question with the Admin token, and what an operator should know about this shop."""

from __future__ import annotations

from adapters.shopify.answers import Node
from adapters.shopify.client import API_VERSION, Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.shopfront import Shopfront
from gateway.errors import CredentialsRefused
from gateway.model.context import CallContext
from gateway.ports.domains import Probe

SHOP = Document(
    "admin",
    "Shop",
    "query Shop{shop{name currencyCode taxesIncluded ianaTimezone} currentAppInstallation{accessScopes{handle}}}",
)
RIGHTS = ("read_products", "read_inventory", "read_locations", "read_customers", "read_orders", "read_markets")
ALL_ORDERS = "read_all_orders"


class _Shop(Node, frozen=True, kw_only=True):
    name: str
    currency_code: str
    taxes_included: bool
    iana_timezone: str


class _Scope(Node, frozen=True, kw_only=True):
    handle: str


class _Installation(Node, frozen=True, kw_only=True):
    access_scopes: list[_Scope]


class _Answer(Node, frozen=True, kw_only=True):
    shop: _Shop
    current_app_installation: _Installation


async def probe(client: Client, config: ShopifyConfig, shopfront: Shopfront, call: CallContext) -> Probe:
    """Both credentials are tried."""
    answer = await client.ask(SHOP, {}, _Answer, operation="probe", call=call)
    shop, rights = answer.shop, {scope.handle for scope in answer.current_app_installation.access_scopes}
    taxes = "prices include tax" if shop.taxes_included else "prices exclude tax"
    notes = [f"{shop.name}: {shop.currency_code}, {taxes}, {shop.iana_timezone}"]
    notes.extend(f"the Admin token lacks the right {right}" for right in RIGHTS if right not in rights)
    if not config.read_all_orders:
        notes.append("orders older than 60 days cannot be read (read_all_orders)")
    elif ALL_ORDERS not in rights:
        notes.append("read_all_orders is configured, but the Admin token lacks that right: history is cut unseen")
    if client.has_storefront:
        try:
            await shopfront.learn(call, "probe")
        except CredentialsRefused as error:
            raise CredentialsRefused(detail=f"storefront_token: {error.detail}") from None
    else:
        notes.append("no storefront_token: no translations, no category menu, no search")
    return Probe(API_VERSION, tuple(notes))
