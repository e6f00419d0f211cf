"""Stripe's API over a socket: who may ask, how often, with which key, and what is answered."""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from adapters.stripe.sandbox.deliveries import Deliveries
from adapters.stripe.sandbox.forms import Form, Problem, invalid
from adapters.stripe.sandbox.keys import Keys
from adapters.stripe.sandbox.ledger import Intent, Json, Ledger
from gateway.testing.sandbox_server import Answer, SandboxServer

SECRET_KEY = "sk_test_51Sandbox0000"
PUBLISHABLE_KEY = "pk_test_51Sandbox0000"
WEBHOOK_SECRET = "whsec_sandbox0000"
PER_SECOND, SEARCHES_PER_SECOND = 100, 20
_SEARCH = re.compile(r"metadata\['([^']+)'\]:'([^']*)'")
_PATHS = (
    (re.compile(r"/v1/payment_intents/search"), "/v1/payment_intents/search"),
    (re.compile(r"/v1/payment_intents/([^/]+)"), "/v1/payment_intents/{id}"),
    (re.compile(r"/v1/payment_intents/([^/]+)/(confirm|capture|cancel)"), "/v1/payment_intents/{id}/"),
    (re.compile(r"/v1/refunds/([^/]+)"), "/v1/refunds/{id}"),
    (re.compile(r"/v1/customers/search"), "/v1/customers/search"),
    (re.compile(r"/v1/customers/([^/]+)/payment_methods"), "/v1/customers/{id}/payment_methods"),
    (re.compile(r"/v1/payment_methods/([^/]+)"), "/v1/payment_methods/{id}"),
    (re.compile(r"/v1/payment_methods/([^/]+)/(detach)"), "/v1/payment_methods/{id}/"),
)


