"""The price of one variant by a list's rules, in exact decimals, before any rounding by whoever charges it.
Source: product.pricelist(.item) of Odoo 17 to 19, and answers of real servers."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.price.rows import MarkupRuleRow, RuleRow, VariantRow
from adapters.odoo.price.tables import PriceList, PriceTables, Rule, currency_name
from adapters.odoo.price.tax_computation import EXACT
from adapters.odoo.values import link, number, record, text
from gateway.errors import InvalidAnswer

DEEPEST_CHAIN = 12
PERCENT = Decimal(100)
ZERO = Decimal(0)


class UnsupportedRule(Exception):
    """Internal to pricing: the reason is for operators."""


class EndlessLists(UnsupportedRule):
    """Odoo itself would not come to an end."""


class Wanted(Struct, frozen=True):
    """One variant at a quantity in a sales unit that holds `pieces` of the product's own, at an aware UTC instant."""

    variant: VariantRow
    quantity: Decimal
    at: datetime
    pieces: Decimal = Decimal(1)


class Evaluated(Struct, frozen=True):
    """`unit` for one sales unit, unrounded, in the list's currency. `before_discount` as Odoo's own shop shows it: only
    for rules that are discounts (`is_discount`: percentage rules, which also show on order lines). `starts` and `ends`:
    since and until when this rule and those of the lists it is made from hold together."""

    unit: Decimal
    rule: Rule | None = None
    before_discount: Decimal | None = None
    is_discount: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


class Evaluation:
    """Lists of one set of tables."""

    def __init__(self, tables: PriceTables) -> None:
        self._tables = tables

    def price(self, price_list: PriceList, wanted: Wanted) -> Evaluated:
        """Raises UnsupportedRule."""
        with localcontext(EXACT):
            return self._price(price_list, wanted, 0)

    def without_list(self, wanted: Wanted) -> Evaluated:
        """The sales price, in the product's own currency."""
        with localcontext(EXACT):
            return Evaluated(number(wanted.variant.lst_price) * wanted.pieces)

    def _price(self, price_list: PriceList, wanted: Wanted, depth: int) -> Evaluated:
        if depth > DEEPEST_CHAIN:
            raise EndlessLists("price lists that refer to each other in a circle")
        rule = first_rule(price_list, wanted)
        if rule is None:
            return Evaluated(self._sales_price(price_list.currency, wanted))
        row = rule.row
        if row.compute_price == "fixed":
            return Evaluated(number(row.fixed_price) * wanted.pieces, rule, starts=rule.starts, ends=rule.ends)
        below = self._base(row, price_list.currency, wanted, depth)
        base = below.unit
        starts = max((at for at in (rule.starts, below.starts) if at is not None), default=None)
        ends = min((at for at in (rule.ends, below.ends) if at is not None), default=None)
        if row.compute_price == "percentage":
            unit = base - base * number(row.percent_price) / PERCENT
            before = self._undiscounted(row, price_list.currency, wanted, depth)
            return Evaluated(unit, rule, before, is_discount=True, starts=starts, ends=ends)
        if row.compute_price == "formula":
            unit = _formula(row, base, wanted.pieces)
            shown = bool(row.price_discount) and row.base in ("list_price", "pricelist")
            return Evaluated(unit, rule, base if shown else None, starts=starts, ends=ends)
        raise UnsupportedRule("a way to compute a price that is not known here")

    def _base(self, row: RuleRow, currency: str, wanted: Wanted, depth: int) -> Evaluated:
        """What the rule starts from, in the list's currency."""
        base = text(row.base)
        if base == "standard_price":
            cost = number(wanted.variant.standard_price) * wanted.pieces
            return Evaluated(self._convert(cost, currency_name(wanted.variant.cost_currency_id), currency, wanted))
        other = link(row.base_pricelist_id)
        if base == "pricelist" and other is not None:
            chained = self._list(other)
            below = self._price(chained, wanted, depth + 1)
            return replace(below, unit=self._convert(below.unit, chained.currency, currency, wanted))
        if base in ("list_price", "pricelist"):
            return Evaluated(self._sales_price(currency, wanted))
        raise UnsupportedRule("a base that is not known here")

    def _undiscounted(self, row: RuleRow, currency: str, wanted: Wanted, depth: int) -> Decimal:
        """Follows discounts on discounts down to the price they start from."""
        other = link(row.base_pricelist_id)
        if row.base == "pricelist" and other is not None and depth < DEEPEST_CHAIN:
            chained = self._list(other)
            below = first_rule(chained, wanted)
            if below is not None and below.row.compute_price == "percentage":
                amount = self._undiscounted(below.row, chained.currency, wanted, depth + 1)
                return self._convert(amount, chained.currency, currency, wanted)
        return self._base(row, currency, wanted, depth).unit

    def _sales_price(self, currency: str, wanted: Wanted) -> Decimal:
        amount = number(wanted.variant.lst_price) * wanted.pieces
        return self._convert(amount, currency_name(wanted.variant.currency_id), currency, wanted)

    def _list(self, identifier: int) -> PriceList:
        found = self._tables.lists.get(identifier)
        if found is None:
            raise UnsupportedRule("a base price list that this user may not read")
        return found

    def _convert(self, amount: Decimal, source: str, target: str, wanted: Wanted) -> Decimal:
        return self._tables.rates.convert(amount, source, target, wanted.at.date())


