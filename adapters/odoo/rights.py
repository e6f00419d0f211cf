"""What the gateway's user may do, as Odoo says it of a user to themselves; and what it must, operation by operation."""

from __future__ import annotations

from msgspec import Struct

from adapters.odoo.client import OdooClient
from gateway.errors import RequestRefused
from gateway.model.context import CallContext

OWN_DOCUMENTS = "sales_team.group_sale_salesman"
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"
INTERNAL, SALES = "any internal user", "Sales / User: All Documents"
INVENTORY, TILL = "Inventory / User", "Point of Sale / User"


class Needed(Struct, frozen=True):
    """A model that operations of a data domain read, the menu entry that grants it (Settings / Users), and the module
    that brings it."""

    domain: str
    operation: str
    model: str
    grant: str
    module: str = ""


NEEDED = (
    Needed("product", "product.get_products", "product.template", INTERNAL),
    Needed("price", "price.get_prices", "product.product", INTERNAL),
    Needed("price", "price.get_prices", "product.pricelist", INTERNAL),
    Needed("price", "price.get_prices", "product.pricelist.item", INTERNAL),
    Needed("price", "price.get_prices", "res.currency.rate", INTERNAL),
    Needed("price", "price.get_prices", "account.tax", INTERNAL),
    Needed("price", "price.get_prices", "account.fiscal.position", INTERNAL),
    Needed("stock", "stock.get_stock", "stock.warehouse", INTERNAL, "Inventory"),
    Needed("stock", "stock.get_stock", "stock.quant", INTERNAL, "Inventory"),
    Needed("stock", "stock.get_stock", "mrp.bom", INVENTORY),
    Needed("stock", "stock.get_stock", "mrp.bom.line", INVENTORY),
    Needed("store", "store.list_stores", "stock.warehouse", INTERNAL, "Inventory"),
    Needed("customer", "customer.find_customers", "res.partner", INTERNAL),
    Needed("loyalty", "loyalty.find_accounts", "loyalty.card", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_programs", "loyalty.program", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_programs", "loyalty.rule", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_entries", "loyalty.history", SALES, "Coupons & Loyalty"),
    Needed("order", "order.list_orders", "sale.order", SALES, "Sales"),
    Needed("order", "order.list_orders", "sale.order.line", SALES, "Sales"),
    Needed("order", "order.list_orders", "pos.order", TILL, "Point of Sale"),
    Needed("order", "order.list_orders", "pos.order.line", TILL, "Point of Sale"),
    Needed("order", "order.list_orders", "pos.config", TILL, "Point of Sale"),
)

NEEDED_TO_COMMIT = Needed("stock", "stock.commit_stock", "stock.picking", INVENTORY)
"""Not of everybody who is asked for stock: an Odoo whose goods no other system sells is never told of any."""


class _Self(Struct):
    uid: int


async def has_group(client: OdooClient, user: int, group: str, call: CallContext) -> bool:
    """`group` as Odoo names it in its data (`module.name`)."""
    return await client.call(bool, "res.users", "has_group", {"group_ext_id": group}, call, ids=(user,))


async def sees_own_documents_only(client: OdooClient, call: CallContext) -> bool:
    """Salespeople see their own orders and those of nobody; only "all documents" lifts it. Users outside Sales, whose
    right to read orders comes from elsewhere, are not narrowed. A server that does not say is not suspected."""
    try:
        user = (await client.call(_Self, "res.users", "context_get", {}, call)).uid
        if await has_group(client, user, ALL_DOCUMENTS, call):
            return False
        return await has_group(client, user, OWN_DOCUMENTS, call)
    except RequestRefused:
        return False
