"""ShippingPort and TaxPort: the rates the vendor offers for a draft order, and what it would tax it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from adapters.shopify.basket.documents import RATES, TAXES, Bag, Calculated
from adapters.shopify.basket.drafts import Drafts, draft_of, line_id, money_input, pieces
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.languages import NOT_COUNTRIES
from adapters.shopify.shapes import taxed
from gateway.errors import CurrencyNotSold, InvalidAnswer, RequestRefused
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
        come on top. The vendor tells the tax of all lines together."""
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
        lines = tuple(
            TaxedLine(
                line.id,
                taxed(left[line_id(line)], included=found.taxes_included, taxable=taxable[line_id(line)]),
            )
            for line in query.basket.lines
        )
        gross, tax = _required(found.total_price_set), _required(found.total_tax_set)
        total = TaxedMoney(gross.plus(tax.times(-1)), gross, tax, included)
        shipping = None
        if query.shipping_price is not None:
            price = _required(found.total_shipping_price_set)
            shipping = taxed(price, included=found.taxes_included, taxable=True)
        return BasketTax(lines, total, Reading.now(self._env).freshness, shipping)

    async def _known(self, lines: Sequence[BasketLine], call: CallContext) -> Mapping[VariantKey, str]:
        """Raises RequestRefused for a line that the shop does not know."""
        variants = await self._drafts.variants(lines, call)
        unknown = sum(1 for line in lines if line.variant not in variants)
        if unknown:
            raise RequestRefused(detail=f"{unknown} lines are not known here")
        return variants


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
