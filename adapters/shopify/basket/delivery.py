"""ShippingPort and TaxPort: the rates the vendor offers for a draft order, and what it would tax it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from adapters.shopify.basket.documents import RATES, TAXES, Bag, Calculated
from adapters.shopify.basket.drafts import Drafts, draft_of, line_id, money_input, pieces
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.languages import NOT_COUNTRIES
from adapters.shopify.shapes import taxed
from gateway.errors import CurrencyNotSold, InvalidAnswer, RequestRefused
from gateway.kit.rates import tax_at
from gateway.kit.readings import Reading
from gateway.model.baskets import (
    Basket,
    BasketLine,
    BasketTax,
    ShippingOption,
    ShippingOptions,
    TaxedLine,
    TaxQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.currencies import fraction_digits
from gateway.model.identity import VariantKey
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.manifest import AdapterEnvironment


class Delivery:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], drafts: Drafts) -> None:
        self._env = env
        self._drafts = drafts

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        if query.destination is None or not any(line.requires_shipping for line in query.lines):
            return ShippingOptions((), Reading.now(self._env).freshness)
        variants = await self._known(query.lines, call)
        if query.destination.country in NOT_COUNTRIES:
            return ShippingOptions((), Reading.now(self._env).freshness)
        rows = [
            {
                "uuid": line_id(line),
                "variantId": variants[line.variant],
                "quantity": pieces(line),
                "priceOverride": money_input(line.unit.stated.quantized()),
            }
            for line in query.lines
            if line.requires_shipping
        ]
        found = await self._drafts.calculate(RATES, draft_of(query, rows, context), context, call)
        options = [
            ShippingOption(
                rate.handle,
                rate.title,
                taxed(_sold_in(context.currency, rate.price.money), included=found.taxes_included, taxable=True),
            )
            for rate in found.available_shipping_rates
        ]
        options.sort(key=lambda option: (option.price.stated.amount, option.id))
        return ShippingOptions(tuple(options), Reading.now(self._env).freshness)

    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        """Each line goes as one piece at what is left of it: tax is due on that, and the vendor's own discounts would
        come on top. The vendor tells the tax of all lines together; what one rate that it names makes of each line, and
        of nothing less than its own sum, is each line's."""
        basket = query.basket
        if basket.destination is None:
            raise RequestRefused(detail="a tax needs a destination")
        if basket.destination.country in NOT_COUNTRIES:
            raise RequestRefused(detail="the vendor knows no such country")
        variants = await self._known(basket.lines, call)
        left = {line_id(line): _left(query, place) for place, line in enumerate(basket.lines)}
        rows = [
            {
                "uuid": line_id(line),
                "variantId": variants[line.variant],
                "quantity": 1,
                "priceOverride": money_input(left[line_id(line)]),
            }
            for line in basket.lines
        ]
        draft = {**draft_of(basket, rows, context), "acceptAutomaticDiscounts": False}
        if query.shipping_price is not None:
            price = money_input(query.shipping_price.stated.quantized())
            draft["shippingLine"] = {"title": "Delivery", "priceWithCurrency": price}
        found = await self._drafts.calculate(TAXES, draft, context, call)
        return self._answer(query, found, left)

    def _answer(self, query: TaxQuery, found: Calculated, left: Mapping[str, Money]) -> BasketTax:
        included = TaxTreatment.INCLUDED if found.taxes_included else TaxTreatment.EXCLUDED
        taxable = {line.uuid: line.taxable for line in found.line_items}
        totals = {line.uuid: _required(line.discounted_total_set) for line in found.line_items}
        if totals != left:
            raise InvalidAnswer(detail=f"{TAXES.name}: other amounts than were asked for")
        for line in query.basket.lines:
            if line.unit.treatment not in (included, TaxTreatment.EXEMPT):
                raise RequestRefused(detail="the shop's prices are taxed otherwise than the basket's")
        gross, tax = _required(found.total_price_set), _required(found.total_tax_set)
        shipping = None
        if query.shipping_price is not None:
            price = _required(found.total_shipping_price_set)
            shipping = taxed(price, included=found.taxes_included, taxable=True)
        rows = [
            taxed(left[line_id(line)], included=found.taxes_included, taxable=taxable[line_id(line)])
            for line in query.basket.lines
        ]
        rate = _only_rate(found)
        shares = None if rate is None else shared_tax([*rows, *([shipping] if shipping else [])], rate.fraction, tax)
        if shares is not None:
            rows, shipping = shares[: len(rows)], shares[-1] if shipping is not None else None
        told = () if rate is None or shares is None else ((rate.title, rate.fraction),)
        lines = tuple(
            TaxedLine(line.id, row, told if row.treatment is not TaxTreatment.EXEMPT else ())
            for line, row in zip(query.basket.lines, rows, strict=True)
        )
        total = TaxedMoney(gross.plus(tax.times(-1)), gross, tax, included)
        return BasketTax(lines, total, Reading.now(self._env).freshness, shipping)

    async def _known(self, lines: Sequence[BasketLine], call: CallContext) -> Mapping[VariantKey, str]:
        """Raises RequestRefused for a line that the shop does not know."""
        variants = await self._drafts.variants(lines, call)
        unknown = sum(1 for line in lines if line.variant not in variants)
        if unknown:
            raise RequestRefused(detail=f"{unknown} lines are not known here")
        return variants