class Server(SandboxServer):
    """`failing_after`: so many requests more are executed and then answered with a 500, which the key remembers.
    `skew` in seconds moves its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.skew = 0.0
        self.failing_after = 0
        self.per_second = PER_SECOND
        self.deliveries = Deliveries(self.now, WEBHOOK_SECRET)
        self.ledger = Ledger(self.now, self.deliveries.record)
        self.keys = Keys(self.now, time.monotonic)
        self._recent: deque[float] = deque()
        self._searches: deque[float] = deque()

    def now(self) -> float:
        return time.time() + self.skew

    def records_of(self, reference: str) -> list[Json]:
        """What a checkout left here."""
        return self.ledger.records_of(reference)

    def operation_of(self, request: web.Request, sent: bytes) -> str:
        return f"{request.method} {_route(request.path)[0]}"

    def refusal(self, operation: str, status: int) -> Answer:
        if status == 429:
            return _problem(_too_many())
        return _problem(Problem(503, "api_error", "Stripe is temporarily unavailable."))

    def answer(self, request: web.Request, operation: str, sent: bytes) -> Answer:
        try:
            self._admit(request, operation)
            return self._answer(request, operation, sent.decode())
        except Problem as problem:
            return _problem(problem)

    def _answer(self, request: web.Request, operation: str, sent: str) -> Answer:
        query = urlencode(list(request.query.items()))
        written = query if request.method == "GET" else sent
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        asked = f"{operation} {request.path} {written}"
        if key and (first := self.keys.before(key, asked)) is not None:
            return msgspec.structs.replace(first, headers={**first.headers, "Idempotent-Replayed": "true"})
        if operation not in _KNOWN:
            raise invalid(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
        form = Form.read(operation, written)
        try:
            content = self._executed(operation, _route(request.path)[1], form, key)
            answer = Answer(200, msgspec.json.encode(content), {"Request-Id": f"req_{secrets.token_hex(7)}"})
        except Problem as problem:
            if not problem.executed:
                raise  # it failed validation: not kept
            answer = _problem(problem)
        if self.failing_after > 0 and request.method == "POST":
            self.failing_after -= 1
            answer = _problem(Problem(500, "api_error", "An unexpected error occurred."))
        if key:
            self.keys.keep(key, asked, answer, self.faults.slow)
        return answer

    def _executed(self, operation: str, subject: str, form: Form, key: str) -> Json:
        expanded = "latest_charge" in form.within("expand").values()
        match operation:
            case "POST /v1/payment_intents":
                return self.ledger.shown(self._create(form), expanded=expanded)
            case "POST /v1/payment_intents/{id}":
                return self.ledger.shown(self._update(subject, form), expanded=expanded)
            case "POST /v1/payment_intents/{id}/confirm":
                intent = self.ledger.intent(subject)
                intent.return_url = form.text("return_url") or intent.return_url
                intent.setup_future_usage = _future_usage(form) or intent.setup_future_usage
                self.ledger.confirm(intent, _method(form))
            case "POST /v1/payment_intents/{id}/capture":
                intent = self.ledger.intent(subject)
                before = dict(intent.metadata)
                intent.metadata.update(form.metadata())
                try:
                    amount, final = form.number("amount_to_capture"), form.flag("final_capture")
                    self.ledger.capture(intent, amount, final=final)
                except Problem:
                    intent.metadata = before
                    raise
            case "POST /v1/payment_intents/{id}/cancel":
                intent = self.ledger.intent(subject)
                self.ledger.cancel(intent, _reason(form), key.partition(".")[0])
            case "POST /v1/refunds":
                found = self.ledger.intent(form.text("payment_intent") or "")
                made = self.ledger.refund(found, form.number("amount"), form.metadata(), form.text("reason"))
                return self.ledger.shown_refund(made)
            case "GET /v1/refunds/{id}":
                if subject not in self.ledger.refunds:
                    raise invalid(f"No such refund: '{subject}'", "refund", "resource_missing", 404)
                return self.ledger.shown_refund(self.ledger.refunds[subject])
            case "POST /v1/customers":
                made = self.ledger.people.make(form.text("email"), form.metadata())
                return self.ledger.people.shown(made)
            case "GET /v1/payment_methods/{id}":
                return self.ledger.people.shown_method(self.ledger.people.method(subject))
            case "POST /v1/payment_methods/{id}/detach":
                return self.ledger.people.shown_method(self.ledger.people.detach(subject))
            case "GET /v1/payment_intents/{id}":
                intent = self.ledger.intent(subject)
            case _:
                return self._page(operation, subject, form)
        return self.ledger.shown(intent, expanded=expanded)

    def _page(self, operation: str, subject: str, form: Form) -> Json:
        limit = form.number("limit") or 10
        if not 1 <= limit <= 100:
            raise invalid("This value must be between 1 and 100.", "limit")
        found: list[Json]
        url = operation.partition(" ")[2].replace("{id}", subject)
        if operation.endswith("/search"):
            query = _SEARCH.fullmatch(form.text("query") or "")
            if query is None:
                raise invalid("We were unable to parse your search query.", "query")
            people, wanted = self.ledger.people, (query[1], query[2])
            if operation.startswith("GET /v1/customers"):
                found = [people.shown(each) for each in self.ledger.customers_searched(*wanted)]
            else:
                found = [self.ledger.shown(each) for each in self.ledger.searched(*wanted)]
            page = {"object": "search_result", "next_page": None}
        elif operation.endswith("/payment_methods"):
            people = self.ledger.people
            if subject not in people.customers:
                raise invalid(f"No such customer: '{subject}'", "customer", "resource_missing", 404)
            found, page = [people.shown_method(each) for each in people.attached(subject)], {"object": "list"}
        else:
            found = [self.ledger.shown(each) for each in reversed(self.ledger.intents.values())]
            page = {"object": "list"}
        return {**page, "url": url, "has_more": len(found) > limit, "data": found[:limit]}

    def _create(self, form: Form) -> Intent:
        amount, currency = form.number("amount") or 0, form.text("currency") or ""
        if amount < 1:
            raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
        if not re.fullmatch(r"[a-z]{3}", currency):
            raise invalid(f"Invalid currency: {currency}.", "currency")
        _whole(amount, currency)
        capture = form.text("capture_method") or "automatic"
        if capture not in ("automatic", "automatic_async", "manual"):
            raise invalid(f"Invalid capture_method: {capture}", "capture_method")
        if form.text("return_url") and not form.flag("confirm"):
            raise invalid("The parameter `return_url` cannot be passed when creating without `confirm`.", "return_url")
        intent = Intent(f"pi_3{secrets.token_hex(11)}", amount, currency, self.now(), capture_method=capture)
        intent.metadata = form.metadata()
        intent.methods = list(form.within("payment_method_types").values()) or ["card"]
        intent.customer = form.text("customer")
        if intent.customer is not None:
            self.ledger.people.known(intent.customer)
        intent.setup_future_usage = _future_usage(form)
        intent.description, intent.return_url = form.text("description"), form.text("return_url")
        intent.multicapture = "card][request_multicapture" in form.within("payment_method_options")
        intent.indexed_at = self.now()
        if not form.flag("confirm"):
            intent.payment_method = _method(form)
            if intent.payment_method is not None:
                self.ledger.people.card(intent.payment_method, intent.customer)
            intent.status = "requires_confirmation" if intent.payment_method else intent.status
            self.ledger.intents[intent.id] = intent
            return intent
        self.ledger.intents[intent.id] = intent
        try:
            self.ledger.confirm(intent, _method(form))
        except Problem as problem:
            if not problem.executed:
                del self.ledger.intents[intent.id]
            raise
        return intent

    def _update(self, intent_id: str, form: Form) -> Intent:
        intent = self.ledger.intent(intent_id)
        amount = form.number("amount")
        if amount is not None:
            if intent.status not in ("requires_payment_method", "requires_confirmation"):
                raise invalid(
                    f"This PaymentIntent's amount could not be updated because it has a status of {intent.status}.",
                    "amount",
                    "payment_intent_unexpected_state",
                )
            _whole(amount, intent.currency)
            intent.amount = amount
        customer = form.text("customer")
        if customer is not None and customer != intent.customer:
            self.ledger.people.known(customer)
            if intent.status not in ("requires_payment_method", "requires_confirmation"):
                message = f"This PaymentIntent's customer could not be updated because it is {intent.status}."
                raise invalid(message, "customer", "payment_intent_unexpected_state")
            if intent.customer is not None:
                message = "You cannot modify `customer` on a PaymentIntent once it already has been set."
                raise invalid(message, "customer")
            intent.customer = customer
        intent.metadata.update(form.metadata())
        intent.description = form.text("description") or intent.description
        intent.indexed_at = self.now()
        return intent

    def _admit(self, request: web.Request, operation: str) -> None:
        given = request.headers.get("Authorization", "")
        if given != f"Bearer {SECRET_KEY}":
            said = f"Invalid API Key provided: ****{given[-4:]}" if given else "You did not provide an API key."
            raise invalid(said, status=401)
        version = request.headers.get("Stripe-Version", "")
        if version and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]+)?", version):
            raise invalid(f"Invalid Stripe API version: {version}")
        now = time.monotonic()
        if operation.endswith("/search") and not _counted(self._searches, now, SEARCHES_PER_SECOND):
            raise _too_many()
        if not _counted(self._recent, now, self.per_second):
            raise _too_many()


_KNOWN = frozenset(
    {
        "POST /v1/payment_intents",
        "GET /v1/payment_intents",
        "GET /v1/payment_intents/search",
        "GET /v1/payment_intents/{id}",
        "POST /v1/payment_intents/{id}",
        "POST /v1/payment_intents/{id}/confirm",
        "POST /v1/payment_intents/{id}/capture",
        "POST /v1/payment_intents/{id}/cancel",
        "POST /v1/refunds",
        "GET /v1/refunds/{id}",
        "GET /v1/customers/{id}/payment_methods",
        "POST /v1/customers",
        "GET /v1/customers/search",
        "GET /v1/payment_methods/{id}",
        "POST /v1/payment_methods/{id}/detach",
    }
)


def _route(path: str) -> tuple[str, str]:
    """The path without ids, and the id."""
    for pattern, name in _PATHS:
        if found := pattern.fullmatch(path):
            last = found[2] if pattern.groups == 2 else ""
            return name + last, found[1] if pattern.groups else ""
    return path, ""


def _method(form: Form) -> str | None:
    return form.text("payment_method") or form.text("confirmation_token")


def _future_usage(form: Form) -> str | None:
    wanted = form.text("setup_future_usage")
    if wanted not in (None, "on_session", "off_session"):
        raise invalid(f"Invalid setup_future_usage: must be one of off_session, or on_session, not {wanted}")
    return wanted


def _reason(form: Form) -> str | None:
    reason = form.text("cancellation_reason")
    if reason not in (None, "duplicate", "fraudulent", "requested_by_customer", "abandoned"):
        raise invalid(f"Invalid cancellation_reason: {reason}", "cancellation_reason")
    return reason


def _whole(amount: int, currency: str) -> None:
    """Amounts that Stripe will not charge."""
    step = 100 if currency in ("isk", "ugx") else 10 if currency in ("bhd", "jod", "kwd", "omr", "tnd") else 1
    if amount % step:
        raise invalid(f"Invalid amount for {currency}.", "amount", "invalid_amount")


def _too_many() -> Problem:
    return Problem(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")


def _problem(problem: Problem) -> Answer:
    headers = {"Request-Id": f"req_{secrets.token_hex(7)}"}
    if problem.status == 429:
        headers["Stripe-Rate-Limited-Reason"] = "global-rate"
    return Answer(problem.status, msgspec.json.encode({"error": problem.body}), headers)


def _counted(times: deque[float], now: float, limit: int) -> bool:
    while times and now - times[0] >= 1.0:
        times.popleft()
    if len(times) >= limit:
        return False
    times.append(now)
    return True
