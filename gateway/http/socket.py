"""GraphQL over a WebSocket, `graphql-transport-ws`: many operations on one connection.

A page of another origin is refused at the handshake, because browsers let any page open a socket. Credentials come with
`connection_init` (browsers cannot set headers) or with the handshake, and are verified again now and then, so that a
token that expires or is revoked ends the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.entry.admission import Admission, Caller
from gateway.entry.refusal import Refusal
from gateway.entry.requests import CART_SECRET, GraphQLRequest
from gateway.errors import ClientFault, GatewayStopping, TooManyRequests, Unauthenticated, Unavailable
from gateway.http import events
from gateway.http.answers import encoded
from gateway.http.events import told_by
from gateway.http.origins import Origins
from gateway.http.wire import AsgiScope, Receive, Send, address_of, headers_of, trace_id_of
from gateway.logs.failures import FAILURES

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 3.0
VERIFY_SECONDS = 60.0
"""Of a connection that asks nothing; while something goes on it is `events.WATCH_SECONDS`."""
MESSAGE_BYTES = 131_072
OPERATIONS = 50
"""At one time on one connection."""
CREDENTIALS = frozenset({"authorization", "x-api-key", CART_SECRET})

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN = 4400, 4401, 4403
INIT_TIMEOUT, ALREADY_SUBSCRIBED, TOO_MANY_INITS = 4408, 4409, 4429
UNACCEPTABLE_PROTOCOL, GOING_AWAY, TOO_LARGE, BROKEN, TRY_AGAIN = 4406, 1001, 1009, 1011, 1013


class SocketMessage(msgspec.Struct, frozen=True):
    type: str
    id: str | None = None
    payload: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(SocketMessage)


class Closed(Exception):
    """The connection shall be closed, or was."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketDoor:
    def __init__(self, admission: Admission, origins: Origins, stopping: asyncio.Event) -> None:
        self._admission = admission
        self._origins = origins
        self._stopping = stopping

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        await receive()
        headers = headers_of(scope)
        if scope["path"] != "/graphql" or not self._origins.same(headers):
            await send({"type": "websocket.close", "code": FORBIDDEN, "reason": "Forbidden"})
            return
        if PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            await send(
                {"type": "websocket.close", "code": UNACCEPTABLE_PROTOCOL, "reason": "Subprotocol not acceptable"}
            )
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        connection = _Connection(self._admission, headers, address_of(scope), receive, send, self._stopping)
        try:
            await connection.serve()
        except Closed as closed:
            with contextlib.suppress(Exception):  # the other side may be gone already
                await send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        except Exception as error:
            self._admission.anonymous(trace_id_of(headers)).failure(error)  # which logs it
            with contextlib.suppress(Exception):
                await send({"type": "websocket.close", "code": BROKEN, "reason": "Something went wrong on our side"})
        finally:
            await connection.end()