class _Rate(Struct, frozen=True):
    title: str
    fraction: Decimal


def _only_rate(found: Calculated) -> _Rate | None:
    """The one rate that all of the tax is of; None where there are several, or none is told."""
    known = {tax.rate: tax.title for tax in found.tax_lines if tax.price_set.presentment_money.amount}
    if len(known) != 1:
        return None
    rate, title = next(iter(known.items()))
    return None if rate is None else _Rate(title, rate)


def shared_tax(rows: Sequence[TaxedMoney], rate: Decimal, whole: Money) -> list[TaxedMoney] | None:
    """Each row with its tax by the rate, in all exactly `whole`: rounding goes to the largest rows. None where that is
    more than rounding: then some row is taxed otherwise."""
    taxes = [
        row.tax if row.treatment is TaxTreatment.EXEMPT and row.tax else tax_at(rate, row.stated, row.treatment)
        for row in rows
    ]
    unit = Decimal(1).scaleb(-fraction_digits(whole.currency))
    taxable = [place for place, row in enumerate(rows) if row.treatment is not TaxTreatment.EXEMPT]
    steps = int((whole.amount - sum((tax.amount for tax in taxes), Decimal(0))) / unit)
    if abs(steps) > (len(taxable) + 1) // 2:  # what rounding half a unit a row can come to
        return None
    for place in sorted(taxable, key=lambda place: -rows[place].stated.amount)[: abs(steps)]:
        taxes[place] = Money(taxes[place].amount + (unit if steps > 0 else -unit), whole.currency)
    return [
        row if row.treatment is TaxTreatment.EXEMPT else _with(row, tax) for row, tax in zip(rows, taxes, strict=True)
    ]


def _with(row: TaxedMoney, tax: Money) -> TaxedMoney:
    stated = row.stated
    if row.treatment is TaxTreatment.EXCLUDED:
        return TaxedMoney(stated, stated.plus(tax), tax, row.treatment)
    return TaxedMoney(stated.plus(tax.times(-1)), stated, tax, row.treatment)


def _left(query: TaxQuery, place: int) -> Money:
    line = query.basket.lines[place]
    whole = line.line.stated if line.line is not None else line.unit.stated.times(line.quantity)
    off = query.discounts[place] if place < len(query.discounts) else None
    return (whole if off is None else whole.plus(off.times(Decimal(-1)))).quantized()


def _required(bag: Bag | None) -> Money:
    if bag is None:
        raise InvalidAnswer(detail=f"{TAXES.name}: an amount is missing")
    return bag.presentment_money.money.quantized()


def _sold_in(currency: str, price: Money) -> Money:
    """Raises CurrencyNotSold for a rate in the shop's own currency where another is sold in."""
    if price.currency != currency:
        raise CurrencyNotSold(detail=f"rates in {price.currency}")
    return price.quantized()
