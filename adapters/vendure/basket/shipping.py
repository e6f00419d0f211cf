"""ShippingPort: the eligible shipping methods, tried on an order that is never made.

Source: Vendure 3.7 admin API, `testEligibleShippingMethods`."""

from __future__ import annotations

from adapters.vendure.basket.lines import address, bought
from adapters.vendure.client import GUARD
from adapters.vendure.facts import taxed
from adapters.vendure.rows import Camel
from adapters.vendure.shop import Shop
from adapters.vendure.variants import Variants
from gateway.errors import CurrencyNotSold, RequestRefused
from gateway.model.baskets import Basket, ShippingOption, ShippingOptions
from gateway.model.context import CallContext, ContextView

METHODS = f"""query EligibleMethods($input: TestEligibleShippingMethodsInput!) {{
  {GUARD}
  testEligibleShippingMethods(input: $input) {{ id code name price priceWithTax }}
}}"""


class WireQuote(Camel, frozen=True):
    id: str
    code: str
    name: str
    price: int
    price_with_tax: int


class MethodsData(Camel, frozen=True):
    test_eligible_shipping_methods: tuple[WireQuote, ...]


class Delivery:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        """Two requests: the lines' variants, then the methods. Prices are the shop's own, of its own prices."""
        shipped = [line for line in query.lines if line.requires_shipping]
        if query.destination is None or not shipped:
            return ShippingOptions((), self._shop.reading().freshness)
        where = await self._shop.where(context, call)
        if context.currency not in where.facts.currencies:
            raise CurrencyNotSold(source=self._shop.env.name)
        found = await bought(shipped, self._shop, self._variants, where.channel, call)
        if sum(len(each.lines) for each in found) != len(shipped):
            raise RequestRefused(detail="a line is not known here", source=self._shop.env.name)
        lines = [{"productVariantId": each.variant, "quantity": each.quantity} for each in found]
        asked = {"input": {"shippingAddress": address(query.destination), "lines": lines}}
        data = await self._shop.client.ask(
            METHODS,
            MethodsData,
            call,
            asked,
            channel=where.channel,
            language=where.language,
            currency=context.currency,
        )
        facts = where.facts
        options = [
            ShippingOption(
                quote.id,
                quote.name or quote.code,
                taxed(
                    quote.price,
                    quote.price_with_tax,
                    context.currency,
                    facts.precision,
                    included=facts.prices_include_tax,
                ),
            )
            for quote in data.test_eligible_shipping_methods
        ]
        options.sort(key=lambda option: (option.price.stated.amount, option.id))
        return ShippingOptions(tuple(options), self._shop.reading().freshness)
