"""The sandbox's own taxes, in floats: percentages, fixed amounts, divisions and groups, one after the other, each
rounded to the currency's smallest amount unless the company rounds globally."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.odoo.sandbox.rounding import round_to
from adapters.odoo.sandbox.store import Record, Store

Figures = dict[int, dict[str, Any]]


def product_taxes(store: Store, product: Record, company: int) -> list[Record]:
    """Of the company, or else of the nearest one above it that the product has any of."""
    ids: list[int] = store.value("product.product", product, "taxes_id", {}) or []
    taxes = [store.browse("account.tax", one) for one in ids]
    here: int | None = company
    while here is not None:
        found = [tax for tax in taxes if tax["company_id"] == here]
        if found:
            return found
        above = store.find("res.company", id=here)
        here = above.get("parent_id") if above else None
    return []


def map_taxes(store: Store, taxes: Sequence[Record], position: int | None) -> list[Record]:
    """18 keeps pairs on the position, 19 keeps on each tax the ones it replaces. One that is gone maps nothing."""
    if position is None or store.find("account.fiscal.position", id=position) is None:
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


def included(store: Store, tax: Record) -> bool:
    return bool(store.value("account.tax", tax, "price_include", {}))


def adapted(store: Store, price: float, old: Sequence[Record], new: Sequence[Record]) -> float:
    """A price with its taxes in it, freed of them and loaded with the new ones; any other price stays."""
    if {tax["id"] for tax in old} == {tax["id"] for tax in new} or not all(included(store, tax) for tax in old):
        return price
    bare, _ = _details(store, price, 1.0, old, None)
    order, figures = _worked_out(store, bare, 1.0, new, None, bare=True)
    return bare + sum(figures[tax["id"]]["tax"] for tax in order if included(store, tax))


def line_totals(
    store: Store, price: float, quantity: float, taxes: Sequence[Record], step: float, *, globally: bool
) -> tuple[float, float]:
    """Without and with tax, as the line keeps them."""
    raw = price * quantity
    if not globally:
        raw = round_to(raw, step)
    net, gross = _details(store, raw, quantity, taxes, None if globally else step)
    return round_to(net, step), round_to(gross, step)


def order_totals(
    store: Store, lines: Sequence[tuple[float, float, Sequence[Record]]], step: float, *, globally: bool
) -> tuple[float, float]:
    """Without and with tax, of lines by price, quantity and taxes; one that rounds globally rounds the sums."""
    net = gross = 0.0
    for price, quantity, taxes in lines:
        if globally:
            one, all_ = _details(store, price * quantity, quantity, taxes, None)
        else:
            one, all_ = line_totals(store, price, quantity, taxes, step, globally=False)
        net, gross = net + one, gross + all_
    return round_to(net, step), round_to(gross, step)


def _details(
    store: Store, raw: float, quantity: float, taxes: Sequence[Record], step: float | None
) -> tuple[float, float]:
    order, figures = _worked_out(store, raw, quantity, taxes, step, bare=False)
    if not order:
        return raw, raw
    first = order[0]
    net = raw + figures[first["id"]]["for_base"]
    if included(store, first):
        members: list[Record] = figures[first["id"]]["batch"]
        net -= sum(figures[one["id"]]["tax"] for one in members if not one.get("has_negative_factor"))
    return net, net + sum(figures[one["id"]]["tax"] for one in order if not one.get("has_negative_factor"))


def _worked_out(
    store: Store, raw: float, quantity: float, taxes: Sequence[Record], step: float | None, *, bare: bool
) -> tuple[list[Record], Figures]:
    order: list[Record] = []
    for tax in sorted(taxes, key=_rank):
        children = [store.browse("account.tax", one) for one in tax.get("children_tax_ids") or ()]
        order += [
            one for one in (sorted(children, key=_rank) if tax["amount_type"] == "group" else [tax]) if one not in order
        ]
    figures: Figures = {tax["id"]: {"for_tax": 0.0, "for_base": 0.0, "tax": None} for tax in order}
    for batch in _batches(store, order, bare=bare):
        for tax in batch:
            figures[tax["id"]]["batch"] = batch
    fixed = [tax for tax in reversed(order) if tax["amount_type"] == "fixed"]
    rest = [tax for tax in order if tax["amount_type"] != "fixed"]
    inside = [tax for tax in reversed(rest) if included(store, tax) and not bare]
    outside = [tax for tax in rest if tax not in inside]
    for tax in [*fixed, *inside, *outside]:
        mine = figures[tax["id"]]
        base = raw + mine["for_tax"]
        percent = sum(one["amount"] for one in mine["batch"]) / 100
        rate = tax["amount"] / 100
        if tax["amount_type"] == "fixed":
            amount = quantity * tax["amount"]
        elif tax in inside:
            amount = base * rate / (1 + percent) if tax["amount_type"] == "percent" else base * rate
        else:
            amount = (
                base * rate / (1 - percent if percent != 1 else 1) if tax["amount_type"] == "division" else base * rate
            )
        mine["tax"] = round_to(amount, step) if step else amount
        _tell(store, order, figures, tax, bare=bare)
    return order, figures


def _rank(tax: Record) -> tuple[int, int]:
    return int(tax["sequence"]), int(tax["id"])


def _affected(tax: Record) -> bool:
    return bool(tax.get("is_base_affected", True))


def _batches(store: Store, order: Sequence[Record], *, bare: bool) -> list[list[Record]]:
    found: list[list[Record]] = []
    later_affected = False
    for tax in reversed(order):
        head = found[-1][0] if found else None
        alike = head is not None and all(
            (
                tax["amount_type"] == head["amount_type"],
                bare or included(store, tax) == included(store, head),
                bool(tax.get("include_base_amount")) == bool(head.get("include_base_amount")),
                not tax.get("include_base_amount") or not later_affected,
            )
        )
        if alike:
            found[-1].append(tax)
        else:
            found.append([tax])
        later_affected = _affected(tax)
    return found


def _tell(store: Store, order: Sequence[Record], figures: Figures, tax: Record, *, bare: bool) -> None:
    """What the others' bases become by this amount."""
    batch: list[Record] = figures[tax["id"]]["batch"]
    places = [order.index(one) for one in batch]
    spreads = bool(tax.get("include_base_amount"))
    for place, other in enumerate(order):
        sign = 0
        if included(store, tax) and not bare:
            if place < min(places) or (place > max(places) and not (spreads and _affected(other))):
                sign = -1
        elif place > max(places) and spreads and _affected(other):
            sign = 1
        theirs = figures[other["id"]]
        theirs["for_base"] += sign * figures[tax["id"]]["tax"]
        if theirs["tax"] is None:
            theirs["for_tax"] += sign * figures[tax["id"]]["tax"]
