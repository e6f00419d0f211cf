"""What a basket is asked with: one calculation of a draft order, which the vendor runs and does not keep. Each domain
selects its own part of it, and pays for no other.

Source: shopify.dev/docs/api/admin-graphql/2026-10/mutations/draftOrderCalculate."""

from __future__ import annotations

from decimal import Decimal

from adapters.shopify.client import Document
from adapters.shopify.shapes import Amount, Node

MUTATION_POINTS = 10
"""A mutation, by the vendor's published rule; what it answers comes on top."""
MOST_LINES = 499
"""Of one draft order, in the vendor's own words."""

_MONEY = "{presentmentMoney{amount currencyCode}}"


def _document(name: str, selection: str) -> Document:
    return Document(
        "admin",
        name,
        f"mutation {name}($input:DraftOrderInput!){{draftOrderCalculate(input:$input){{calculatedDraftOrder{{"
        f"taxesIncluded presentmentCurrencyCode {selection}}} userErrors{{field message}}}}}}",
    )


PROMOTIONS = _document(
    "BasketPromotions",
    f"discountCodes lineItems{{uuid taxable originalUnitPriceSet{_MONEY}}}"
    f" platformDiscounts{{title code totalAmountPriceSet{_MONEY} allocations{{reductionAmountSet{_MONEY}"
    " target{__typename ...on CalculatedDraftOrderLineItem{uuid}}}}",
)
RATES = _document("BasketShipping", "availableShippingRates{handle title price{amount currencyCode}}")
TAXES = _document(
    "BasketTax",
    f"totalPriceSet{_MONEY} totalTaxSet{_MONEY} totalShippingPriceSet{_MONEY}"
    f" lineItems{{uuid taxable discountedTotalSet{_MONEY}}} taxLines{{title rate priceSet{_MONEY}}}",
)


def codes_document(count: int) -> Document:
    """What there is to know of codes that did nothing."""
    variables = " ".join(f"$c{place}:String!" for place in range(count))
    part = "status usageLimit asyncUsageCount minimumRequirement{...on DiscountMinimumSubtotal{"
    part += "greaterThanOrEqualToSubtotal{amount currencyCode}}}"
    fields = " ".join(f"k{place}:codeDiscountNodeByCode(code:$c{place}){{...D}}" for place in range(count))
    return Document(
        "admin",
        "BasketCodes",
        f"query BasketCodes({variables}){{{fields}}}fragment D on DiscountCodeNode{{id codeDiscount{{"
        f"...on DiscountCodeBasic{{{part}}} ...on DiscountCodeFreeShipping{{{part}}}"
        " ...on DiscountCodeBxgy{status usageLimit asyncUsageCount} ...on DiscountCodeApp{status usageLimit"
        " asyncUsageCount}}}",
    )


CODE_POINTS = 4
MOST_CODES = 25


class Bag(Node, frozen=True, kw_only=True):
    presentment_money: Amount


class Rate(Node, frozen=True, kw_only=True):
    handle: str
    title: str
    price: Amount


class Target(Node, frozen=True, kw_only=True, tag_field="__typename", tag="ShippingLine"):
    """What a discount is taken from."""


class LineTarget(Node, frozen=True, kw_only=True, tag_field="__typename", tag="CalculatedDraftOrderLineItem"):
    uuid: str


class Allocation(Node, frozen=True, kw_only=True):
    reduction_amount_set: Bag
    target: Target | LineTarget | None = None


class PlatformDiscount(Node, frozen=True, kw_only=True):
    title: str
    total_amount_price_set: Bag
    allocations: list[Allocation]
    code: str | None = None


class Line(Node, frozen=True, kw_only=True):
    uuid: str
    taxable: bool
    original_unit_price_set: Bag | None = None
    discounted_total_set: Bag | None = None


class TaxLine(Node, frozen=True, kw_only=True):
    """Of all lines together. `rate` is a fraction."""

    title: str
    price_set: Bag
    rate: Decimal | None = None


class Calculated(Node, frozen=True, kw_only=True):
    """Which fields are there depends on the document."""

    taxes_included: bool
    presentment_currency_code: str
    discount_codes: tuple[str, ...] = ()
    line_items: tuple[Line, ...] = ()
    platform_discounts: tuple[PlatformDiscount, ...] = ()
    available_shipping_rates: tuple[Rate, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    total_price_set: Bag | None = None
    total_tax_set: Bag | None = None
    total_shipping_price_set: Bag | None = None


class UserError(Node, frozen=True, kw_only=True):
    message: str
    field: list[str] | None = None


class Calculation(Node, frozen=True, kw_only=True):
    user_errors: list[UserError]
    calculated_draft_order: Calculated | None = None


class Answer(Node, frozen=True, kw_only=True):
    draft_order_calculate: Calculation


class Minimum(Node, frozen=True, kw_only=True):
    greater_than_or_equal_to_subtotal: Amount | None = None


class Code(Node, frozen=True, kw_only=True):
    status: str
    async_usage_count: int
    usage_limit: int | None = None
    minimum_requirement: Minimum | None = None


class CodeNode(Node, frozen=True, kw_only=True):
    code_discount: Code
