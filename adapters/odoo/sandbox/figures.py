"""Computed fields: prices with surcharges, stock by context, kits, paths of categories, normalised addresses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping

from adapters.odoo.sandbox.store import Compute, Context, Record, Store


def _lst_price(store: Store, record: Record, context: Context) -> float:
    template = store.browse("product.template", record["product_tmpl_id"])
    return float(template.get("list_price") or 0.0) + float(record.get("price_extra") or 0.0)


def _currency(store: Store, record: Record, context: Context) -> int:
    """Of the company the call is made in."""
    companies = context.get("allowed_company_ids") or [1]
    return int(store.browse("res.company", companies[0])["currency_id"])


def _free_qty(store: Store, record: Record, context: Context) -> float:
    return _counted(store, record, context, _unreserved)


def _qty_available(store: Store, record: Record, context: Context) -> float:
    return _counted(store, record, context, _lying)


def _unreserved(quant: Record) -> float:
    return float(quant["quantity"] - quant["reserved_quantity"])


def _lying(quant: Record) -> float:
    return float(quant["quantity"])


def _counted(store: Store, record: Record, context: Context, figure: Callable[[Record], float]) -> float:
    """In `warehouse_id` (an id or several); without it, in every warehouse. A kit is as many as its parts allow."""
    bom = kit_of(store, record)
    if bom is not None:
        parts = [row for row in store.all("mrp.bom.line") if row["bom_id"] == bom["id"]]
        values: list[int] = record.get("product_template_attribute_value_ids") or []
        ratios: list[float] = [
            _counted(store, store.browse("product.product", row["product_id"]), context, figure) / row["product_qty"]
            for row in parts
            if _for_variant(row, values)
        ]
        return float(math.floor(min(ratios, default=0.0) * float(bom["product_qty"])))
    asked: int | list[int] | None = context.get("warehouse_id")
    every = [int(row["id"]) for row in store.all("stock.warehouse")]
    warehouses = [asked] if isinstance(asked, int) else asked or every
    total = 0.0
    for quant in store.all("stock.quant"):
        place = store.browse("stock.location", quant["location_id"])
        if quant["product_id"] == record["id"] and place["usage"] == "internal" and place["warehouse_id"] in warehouses:
            total += figure(quant)
    return total


def _for_variant(line: Record, values: Iterable[int]) -> bool:
    needed: list[int] = line.get("bom_product_template_attribute_value_ids") or []
    return not needed or bool(set(needed) & set(values))


def kit_of(store: Store, record: Record) -> Record | None:
    for row in store.all("mrp.bom"):
        if row["type"] == "phantom" and (
            row.get("product_id") == record["id"]
            or (row.get("product_id") is None and row.get("product_tmpl_id") == record["product_tmpl_id"])
        ):
            return row
    return None


def _complete_name(store: Store, record: Record, context: Context) -> str:
    return " / ".join(
        str(store.value("product.category", row, "name", context))
        for row in _lineage_of(store, "product.category", record)
    )


def _parent_path(store: Store, record: Record, context: Context) -> str:
    return "".join(f"{row['id']}/" for row in _lineage_of(store, "product.category", record))


def _email_normalized(store: Store, record: Record, context: Context) -> str | None:
    """The first address of the field, in lower case and without a display name around it."""
    written = record.get("email") or ""
    found = re.search(r"[^\s<>,;]+@[^\s<>,;]+", written)
    return found.group(0).lower() if found else None


def _phone_sanitized(store: Store, record: Record, context: Context) -> str | None:
    """E.164 where the server has the phone library, which this one has for numbers with a country code."""
    digits = re.sub(r"[^\d+]", "", record.get("phone") or "")
    return digits if digits.startswith("+") else None


def _website_url(store: Store, record: Record, context: Context) -> str:
    name = str(store.value("product.template", record, "name", context) or "").lower()
    return f"/shop/{re.sub(r'[^a-z0-9]+', '-', name).strip('-')}-{record['id']}".replace("/-", "/")


def _lineage_of(store: Store, model: str, record: Record) -> list[Record]:
    """From the top down to the record itself."""
    found = [record]
    while found[0].get("parent_id") is not None:
        found.insert(0, store.browse(model, found[0]["parent_id"]))
    return found


def _company_path(store: Store, record: Record, context: Context) -> str:
    return "".join(f"{row['id']}/" for row in _lineage_of(store, "res.company", record))


def _commercial_partner(store: Store, record: Record, context: Context) -> int:
    """The company a contact is of, or the contact itself."""
    here = record
    while not here.get("is_company") and here.get("parent_id") is not None:
        here = store.browse("res.partner", here["parent_id"])
    return int(here["id"])


def _price_include(store: Store, record: Record, context: Context) -> bool:
    """17 has it on the tax; later versions fall back on the company where the tax does not say."""
    if store.version >= 18 and record.get("price_include_override"):
        return bool(record["price_include_override"] == "tax_included")
    if "price_include" in record:
        return bool(record["price_include"])
    company = store.find("res.company", id=record.get("company_id"))
    return bool(company and company.get("account_price_include") == "tax_included")


def _program_currency(store: Store, record: Record, context: Context) -> int:
    company = record.get("company_id") or (context.get("allowed_company_ids") or [1])[0]
    return int(record.get("currency_id") or store.browse("res.company", company)["currency_id"])


def _decimal_places(store: Store, record: Record, context: Context) -> int:
    return max(0, math.ceil(-math.log10(record["rounding"]) - 1e-9))


def _transfer_state(store: Store, record: Record, context: Context) -> str:
    """Of a transfer whose goods leave as they come: ready as soon as any of them is reserved."""
    states = {row["state"] for row in store.all("stock.move") if row["picking_id"] == record["id"]}
    if not states or "draft" in states:
        return "draft"
    if states <= {"done", "cancel"}:
        return "done" if "done" in states else "cancel"
    return "assigned" if states & {"assigned", "partially_available"} else "confirmed"


COMPUTED: Mapping[tuple[str, str], Compute] = {
    ("product.product", "lst_price"): _lst_price,
    ("product.product", "currency_id"): _currency,
    ("product.product", "cost_currency_id"): _currency,
    ("product.product", "free_qty"): _free_qty,
    ("product.product", "qty_available"): _qty_available,
    ("stock.picking", "state"): _transfer_state,
    ("product.category", "complete_name"): _complete_name,
    ("product.category", "parent_path"): _parent_path,
    ("res.partner", "email_normalized"): _email_normalized,
    ("res.partner", "phone_sanitized"): _phone_sanitized,
    ("product.template", "website_url"): _website_url,
    ("res.company", "parent_path"): _company_path,
    ("res.partner", "commercial_partner_id"): _commercial_partner,
    ("account.tax", "price_include"): _price_include,
    ("loyalty.program", "currency_id"): _program_currency,
    ("res.currency", "decimal_places"): _decimal_places,
}
