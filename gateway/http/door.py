"""`/graphql`, in raw ASGI: from a request's bytes to an answer's bytes, station by station.

Negotiate, read, authenticate, limit the rate, find the document, check it against the limits, open the context,
execute, answer. Whatever goes wrong at a station is answered there; only a client that went away gets nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from graphql import GraphQLError, OperationDefinitionNode
from msgspec import Struct

from gateway.errors import BadInput, GatewayError, TooManyRequests
from gateway.execution.engine import Engine, Request
from gateway.http.answers import UNPARSABLE, AliasOf, Teller, is_request_error, refusal_reply, reply, status_of
from gateway.http.documents import Document, Documents, Invalid, chosen, is_query, is_subscription
from gateway.http.media import Media, is_json, negotiate
from gateway.http.requests import GraphQLRequest, facts_of, from_body, from_query_string
from gateway.http.wire import (
    Disconnected,
    Header,
    Receive,
    Refusal,
    Reply,
    Scope,
    Send,
    headers_of,
    read_body,
    send_reply,
)
from gateway.model.principal import ANONYMOUS, ClientProfile, Principal
from gateway.security.authentication import Authentication
from gateway.security.profiles import Profiles, RequestFacts
from gateway.settings import Settings

BODY_SECONDS = 10.0
"""For the whole body, whatever trickles in."""

OpenContext = Callable[[Principal, ClientProfile, RequestFacts], Any]
_log = structlog.get_logger(__name__)


class Caller(Struct, frozen=True):
    """Who asks, what for, and how it is told."""

    principal: Principal
    profile: ClientProfile
    facts: RequestFacts
    teller: Teller


class Door:
    def __init__(
        self,
        *,
        engine: Engine,
        open_context: OpenContext,
        authentication: Authentication,
        profiles: Profiles,
        settings: Settings,
        alias_of: AliasOf,
    ) -> None:
        self._engine = engine
        self._open_context = open_context
        self._authentication = authentication
        self._profiles = profiles
        self._settings = settings
        self._alias_of = alias_of
        self._documents = Documents(engine, settings.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        trace_id = trace_id_of(headers)
        media = negotiate(headers.get("accept"))
        try:
            answer = await self._answer(scope, receive, headers, media, trace_id)
        except Disconnected:
            return
        except Refusal as refusal:
            answer = refusal_reply(refusal, media, trace_id)
        except Exception as error:
            teller = Teller(ANONYMOUS, self._profiles.of(ANONYMOUS), self._alias_of, trace_id)
            answer = reply({"errors": [teller.failure(error)]}, media or Media.JSON, status=500)
        await send_reply(send, answer)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], media: Media | None, trace_id: str
    ) -> Reply:
        method = scope["method"]
        if method not in ("GET", "POST"):
            raise Refusal(405, "BAD_REQUEST", "Only GET and POST are served here.", ((b"allow", b"GET, POST"),))
        if media is None:
            raise Refusal(406, "BAD_REQUEST", f"Served as {Media.GRAPHQL.value} or {Media.JSON.value}.")
        if method == "POST":
            if not is_json(headers.get("content-type")):
                raise Refusal(415, "BAD_REQUEST", "The body must be application/json in UTF-8.")
            limit = self._settings.limits.body_bytes
            request = from_body(await read_body(scope, receive, limit=limit, seconds=BODY_SECONDS))
        else:
            request = from_query_string(scope["query_string"])
        try:
            caller = await self._caller(headers, trace_id)
        except GatewayError as error:
            teller = Teller(ANONYMOUS, self._profiles.of(ANONYMOUS), self._alias_of, trace_id)
            return failure_reply(teller, error, media)
        work = self._run(request, caller, media, method)
        return await _while_connected(work, receive)

    async def _caller(self, headers: Mapping[str, str], trace_id: str) -> Caller:
        principal = await self._authentication.principal(headers.get("authorization"), headers.get("x-api-key"))
        profile = self._profiles.of(principal)
        facts = facts_of(headers, trace_id)
        return Caller(principal, profile, facts, Teller(principal, profile, self._alias_of, trace_id))

    async def _run(self, request: GraphQLRequest, caller: Caller, media: Media, method: str) -> Reply:
        teller = caller.teller
        well_formed = 400 if media is Media.GRAPHQL else 200
        try:
            document = self._document(request, caller)
            operation = chosen(document, request.operation_name)
            self._check_method(operation, caller, method)
            context = self._open_context(caller.principal, caller.profile, caller.facts)
            result = await self._engine.execute(
                Request(document.source, request.variables, request.operation_name), context
            )
        except Invalid as invalid:
            errors = [teller.error(error, code=_code(error)) for error in invalid.errors]
            return reply({"errors": errors}, media, status=well_formed)
        except GatewayError as error:
            return failure_reply(teller, error, media)
        status = well_formed if is_request_error(result) else 200
        return reply(teller.result(result), media, status=status)

    def _document(self, request: GraphQLRequest, caller: Caller) -> Document:
        if not request.query:
            raise Refusal(400, "BAD_REQUEST", "There is no `query`.")
        return self._documents.get(request.query, caller.profile)

    def _check_method(self, operation: OperationDefinitionNode, caller: Caller, method: str) -> None:
        if method == "GET" and not is_query(operation):
            raise Refusal(405, "BAD_REQUEST", "Only queries may be sent by GET.", ((b"allow", b"POST"),))
        if is_subscription(operation):
            raise BadInput("Subscriptions are served as text/event-stream or over a WebSocket.")


def failure_reply(teller: Teller, error: GatewayError, media: Media) -> Reply:
    status = status_of(error)
    headers: list[Header] = []
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, TooManyRequests) and error.retry_after is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after))).encode()))
    return reply({"errors": [teller.failure(error)]}, media, status=status, headers=headers)


def _code(error: GraphQLError) -> str:
    return UNPARSABLE if error.message.startswith("Syntax Error") else "GRAPHQL_VALIDATION_FAILED"


def trace_id_of(headers: Mapping[str, str]) -> str:
    """The trace id of a W3C `traceparent`, else a new one."""
    parts = headers.get("traceparent", "").split("-")
    if len(parts) >= 4 and len(parts[1]) == 32 and set(parts[1]) <= set("0123456789abcdef") and set(parts[1]) != {"0"}:
        return parts[1]
    return secrets.token_hex(16)


async def _while_connected(work: Awaitable[Reply], receive: Receive) -> Reply:
    """The answer, unless the client goes away first: then the work is cancelled, and with it what only it waits for."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Disconnected
    finally:
        gone.cancel()
        task.cancel()


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


__all__ = ["Caller", "Door", "OpenContext", "failure_reply", "trace_id_of"]
