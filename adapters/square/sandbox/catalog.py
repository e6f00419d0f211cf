"""The sandbox's catalogue: items, variations, categories, taxes, options and images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.paging import ids, invalid, limited, page, page_size

_TYPES = ("ITEM", "ITEM_VARIATION", "CATEGORY", "TAX", "ITEM_OPTION", "ITEM_OPTION_VAL", "IMAGE")
_SEARCHABLE = {"sku": "ITEM_VARIATION", "upc": "ITEM_VARIATION", "name": "ITEM"}


def shown(account: Account, entry: Json) -> Json:
    """An item brings its living variations along, a deleted one those deleted with it."""
    if entry["type"] != "ITEM":
        return entry
    children = [
        each for each in account.children.get(entry["id"], ()) if not each.get("is_deleted") or entry.get("is_deleted")
    ]
    return {**entry, "item_data": {**entry["item_data"], "variations": children}}


def search(account: Account, body: Json) -> Json:
    types = body.get("object_types", ["ITEM", "CATEGORY", "TAX", "ITEM_OPTION"])
    unknown = [each for each in types if each not in _TYPES]
    if unknown:
        raise invalid("INVALID_ENUM_VALUE", f"`{unknown[0]}` is not a valid enum value", "object_types")
    rows = [each for each in account.catalog.values() if each["type"] in types and account.indexed(each["id"])]
    if not body.get("include_deleted_objects"):
        rows = [each for each in rows if not each.get("is_deleted")]
    if "begin_time" in body:
        rows = [each for each in rows if each["updated_at"] > body["begin_time"]]
    if "query" in body:
        rows = list(_matching(rows, body["query"]))
    # The vendor's text: a limit beyond 1,000, zero or negative is ignored.
    limit = body.get("limit", 100)
    here, more = page(body, rows, limit if 0 < limit <= 1000 else 100)
    found = [shown(account, each) for each in here]
    answer: Json = {"objects": found, **more} if found else {}
    if found and body.get("include_related_objects"):
        answer["related_objects"] = _related(account, found)
    return answer


def search_items(account: Account, body: Json) -> Json:
    limit = page_size(body, 100, 100)
    ids(body.get("category_ids"), 1000, "category_ids")
    wanted = set(body.get("category_ids", ()))
    rows = [
        each
        for each in account.catalog.values()
        if each["type"] == "ITEM"
        and not each.get("is_deleted")
        and (not wanted or wanted & {one["id"] for one in each["item_data"].get("categories", ())})
    ]
    found, more = page(body, rows, limit)
    return {"items": [shown(account, each) for each in found], **more}


def retrieve(account: Account, body: Json) -> Json:
    ids(body["object_ids"], 1000, "object_ids", 1)
    found = [account.catalog[each] for each in dict.fromkeys(body["object_ids"]) if each in account.catalog]
    if not body.get("include_deleted_objects"):
        found = [each for each in found if not each.get("is_deleted")]
    found = [shown(account, each) for each in found]
    answer: Json = {"objects": found} if found else {}
    if found and body.get("include_related_objects"):
        answer["related_objects"] = _related(account, found)
    return answer


def _matching(rows: Iterable[Json], query: Json) -> Iterable[Json]:
    if len(query) != 1:
        raise invalid("INVALID_VALUE", "These query types cannot be combined", "query")
    if "set_query" in query:
        attribute, values = query["set_query"]["attribute_name"], query["set_query"]["attribute_values"]
        limited(values, 250, "query.set_query.attribute_values", 1)
    else:
        attribute, values = query["exact_query"]["attribute_name"], [query["exact_query"]["attribute_value"]]
    if attribute not in _SEARCHABLE:
        raise invalid("INVALID_VALUE", f"`{attribute}` is not a searchable attribute", "query")
    wanted = {value.casefold() for value in values}
    for each in rows:
        data: Json = each.get("item_variation_data") or each.get("item_data") or {}
        # Square's matching ignores case; it is the caller's to look twice.
        if str(data.get(attribute, "")).casefold() in wanted and data.get(attribute):
            yield each


def _related(account: Account, found: Iterable[Json]) -> list[Json]:
    """One level deep: a variation's item and images, an item's categories, taxes and images."""
    named: dict[str, None] = {}
    for each in found:
        data: dict[str, Any] = each.get("item_variation_data") or each.get("item_data") or {}
        if "item_id" in data:
            named[data["item_id"]] = None
        named.update(dict.fromkeys(one["id"] for one in data.get("categories", ())))
        named.update(dict.fromkeys(data.get("tax_ids", ())))
        named.update(dict.fromkeys(data.get("image_ids", ())))
    return [shown(account, account.catalog[each]) for each in named if each in account.catalog]
