"""Minor units to money, tax lists to a treatment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.square.wire.catalog import ItemData, TaxData
from adapters.square.wire.common import WireMoney
from gateway.model.money import Money, TaxedMoney, TaxTreatment


def money(wire: WireMoney | None) -> Money | None:
    """Scaled by ISO 4217 digits: 1999 GBP is 19.99, 1999 JPY is 1999, 1999 KWD is 1.999."""
    if wire is None or wire.amount is None or not wire.currency:
        return None
    return Money.from_minor(wire.amount, wire.currency)


def treatment(item: ItemData | None, taxes: Mapping[str, TaxData]) -> TaxTreatment:
    """Whether the item's price contains its taxes, from the `inclusion_type` of those enabled. Mixed, missing or
    unknown taxes are UNKNOWN; an item marked not taxable is EXEMPT."""
    if item is None:
        return TaxTreatment.UNKNOWN
    if item.is_taxable is False:
        return TaxTreatment.EXEMPT
    kinds = set(_inclusions(item.tax_ids or (), taxes))
    if kinds == {"INCLUSIVE"}:
        return TaxTreatment.INCLUDED
    if kinds == {"ADDITIVE"}:
        return TaxTreatment.EXCLUDED
    return TaxTreatment.UNKNOWN


def _inclusions(ids: Iterable[str], taxes: Mapping[str, TaxData]) -> Iterable[str | None]:
    for tax_id in ids:
        tax = taxes.get(tax_id)
        if tax is None:
            yield None
        elif tax.enabled is not False:
            yield tax.inclusion_type


def stated(amount: Money, how: TaxTreatment) -> TaxedMoney:
    """The amount on the side its treatment says. A till sells to consumers, so an unknown one stands in `gross`."""
    if how is TaxTreatment.EXCLUDED:
        return TaxedMoney(net=amount, treatment=how)
    if how is TaxTreatment.EXEMPT:
        return TaxedMoney(net=amount, gross=amount, treatment=how)
    return TaxedMoney(gross=amount, treatment=how)
