"""The sandbox's HTTP side: bearer token and version header, bodies held to the description."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import msgspec
from aiohttp import web

from adapters.square.sandbox import catalog, inventory, ordering, people, trade
from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.description import DESCRIPTION, PATHS, right_of
from adapters.square.sandbox.paging import Refusal
from gateway.testing.description import Mismatch
from gateway.testing.sandbox_server import Answer, SandboxServer

OLDEST_VERSION = "2023-12-13"

Handler = Callable[[Account, Json], Json]

HANDLERS: Mapping[str, Handler] = {
    "POST /v2/catalog/search": catalog.search,
    "POST /v2/catalog/search-catalog-items": catalog.search_items,
    "POST /v2/catalog/batch-retrieve": catalog.retrieve,
    "POST /v2/inventory/counts/batch-retrieve": inventory.counts,
    "POST /v2/inventory/changes/batch-create": inventory.change,
    "POST /v2/inventory/changes/batch-retrieve": inventory.changes,
    "GET /v2/locations": lambda account, _: inventory.locations(account),
    "POST /v2/customers": people.create_customer,
    "POST /v2/customers/search": people.search_customers,
    "POST /v2/customers/bulk-retrieve": people.bulk_customers,
    "POST /v2/loyalty/accounts/search": people.search_accounts,
    "POST /v2/loyalty/events/search": people.search_events,
    "GET /v2/loyalty/programs/{program_id}": people.program,
    "GET /v2/loyalty/programs/{program_id}/promotions": people.promotions,
    "POST /v2/orders": ordering.create,
    "POST /v2/orders/calculate": ordering.calculate,
    "GET /v2/orders/{order_id}": ordering.retrieve,
    "PUT /v2/orders/{order_id}": ordering.update,
    "POST /v2/payments": ordering.pay,
    "POST /v2/orders/search": trade.search,
    "POST /v2/orders/batch-retrieve": trade.retrieve,
}


_CODES: Mapping[str, str] = {
    "unknown": "UNKNOWN_BODY_PARAMETER",
    "missing": "MISSING_REQUIRED_PARAMETER",
    "list": "EXPECTED_ARRAY",
    "object": "EXPECTED_OBJECT",
    "string": "EXPECTED_STRING",
    "integer": "EXPECTED_INTEGER",
    "number": "EXPECTED_FLOAT",
    "boolean": "EXPECTED_BOOLEAN",
}
"""Square's error code for each way a body is not as described."""


class Server(SandboxServer):
    """Knobs beside `faults`: `token`, and `withheld` (rights it lacks)."""

    def __init__(self, account: Account, token: str) -> None:
        super().__init__()
        self.account = account
        self.token = token
        self.withheld: set[str] = set()

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        try:
            return _route(request.method, request.path)[0]
        except Refusal:
            return super().operation_of(request, sent)

    def refusal(self, operation: str, status: int) -> Answer:
        return _refused(_THROTTLED if status == 429 else _DOWN)

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        version = {
            "Square-Version": request.headers.get("Square-Version", OLDEST_VERSION),
            "Date": formatdate(self.account.clock().timestamp(), usegmt=True),
        }
        try:
            self._admit(request)
            _, extra = _route(request.method, request.path)
            if right_of(operation) in self.withheld:
                raise Refusal(403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "The token lacks a permission.")
            wanted, given = PATHS[operation]
            body = _body(sent, wanted) if wanted else {}
            answer = HANDLERS[operation](self.account, {**body, **extra})
            DESCRIPTION.check(given, answer)
        except Refusal as refusal:
            return _refused(refusal, version)
        return Answer(200, msgspec.json.encode(answer), version)

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            detail = "This request could not be authorized."
            raise Refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", detail)
        version = request.headers.get("Square-Version", "")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) or version < OLDEST_VERSION:
            detail = "The Square-Version header is not a supported version."
            raise Refusal(400, "INVALID_REQUEST_ERROR", "INVALID_SQUARE_VERSION_FORMAT", detail)


_DOWN = Refusal(503, "API_ERROR", "SERVICE_UNAVAILABLE", "The service is unavailable")
_THROTTLED = Refusal(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests.")


def _refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(refusal.status, msgspec.json.encode(refusal.body), headers or {})


def _route(method: str, path: str) -> tuple[str, Json]:
    exact = f"{method} {path}"
    if exact in HANDLERS:
        return exact, {}
    if (found := re.fullmatch(r"/v2/loyalty/programs/([^/]+)(/promotions)?", path)) and method == "GET":
        return f"GET /v2/loyalty/programs/{{program_id}}{found[2] or ''}", {"program_id": found[1]}
    if (found := re.fullmatch(r"/v2/orders/([^/]+)", path)) and method in ("GET", "PUT"):
        return f"{method} /v2/orders/{{order_id}}", {"order_id": found[1]}
    raise Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Resource not found.")


def _body(sent: bytes, kind: str) -> Json:
    try:
        body: Any = msgspec.json.decode(sent)
    except msgspec.DecodeError:
        raise Refusal(400, "INVALID_REQUEST_ERROR", "EXPECTED_JSON_BODY", "The body is not JSON.") from None
    try:
        DESCRIPTION.check(kind, body)
    except Mismatch as mismatch:
        code = _CODES.get(mismatch.kind, "INVALID_VALUE")
        raise Refusal(400, "INVALID_REQUEST_ERROR", code, f"{code} at {mismatch.place}", mismatch.place) from None
    return body
