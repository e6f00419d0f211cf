"""The sandbox's counts and locations."""

from __future__ import annotations

from itertools import product

from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.paging import ids, invalid, page, page_size

_STATES = ("IN_STOCK", "RESERVED_FOR_SALE", "SOLD", "WASTE", "IN_TRANSIT", "NONE", "UNLINKED_RETURN")
_UNTRACKED = ("NONE", "SOLD", "UNLINKED_RETURN")


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


def locations(account: Account) -> Json:
    """Alphabetically by name, inactive ones too."""
    return {"locations": sorted(account.locations.values(), key=lambda each: each["name"])}
