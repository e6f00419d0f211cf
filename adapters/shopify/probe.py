"""`gateway check`: one cheap question with the Admin token, and what an operator should know about this shop."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.shopify.client import API_VERSION, Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.shapes import Node
from adapters.shopify.shopfront import Shopfront
from gateway.errors import CredentialsRefused, Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe

SHOP = Document(
    "admin",
    "Shop",
    "query Shop($namespace:String $key:String!){shop{name currencyCode taxesIncluded ianaTimezone}"
    " currentAppInstallation{accessScopes{handle}}"
    " metafieldDefinition(identifier:{ownerType:ORDER namespace:$namespace key:$key})"
    "{type{name} capabilities{uniqueValues{enabled}}}}",
)
RIGHTS: Mapping[str, tuple[str, ...]] = {
    "product": ("read_products",),
    "price": ("read_products", "read_markets"),
    "stock": ("read_products", "read_inventory", "read_locations"),
    "store": ("read_locations",),
    "customer": ("read_customers",),
    "order": ("read_orders",),
    "promotion": ("write_draft_orders", "read_discounts"),
    "shipping": ("write_draft_orders",),
    "tax": ("write_draft_orders",),
}
"""By the data domain that needs them."""
STOREFRONT = ("product", "search")
"""What is asked of the Storefront API where there is a token for it."""
ALL_ORDERS = "read_all_orders"
COMPANIES = "read_companies"


class _Shop(Node, frozen=True, kw_only=True):
    name: str
    currency_code: str
    taxes_included: bool
    iana_timezone: str


class _Scope(Node, frozen=True, kw_only=True):
    handle: str


class _Installation(Node, frozen=True, kw_only=True):
    access_scopes: list[_Scope]


class _Type(Node, frozen=True, kw_only=True):
    name: str


class _Enabled(Node, frozen=True, kw_only=True):
    enabled: bool


class _Capabilities(Node, frozen=True, kw_only=True):
    unique_values: _Enabled


class _Definition(Node, frozen=True, kw_only=True):
    type: _Type
    capabilities: _Capabilities


class _Answer(Node, frozen=True, kw_only=True):
    shop: _Shop
    metafield_definition: _Definition | None = None
    current_app_installation: _Installation


class ShopProbe:
    def __init__(self, config: ShopifyConfig, client: Client, shopfront: Shopfront) -> None:
        self._config = config
        self._client = client
        self._shopfront = shopfront

    async def probe(self, call: CallContext) -> Probe:
        """Both credentials are tried."""
        config = self._config
        namespace, _, key = config.reference_metafield.partition(".")
        answer = await self._client.ask(SHOP, {"namespace": namespace, "key": key}, _Answer, call)
        shop, rights = answer.shop, {scope.handle for scope in answer.current_app_installation.access_scopes}
        taxes = "prices include tax" if shop.taxes_included else "prices exclude tax"
        notes = [f"{shop.name}: {shop.currency_code}, {taxes}, {shop.iana_timezone}"]
        wanted = {**RIGHTS, "order": (*RIGHTS["order"], *((ALL_ORDERS,) if config.read_all_orders else ()))}
        if config.b2b:
            wanted = {**wanted, "price": (*wanted["price"], COMPANIES)}
        lacking = {domain: missing for domain, needed in wanted.items() if (missing := tuple(_without(rights, needed)))}
        definition = answer.metafield_definition
        unique = definition is not None and definition.capabilities.unique_values.enabled
        if definition is None or definition.type.name != "id" or not unique:
            notes.append(f"no definition of `{config.reference_metafield}` for orders of type id: none can be placed")
        if not {"write_orders"} & rights:
            notes.append("no right write_orders: no order can be placed")
        if not {"write_customers"} & rights:
            notes.append("no right write_customers: nobody who buys is given a record")
        if not {"write_inventory"} & rights:
            notes.append("no right write_inventory: goods that are sold elsewhere cannot be taken from stock here")
        problems: list[Mistake] = []
        hinders: tuple[str, ...] = ()
        if not config.read_all_orders:
            notes.append("orders older than 60 days cannot be read (read_all_orders)")
        elif ALL_ORDERS not in rights:
            message = "is configured, but the Admin token lacks that right: history is cut unseen"
            problems.append(Mistake(message=message, place="read_all_orders"))
        if self._client.has_storefront:
            try:
                await self._shopfront.learn(call)
            except CredentialsRefused as error:
                message = f"the Storefront API refuses it as a {config.storefront_token_kind} token: {error.detail}"
                problems.append(Mistake(message=message, place="storefront_token"))
                hinders = STOREFRONT
            if not hinders and not self._shopfront.has_menu:
                message = f"the shop has no menu `{config.category_menu}`: there would be no categories"
                problems.append(Mistake(message=message, place="category_menu", value=config.category_menu))
        else:
            notes.append("no storefront_token: no translations, no category menu, no search")
        return Probe(API_VERSION, tuple(notes), tuple(problems), lacking, hinders)


def _without(rights: set[str], needed: tuple[str, ...]) -> list[str]:
    """Rights to write hold those to read."""
    return [right for right in needed if right not in rights and right.replace("read_", "write_", 1) not in rights]
