"""Prices of the reference adapter: the most special of the seed's price rows that apply, taxed by the seed's rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from gateway.errors import AdapterError, AmbiguousKey, CurrencyNotSold
from gateway.model.catalog import Variant
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef, VariantKey
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey, QuantityBreak
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.testing.reference.catalog import Catalog
from gateway.testing.sandbox import SeedPrice


class Pricing(Catalog):
    """PricePort. A till's own price beats a price list, a list beats a country, a country beats everywhere; only then
    does the quantity decide."""

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        await self._request(GET_PRICES.name, keys)
        answer: dict[PriceKey, Price | AdapterError] = {}
        for key in keys:
            found = self._failure(key.variant, "price") or self.price_of(key, context, store=context.store)
            if found is not None:
                answer[key] = found
        return answer

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        await self._request(PRICE_CONTEXT.name, keys)
        lists = {row.price_group for row in self.seed.prices if row.price_group}
        groups = {customer.ref.id: customer.groups for customer in self.seed.customers}
        answer: dict[NativeRef, str | AdapterError] = {}
        for key in keys:
            own = [group for group in groups.get(key.id, ()) if group in lists]
            if failure := self._failure(key.id, "price"):
                answer[key] = failure
            elif own:
                answer[key] = own[0]
        return answer

    def price_of(
        self, key: PriceKey, context: ContextView, *, store: str | None = None, group: str | None = None
    ) -> Price | AdapterError | None:
        """None where the variant is not sold in the context. `group` None: the context's own."""
        variants = self._bearing(key.variant)
        if len(variants) > 1:
            return AmbiguousKey(source=self.name, domain="price")
        variant = variants[0] if variants else None
        place = self.places.get(store, store) if store else ""
        price_group = context.price_group if group is None else group
        now = self.clock()
        known = self._prices_by_key.get(self._named(key.variant), ())
        offered = [
            row
            for row in known
            if row.country in ("", context.country)
            and row.price_group in ("", price_group or "")
            and row.location in ("", place)
            and row.holds(now)
        ]
        rows = [row for row in offered if row.price.currency == context.currency]
        if offered and not rows:
            return CurrencyNotSold(source=self.name, domain="price")
        applicable = [row for row in rows if row.minimum_quantity <= key.quantity]
        if not applicable:
            return None
        chosen = max(applicable, key=lambda row: (*_scope(row), row.minimum_quantity))
        tiers = sorted(
            (row for row in rows if _scope(row) == _scope(chosen) and row.minimum_quantity > 1),
            key=lambda row: row.minimum_quantity,
        )
        regular = chosen.list if chosen.list is not None and chosen.list.amount > chosen.price.amount else None
        return Price(
            current=self._taxed(variant, chosen.price, context.country),
            list=None if regular is None else self._taxed(variant, regular, context.country),
            line=self._taxed(variant, chosen.price.times(key.quantity).quantized(), context.country),
            quantity=key.quantity,
            breaks=tuple(self._break(variant, row, context.country) for row in tiers),
            valid_from=chosen.starts,
            valid_until=chosen.ends,
            changes_at=_next_change(known, now),
            rule=_rule(chosen),
            freshness=self._freshness(),
        )

    @cached_property
    def _prices_by_key(self) -> Mapping[VariantKey, tuple[SeedPrice, ...]]:
        found: defaultdict[VariantKey, list[SeedPrice]] = defaultdict(list)
        for row in self.seed.prices:
            found[self._seeded(row.variant)].append(row)
        return {variant: tuple(rows) for variant, rows in found.items()}

    def _taxed(self, variant: Variant | None, amount: Money, country: str) -> TaxedMoney:
        """As far as the seed knows: without a rate for the country, one of net and gross stays unknown."""
        if variant is not None and variant.taxable is False:
            return TaxedMoney(amount, amount, Money(Decimal(0), amount.currency), TaxTreatment.EXEMPT)
        rate = self.seed.tax_rates.get(country)
        if self.seed.prices_include_tax:
            if rate is None:
                return TaxedMoney(gross=amount, treatment=TaxTreatment.INCLUDED)
            tax = Money(amount.amount - amount.amount / (1 + rate), amount.currency).quantized()
            net = Money(amount.amount - tax.amount, amount.currency)
            return TaxedMoney(net, amount, tax, TaxTreatment.INCLUDED)
        if rate is None:
            return TaxedMoney(net=amount, treatment=TaxTreatment.EXCLUDED)
        tax = amount.times(rate).quantized()
        return TaxedMoney(amount, amount.plus(tax), tax, TaxTreatment.EXCLUDED)

    def _break(self, variant: Variant | None, row: SeedPrice, country: str) -> QuantityBreak:
        return QuantityBreak(row.minimum_quantity, self._taxed(variant, row.price, country), row.starts, row.ends)


def _next_change(rows: Sequence[SeedPrice], now: datetime) -> datetime | None:
    later = [at for row in rows for at in (row.starts, row.ends) if at is not None and at > now]
    return min(later, default=None)


def _scope(row: SeedPrice) -> tuple[bool, bool, bool]:
    return bool(row.location), bool(row.price_group), bool(row.country)


def _rule(row: SeedPrice) -> str:
    """How staff recognise the row: `VIP GB from 10`."""
    parts = [part for part in (row.location, row.price_group, row.country) if part]
    if row.minimum_quantity > 1:
        parts.append(f"from {row.minimum_quantity}")
    return " ".join(parts) or "everywhere"
