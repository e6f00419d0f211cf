"""The models that each operation reads, who may read them, and the module that brings them."""

from __future__ import annotations

from msgspec import Struct

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
