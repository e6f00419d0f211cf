"""Shipping and tax of the reference adapter, from the seed's ways of delivery and its rates."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from gateway.errors import RequestRefused
from gateway.model.baskets import (
    Basket,
    BasketTax,
    ShippingOption,
    ShippingOptions,
    TaxedLine,
    TaxQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.tax import CALCULATE
from gateway.testing.reference.amounts import ZERO, line_total, sum_of, worth_of
from gateway.testing.reference.pricing import Pricing
from gateway.testing.sandbox import SeedShipping


class Delivery(Pricing):
    """ShippingPort and TaxPort."""

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        shipped = tuple(line for line in query.lines if line.requires_shipping)
        if query.destination is None or not shipped:
            return ShippingOptions((), self._freshness())
        await self._request(LIST_OPTIONS.name, (query,))
        self._require_known(query, "shipping")
        country = query.destination.country
        worth = worth_of(query.lines)
        options = [
            self._option(way, worth, country)
            for way in self.seed.shipping
            if (not way.countries or country in way.countries) and way.price.currency == context.currency
        ]
        options.sort(key=lambda option: (option.price.stated.amount, option.id))
        return ShippingOptions(tuple(options), self._freshness())

    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        await self._request(CALCULATE.name, (query,))
        self._require_known(query.basket, "tax")
        if query.basket.destination is None:
            raise RequestRefused(detail="a tax needs a destination", source=self.name, domain="tax")
        rate = self.seed.tax_rates.get(query.basket.destination.country)
        if rate is None:
            raise RequestRefused(detail="no rate is known for this country", source=self.name, domain="tax")
        lines = tuple(self._taxed_line(query, index, rate) for index in range(len(query.basket.lines)))
        shipping = None if query.shipping_price is None else _with_tax(query.shipping_price, rate)
        rows = [line.total for line in lines] + ([] if shipping is None else [shipping])
        return BasketTax(lines, sum_of(rows, context.currency), self._freshness(), shipping)

    def _require_known(self, basket: Basket, domain: str) -> None:
        unknown = sum(1 for line in basket.lines if not self._bearing(line.variant))
        if unknown:
            raise RequestRefused(detail=f"{unknown} lines are not known here", source=self.name, domain=domain)

    def _option(self, way: SeedShipping, worth: Decimal, country: str) -> ShippingOption:
        now = self.clock()
        cut_off = None if way.cut_off is None else _next(now, way.cut_off)
        starts = now if cut_off is None or cut_off.date() == now.date() else cut_off
        first, last = way.days or (None, None)
        return ShippingOption(
            way.id,
            way.label,
            self._taxed(None, way.price_for(worth), country),
            way.carrier,
            None if first is None else starts + timedelta(days=first),
            None if last is None else starts + timedelta(days=last),
            cut_off,
        )

    def _taxed_line(self, query: TaxQuery, index: int, rate: Decimal) -> TaxedLine:
        line = query.basket.lines[index]
        discount = query.discounts[index] if index < len(query.discounts) else None
        whole = line_total(line)
        stated = whole.stated if discount is None else whole.stated.plus(discount.times(-1))
        variant = self._bearing(line.variant)[0]
        if variant.taxable is False or whole.treatment is TaxTreatment.EXEMPT:
            return TaxedLine(line.id, TaxedMoney(stated, stated, Money(ZERO, stated.currency), TaxTreatment.EXEMPT))
        net_first = whole.treatment is TaxTreatment.EXCLUDED or whole.gross is None
        money = TaxedMoney(
            net=stated if net_first else None, gross=None if net_first else stated, treatment=whole.treatment
        )
        return TaxedLine(line.id, _with_tax(money, rate), (("Tax", rate),))


def _with_tax(money: TaxedMoney, rate: Decimal) -> TaxedMoney:
    """The same stated amount with the other side and the tax."""
    stated = money.stated.quantized()
    if money.treatment is TaxTreatment.EXEMPT:
        return TaxedMoney(stated, stated, Money(ZERO, stated.currency), TaxTreatment.EXEMPT)
    if money.treatment is TaxTreatment.EXCLUDED or money.gross is None:
        tax = stated.times(rate).quantized()
        return TaxedMoney(stated, stated.plus(tax), tax, TaxTreatment.EXCLUDED)
    tax = Money(stated.amount - stated.amount / (1 + rate), stated.currency).quantized()
    return TaxedMoney(stated.plus(tax.times(-1)), stated, tax, TaxTreatment.INCLUDED)


def _next(now: datetime, hour: int) -> datetime:
    today = datetime.combine(now.date(), time(hour), UTC)
    return today if now < today else today + timedelta(days=1)
