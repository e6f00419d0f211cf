"""`/graphql` over HTTP, in raw ASGI: from a request's bytes to an answer's bytes, station by station.

Negotiate, check the origin, authenticate, count, read, admit, look among the kept answers, execute, answer. Whatever
goes wrong at a station is answered there; only a client that went away gets nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from time import perf_counter
from typing import Any

from graphql import GraphQLError
from opentelemetry.trace import Tracer

from gateway.entry.admission import Admission, Admitted, Caller
from gateway.entry.documents import Invalid
from gateway.entry.kept_answers import KeptAnswers
from gateway.entry.presenting import INVALID, UNPARSABLE, Presenter, is_request_error
from gateway.entry.refusal import Header, Refusal
from gateway.entry.requests import GraphQLRequest
from gateway.errors import BadInput, GatewayError, GatewayOverloaded
from gateway.http.answers import encoded, refusal_reply, reply, status_of
from gateway.http.caching import fresh_reply, kept_reply
from gateway.http.direct import exchange_of
from gateway.http.door_metrics import DoorMetrics
from gateway.http.events import EventStream
from gateway.http.exchange import Exchange
from gateway.http.media import MediaType, is_json, negotiate
from gateway.http.origins import Origins, check_get
from gateway.http.requests import from_body, from_query_string
from gateway.http.tracing import answered, default_tracer, request_span, trace_id_of_span
from gateway.http.wire import (
    AsgiScope,
    Disconnected,
    Receive,
    Reply,
    Send,
    address_of,
    headers_of,
    trace_id_of,
)
from gateway.settings import LimitsSection

GONE = 499
"""No answer: what a trace calls a client that went away."""

PERSONAL: tuple[Header, ...] = ((b"cache-control", b"private, no-store"),)


class Door:
    """`page` is what a browser is shown, `stopping` is set when open streams shall end."""

    def __init__(
        self,
        *,
        admission: Admission,
        origins: Origins,
        kept_answers: KeptAnswers,
        limits: LimitsSection,
        page: Reply | None,
        stopping: asyncio.Event,
        figures: DoorMetrics,
        body_seconds: float,
        tracer: Tracer | None = None,
    ) -> None:
        self._admission = admission
        self._capacity = admission.capacity
        self._origins = origins
        self._kept_answers = kept_answers
        self._limits = limits
        self._page = page
        self._stopping = stopping
        self._figures = figures
        self._body_seconds = body_seconds
        self._tracer = tracer or default_tracer()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send)
        headers = headers_of(scope)
        tracer = self._tracer
        if tracer is None:
            await self._serve(exchange, headers, trace_id_of(headers))
            return
        with request_span(tracer, scope["method"], headers) as span:
            answered(span, await self._serve(exchange, headers, trace_id_of_span(span)))

    async def _serve(self, exchange: Exchange, headers: Mapping[str, str], trace_id: str) -> int:
        """The status that was sent; 499 for a client that went away."""
        started = perf_counter()
        media = negotiate(headers.get("accept"))
        try:
            answer = await self._answer(exchange, headers, media, trace_id)
        except Disconnected:
            return GONE
        except Refusal as refusal:
            answer = refusal_reply(refusal, media, trace_id)
        except Exception as error:
            told = {"errors": [self._admission.anonymous(trace_id).failure(error)]}
            answer = reply(told, media or MediaType.JSON, status=500, headers=PERSONAL)
        added = self._origins.headers(headers)
        if isinstance(answer, EventStream):
            await answer.send(exchange.receive, exchange.send, added, self._stopping)
        else:
            await exchange.answer(answer, added)
        self._figures.answered(exchange.scope["method"], answer.status, perf_counter() - started)
        return answer.status

    async def _answer(
        self, exchange: Exchange, headers: Mapping[str, str], media: MediaType | None, trace_id: str
    ) -> Reply | EventStream:
        scope = exchange.scope
        method = scope["method"]
        if method == "OPTIONS":
            return self._origins.preflight(headers)
        if method not in ("GET", "POST"):
            raise Refusal(405, "BAD_REQUEST", "Only GET and POST are served here.", ((b"allow", b"GET, POST"),))
        if media is MediaType.PAGE and method == "GET" and self._page is not None and not scope["query_string"]:
            return self._page
        if media is None or media is MediaType.PAGE:
            raise Refusal(406, "BAD_REQUEST", f"Served as {MediaType.GRAPHQL.value} or {MediaType.JSON.value}.")
        if method == "POST" and not is_json(headers.get("content-type")):
            raise Refusal(415, "BAD_REQUEST", "The body must be application/json in UTF-8.")
        if method == "GET":
            check_get(headers)
        try:
            self._capacity.check()
            caller = await self._admission.caller(headers, trace_id, address_of(scope))
            await self._admission.count(caller)
        except GatewayError as error:
            return failure_reply(self._admission.anonymous(trace_id), error, media)
        if method == "POST":
            body = await exchange.body(headers, self._limits.body_bytes, self._body_seconds)
            request = from_body(body)
        elif caller.profile.allow_get:
            request = from_query_string(scope["query_string"])
        else:
            raise Refusal(405, "BAD_REQUEST", "This client sends POST only.", ((b"allow", b"POST"),))
        if media is MediaType.EVENTS:
            again = partial(self._admission.caller, headers, trace_id, address_of(scope))
            return EventStream(self._admission, request, caller, method, again)
        try:
            with self._capacity:
                if self._capacity.pressed:
                    await asyncio.sleep(0)
                return await self._run(request, caller, media, headers, exchange)
        except GatewayOverloaded as error:
            return failure_reply(caller.presenter, error, media)

    async def _run(
        self,
        request: GraphQLRequest,
        caller: Caller,
        media: MediaType,
        headers: Mapping[str, str],
        exchange: Exchange,
    ) -> Reply:
        presenter, method = caller.presenter, exchange.scope["method"]
        refused = 400 if media is MediaType.GRAPHQL else 200
        try:
            if request.query is None and request.document_id is None and not request.extensions:
                raise Refusal(400, "BAD_REQUEST", "There is no `query`.")
            admitted = self._admission.admit(request, caller)
            check_method(admitted, method)
            if admitted.operation.is_subscription:
                raise BadInput("Subscriptions are served as text/event-stream or over a WebSocket.")
            visit = self._kept_answers.visit(caller, admitted)
            if visit is not None and visit.kept is not None:
                return kept_reply(self._kept_answers, visit.kept, media, method, headers)
            context = self._admission.open(caller, admitted)
            with self._kept_answers.collecting(visit):
                result = await self._execute(admitted, context, exchange)
        except Invalid as invalid:
            told = presenter.errors(invalid.errors, code=code_of(invalid.errors[0]))
            return reply({"errors": told}, media, status=refused, headers=PERSONAL)
        except GatewayError as error:
            return failure_reply(presenter, error, media)
        told = presenter.result(result, self._admission.extensions(caller, admitted))
        if visit is not None and not result.errors and not result.private and not result.extensions:
            return fresh_reply(self._kept_answers, visit, encoded(told), media, method, headers)
        status = refused if is_request_error(result) else 200
        return reply(told, media, status=status, headers=PERSONAL)

    async def _execute(self, admitted: Admitted, context: Any, exchange: Exchange) -> Any:
        execute = self._admission.engine.execute
        if not admitted.operation.is_query:
            return await execute(admitted.request, context)  # a write that has begun is never cut short
        watch = exchange.watch()
        try:
            return await execute(admitted.request, context)
        except asyncio.CancelledError:
            if watch.gone:
                raise Disconnected from None
            raise
        finally:
            watch.stop()


def check_method(admitted: Admitted, method: str) -> None:
    """Raises Refusal for what changes things and came by GET."""
    if method == "GET" and not (admitted.operation.is_query or admitted.operation.is_subscription):
        raise Refusal(405, "BAD_REQUEST", "Only queries may be sent by GET.", ((b"allow", b"POST"),))


def failure_reply(presenter: Presenter, error: GatewayError, media: MediaType) -> Reply:
    status = status_of(error)
    headers: list[Header] = [*PERSONAL]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    after = error.extensions().get("retryAfter") if status in (429, 503) else None
    if after is not None:
        headers.append((b"retry-after", str(after).encode()))
    return reply({"errors": [presenter.failure(error)]}, media, status=status, headers=headers)


def code_of(error: GraphQLError) -> str:
    return UNPARSABLE if error.message.startswith("Syntax Error") else INVALID
