"""The sandbox's customers and loyalty."""

from __future__ import annotations

from typing import Any

from adapters.square.sandbox.account import Account, Json, native_id, stamp
from adapters.square.sandbox.keys import answered_before, kept_answer
from adapters.square.sandbox.paging import Refusal, ids, invalid, limited, page, page_size

_PUNCTUATION = str.maketrans("", "", " ()-")


def search_customers(account: Account, body: Json) -> Json:
    """Filters are ANDed; profiles written less than `index_lag` seconds ago are not found yet."""
    size = page_size(body, 100, 100)
    wanted = body.get("query", {}).get("filter", {})
    for name, text in wanted.items():
        if ("exact" in text) == ("fuzzy" in text):
            raise invalid("INVALID_VALUE", "A text filter is either exact or fuzzy", f"query.filter.{name}")
    if (phone := wanted.get("phone_number", {}).get("exact")) and not phone.startswith("+"):
        raise invalid("INVALID_VALUE", "Expected an E.164 phone number", "query.filter.phone_number.exact")
    rows = [
        each
        for each in account.customers.values()
        if account.indexed(each["id"]) and all(_matches(each.get(name), text) for name, text in wanted.items())
    ]
    rows.sort(key=lambda each: (each.get("given_name", ""), each.get("family_name", "")))
    found, more = page(body, rows, size)
    return {"customers": list(found), **more} if found else {}


def _matches(value: str | None, text: Json) -> bool:
    def plain(one: str) -> str:
        return one.translate(_PUNCTUATION).casefold()

    if value is None:
        return False
    return plain(value) == plain(text["exact"]) if "exact" in text else plain(text["fuzzy"]) in plain(value)


def create_customer(account: Account, body: Json) -> Json:
    """Two may bear one email. The same key gives the first answer again."""
    known = answered_before(account, "customers", body)
    if known is not None:
        return known
    parts = {name: value for name, value in body.items() if name != "idempotency_key" and value}
    if not parts:
        raise invalid("BAD_REQUEST", "At least one of the name, company, email or phone is wanted")
    if "@" not in parts.get("email_address", "@"):
        raise invalid("INVALID_EMAIL_ADDRESS", "Expected email_address to be a valid email address", "email_address")
    native, now = native_id("CUST", f"N{len(account.effects)}"), stamp(account.now)
    made = {"id": native, "created_at": now, "updated_at": now, "creation_source": "THIRD_PARTY", "version": 0, **parts}
    account.customers[native] = made
    account.wrote(native)
    account.effects.append(("customer", body["idempotency_key"], native))
    return kept_answer(account, "customers", body, {"customer": made})


def bulk_customers(account: Account, body: Json) -> Json:
    ids(body["customer_ids"], 100, "customer_ids", 1)
    responses: dict[str, Json] = {}
    for each in body["customer_ids"]:
        if each in account.customers:
            responses[each] = {"customer": account.customers[each]}
        else:
            error = {"category": "INVALID_REQUEST_ERROR", "code": "NOT_FOUND", "detail": "No such customer."}
            responses[each] = {"errors": [error]}
    return {"responses": responses}


def program(account: Account, body: Json) -> Json:
    if account.program is None or body["program_id"] not in ("main", account.program["id"]):
        raise Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "No loyalty program.")
    return {"program": account.program}


def promotions(account: Account, body: Json) -> Json:
    """Only by the program's own id; `main` is not taken here."""
    if account.program is None or body["program_id"] != account.program["id"]:
        raise Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "No loyalty program.")
    return {"loyalty_promotions": account.loyalty_promotions} if account.loyalty_promotions else {}


def search_accounts(account: Account, body: Json) -> Json:
    """Ordered by creation. By phone or by customer, never both."""
    size = page_size(body, 30, 200)
    query = body.get("query", {})
    if "mappings" in query and "customer_ids" in query:
        raise invalid("CONFLICTING_PARAMETERS", "Use either mappings or customer_ids", "query")
    limited(query.get("mappings"), 30, "query.mappings")
    ids(query.get("customer_ids"), 30, "query.customer_ids")
    rows = list(account.loyalty_accounts.values())
    if "mappings" in query:
        phones = {each.get("phone_number") for each in query["mappings"]}
        rows = [each for each in rows if each.get("mapping", {}).get("phone_number") in phones]
    if "customer_ids" in query:
        rows = [each for each in rows if each.get("customer_id") in query["customer_ids"]]
    rows.sort(key=lambda each: each["created_at"])
    found, more = page(body, rows, size)
    return {"loyalty_accounts": list(found), **more} if found else {}


def search_events(account: Account, body: Json) -> Json:
    """Newest first, 30 a page; the start of a time range is inclusive, its end exclusive."""
    size = page_size(body, 30, 30)
    wanted: dict[str, Any] = body.get("query", {}).get("filter", {})
    rows = account.loyalty_events
    if "loyalty_account_filter" in wanted:
        holder = wanted["loyalty_account_filter"]["loyalty_account_id"]
        ids([holder], 1, "query.filter.loyalty_account_filter.loyalty_account_id")
        rows = [each for each in rows if each["loyalty_account_id"] == holder]
    if "date_time_filter" in wanted:
        span = wanted["date_time_filter"]["created_at"]
        start, end = span.get("start_at", ""), span.get("end_at", "~")
        rows = [each for each in rows if start <= each["created_at"] < end]
    rows = sorted(rows, key=lambda each: each["created_at"], reverse=True)
    found, more = page(body, rows, size)
    return {"events": list(found), **more} if found else {}
