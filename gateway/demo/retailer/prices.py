"""What everything costs: one tag price per country, kept gross by the shop and the tills and net by the ERP."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import Item
from gateway.demo.retailer.places import COUNTRIES, CURRENCIES
from gateway.model.currencies import fraction_digits
from gateway.model.money import Money
from gateway.testing.sandbox import SeedPrice

TAX_RATES = {"GB": Decimal("0.20"), "JP": Decimal("0.10"), "IL": Decimal("0.18"), "KW": Decimal("0")}
VIP = "VIP"
VIP_PART = Decimal("0.90")
BREAK_PART = Decimal("0.85")
BREAK_FROM = Decimal(10)
SALE_EVERY, SALE_FIRST = 12, 7
"""Every twelfth variant is reduced from a higher regular price."""

_LEVEL = {"GB": Decimal(1), "JP": Decimal(200), "IL": Decimal("4.90"), "KW": Decimal("0.40")}
_STEP = {"GB": Decimal("0.50"), "JP": Decimal(10), "IL": Decimal("0.90"), "KW": Decimal("0.250")}


def gross(item: Item, country: str) -> Money:
    """The tag price with tax. Prices are set per country, not converted."""
    if country == "GB":
        return Money(item.gross, "GBP")
    step = _STEP[country]
    steps = (item.gross * _LEVEL[country] / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money(max(steps, Decimal(1)) * step, CURRENCIES[country]).quantized()


def regular(item: Item, country: str) -> Money | None:
    """The higher tag price that a reduced variant had before: about a quarter more, in the country's usual steps."""
    if item.number % SALE_EVERY != SALE_FIRST:
        return None
    tag, step = gross(item, country), _STEP[country]
    steps = (tag.amount * Decimal("1.25") / step).quantize(Decimal(1), rounding=ROUND_CEILING)
    return Money(steps * step, tag.currency).quantized()


def net(item: Item, country: str) -> Money:
    """What the ERP keeps of the tag price."""
    return without_tax(gross(item, country), country)


def without_tax(tag: Money, country: str) -> Money:
    """A tag price without tax, in the currency's digits. Where tax on it would not give the tag price back to the last
    digit, one more digit is kept, as an ERP with finer price digits does."""
    rate = TAX_RATES[country]
    exact = tag.amount / (1 + rate)
    for digits in range(fraction_digits(tag.currency), fraction_digits(tag.currency) + 3):
        amount = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        if Money(amount * (1 + rate), tag.currency).quantized() == tag:
            return Money(amount, tag.currency)
    raise AssertionError(f"{tag} has no net price in {country}")


def shop_prices(items: Iterable[Item]) -> tuple[SeedPrice, ...]:
    return tuple(
        SeedPrice(item.sku, gross(item, country), regular(item, country), country)
        for item in items
        for country in COUNTRIES
    )


def erp_prices(items: Iterable[Item]) -> tuple[SeedPrice, ...]:
    """Price lists per country, each again and whole for VIPs (what a list lacks would be priced by another rule), and a
    break from ten pieces on what is bought in dozens."""
    known = [item for item in items if item.sku != planted.UNPRICED_SKU]
    rows: list[SeedPrice] = []
    for item in known:
        for country in COUNTRIES:
            base, before = net(item, country), regular(item, country)
            rows.append(SeedPrice(item.sku, base, before and without_tax(before, country), country))
            rows.append(SeedPrice(item.sku, base.times(VIP_PART), None, country, VIP))
            if item.sku.startswith(("NAP", "CRD", "MUG")):
                rows.append(SeedPrice(item.sku, base.times(BREAK_PART), None, country, minimum_quantity=BREAK_FROM))
    return tuple(rows)


def till_prices(items: Iterable[Item], country: str, override_at: str | None) -> tuple[SeedPrice, ...]:
    """The tills' own prices; one store was never told of a change."""
    rows = [SeedPrice(item.sku, gross(item, country)) for item in items]
    if override_at is not None:
        stale = Money(planted.TILL_PRICE, CURRENCIES[country])
        rows.append(SeedPrice(planted.TILL_PRICE_SKU, stale, location=override_at))
    return tuple(rows)
