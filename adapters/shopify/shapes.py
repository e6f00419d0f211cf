"""The vendor's decimal strings to `Money`, and its tax flags to a tax treatment."""

from __future__ import annotations

from decimal import Decimal

from adapters.shopify.product import rows as answers
from gateway.model.currencies import is_currency
from gateway.model.money import Money, TaxedMoney, TaxTreatment


def money(found: answers.Money) -> Money:
    """At the currency's digits where nothing is lost by it (the vendor writes 1200.0 JPY); else as it stands, and so
    for the withdrawn currencies of old orders."""
    stated = Money(found.amount, found.currency_code)
    if not is_currency(stated.currency):
        return stated
    quantized = stated.quantized()
    return quantized if quantized.amount == stated.amount else stated


def taxed(amount: Money, *, included: bool, taxable: bool) -> TaxedMoney:
    if not taxable:
        return TaxedMoney(amount, amount, Money(Decimal(0), amount.currency), TaxTreatment.EXEMPT)
    if included:
        return TaxedMoney(gross=amount, treatment=TaxTreatment.INCLUDED)
    return TaxedMoney(net=amount, treatment=TaxTreatment.EXCLUDED)
