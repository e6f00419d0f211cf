"""The sandbox's HTTP side: bearer token, rate limits with HubSpot's headers, bodies held to the description."""

from __future__ import annotations

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
from adapters.hubspot.sandbox.description import DESCRIPTION, ENDPOINTS
from adapters.hubspot.sandbox.portal import Portal
from gateway.testing.description import Mismatch
from gateway.testing.sandbox_server import Answer, SandboxServer

SEARCH = "POST /crm/v3/objects/contacts/search"


class Limits:
    """As a private app of a Professional account has them. Tests and the demo may widen them."""

    def __init__(self) -> None:
        self.per_ten_seconds = description.REQUESTS_PER_TEN_SECONDS
        self.searches_per_second = description.SEARCHES_PER_SECOND
        self.per_day = description.REQUESTS_PER_DAY


class Server(SandboxServer):
    """`policy`: whose limit a throttled request is told it has reached."""

    def __init__(self, portal: Portal, token: str) -> None:
        super().__init__()
        self.portal = portal
        self.token = token
        self.limits = Limits()
        self.policy = "TEN_SECONDLY_ROLLING"
        self.batch_reads_secondary_emails = True
        self._today = 0
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        return _route(request.method, request.rel_url.raw_path)[0]

    def refusal(self, operation: str, status: int) -> Answer:
        if status == 429:
            return self._refused(Refusal.limit(self.policy), self._headers(operation))
        return self._refused(Refusal(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable"))

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        try:
            status, content = self._answer(request, operation, sent)
        except Refusal as refusal:
            return self._refused(refusal, self._headers(operation))
        return Answer(status, msgspec.json.encode(content), self._headers(operation))

    def _refused(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(refusal.status, msgspec.json.encode(refusal.body(str(uuid.uuid4()))), headers or {})

    def _headers(self, operation: str) -> Mapping[str, str]:
        return self._rate_headers() if operation != SEARCH else {}

    def _answer(self, request: web.Request, operation: str, sent: bytes) -> tuple[int, dict[str, object]]:
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
            _route(request.method, request.rel_url.raw_path)[1],
            secondary=self.batch_reads_secondary_emails,
        )
        DESCRIPTION.check(endpoint.answers[status], content)
        return status, content

    def _body(self, model: str, sent: bytes) -> dict[str, object]:
        if not model:
            return {}
        try:
            body = msgspec.json.decode(sent, type=dict[str, object])
            DESCRIPTION.check(model, body)
        except (Mismatch, msgspec.MsgspecError) as problem:
            raise Refusal(400, "VALIDATION_ERROR", f"Invalid input JSON: {problem}") from None
        return body

    def _admit(self, operation: str) -> None:
        """Counts the request, then refuses what is over a limit."""
        now = time.monotonic()
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
