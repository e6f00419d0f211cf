"""What happens in the retailer's Odoo while the gateway runs: the hands tests and the demo lay on a sandbox."""

from __future__ import annotations

from decimal import Decimal

from adapters.odoo.sandbox.quotations import Quotations
from adapters.odoo.sandbox.seeding.orders import add_receipt, add_sale
from adapters.odoo.sandbox.seeding.places import add_quant
from adapters.odoo.sandbox.seeding.prices import RULE
from adapters.odoo.sandbox.seeding.seeded import Seeded
from adapters.odoo.sandbox.store import Record, Store
from gateway.model.orders import Order, OrderKind


class Changes:
    """Mixed into the sandbox."""

    store: Store
    seeded: Seeded
    quotations: Quotations

    def variant(self, sku: str) -> Record:
        found = self.store.find("product.product", default_code=sku)
        if found is None:
            raise KeyError(sku)
        return found

    def set_price(self, sku: str, amount: Decimal, pricelist: int) -> None:
        """A newer rule for this variant, for one piece on."""
        variant = self.variant(sku)
        rule = {"pricelist_id": pricelist, "product_id": variant["id"], "product_tmpl_id": variant["product_tmpl_id"]}
        self.store.add("product.pricelist.item", {**RULE, **rule, "fixed_price": float(amount)})

    def set_stock(self, sku: str, location: str, on_hand: Decimal, reserved: Decimal = Decimal(0)) -> None:
        product, shelf = self.variant(sku)["id"], self.seeded.shelves[location]
        for quant in list(self.store.all("stock.quant")):
            if (quant["product_id"], quant["location_id"]) == (product, shelf):
                self.store.delete("stock.quant", quant["id"])
        add_quant(self.store, product, shelf, on_hand, reserved)

    def add_order(self, order: Order) -> int:
        add = add_sale if order.kind is OrderKind.WEB else add_receipt
        return add(self.store, self.seeded, order)

    def plant_surcharge(self, sku: str, amount: Decimal) -> None:
        """A custom module that charges more for one product than its price list says."""

        def surcharge(product: Record, price: float) -> float:
            return price + float(amount) if product["default_code"] == sku else price

        self.quotations.customisations.append(surcharge)
