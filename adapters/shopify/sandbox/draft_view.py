"""Draft orders as the vendor calculates them: nothing is kept; a code that does not fit is passed over in silence."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapters.shopify.sandbox.catalog_view import amount
from adapters.shopify.sandbox.world import ShopVariant, World
from gateway.model.currencies import fraction_digits
from gateway.model.money import Money
from gateway.testing.sandbox import SeedPromotion

MOST_LINES = 499
ZERO = Decimal(0)
Price = Callable[[ShopVariant, str], Money]


@dataclass
class DraftLine:
    uuid: str
    variant: ShopVariant
    quantity: int
    unit: Decimal
    off: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.unit * self.quantity

    @property
    def left(self) -> Decimal:
        return self.total - self.off


@dataclass
class Draft:
    currency: str
    country: str
    lines: list[DraftLine]
    shipping: Decimal | None = None
    shipping_off: Decimal = ZERO
    discounts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    codes: list[str] = field(default_factory=list[str])


class DraftView:
    """`price` is what the shop asks for one piece in a country."""

    def __init__(self, world: World, price: Price) -> None:
        self._world = world
        self._price = price

    def calculate(self, asked: dict[str, Any]) -> dict[str, Any]:
        errors = list(self._errors(asked))
        if errors:
            return {"calculatedDraftOrder": None, "userErrors": errors}
        address = _part(asked, "shippingAddress")
        country = asked.get("marketRegionCountryCode") or address.get("countryCode") or self._world.seed.country
        if country not in self._world.markets:
            country = self._world.seed.country
        draft = Draft(self._world.markets[country], country, [self._line(row, country) for row in asked["lineItems"]])
        rates = self._rates(draft, address)
        self._ship(draft, _part(asked, "shippingLine"), rates)
        self._discount(draft, asked)
        return {"calculatedDraftOrder": self._shown(draft, rates), "userErrors": []}

    def _errors(self, asked: dict[str, Any]) -> Iterable[dict[str, Any]]:
        rows: list[dict[str, Any]] = asked.get("lineItems") or []
        if not rows:
            yield _error("Add at least 1 product", "lineItems")
        if len(rows) > MOST_LINES:
            yield _error(f"Line items cannot exceed {MOST_LINES}", "lineItems")
        uuids = [row["uuid"] for row in rows if row.get("uuid")]
        if len(set(uuids)) != len(uuids):
            yield _error("UUIDs must be unique", "lineItems")
        for place, row in enumerate(rows):
            if row["quantity"] < 1:
                yield _error("Quantity must be greater than or equal to 1", "lineItems", str(place), "quantity")
            if row.get("variantId") not in self._world.variants:
                yield _error("Product variant does not exist", "lineItems", str(place), "variantId")
            override = row.get("priceOverride")
            if override is not None and Decimal(str(override["amount"])) < 0:
                yield _error("Price override cannot be negative", "lineItems", str(place), "priceOverride")
        customer = _part(asked, "purchasingEntity").get("customerId")
        if customer is not None and customer not in self._world.customers:
            yield _error("Customer does not exist", "purchasingEntity", "customerId")

    def _line(self, row: dict[str, Any], country: str) -> DraftLine:
        variant = self._world.variants[row["variantId"]]
        override = row.get("priceOverride")
        unit = Decimal(str(override["amount"])) if override else self._price(variant, country).amount
        return DraftLine(row.get("uuid") or variant.id, variant, row["quantity"], unit)

    def _rates(self, draft: Draft, address: dict[str, Any]) -> list[dict[str, Any]]:
        """Of a whole address: without a country, or a code where the country has codes, there are none."""
        country = address.get("countryCode")
        if country is None or not address.get("zip") or not address.get("city"):
            return []
        worth = sum((line.total for line in draft.lines), ZERO)
        return [
            {
                "handle": f"shopify-{way.id}-{price.amount}",
                "title": way.label,
                "price": _amount(price.amount, price.currency),
            }
            for way in self._world.seed.shipping
            for price in (way.price_for(worth),)
            if (not way.countries or country in way.countries) and price.currency == draft.currency
        ]

    def _ship(self, draft: Draft, asked: dict[str, Any], rates: list[dict[str, Any]]) -> None:
        if handle := asked.get("shippingRateHandle"):
            chosen = next((rate for rate in rates if rate["handle"] == handle), None)
            draft.shipping = Decimal(chosen["price"]["amount"]) if chosen else None
        elif price := asked.get("priceWithCurrency"):
            draft.shipping = Decimal(str(price["amount"]))

    # --- discounts ----------------------------------------------------------------------------------------------

    def _discount(self, draft: Draft, asked: dict[str, Any]) -> None:
        customer = _part(asked, "purchasingEntity").get("customerId")
        if asked.get("acceptAutomaticDiscounts"):
            for promotion in self._world.seed.promotions:
                if not promotion.code and self._fits(promotion, draft, customer):
                    self._take(promotion, draft)
        applied: list[SeedPromotion] = []
        for code in asked.get("discountCodes") or []:
            promotion = self.promotion(code)
            if promotion is None or not self._fits(promotion, draft, customer):
                continue
            if applied and (promotion.exclusive or any(each.exclusive for each in applied)):
                continue
            self._take(promotion, draft)
            applied.append(promotion)
            draft.codes.append(promotion.code)

    def promotion(self, code: str) -> SeedPromotion | None:
        """Codes are the same in any case."""
        return next((each for each in self._world.seed.promotions if each.code and each.code == code.upper()), None)

    def status(self, promotion: SeedPromotion) -> str:
        now = self._world.now
        if promotion.ends is not None and now > promotion.ends:
            return "EXPIRED"
        return "SCHEDULED" if promotion.starts is not None and now < promotion.starts else "ACTIVE"

    def _fits(self, promotion: SeedPromotion, draft: Draft, customer: str | None) -> bool:
        if self.status(promotion) != "ACTIVE" or promotion.used_up:
            return False
        worth = sum((line.total for line in draft.lines), ZERO)
        if promotion.minimum is not None and worth < promotion.minimum.amount:
            return False
        if promotion.groups:
            groups = self._world.customers[customer].groups if customer else ()
            if set(promotion.groups).isdisjoint(groups):
                return False
        return promotion.shipping or any(_covers(promotion, line) for line in draft.lines)

    def _take(self, promotion: SeedPromotion, draft: Draft) -> None:
        parts: list[tuple[Decimal, dict[str, Any]]] = []
        if promotion.shipping:
            off = min(self._wanted(promotion, draft.shipping or ZERO, draft), (draft.shipping or ZERO))
            draft.shipping_off += off
            if off:
                parts.append((off, {"__typename": "ShippingLine", "title": "Shipping"}))
        else:
            lines = [line for line in draft.lines if _covers(promotion, line) and line.left > 0]
            for line, off in zip(lines, self._spread(promotion, lines, draft), strict=True):
                line.off += off
                if off:
                    parts.append((off, {"__typename": "CalculatedDraftOrderLineItem", "uuid": line.uuid}))
        draft.discounts.append(
            {
                "title": promotion.label,
                "code": promotion.code or None,
                "totalAmountPriceSet": _bag(sum((off for off, _ in parts), ZERO), draft.currency),
                "allocations": [
                    {"reductionAmountSet": _bag(off, draft.currency), "target": target} for off, target in parts
                ],
            }
        )

    def _spread(self, promotion: SeedPromotion, lines: list[DraftLine], draft: Draft) -> list[Decimal]:
        if promotion.amount is None:
            return [self._wanted(promotion, line.left, draft) for line in lines]
        worth = sum((line.left for line in lines), ZERO)
        whole = min(promotion.amount.amount, worth)
        shares = [_rounded(whole * line.left / worth, draft.currency) for line in lines]
        if shares:
            shares[-1] += whole - sum(shares, ZERO)
        return shares

    def _wanted(self, promotion: SeedPromotion, of: Decimal, draft: Draft) -> Decimal:
        if promotion.amount is not None:
            return promotion.amount.amount
        return _rounded(of * (promotion.percent or ZERO), draft.currency)

    # --- the answer ---------------------------------------------------------------------------------------------

    def _shown(self, draft: Draft, rates: list[dict[str, Any]]) -> dict[str, Any]:
        included = self._world.tax_overrides.get(draft.country, self._world.taxes_included)
        shipping = (draft.shipping or ZERO) - draft.shipping_off
        tax = sum(
            (_tax(base, rate, draft.currency, included=included) for base, rate in self._bases(draft, shipping)), ZERO
        )
        lines = sum((line.left for line in draft.lines), ZERO)
        return {
            "taxesIncluded": included,
            "presentmentCurrencyCode": draft.currency,
            "discountCodes": draft.codes,
            "availableShippingRates": rates,
            "platformDiscounts": draft.discounts,
            "lineItems": [
                {
                    "uuid": line.uuid,
                    "taxable": line.variant.taxable,
                    "originalUnitPriceSet": _bag(line.unit, draft.currency),
                    "discountedTotalSet": _bag(line.left, draft.currency),
                }
                for line in draft.lines
            ],
            "totalTaxSet": _bag(tax, draft.currency),
            "taxLines": self._tax_lines(draft, shipping, included=included),
            "totalShippingPriceSet": _bag(shipping, draft.currency),
            "totalPriceSet": _bag(lines + shipping + (ZERO if included else tax), draft.currency),
        }

    def _bases(self, draft: Draft, shipping: Decimal) -> list[tuple[Decimal, Decimal]]:
        """What is taxed, with its rate."""
        usual = self._world.seed.tax_rates.get(draft.country, ZERO)
        reduced = self._world.reduced_rates
        lines = [
            (line.left, reduced.get(line.variant.sku or "", usual)) for line in draft.lines if line.variant.taxable
        ]
        return [*lines, (shipping, usual)]

    def _tax_lines(self, draft: Draft, shipping: Decimal, *, included: bool) -> list[dict[str, Any]]:
        """One for each rate."""
        sums: dict[Decimal, Decimal] = {}
        for base, rate in self._bases(draft, shipping):
            sums[rate] = sums.get(rate, ZERO) + _tax(base, rate, draft.currency, included=included)
        return [
            {"title": "VAT", "rate": float(rate), "priceSet": _bag(tax, draft.currency)} for rate, tax in sums.items()
        ]

    def code_node(self, code: str) -> dict[str, Any] | None:
        promotion = self.promotion(code)
        if promotion is None:
            return None
        least = promotion.minimum
        return {
            "id": f"gid://shopify/DiscountCodeNode/{1 + self._world.seed.promotions.index(promotion)}",
            "codeDiscount": {
                "__typename": "DiscountCodeFreeShipping" if promotion.shipping else "DiscountCodeBasic",
                "status": self.status(promotion),
                "usageLimit": 1 if promotion.used_up else None,
                "asyncUsageCount": 1 if promotion.used_up else 0,
                "minimumRequirement": None
                if least is None
                else {
                    "__typename": "DiscountMinimumSubtotal",
                    "greaterThanOrEqualToSubtotal": _amount(least.amount, least.currency),
                },
            },
        }


def _part(asked: dict[str, Any], name: str) -> dict[str, Any]:
    """One of its objects, empty where it has none."""
    return asked.get(name) or {}


def _covers(promotion: SeedPromotion, line: DraftLine) -> bool:
    return not promotion.skus or line.variant.sku in promotion.skus


def _rounded(value: Decimal, currency: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-fraction_digits(currency)), ROUND_HALF_UP)


def _tax(base: Decimal, rate: Decimal, currency: str, *, included: bool) -> Decimal:
    return _rounded(base - base / (1 + rate) if included else base * rate, currency)


def _amount(value: Decimal, currency: str) -> dict[str, str]:
    return {"amount": amount(value), "currencyCode": currency}


def _bag(value: Decimal, currency: str) -> dict[str, Any]:
    shown = _amount(value, currency)
    return {"presentmentMoney": shown, "shopMoney": shown}


def _error(message: str, *path: str) -> dict[str, Any]:
    return {"field": ["input", *path], "message": message}