def minimums(price_list: PriceList, wanted: Wanted) -> tuple[Decimal, ...]:
    """Quantities above the asked one from which another rule of this list may hold."""
    rules = price_list.rules_for(wanted.variant.id, link(wanted.variant.product_tmpl_id))
    return tuple(sorted({rule.row.min_quantity for rule in rules if rule.row.min_quantity > wanted.quantity}))


def first_rule(price_list: PriceList, wanted: Wanted) -> Rule | None:
    rules = price_list.rules_for(wanted.variant.id, link(wanted.variant.product_tmpl_id))
    return next((rule for rule in rules if applies(rule, wanted)), None)


def applies(rule: Rule, wanted: Wanted) -> bool:
    """Dates are inclusive at both ends; a category's rule holds for those below it; `min_quantity` counts pieces."""
    row, variant = rule.row, wanted.variant
    if rule.starts is not None and wanted.at < rule.starts:
        return False
    if rule.ends is not None and wanted.at > rule.ends:
        return False
    if row.min_quantity and wanted.quantity * wanted.pieces < row.min_quantity:
        return False
    match row.applied_on:
        case "3_global":
            return True
        case "2_product_category":
            category = record(variant.categ_id)
            path = text(category.parent_path) if category is not None else None
            return bool(path and rule.category_path and path.startswith(rule.category_path))
        case "1_product":
            return link(row.product_tmpl_id) == link(variant.product_tmpl_id)
        case "0_product_variant":
            return link(row.product_id) == variant.id
        case _:
            raise UnsupportedRule("a scope that is not known here")


def _formula(row: RuleRow, base: Decimal, pieces: Decimal) -> Decimal:
    """Discount, then rounding, then surcharge, then margins (which are on the base)."""
    off = number(row.price_discount)
    if row.base == "standard_price" and isinstance(row, MarkupRuleRow):
        off = -number(row.price_markup)
    unit = base - base * off / PERCENT
    step = number(row.price_round)
    if step:
        if step < 0:
            raise InvalidAnswer(detail="a rule that rounds to a negative step")
        unit = (unit / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step
    unit += number(row.price_surcharge) * pieces
    if row.price_min_margin:
        unit = max(unit, base + number(row.price_min_margin) * pieces)
    if row.price_max_margin:
        unit = min(unit, base + number(row.price_max_margin) * pieces)
    return unit
