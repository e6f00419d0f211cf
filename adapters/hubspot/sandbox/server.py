"""The sandbox's HTTP side: a real socket, bearer token, rate limits with HubSpot's headers, faults on demand, every
request recorded."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections import deque
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec
from aiohttp import web

from adapters.hubspot.sandbox import description
from adapters.hubspot.sandbox.answers import Refusal, answer
from adapters.hubspot.sandbox.description import ENDPOINTS, Mismatch, check
from adapters.hubspot.sandbox.portal import Portal
from gateway.testing.sandbox import RecordedRequest

SEARCH = "POST /crm/v3/objects/contacts/search"


class Exchange(msgspec.Struct, frozen=True):
    """A whole exchange, for tests that hold both sides to the vendor's models."""

    operation: str
    query: Mapping[str, str]
    request: bytes
    status: int
    answer: bytes


class Limits:
    """As a private app of a Professional account has them. Tests and the demo may widen them."""

    def __init__(self) -> None:
        self.per_ten_seconds = description.REQUESTS_PER_TEN_SECONDS
        self.searches_per_second = description.SEARCHES_PER_SECOND
        self.per_day = description.REQUESTS_PER_DAY


class Faults:
    """What tests and the demo switch on. `throttle` refuses that many requests with 429 of `policy`; `down` answers
    503; `slow` waits seconds before each answer; `body` replaces every good answer's body."""

    def __init__(self) -> None:
        self.throttle = 0
        self.policy = "TEN_SECONDLY_ROLLING"
        self.down = False
        self.slow = 0.0
        self.body: bytes | None = None
        self.batch_reads_secondary_emails = True


class Server:
    def __init__(self, portal: Portal, token: str) -> None:
        self.portal = portal
        self.token = token
        self.limits = Limits()
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.exchanges: list[Exchange] | None = None
        self._today = 0
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        application = web.Application(client_max_size=4 << 20)
        application.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self._runner = runner
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.Response:
        sent = await request.read()
        operation, parameter = _route(request.method, request.rel_url.raw_path)
        try:
            status, body = self._answer(request, operation, parameter, sent)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body(str(uuid.uuid4()))
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        raw = msgspec.json.encode(body)
        if status < 300 and self.faults.body is not None:
            raw = self.faults.body
        self.requests.append(RecordedRequest(request.method, request.path, operation, status))
        if self.exchanges is not None:
            self.exchanges.append(Exchange(operation, dict(request.query), sent, status, raw))
        headers = self._rate_headers() if operation != SEARCH else {}
        return web.Response(status=status, body=raw, content_type="application/json", headers=headers)

    def _answer(
        self, request: web.Request, operation: str, parameter: str, sent: bytes
    ) -> tuple[int, dict[str, object]]:
        if self.faults.down:
            raise Refusal(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            )
        self._admit(operation)
        endpoint = ENDPOINTS.get(operation)
        if endpoint is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        body = self._body(endpoint.request, sent)
        for name in request.query:
            if name not in endpoint.query:
                raise Refusal(400, "VALIDATION_ERROR", f"Unknown query parameter {name}")
        status, content = answer(
            operation,
            self.portal,
            body,
            dict(request.query),
            parameter,
            secondary=self.faults.batch_reads_secondary_emails,
        )
        check(endpoint.answers[status], content)
        return status, content

    def _body(self, model: str, sent: bytes) -> dict[str, object]:
        if not model:
            return {}
        try:
            body = msgspec.json.decode(sent, type=dict[str, object])
            check(model, body)
        except (Mismatch, msgspec.MsgspecError) as problem:
            raise Refusal(400, "VALIDATION_ERROR", f"Invalid input JSON: {problem}") from None
        return body

    def _admit(self, operation: str) -> None:
        """Counts the request, then refuses what is over a limit."""
        now = time.monotonic()
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            raise Refusal.limit(self.faults.policy)
        self._today += 1
        if self._today > self.limits.per_day:
            raise Refusal.limit("DAILY")
        if operation == SEARCH:
            # Searches have a limit of their own, apart from the general one.
            if not _counted(self._searches, now, 1.0, self.limits.searches_per_second):
                raise Refusal.limit("SECONDLY")
        elif not _counted(self._recent, now, 10.0, self.limits.per_ten_seconds):
            raise Refusal.limit("TEN_SECONDLY_ROLLING")

    def _rate_headers(self) -> dict[str, str]:
        return {
            "X-HubSpot-RateLimit-Daily": str(self.limits.per_day),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self.limits.per_day - self._today)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(self.limits.per_ten_seconds),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.limits.per_ten_seconds - len(self._recent))),
        }


def _counted(times: deque[float], now: float, window: float, limit: int) -> bool:
    while times and now - times[0] >= window:
        times.popleft()
    if len(times) >= limit:
        return False
    times.append(now)
    return True


def _route(method: str, path: str) -> tuple[str, str]:
    """The operation, and the parameter in its path."""
    if found := re.fullmatch(r"/communication-preferences/v3/status/email/([^/]+)", path):
        return f"{method} /communication-preferences/v3/status/email/{{emailAddress}}", unquote(found[1])
    return f"{method} {path}", ""
