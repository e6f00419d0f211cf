"""The sandbox's orders: sales at tills, their returns, and orders other systems brought in."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.paging import ids, invalid, limited, page, page_size

_FIELDS = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "CLOSED_AT": "closed_at"}
_STATES = ("OPEN", "COMPLETED", "CANCELED", "DRAFT")


def search(account: Account, body: Json) -> Json:
    """At most ten locations, ten customers and ten sources; a time filter must agree with the sort field; both ends of
    a range are inclusive. An order that is still open has no closing time and is not among those sorted by it."""
    places = body.get("location_ids", [])
    limited(places, 10, "location_ids")
    if not places:
        raise invalid("MISSING_REQUIRED_PARAMETER", "`location_ids` must be given", "location_ids")
    unknown = [each for each in places if each not in account.locations]
    if unknown:
        raise invalid("INVALID_VALUE", "Unknown location", "location_ids")
    size = page_size(body, 500, 1000)
    query = body.get("query", {})
    wanted, sort = query.get("filter", {}), query.get("sort", {"sort_field": "CREATED_AT"})
    if sort["sort_field"] not in _FIELDS:
        raise invalid("INVALID_ENUM_VALUE", "Unknown sort field", "query.sort.sort_field")
    field = _FIELDS[sort["sort_field"]]
    rows = _of(account, wanted.get("customer_filter", {}).get("customer_ids"))
    rows = [each for each in rows if each["location_id"] in places and field in each]
    for name, span in wanted.get("date_time_filter", {}).items():
        if name != field:
            raise invalid("INVALID_VALUE", "The sort field and the time filter differ", "query.filter.date_time_filter")
        start, end = span.get("start_at", ""), span.get("end_at", "~")
        rows = [each for each in rows if start <= each[field] <= end]
    if "state_filter" in wanted:
        states = wanted["state_filter"]["states"]
        if any(each not in _STATES for each in states):
            raise invalid("INVALID_ENUM_VALUE", "Unknown state", "query.filter.state_filter.states")
        rows = [each for each in rows if each["state"] in states]
    if "source_filter" in wanted:
        names = wanted["source_filter"].get("source_names", [])
        limited(names, 10, "query.filter.source_filter.source_names")
        rows = [each for each in rows if each.get("source", {}).get("name") in names]
    # Ties come in no order that means anything: by insertion, as a stable sort leaves them.
    rows.sort(key=lambda each: each[field], reverse=sort.get("sort_order", "DESC") == "DESC")
    found, more = page(body, rows, size)
    return {"orders": list(found), **more} if found else {}


def _of(account: Account, people: list[str] | None) -> Iterable[Json]:
    if people is None:
        return account.orders.values()
    ids(people, 10, "query.filter.customer_filter.customer_ids")
    return [each for person in dict.fromkeys(people) for each in account.orders_of.get(person, ())]


def retrieve(account: Account, body: Json) -> Json:
    ids(body["order_ids"], 100, "order_ids", 1)
    found = [account.orders[each] for each in dict.fromkeys(body["order_ids"]) if each in account.orders]
    return {"orders": found} if found else {}
