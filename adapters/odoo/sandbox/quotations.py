"""What a quotation's lines cost, by the sandbox's own engine; and `sale.order.onchange`, which works them out and
throws them away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.odoo.sandbox.engine import PriceEngine, Sale
from adapters.odoo.sandbox.faults import ProgramError
from adapters.odoo.sandbox.reading import precision_digits
from adapters.odoo.sandbox.rounding import round_digits
from adapters.odoo.sandbox.store import Record, Store
from adapters.odoo.sandbox.taxation import adapted, line_totals, map_taxes, product_taxes

Customisation = Callable[[Record, float], float]
"""What a custom module makes of a unit price: product and price in, price out."""


class Quotations:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.engine = PriceEngine(store)
        self.line_discounts = False
        self.customisations: list[Customisation] = []

    def onchange(
        self, values: Mapping[str, Any], field_names: Sequence[str], fields_spec: Mapping[str, Any]
    ) -> dict[str, Any]:
        """With `field_names`, lines that no field changed are left out: here, all of them."""
        asked: Mapping[str, Any] = fields_spec.get("order_line", {}).get("fields", {})
        if field_names:
            return {"value": {"order_line": []}}
        lines = [
            [0, key, self._asked(values, line, asked)]
            for command, key, line in values.get("order_line", ())
            if command == 0
        ]
        return {"value": {"order_line": lines}}

    def _asked(self, order: Mapping[str, Any], line: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.line(order, line)
        unknown = [name for name in asked if name not in answer]
        if unknown:
            raise ProgramError("ValueError", f"Invalid field {unknown[0]!r} on model 'sale.order.line'")
        return {name: answer[name] for name in asked}

    def line(self, order: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
        """A price and a discount that are said are kept as they are, at this version's digits."""
        store, company = self.store, int(order.get("company_id") or 1)
        product = store.browse("product.product", line["product_id"])  # archived ones are priced as well
        when = datetime.fromisoformat(order["date_order"]).replace(tzinfo=UTC)
        count = round_digits(float(line.get("product_uom_qty", 1.0)), self._digits("Product Unit of Measure"))
        sale = Sale(product, count, self._pieces(product, line), when)
        own_currency = store.browse("res.company", company)["currency_id"]
        pricelist = order.get("pricelist_id")
        currency = order.get("currency_id") or own_currency
        price, rule, discount = self._priced(pricelist, currency, sale, company)
        new = self.taxes(order, product)
        if "price_unit" in line:
            price, rule = float(line["price_unit"]), None
        else:
            price = adapted(store, price, product_taxes(store, product, company), new)
            for customise in self.customisations:
                price = customise(product, price)
        if "discount" in line:
            discount = round_digits(float(line["discount"]), self._digits("Discount"))
        if store.version < 19:
            price = round_digits(price, self._digits("Product Price"))
        step = float(store.browse("res.currency", currency)["rounding"])
        globally = store.browse("res.company", company).get("tax_calculation_rounding_method") == "round_globally"
        net, gross = line_totals(store, price * (1 - discount / 100), count, new, step, globally=globally)
        return {
            "price_unit": price,
            "discount": discount,
            "pricelist_item_id": rule["id"] if rule else False,
            "price_subtotal": net,
            "price_total": gross,
        }

    def taxes(self, order: Mapping[str, Any], product: Record) -> list[Record]:
        """The product's own, as the order's fiscal position maps them."""
        company = int(order.get("company_id") or 1)
        return map_taxes(self.store, product_taxes(self.store, product, company), self._position(order, company))

    def _priced(
        self, pricelist: int | None, currency: int, sale: Sale, company: int
    ) -> tuple[float, Record | None, float]:
        """Price before discount, rule, discount in percent."""
        if not pricelist:
            return float(self.store.value("product.product", sale.product, "lst_price", {})) * sale.per_unit, None, 0.0
        price, rule = self.engine.sold(pricelist, sale, company)
        if rule is None:
            return self.engine.base({}, currency, sale, company), None, 0.0
        if not (self.line_discounts and rule["compute_price"] == "percentage"):
            return price, rule, 0.0
        listed = self.store.browse("product.pricelist", pricelist)["currency_id"]
        before = self.engine.before_discount(rule, listed, sale, company)
        discount = (before - price) / before * 100 if before else 0.0
        shown = (discount > 0 and before > 0) or (discount < 0 and before < 0)
        return max(before, price), rule, round_digits(discount, self._digits("Discount")) if shown else 0.0

    def _position(self, order: Mapping[str, Any], company: int) -> int | None:
        """As said; else the one that applies by itself to the contact's country."""
        if "fiscal_position_id" in order:
            return order["fiscal_position_id"] or None
        contact = order.get("partner_id") or self.store.browse("res.company", company).get("partner_id")
        country = self.store.browse("res.partner", contact).get("country_id") if contact else None
        for row in self.store.all("account.fiscal.position"):
            if row.get("auto_apply") and row.get("country_id") in (None, country):
                return int(row["id"])
        return None

    def _digits(self, name: str) -> int:
        return precision_digits(self.store, name)

    def _pieces(self, product: Record, line: Mapping[str, Any]) -> float:
        """How many of the product's unit are in the line's: 18 writes factors the other way round than 19."""
        name = "product_uom_id" if self.store.version >= 19 else "product_uom"
        for other in {"product_uom", "product_uom_id"} - {name}:
            if other in line:
                raise ProgramError("ValueError", f"Invalid field {other!r} on model 'sale.order.line'")
        if line.get(name) is None:
            return 1.0
        unit = self.store.browse("uom.uom", line[name])
        own = self.store.browse("uom.uom", self.store.value("product.product", product, "uom_id", {}))
        if self.store.version >= 19:
            return float(unit["factor"]) / float(own["factor"])
        return float(own["factor"]) / float(unit["factor"])
