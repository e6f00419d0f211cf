"""The sandbox keeps Square's limits, also those that only the vendor's prose states: an adapter that passed against it
without them would fail against the real thing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from adapters.square.config import API_VERSION
from adapters.square.sandbox import TOKEN, SquareSandbox, create
from gateway.testing.conformance.example import NOW, example_seed

CHANGE = "/v2/inventory/changes/batch-create"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Square-Version": API_VERSION}


class Caller:
    def __init__(self, session: aiohttp.ClientSession, url: str, sandbox: SquareSandbox) -> None:
        self._session = session
        self._url = url
        self.sandbox = sandbox

    async def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] = HEADERS
    ) -> tuple[int, Any]:
        async with self._session.request(method, f"{self._url}{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def refused(self, path: str, body: Any, status: int = 400) -> str:
        """The code of the one error an answer has."""
        given, answer = await self.send("POST", path, body)
        assert given == status, answer
        (error,) = answer["errors"]
        return error["code"]


@pytest.fixture
async def square() -> AsyncGenerator[Caller]:
    sandbox = create(example_seed())
    url = await sandbox.start()
    async with aiohttp.ClientSession() as session:
        yield Caller(session, url, sandbox)
    await sandbox.stop()


def many(count: int) -> list[str]:
    return [f"X{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("catalog/search", {"object_types": ["THING"]}, "INVALID_ENUM_VALUE"),
        (
            "catalog/search",
            {"query": {"set_query": {"attribute_name": "sku", "attribute_values": many(251)}}},
            "ARRAY_LENGTH_TOO_LONG",
        ),
        ("catalog/search", {"query": {"set_query": {"attribute_name": "sku"}}}, "MISSING_REQUIRED_PARAMETER"),
        (
            "catalog/search",
            {"query": {"set_query": {"attribute_name": "price", "attribute_values": ["1"]}}},
            "INVALID_VALUE",
        ),
        ("catalog/search", {"cursor": "bm90IGEgY3Vyc29y"}, "INVALID_CURSOR"),
        ("catalog/search-catalog-items", {"limit": 101}, "VALUE_TOO_HIGH"),
        ("catalog/batch-retrieve", {"object_ids": many(1001)}, "ARRAY_LENGTH_TOO_LONG"),
        ("catalog/batch-retrieve", {"ids": ["A"]}, "UNKNOWN_BODY_PARAMETER"),
        ("inventory/counts/batch-retrieve", {"limit": 1001}, "VALUE_TOO_HIGH"),
        ("inventory/counts/batch-retrieve", {"limit": "10"}, "EXPECTED_INTEGER"),
        ("inventory/counts/batch-retrieve", {"states": ["PLENTY"]}, "INVALID_ENUM_VALUE"),
        ("customers/search", {"limit": 101}, "VALUE_TOO_HIGH"),
        ("customers/search", {"limit": 0}, "VALUE_TOO_LOW"),
        ("customers/search", {"query": {"filter": {"email_address": {"exact": "a", "fuzzy": "a"}}}}, "INVALID_VALUE"),
        ("customers/search", {"query": {"filter": {"phone_number": {"exact": "020 7946"}}}}, "INVALID_VALUE"),
        ("customers/bulk-retrieve", {"customer_ids": []}, "ARRAY_LENGTH_TOO_SHORT"),
        (
            "loyalty/accounts/search",
            {"query": {"mappings": [{"phone_number": "+44"}] * 31}},
            "ARRAY_LENGTH_TOO_LONG",
        ),
        (
            "loyalty/accounts/search",
            {"query": {"mappings": [{"phone_number": "+44"}], "customer_ids": ["A"]}},
            "CONFLICTING_PARAMETERS",
        ),
        ("loyalty/events/search", {"limit": 31}, "VALUE_TOO_HIGH"),
        ("orders/search", {"location_ids": many(11)}, "ARRAY_LENGTH_TOO_LONG"),
        ("orders/search", {"location_ids": []}, "MISSING_REQUIRED_PARAMETER"),
        ("orders/search", {"location_ids": ["1001"], "limit": 1001}, "VALUE_TOO_HIGH"),
        (
            "orders/search",
            {"location_ids": ["1001"], "query": {"filter": {"customer_filter": {"customer_ids": many(11)}}}},
            "ARRAY_LENGTH_TOO_LONG",
        ),
        (
            "orders/search",
            {
                "location_ids": ["1001"],
                "query": {
                    "filter": {"date_time_filter": {"closed_at": {"end_at": "2026-01-01T00:00:00Z"}}},
                    "sort": {"sort_field": "CREATED_AT"},
                },
            },
            "INVALID_VALUE",
        ),
        ("orders/batch-retrieve", {"order_ids": many(101)}, "ARRAY_LENGTH_TOO_LONG"),
        ("orders/batch-retrieve", {"order_ids": ["../x"]}, "INVALID_VALUE"),
        ("catalog/batch-retrieve", {"object_ids": ["A", "²"]}, "INVALID_VALUE"),
        ("catalog/search-catalog-items", {"category_ids": [""]}, "INVALID_VALUE"),
        ("inventory/counts/batch-retrieve", {"catalog_object_ids": ["x" * 193]}, "INVALID_VALUE"),
        ("customers/bulk-retrieve", {"customer_ids": ["a b"]}, "INVALID_VALUE"),
    ],
)
async def test_a_limit_is_kept(square: Caller, path: str, body: Any, code: str) -> None:
    assert await square.refused(f"/v2/{path}", body) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"from_state": "RESERVED_FOR_SALE"}, "INVALID_ENUM_VALUE"),
        ({"to_state": None}, "INVALID_ENUM_VALUE"),
        ({"catalog_object_id": "NOBODYS"}, "NOT_FOUND"),
        ({"location_id": "NOWHERE"}, "NOT_FOUND"),
        ({"quantity": "0"}, "INVALID_VALUE"),
        ({"quantity": "-1"}, "INVALID_VALUE"),
        ({"quantity": "1.000001"}, "INVALID_VALUE"),
        ({"occurred_at": None}, "INVALID_TIME"),
        ({"occurred_at": "yesterday"}, "INVALID_TIME"),
        ({"occurred_at": "2026-07-01T12:00:01Z"}, "INVALID_TIME"),
        ({"occurred_at": "2026-06-30T11:59:59Z"}, "INVALID_TIME"),
        ({"reference_id": "x" * 256}, "VALUE_TOO_LONG"),
    ],
)
async def test_a_change_that_is_wrong_costs_those_beside_it(
    square: Caller, change: dict[str, str | None], code: str
) -> None:
    right = sold(square)
    wrong = {name: value for name, value in {**right, **change}.items() if value is not None}
    assert await square.refused(CHANGE, changes("k", right, wrong)) == code
    assert square.sandbox.account.changes == []


async def test_changes_are_taken_by_the_hundred_and_under_a_key(square: Caller) -> None:
    one = sold(square)
    assert await square.refused(CHANGE, changes("k")) == "ARRAY_LENGTH_TOO_SHORT"
    assert await square.refused(CHANGE, changes("k", *[one] * 101)) == "ARRAY_LENGTH_TOO_LONG"
    assert await square.refused(CHANGE, changes("", one)) == "VALUE_EMPTY"
    assert await square.refused(CHANGE, changes("k" * 129, one)) == "VALUE_TOO_LONG"
    first = await square.send("POST", CHANGE, changes("k", one))
    assert await square.send("POST", CHANGE, changes("k", one)) == first
    other = {**one, "occurred_at": "2026-07-01T11:59:59Z"}
    assert await square.refused(CHANGE, changes("k", other)) == "IDEMPOTENCY_KEY_REUSED"
    assert len(square.sandbox.account.changes) == 1


async def test_what_happened_before_somebody_counted_is_in_the_count(square: Caller) -> None:
    now = sold(square)
    square.sandbox.set_stock("MUG-01-S", "1001", Decimal(9))
    before = {**now, "occurred_at": "2026-07-01T11:59:59Z"}
    _, answer = await square.send("POST", CHANGE, changes("k1", before))
    assert [row["quantity"] for row in answer["counts"] if row["state"] == "IN_STOCK"] == ["9"]
    _, answer = await square.send("POST", CHANGE, changes("k2", now))
    assert [row["quantity"] for row in answer["counts"] if row["state"] == "IN_STOCK"] == ["8"]


async def test_a_right_that_the_token_lacks_is_told(square: Caller) -> None:
    square.sandbox.withheld = {"INVENTORY_WRITE"}
    assert await square.refused(CHANGE, changes("k", sold(square)), 403) == "INSUFFICIENT_SCOPES"
    assert (await square.send("POST", "/v2/inventory/counts/batch-retrieve", {}))[0] == 200


def sold(square: Caller) -> dict[str, str]:
    """One piece, now."""
    square.sandbox.account.clock = lambda: NOW
    return {
        "from_state": "IN_STOCK",
        "to_state": "SOLD",
        "catalog_object_id": square.sandbox.account.variation_of("MUG-01-S")["id"],
        "location_id": "1001",
        "quantity": "1",
        "occurred_at": "2026-07-01T12:00:00Z",
    }


def changes(key: str, *adjustments: dict[str, str]) -> dict[str, Any]:
    made = [{"type": "ADJUSTMENT", "adjustment": each} for each in adjustments]
    return {"idempotency_key": key, "changes": made}


async def test_without_token_or_version_nothing_is_answered(square: Caller) -> None:
    for headers, status, code in (
        ({"Square-Version": API_VERSION}, 401, "UNAUTHORIZED"),
        ({**HEADERS, "Authorization": "Bearer other"}, 401, "UNAUTHORIZED"),
        ({"Authorization": HEADERS["Authorization"]}, 400, "INVALID_SQUARE_VERSION_FORMAT"),
    ):
        given, answer = await square.send("GET", "/v2/locations", headers=headers)
        assert (given, answer["errors"][0]["code"]) == (status, code)


async def test_what_is_not_there_is_404(square: Caller) -> None:
    assert (await square.send("GET", "/v2/nothing"))[0] == 404
    assert (await square.send("GET", "/v2/loyalty/programs/other"))[0] == 404
    assert (await square.send("GET", "/v2/loyalty/programs/main"))[0] == 200


async def test_throttling_has_no_retry_after(square: Caller) -> None:
    square.sandbox.faults.throttle = 1
    assert await square.refused("/v2/customers/search", {}, 429) == "RATE_LIMITED"
    assert (await square.send("POST", "/v2/customers/search", {}))[0] == 200
    assert [each.status for each in square.sandbox.requests] == [429, 200]


async def test_a_cursor_belongs_to_its_query(square: Caller) -> None:
    _, first = await square.send("POST", "/v2/inventory/counts/batch-retrieve", {"limit": 5})
    again = {"limit": 5, "cursor": first["cursor"]}
    _, second = await square.send("POST", "/v2/inventory/counts/batch-retrieve", again)
    assert len(second["counts"]) == 5
    assert second["counts"] != first["counts"]
    other = {**again, "states": ["IN_STOCK"]}
    assert await square.refused("/v2/inventory/counts/batch-retrieve", other) == "INVALID_CURSOR"


async def test_counts_come_newest_first_over_everything(square: Caller) -> None:
    _, answer = await square.send("POST", "/v2/inventory/counts/batch-retrieve", {"limit": 1000})
    times = [row["calculated_at"] for row in answer["counts"]]
    assert times == sorted(times, reverse=True)
    assert {row["state"] for row in answer["counts"]} == {"IN_STOCK", "RESERVED_FOR_SALE"}


async def test_a_search_by_sku_ignores_case_and_deleted_ones(square: Caller) -> None:
    query = {"set_query": {"attribute_name": "sku", "attribute_values": ["Case-A"]}}
    body = {"object_types": ["ITEM_VARIATION"], "query": query}
    _, answer = await square.send("POST", "/v2/catalog/search", body)
    assert {each["item_variation_data"]["sku"] for each in answer["objects"]} == {"CASE-A", "case-a"}
    square.sandbox.delete("case-a")
    _, answer = await square.send("POST", "/v2/catalog/search", body)
    assert [each["item_variation_data"]["sku"] for each in answer["objects"]] == ["CASE-A"]
    _, answer = await square.send("POST", "/v2/catalog/search", {**body, "include_deleted_objects": True})
    assert len(answer["objects"]) == 2


async def test_the_same_seed_is_the_same_account() -> None:
    first, second = create(example_seed()), create(example_seed())
    assert first.account.catalog == second.account.catalog
    assert first.account.orders == second.account.orders
    assert set(first.settings) == {"access_token", "webhook_signature_key", "language", "country", "program_name"}
