"""What Odoo answers about prices: variants with their price basis, price lists with their rules, rates, taxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, field

from adapters.odoo.values import CodeRow, Empty, Row


class CurrencyRow(Row, frozen=True):
    """`rounding`: the smallest amount that this Odoo charges, whatever ISO 4217 says."""

    name: str
    rounding: Decimal


class PlainTaxRow(Row, frozen=True):
    """`amount` is a percentage when `amount_type` is `percent`. `price_include` says whether prices contain it, as the
    tax or else the company has it set. `has_negative_factor`: a reverse charge, put on and taken off again."""

    amount: Decimal
    amount_type: str
    price_include: bool
    include_base_amount: bool
    is_base_affected: bool
    company_id: int | Empty
    sequence: int
    has_negative_factor: Annotated[bool, Meta(extra={"since": 18})] = False


class TaxRow(PlainTaxRow, frozen=True, kw_only=True):
    """`children_tax_ids`: what a group (`amount_type` `group`) stands for."""

    children_tax_ids: tuple[PlainTaxRow, ...]


class CategoryPath(Struct, frozen=True):
    parent_path: str | Empty


class VariantRow(CodeRow, frozen=True):
    """`lst_price` already contains the variant's surcharges; `standard_price` is the cost, in `cost_currency_id`."""

    type: str
    lst_price: Decimal
    standard_price: Decimal
    currency_id: CurrencyRow | Empty
    cost_currency_id: CurrencyRow | Empty
    product_tmpl_id: int | Empty
    categ_id: CategoryPath | Empty
    uom_id: int | Empty
    taxes_id: tuple[TaxRow, ...]


class RuleRow(Struct, frozen=True, gc=False):
    id: int
    applied_on: str
    compute_price: str
    base: str | Empty
    min_quantity: Decimal
    product_id: int | Empty
    product_tmpl_id: int | Empty
    categ_id: CategoryPath | Empty
    date_start: str | Empty
    date_end: str | Empty
    base_pricelist_id: int | Empty
    fixed_price: Decimal
    percent_price: Decimal
    price_discount: Decimal
    price_round: Decimal
    price_surcharge: Decimal
    price_min_margin: Decimal
    price_max_margin: Decimal


class MarkupRuleRow(RuleRow, frozen=True, gc=False):
    """From 18 on, a margin on the cost is kept as a markup."""

    price_markup: Decimal


class PriceListRow17(Row, frozen=True):
    name: str
    currency_id: CurrencyRow | Empty
    item_ids: tuple[RuleRow, ...]


class PriceListRow(Row, frozen=True):
    name: str
    currency_id: CurrencyRow | Empty
    item_ids: tuple[MarkupRuleRow, ...]


class RateRow(Row, frozen=True):
    """Units of the currency for one of the company's, from the day `name` on."""

    name: str
    rate: Decimal
    currency_id: CurrencyRow | Empty
    company_id: int | Empty


class CompanyRow(Row, frozen=True):
    """`parent_path`: ids from the root down to the company itself, `1/4/`, which is told to users who may not read the
    ones above."""

    currency_id: CurrencyRow | Empty
    parent_path: str | Empty
    partner_id: int | Empty
    tax_calculation_rounding_method: str | Empty


class TaxSwapRow(Row, frozen=True):
    """One line of a fiscal position in 17 and 18."""

    tax_src_id: int | Empty
    tax_dest_id: TaxRow | Empty


class PositionRow18(Row, frozen=True):
    swaps: tuple[TaxSwapRow, ...] = field(name="tax_ids")


class ReplacingTaxRow(TaxRow, frozen=True, kw_only=True):
    """In 19 a tax says itself which ones it replaces."""

    original_tax_ids: tuple[int, ...]


class PositionRow19(Row, frozen=True):
    taxes: tuple[ReplacingTaxRow, ...] = field(name="tax_ids")


class UnitRow18(Row, frozen=True):
    """`factor`: how many of this unit are one reference unit of its category (a dozen: 1/12)."""

    name: str
    factor: Decimal
    category_id: int | Empty


class UnitRow19(Row, frozen=True):
    """`factor`: how many pieces are in one (a pack of 6: 6)."""

    name: str
    factor: Decimal
