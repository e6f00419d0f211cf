"""`PricePort`: prices of a channel in a currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from adapters.vendure.errors import UnpricedVariant
from adapters.vendure.facts import ChannelFacts, taxed
from adapters.vendure.rows import Camel
from adapters.vendure.shop import Shop
from adapters.vendure.variants import Variants, VariantsData, WireSku, on_sale, variants_query
from gateway.errors import AdapterError, CurrencyNotSold
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.money import TaxedMoney
from gateway.model.pricing import Price, PriceKey
from gateway.ports.webhooks import EVERYTHING

PRICES = variants_query("price priceWithTax currencyCode taxRateApplied { value }")
CURRENCIES = variants_query("prices { currencyCode }")


class WireTaxRate(Camel, frozen=True):
    """`value` in per cent."""

    value: Decimal


class WirePriced(WireSku, frozen=True):
    price: int
    price_with_tax: int
    currency_code: str
    tax_rate_applied: WireTaxRate


class WireCurrency(Camel, frozen=True):
    currency_code: str


class WireCurrencies(WireSku, frozen=True):
    prices: tuple[WireCurrency, ...]


PricesData = VariantsData[WirePriced]


class Prices:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants

    def forget(self, tags: Sequence[str]) -> None:
        """What a channel is; Vendure sends no webhooks."""
        if EVERYTHING[0] in tags:
            self._shop.facts.forget()

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        """One request. Vendure fails a whole query in which one variant has no price in the asked currency: only then
        it takes two more, one to see which have and one for those. A variant has one price whatever the quantity, and
        no sales units: keys with a unit are absent."""
        channel, currency, source = self._shop.channel_of(context), context.currency, self._shop.env.name
        pieces = [key for key in keys if key.unit is None]
        if not pieces:
            return {}
        facts = await self._shop.facts.get(channel, call)
        if currency not in facts.currencies:
            return {key: CurrencyNotSold(source=source) for key in pieces}
        wanted = self._variants.named(key.variant for key in pieces)
        if wanted is None:
            return {}
        found = await self._prices(wanted, channel, currency, call)
        bearers = self._variants.by_key(item for item in found if on_sale(item))
        reading = self._shop.reading()

        def priced(key: PriceKey, found: WirePriced | WireCurrencies) -> Price | AdapterError:
            if isinstance(found, WireCurrencies):
                return CurrencyNotSold(source=source)
            return price(found, key, facts, reading)

        return answered(pieces, lambda key: bearers.one(key.variant), priced)

    async def _prices(
        self, wanted: Mapping[str, object], channel: str, currency: str, call: CallContext
    ) -> Sequence[WirePriced | WireCurrencies]:
        """Variants with a price in the currency, and those without."""
        read = self._variants.read
        try:
            return await read(PRICES, PricesData, wanted, call, channel=channel, currency=currency)
        except UnpricedVariant:
            found = await read(CURRENCIES, VariantsData[WireCurrencies], wanted, call, channel=channel)
        sold = [item.id for item in found if any(each.currency_code == currency for each in item.prices)]
        unpriced = [item for item in found if item.id not in sold]
        if not sold:
            return unpriced
        again = {"id": {"in": sold}}
        return [*await read(PRICES, PricesData, again, call, channel=channel, currency=currency), *unpriced]


def price(wire: WirePriced, key: PriceKey, facts: ChannelFacts, reading: Reading) -> Price:
    """`price` is net and `priceWithTax` gross in every channel; `pricesIncludeTax` says which of the two is stored."""
    included = facts.prices_include_tax
    return Price(
        current=taxed(wire.price, wire.price_with_tax, wire.currency_code, facts.precision, included=included),
        freshness=reading.freshness,
        line=line(wire, key.quantity, facts),
        quantity=key.quantity,
    )


def line(wire: WirePriced, quantity: Decimal, facts: ChannelFacts) -> TaxedMoney | None:
    """What a cart charges: the stored amount times the quantity, and the other one computed from that and rounded once.
    Three at 3.33 plus 20 % are 11.99, although one is 4.00. None for parts of a piece, which Vendure does not sell."""
    if quantity == 1 or quantity != quantity.to_integral_value():
        return None
    factor = 1 + wire.tax_rate_applied.value / 100
    if facts.prices_include_tax:
        gross = wire.price_with_tax * int(quantity)
        net = int((gross / factor).to_integral_value(ROUND_HALF_UP))
    else:
        net = wire.price * int(quantity)
        gross = int((net * factor).to_integral_value(ROUND_HALF_UP))
    return taxed(net, gross, wire.currency_code, facts.precision, included=facts.prices_include_tax)
