"""Adyen Checkout over a socket: who may ask, with which key, and what is answered."""

from __future__ import annotations

import re
import secrets
import time
from collections import deque

import msgspec
from aiohttp import web

from adapters.adyen.sandbox.bodies import TAKES, Json, Problem, read
from adapters.adyen.sandbox.deliveries import Deliveries
from adapters.adyen.sandbox.keys import Keys
from adapters.adyen.sandbox.ledger import Ledger
from gateway.testing.sandbox_server import Answer, SandboxServer

API_KEY = "AQEyhmfxK-sandbox"
ACCOUNT = "SandboxECOM"
CLIENT_KEY = "test_SANDBOX0000"
HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
PER_SECOND = 200
_MODIFIED = re.compile(r"/v72/payments/([^/]+)/(captures|cancels|refunds|reversals)")
_SESSION = re.compile(r"/v72/sessions/([^/]+)")
_TOKEN = re.compile(r"/v72/storedPaymentMethods/([^/]+)")
_KINDS = {"captures": "capture", "cancels": "void", "refunds": "refund", "reversals": "reversal"}


class Server(SandboxServer):
    """`failing_after`: so many requests more are executed and then answered with a 500, which the key remembers.
    `skew` in seconds moves its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.skew = 0.0
        self.failing_after = 0
        self.per_second = PER_SECOND
        self.deliveries = Deliveries(self.now, HMAC_KEY)
        self.ledger = Ledger(ACCOUNT, self.now, self.deliveries.record)
        self.keys = Keys(self.now, time.monotonic)
        self._recent: deque[float] = deque()

    def now(self) -> float:
        return time.time() + self.skew

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        return f"{request.method} {_route(request.path)[0]}"

    def refusal(self, operation: str, status: int) -> Answer:
        if status == 429:
            return _problem(Problem(429, "", "Too many requests", "security"))
        return _problem(Problem(503, "905", "Payment details are not supported", "internal"))

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        key = request.headers.get("Idempotency-Key", "")
        try:
            self._admit(request)
            if key and (first := self.keys.before(key)) is not None:
                return first
            return self._answer(request, operation, sent, key)
        except Problem as problem:
            return _problem(problem)

    def _answer(self, request: web.Request, operation: str, sent: bytes, key: str) -> Answer:
        subject = _route(request.path)[1]
        if operation == "GET /v72/sessions/{id}":
            found = self.ledger.session_result(subject, request.query.get("sessionResult", ""))
            return Answer(200, msgspec.json.encode(found))
        if operation in ("GET /v72/storedPaymentMethods", "DELETE /v72/storedPaymentMethods/{id}"):
            return self._tokens(request, subject)
        if operation not in TAKES:
            raise Problem(404, "", "Not found", "validation")
        body = read(operation, sent)
        if body.get("merchantAccount", ACCOUNT) != ACCOUNT:
            raise Problem(403, "901", "Invalid Merchant Account", "security")
        status, content = self._executed(operation, subject, body)
        headers = {"pspReference": secrets.token_hex(8).upper(), **({"idempotency-key": key} if key else {})}
        answer = Answer(status, msgspec.json.encode(content), headers)
        if self.failing_after > 0:
            self.failing_after -= 1
            answer = _problem(Problem(500, "905", "Internal error", "internal"))
        if key:
            self.keys.keep(key, answer, self.faults.slow)
        return answer

    def _tokens(self, request: web.Request, method: str) -> Answer:
        shopper, account = (request.query.get(name, "") for name in ("shopperReference", "merchantAccount"))
        if account != ACCOUNT:
            raise Problem(403, "901", "Invalid Merchant Account", "security")
        if not 3 <= len(shopper) <= 256:
            raise Problem(422, "14_035", "Invalid shopperReference")
        if request.method == "GET":
            return Answer(200, msgspec.json.encode(self.ledger.tokens(shopper)))
        self.ledger.forget(shopper, method)
        return Answer(204, b"")

    def _executed(self, operation: str, subject: str, body: Json) -> tuple[int, Json]:
        ledger = self.ledger
        match operation:
            case "POST /v72/payments":
                return 200, ledger.pay(body)
            case "POST /v72/payments/details":
                return 200, ledger.go_on(body["details"])
            case "POST /v72/sessions":
                return 201, ledger.open_session(body)
            case "POST /v72/paymentMethods":
                return 200, ledger.methods(str(body.get("shopperReference", "")))
            case "POST /v72/paymentMethods/balance":
                return 200, ledger.values.balance(body)
            case "POST /v72/orders":
                return 200, ledger.values.open(body)
            case "POST /v72/orders/cancel":
                return 200, ledger.cancel_order(body)
            case "POST /v72/cancels":
                return 201, ledger.cancel_by_reference(body)
            case _:
                return 201, ledger.ask(_KINDS[operation.rpartition("/")[2]], subject, body)

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("X-API-Key") != API_KEY:
            raise Problem(401, "000", "HTTP Status Response - Unauthorized", "security")
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1.0:
            self._recent.popleft()
        if len(self._recent) >= self.per_second:
            raise Problem(429, "", "Too many requests", "security")
        self._recent.append(now)


def _route(path: str) -> tuple[str, str]:
    """The path without ids, and the id."""
    if found := _MODIFIED.fullmatch(path):
        return f"/v72/payments/{{id}}/{found[2]}", found[1]
    if found := _SESSION.fullmatch(path):
        return "/v72/sessions/{id}", found[1]
    if found := _TOKEN.fullmatch(path):
        return "/v72/storedPaymentMethods/{id}", found[1]
    return path, ""


def _problem(problem: Problem) -> Answer:
    headers = {"transient-error": "true" if problem.transient or problem.status >= 500 else "false"}
    return Answer(problem.status, msgspec.json.encode(problem.body), headers)
