"""The sandbox's HTTP side: a real socket, bearer token and version header, faults on demand, every request recorded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from adapters.square.sandbox import catalog, inventory, people, trade
from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.description import PATHS, Mismatch, check
from adapters.square.sandbox.paging import Refusal
from gateway.testing.sandbox import RecordedRequest

OLDEST_VERSION = "2023-12-13"

Handler = Callable[[Account, Json], Json]

HANDLERS: Mapping[str, Handler] = {
    "POST /v2/catalog/search": catalog.search,
    "POST /v2/catalog/search-catalog-items": catalog.search_items,
    "POST /v2/catalog/batch-retrieve": catalog.retrieve,
    "POST /v2/inventory/counts/batch-retrieve": inventory.counts,
    "GET /v2/locations": lambda account, _: inventory.locations(account),
    "POST /v2/customers/search": people.search_customers,
    "POST /v2/customers/bulk-retrieve": people.bulk_customers,
    "POST /v2/loyalty/accounts/search": people.search_accounts,
    "POST /v2/loyalty/events/search": people.search_events,
    "GET /v2/loyalty/programs/{program_id}": people.program,
    "GET /v2/loyalty/programs/{program_id}/promotions": people.promotions,
    "POST /v2/orders/search": trade.search,
    "POST /v2/orders/batch-retrieve": trade.retrieve,
}


class Exchange(msgspec.Struct, frozen=True):
    """A whole exchange, for tests that hold both sides to the vendor's description."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    request: bytes
    status: int
    response: bytes


class Faults:
    """What tests and the demo switch on. `throttle` refuses that many requests with 429; `slow` waits seconds before
    each answer; `down` answers 503; `reply` replaces an answer's body (by path) as it is, with `reply_after` good
    answers before."""

    def __init__(self) -> None:
        self.throttle = 0
        self.slow = 0.0
        self.down = False
        self.reply: dict[str, bytes] = {}
        self.reply_after = 0


class Server:
    def __init__(self, account: Account, token: str) -> None:
        self.account = account
        self.token = token
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.exchanges: list[Exchange] | None = None
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=4 << 20)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self._runner = runner
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.Response:
        sent = await request.read()
        operation, status, body = self._answer(request, sent)
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        if status == 200 and request.path in self.faults.reply:
            if self.faults.reply_after > 0:
                self.faults.reply_after -= 1
            else:
                body = self.faults.reply[request.path]
        self.requests.append(RecordedRequest(request.method, request.path, operation, status))
        if self.exchanges is not None:
            headers = {name.lower(): value for name, value in request.headers.items()}
            query = dict(request.query)
            exchange = Exchange(request.method, request.path, headers, query, sent, status, body)
            self.exchanges.append(exchange)
        version = {"Square-Version": request.headers.get("Square-Version", OLDEST_VERSION)}
        return web.Response(status=status, body=body, content_type="application/json", headers=version)

    def _answer(self, request: web.Request, sent: bytes) -> tuple[str, int, bytes]:
        operation = f"{request.method} {request.path}"
        try:
            operation, extra = _route(request.method, request.path)
            self._admit(request)
            wanted, given = PATHS[operation]
            body = _body(sent, wanted) if wanted else {}
            answer = HANDLERS[operation](self.account, {**body, **extra})
            check(given, answer)
        except Refusal as refusal:
            return operation, refusal.status, msgspec.json.encode(refusal.body)
        return operation, 200, msgspec.json.encode(answer)

    def _admit(self, request: web.Request) -> None:
        if self.faults.down:
            raise Refusal(503, "API_ERROR", "SERVICE_UNAVAILABLE", "The service is unavailable")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            detail = "This request could not be authorized."
            raise Refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", detail)
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            raise Refusal(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests.")
        version = request.headers.get("Square-Version", "")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) or version < OLDEST_VERSION:
            detail = "The Square-Version header is not a supported version."
            raise Refusal(400, "INVALID_REQUEST_ERROR", "INVALID_SQUARE_VERSION_FORMAT", detail)


def _route(method: str, path: str) -> tuple[str, Json]:
    exact = f"{method} {path}"
    if exact in HANDLERS:
        return exact, {}
    if (found := re.fullmatch(r"/v2/loyalty/programs/([^/]+)(/promotions)?", path)) and method == "GET":
        return f"GET /v2/loyalty/programs/{{program_id}}{found[2] or ''}", {"program_id": found[1]}
    raise Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Resource not found.")


def _body(sent: bytes, kind: str) -> Json:
    try:
        body: Any = msgspec.json.decode(sent)
    except msgspec.DecodeError:
        raise Refusal(400, "INVALID_REQUEST_ERROR", "EXPECTED_JSON_BODY", "The body is not JSON.") from None
    try:
        check(kind, body)
    except Mismatch as mismatch:
        raise Refusal(400, "INVALID_REQUEST_ERROR", mismatch.code, str(mismatch), mismatch.field) from None
    return body
