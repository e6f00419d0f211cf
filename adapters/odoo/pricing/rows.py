"""What Odoo answers about prices: variants with their price basis, price lists with their rules, rates, taxes."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, field

from adapters.odoo.values import Empty


class CurrencyRow(Struct, frozen=True):
    id: int
    name: str


class TaxRow(Struct, frozen=True):
    """`amount` is a percentage when `amount_type` is `percent`. `price_include` says whether prices contain it."""

    id: int
    amount: Decimal
    amount_type: str
    price_include: bool
    include_base_amount: bool
    company_id: int | Empty
    sequence: int


class CategoryPath(Struct, frozen=True):
    parent_path: str | Empty


class VariantRow(Struct, frozen=True):
    """`lst_price` already contains the variant's surcharges; `standard_price` is the cost, in `cost_currency_id`."""

    id: int
    default_code: str | Empty
    barcode: str | Empty
    type: str
    lst_price: Decimal
    standard_price: Decimal
    currency_id: CurrencyRow | Empty
    cost_currency_id: CurrencyRow | Empty
    product_tmpl_id: int | Empty
    categ_id: CategoryPath | Empty
    uom_id: int | Empty
    taxes_id: tuple[TaxRow, ...]


class RuleRow(Struct, frozen=True):
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


class MarkupRuleRow(RuleRow, frozen=True):
    """From 18 on, a margin on the cost is kept as a markup."""

    price_markup: Decimal


class PriceListRow17(Struct, frozen=True):
    id: int
    name: str
    currency_id: CurrencyRow | Empty
    item_ids: tuple[RuleRow, ...]


class PriceListRow(Struct, frozen=True):
    id: int
    name: str
    currency_id: CurrencyRow | Empty
    item_ids: tuple[MarkupRuleRow, ...]


class RateRow(Struct, frozen=True):
    """Units of the currency for one of the company's, from the day `name` on."""

    id: int
    name: str
    rate: Decimal
    currency_id: CurrencyRow | Empty
    company_id: int | Empty


class CompanyRow(Struct, frozen=True):
    id: int
    currency_id: CurrencyRow | Empty
    parent_id: int | Empty
    partner_id: int | Empty


class PrecisionRow(Struct, frozen=True):
    id: int
    name: str
    digits: int


class TaxSwapRow(Struct, frozen=True):
    """One line of a fiscal position in 17 and 18."""

    id: int
    tax_src_id: int | Empty
    tax_dest_id: TaxRow | Empty


class PositionRow18(Struct, frozen=True):
    id: int
    swaps: tuple[TaxSwapRow, ...] = field(name="tax_ids")


class ReplacingTaxRow(TaxRow, frozen=True):
    """In 19 a tax says itself which ones it replaces."""

    original_tax_ids: tuple[int, ...]


class PositionRow19(Struct, frozen=True):
    id: int
    taxes: tuple[ReplacingTaxRow, ...] = field(name="tax_ids")


class UnitRow18(Struct, frozen=True):
    """`factor`: how many of this unit are one reference unit of its category (a dozen: 1/12)."""

    id: int
    name: str
    factor: Decimal
    category_id: int | Empty


class UnitRow19(Struct, frozen=True):
    """`factor`: how many pieces are in one (a pack of 6: 6)."""

    id: int
    name: str
    factor: Decimal
