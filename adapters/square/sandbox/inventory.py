"""The sandbox's counts, how they change, and its locations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

from adapters.square.sandbox.account import Account, Json, native_id, stamp
from adapters.square.sandbox.keys import answered_before, kept_answer
from adapters.square.sandbox.paging import ids, invalid, limited, page, page_size

_STATES = ("IN_STOCK", "RESERVED_FOR_SALE", "SOLD", "WASTE", "IN_TRANSIT", "NONE", "UNLINKED_RETURN")
_UNTRACKED = ("NONE", "SOLD", "UNLINKED_RETURN")
_WRITABLE = ("IN_STOCK", "SOLD", "WASTE", "NONE", "UNLINKED_RETURN")
_QUANTITY = re.compile(r"[0-9]{1,20}(\.[0-9]{1,5})?")
_OLDEST = timedelta(hours=24)


def counts(account: Account, body: Json) -> Json:
    """Newest first over all SKUs and places, so that a page may end anywhere."""
    size = page_size(body, 100, 1000)
    for state in body.get("states", ()):
        if state not in _STATES:
            raise invalid("INVALID_ENUM_VALUE", f"`{state}` is not a valid enum value", "states")
    ids(body.get("catalog_object_ids"), 1000_000, "catalog_object_ids")
    ids(body.get("location_ids"), 1000, "location_ids")
    states = [each for each in body.get("states", ()) if each not in _UNTRACKED] or _STATES
    wanted = product(
        body.get("catalog_object_ids") or account.catalog, body.get("location_ids") or account.locations, states
    )
    rows = [
        account.counts[place]
        for place in dict.fromkeys(wanted)
        if place in account.counts
        and account.counts[place]["calculated_at"] > body.get("updated_after", "")
        and not account.catalog[place[0]].get("is_deleted")
    ]
    rows.sort(key=lambda row: row["calculated_at"], reverse=True)
    found, more = page(body, rows, size)
    return {"counts": list(found), **more} if found else {}


def change(account: Account, body: Json) -> Json:
    """All changes or none. They count as of when they happened: what happened before somebody counted is a part of the
    history and not of the count, which may fall below zero."""
    known = answered_before(account, "stock", body)
    if known is not None:
        return known
    limited(body.get("changes"), 100, "changes", 1)
    moments = [_checked(account, each, f"changes[{place}]") for place, each in enumerate(body["changes"])]
    now = stamp(account.clock())
    made: list[Json] = []
    for each, happened in zip(body["changes"], moments, strict=True):
        native = native_id("ADJU", f"N{len(account.changes)}")
        entry = {**each["adjustment"], "id": native, "catalog_object_type": "ITEM_VARIATION", "created_at": now}
        account.changes.append({"type": "ADJUSTMENT", "adjustment": entry})
        made.append(account.changes[-1])
        if happened >= account.counted_at.get((entry["catalog_object_id"], entry["location_id"]), happened):
            _moved(account, entry, now)
    account.effects.append(("stock", made[0]["adjustment"].get("reference_id", ""), made[0]["adjustment"]["id"]))
    touched = {(each["adjustment"]["catalog_object_id"], each["adjustment"]["location_id"]) for each in made}
    rows = [row for place, row in account.counts.items() if place[:2] in touched]
    return kept_answer(account, "stock", body, {"counts": [dict(row) for row in rows], "changes": made})


def _moved(account: Account, entry: Json, now: str) -> None:
    for state, sign in ((entry["from_state"], -1), (entry["to_state"], 1)):
        if state not in _UNTRACKED:
            place = entry["catalog_object_id"], entry["location_id"], state
            before = account.counts.get(place, {"quantity": "0"})
            quantity = Decimal(before["quantity"]) + sign * Decimal(entry["quantity"])
            account.counts[place] = {
                "catalog_object_id": place[0],
                "catalog_object_type": "ITEM_VARIATION",
                "state": state,
                "location_id": place[1],
                "quantity": f"{quantity:f}",
                "calculated_at": now,
            }


def _checked(account: Account, each: Json, where: str) -> datetime:
    """When it happened."""
    entry = each.get("adjustment")
    if each.get("type") != "ADJUSTMENT" or not entry:
        raise invalid("INVALID_VALUE", "only adjustments are known here", f"{where}.type")
    for name in ("from_state", "to_state"):
        if entry.get(name) not in _WRITABLE:
            raise invalid("INVALID_ENUM_VALUE", "Not a state for a movement", f"{where}.{name}")
    found = account.catalog.get(entry.get("catalog_object_id", ""))
    if found is None or found["type"] != "ITEM_VARIATION" or found.get("is_deleted"):
        raise invalid("NOT_FOUND", "Item variation not found", f"{where}.catalog_object_id")
    if entry.get("location_id") not in account.locations:
        raise invalid("NOT_FOUND", "Location not found", f"{where}.location_id")
    if not _QUANTITY.fullmatch(entry.get("quantity", "")) or not Decimal(entry["quantity"]):
        raise invalid("INVALID_VALUE", "Quantity must be positive", f"{where}.quantity")
    if len(entry.get("reference_id", "")) > 255:
        raise invalid("VALUE_TOO_LONG", "At most 255 characters", f"{where}.reference_id")
    try:
        happened = datetime.fromisoformat(entry.get("occurred_at", "").replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        raise invalid("INVALID_TIME", "Expected an RFC 3339 timestamp", f"{where}.occurred_at") from None
    if not timedelta(0) <= account.clock() - happened <= _OLDEST:
        raise invalid("INVALID_TIME", "In the future, or more than 24 hours ago", f"{where}.occurred_at")
    return happened


def changes(account: Account, body: Json) -> Json:
    """Oldest first, by when they happened."""
    size = page_size(body, 100, 1000)
    ids(body.get("catalog_object_ids"), 1000_000, "catalog_object_ids")
    ids(body.get("location_ids"), 1000, "location_ids")
    wanted = body.get("types") or ["PHYSICAL_COUNT", "ADJUSTMENT"]
    rows = [
        each
        for each in account.changes
        if each["type"] in wanted
        and each["adjustment"]["catalog_object_id"] in (body.get("catalog_object_ids") or account.catalog)
        and each["adjustment"]["location_id"] in (body.get("location_ids") or account.locations)
        and each["adjustment"]["created_at"] > body.get("updated_after", "")
        and each["adjustment"]["created_at"] < body.get("updated_before", "~")
    ]
    rows.sort(key=lambda each: each["adjustment"]["occurred_at"])
    found, more = page(body, rows, size)
    return {"changes": list(found), **more} if found else {}


def locations(account: Account) -> Json:
    """Alphabetically by name, inactive ones too."""
    return {"locations": sorted(account.locations.values(), key=lambda each: each["name"])}
