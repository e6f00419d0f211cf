"""The sandbox's own price lists: Odoo's description of `product.pricelist`, in floats, on the sandbox's records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.odoo.sandbox.faults import ProgramError
from adapters.odoo.sandbox.rounding import round_to
from adapters.odoo.sandbox.store import Record, Store

NOTHING: dict[str, Any] = {}
SCOPES = ("0_product_variant", "1_product", "2_product_category", "3_global")


@dataclass(frozen=True)
class Sale:
    """A product, how many of which unit, and when. `per_unit`: pieces in the unit."""

    product: Record
    count: float
    per_unit: float
    when: datetime


class PriceEngine:
    def __init__(self, store: Store) -> None:
        self.store = store

    def rate(self, currency: int, when: datetime, company: int) -> float:
        """Rates are its root's; they win over shared ones; days before the first use the oldest."""
        while (above := self.store.tables.get("res.company", {}).get(company, {}).get("parent_id")) is not None:
            company = above
        rows = [row for row in self.store.all("res.currency.rate") if row["currency_id"] == currency]
        rows = [row for row in rows if row.get("company_id") in (None, company)]
        if not rows:
            return 1.0
        own_first = sorted(rows, key=lambda row: (row.get("company_id") is None, -row["name"].toordinal()))
        for row in own_first:
            if row["name"] <= when.date():
                return float(row["rate"])
        return float(min(rows, key=lambda row: (row.get("company_id") is None, row["name"].toordinal()))["rate"])

    def exchange(self, amount: float, source: int, target: int, when: datetime, company: int) -> float:
        if source == target:
            return amount
        return amount * (self.rate(target, when, company) / self.rate(source, when, company))

    def sold(self, pricelist: int, sale: Sale, company: int) -> tuple[float, Record | None]:
        """Price per unit in the list's currency, and the rule that made it."""
        plist = self.store.browse("product.pricelist", pricelist)
        rule = self.rule_for(pricelist, sale)
        return self._by_rule(rule or NOTHING, plist["currency_id"], sale, company), rule

    def rule_for(self, pricelist: int, sale: Sale) -> Record | None:
        """Narrow scopes first; inside a scope larger minimums, then categories by name backwards, then newer rules."""
        pieces = sale.count * sale.per_unit
        candidates = [row for row in self.store.all("product.pricelist.item") if row["pricelist_id"] == pricelist]
        for scope in SCOPES:
            inside = [row for row in candidates if row["applied_on"] == scope and self._covers(row, sale.product)]
            inside.sort(key=lambda row: row["id"], reverse=True)
            inside.sort(key=self._category_name, reverse=True)
            inside.sort(key=lambda row: row.get("min_quantity") or 0.0, reverse=True)
            for row in inside:
                enough = not row.get("min_quantity") or pieces >= row["min_quantity"]
                begun = row.get("date_start") is None or row["date_start"] <= sale.when
                lasting = row.get("date_end") is None or sale.when <= row["date_end"]
                if enough and begun and lasting:
                    return row
        return None

    def _covers(self, rule: Record, product: Record) -> bool:
        scope = rule["applied_on"]
        if scope == "0_product_variant":
            return rule["product_id"] == product["id"]
        if scope == "1_product":
            return rule["product_tmpl_id"] == product["product_tmpl_id"]
        if scope == "2_product_category":
            here = self.store.value("product.product", product, "categ_id", NOTHING)
            while here is not None:
                if here == rule["categ_id"]:
                    return True
                here = self.store.browse("product.category", here).get("parent_id")
            return False
        return True

    def _category_name(self, rule: Record) -> str:
        if rule.get("categ_id") is None:
            return ""
        category = self.store.browse("product.category", rule["categ_id"])
        return str(self.store.value("product.category", category, "complete_name", NOTHING))

    def _by_rule(self, rule: Record, currency: int, sale: Sale, company: int) -> float:
        how = rule.get("compute_price")
        if how == "fixed":
            return float(rule["fixed_price"]) * sale.per_unit
        base = self.base(rule, currency, sale, company)
        if how == "percentage":
            return (base - (base * (rule["percent_price"] / 100))) or 0.0
        if how == "formula":
            markup = rule.get("base") == "standard_price" and self.store.version >= 18
            off = -(rule.get("price_markup") or 0.0) if markup else (rule.get("price_discount") or 0.0)
            limit = price = base
            price = (price - (price * (off / 100))) or 0.0
            if rule.get("price_round"):
                price = round_to(price, rule["price_round"])
            price += (rule.get("price_surcharge") or 0.0) * sale.per_unit
            if rule.get("price_min_margin"):
                price = max(price, limit + rule["price_min_margin"] * sale.per_unit)
            if rule.get("price_max_margin"):
                price = min(price, limit + rule["price_max_margin"] * sale.per_unit)
            return price
        return base

    def base(self, rule: Record, currency: int, sale: Sale, company: int) -> float:
        """What a rule starts from, in the asked currency."""
        kind = rule.get("base") or "list_price"
        if kind == "pricelist" and rule.get("base_pricelist_id"):
            other = self.store.browse("product.pricelist", rule["base_pricelist_id"])
            try:
                amount, _ = self.sold(other["id"], sale, company)
            except RecursionError:
                raise ProgramError("RecursionError", "maximum recursion depth exceeded") from None
            return self.exchange(amount, other["currency_id"], currency, sale.when, company)
        name, money = (
            ("standard_price", "cost_currency_id") if kind == "standard_price" else ("lst_price", "currency_id")
        )
        amount = float(self.store.value("product.product", sale.product, name, NOTHING) or 0.0) * sale.per_unit
        source = self.store.value("product.product", sale.product, money, NOTHING)
        return self.exchange(amount, source, currency, sale.when, company)

    def before_discount(self, rule: Record, currency: int, sale: Sale, company: int) -> float:
        """What a percentage was taken off, through percentages on percentages."""
        if rule.get("base") == "pricelist" and rule.get("base_pricelist_id"):
            below = self.rule_for(rule["base_pricelist_id"], sale)
            if below is not None and below["compute_price"] == "percentage":
                other = self.store.browse("product.pricelist", rule["base_pricelist_id"])["currency_id"]
                amount = self.before_discount(below, other, sale, company)
                return self.exchange(amount, other, currency, sale.when, company)
        return self.base(rule, currency, sale, company)