class _Connection:
    def __init__(
        self,
        admission: Admission,
        headers: Mapping[str, str],
        address: str,
        receive: Receive,
        send: Send,
        stopping: asyncio.Event,
    ) -> None:
        self._admission = admission
        self._headers = dict(headers)
        self._address = address
        self._receive = receive
        self._send = send
        self._stopping = stopping
        self._caller: Caller | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Raises Closed, always."""
        tasks = [asyncio.ensure_future(work) for work in (self._listen(), self._verify_again(), self._until_stopped())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_stopped(self) -> None:
        """When the gateway stops, what has an end is waited for: only a connection that is gone makes a client ask
        another gateway for the rest."""
        await self._stopping.wait()
        while running := list(self._running.values()):
            await asyncio.wait(running)
        raise Closed(GOING_AWAY, "Going away")

    async def end(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while self._caller is None:
                    await self._hear(await self._next())
        except TimeoutError:
            raise Closed(INIT_TIMEOUT, "Connection initialisation timeout") from None
        while True:
            await self._hear(await self._next())

    async def _next(self) -> SocketMessage:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Closed(1000, "")
        text = event.get("text")
        if not isinstance(text, str):
            raise Closed(BAD_REQUEST, "Only text messages are understood")
        if len(text) > MESSAGE_BYTES:
            raise Closed(TOO_LARGE, "SocketMessage too large")
        try:
            return _decoder.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            raise Closed(BAD_REQUEST, "Invalid message") from None

    async def _hear(self, message: SocketMessage) -> None:
        match message.type:
            case "connection_init":
                await self._init(message)
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                task = self._running.pop(message.id or "", None)
                if task is not None:
                    task.cancel()
            case _:
                raise Closed(BAD_REQUEST, "Unknown message type")

    async def _init(self, message: SocketMessage) -> None:
        if self._caller is not None:
            raise Closed(TOO_MANY_INITS, "Too many initialisation requests")
        for name, value in (message.payload or {}).items():
            known = name.lower()
            if isinstance(value, str) and (known in CREDENTIALS or known.startswith("x-commerce-")):
                self._headers[known] = value
        self._caller = await self._identify()
        await self._say({"type": "connection_ack"})

    async def _identify(self) -> Caller:
        trace_id = trace_id_of(self._headers)
        try:
            return await self._admission.caller(self._headers, trace_id, self._address)
        except Unauthenticated as error:
            FAILURES.told(error, trace_id)
            raise Closed(FORBIDDEN, "Forbidden") from error
        except (TooManyRequests, Unavailable) as error:
            raise Closed(TRY_AGAIN, error.message[:120]) from error
        except (ClientFault, Refusal) as error:
            raise Closed(BAD_REQUEST, error.message[:120]) from error

    async def _verify_again(self) -> None:
        idle = 0.0
        while True:
            pause = min(VERIFY_SECONDS, events.WATCH_SECONDS)
            await asyncio.sleep(pause)
            idle += pause
            if self._caller is not None and (self._running or idle >= VERIFY_SECONDS):
                idle = 0.0
                await self._identify()

    async def _subscribe(self, message: SocketMessage) -> None:
        if self._caller is None:
            raise Closed(UNAUTHORIZED, "Unauthorized")
        if not message.id or message.payload is None:
            raise Closed(BAD_REQUEST, "A subscribe message has an id and a payload")
        if message.id in self._running:
            raise Closed(ALREADY_SUBSCRIBED, f"Subscriber for {message.id[:64]} already exists")
        try:
            request = msgspec.convert(message.payload, GraphQLRequest)
        except msgspec.ValidationError:
            raise Closed(BAD_REQUEST, "Invalid payload") from None
        if self._stopping.is_set():
            return  # the connection is about to be closed: clients ask again, elsewhere
        caller = self._caller
        if len(self._running) >= OPERATIONS:
            error = TooManyRequests("Too many operations on this connection.")
            await self._say({"type": "error", "id": message.id, "payload": [caller.presenter.failure(error)]})
            return
        self._running[message.id] = asyncio.ensure_future(self._run(message.id, request, caller))

    async def _run(self, name: str, request: GraphQLRequest, caller: Caller) -> None:
        try:
            try:
                await self._admission.count(caller)
            except TooManyRequests as error:
                await self._say({"type": "error", "id": name, "payload": [caller.presenter.failure(error)]})
                return
            async with contextlib.aclosing(told_by(self._admission, request, caller, self._stopping)) as every:
                async for told in every:
                    if "data" not in told:
                        await self._say({"type": "error", "id": name, "payload": told["errors"]})
                        return
                    await self._say({"type": "next", "id": name, "payload": told})
            await self._say({"type": "complete", "id": name})
        except GatewayStopping:
            pass  # not complete: a client that is told so would not subscribe again
        finally:
            if self._running.get(name) is asyncio.current_task():
                del self._running[name]

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": encoded(message).decode()})
