"""The sandbox's own taxes, in floats: percentages only, one after the other on the same base."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.odoo.sandbox.rounding import round_digits
from adapters.odoo.sandbox.store import Record, Store


def product_taxes(store: Store, product: Record, company: int) -> list[Record]:
    ids: list[int] = store.value("product.product", product, "taxes_id", {}) or []
    return [tax for tax in (store.browse("account.tax", one) for one in ids) if tax["company_id"] == company]


def map_taxes(store: Store, taxes: Sequence[Record], position: int | None) -> list[Record]:
    """18 keeps pairs on the position, 19 keeps on each tax the ones it replaces."""
    if position is None:
        return list(taxes)
    mapped: list[Record] = []
    for tax in taxes:
        if store.version >= 19:
            known: list[int] = store.browse("account.fiscal.position", position).get("tax_ids") or []
            found = [one for one in known if tax["id"] in _replaced(store, one)] or [tax["id"]]
        else:
            pairs = [
                row
                for row in store.all("account.fiscal.position.tax")
                if row["position_id"] == position and row["tax_src_id"] == tax["id"]
            ]
            found = [row["tax_dest_id"] for row in pairs if row.get("tax_dest_id")] if pairs else [tax["id"]]
        mapped.extend(store.browse("account.tax", one) for one in found)
    return mapped


def _replaced(store: Store, tax: int) -> list[int]:
    return list(store.browse("account.tax", tax).get("original_tax_ids") or ())


def adapted(price: float, old: Sequence[Record], new: Sequence[Record]) -> float:
    """A price with its taxes in it, freed of them and loaded with the new ones; any other price stays."""
    if [tax["id"] for tax in old] == [tax["id"] for tax in new] or not old:
        return price
    if not all(tax["price_include"] for tax in old):
        return price
    bare = price / (1 + sum(tax["amount"] for tax in old) / 100)
    return bare + sum(bare * tax["amount"] / 100 for tax in new if tax["price_include"])


def line_totals(price: float, quantity: float, taxes: Sequence[Record], digits: int) -> tuple[float, float]:
    """Without and with tax, rounded per line."""
    raw = price * quantity
    inside = sum(tax["amount"] for tax in taxes if tax["price_include"]) / 100
    outside = sum(tax["amount"] for tax in taxes if not tax["price_include"]) / 100
    bare = raw / (1 + inside)
    if inside:
        total = round_digits(raw, digits)
        net = total - round_digits(raw - bare, digits)
    else:
        net = round_digits(raw, digits)
        total = net
    return net, total + round_digits(bare * outside, digits)
