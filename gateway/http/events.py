"""GraphQL over server-sent events, in the distinct connections mode of graphql-sse: one operation, one stream.

Whatever a stream has begun to say ends with `complete`. Silent streams send a comment now and then, so that proxies do
not take them for dead and a client that went away is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from gateway.http.admission import Admission, Caller
from gateway.http.answers import INVALID, UNPARSABLE, encoded
from gateway.http.documents import Invalid
from gateway.http.requests import GraphQLRequest
from gateway.http.wire import SECURITY_HEADERS, Header, Receive, Send

KEEP_ALIVE_SECONDS = 12.0
_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *SECURITY_HEADERS,
)


class EventStream:
    """An answer that goes on."""

    status = 200

    def __init__(self, admission: Admission, request: GraphQLRequest, caller: Caller, method: str) -> None:
        self._admission = admission
        self._request = request
        self._caller = caller
        self._method = method

    async def send(self, receive: Receive, send: Send, headers: list[Header], stopping: asyncio.Event) -> None:
        """Until the operation ends, the client goes away, or the gateway stops."""
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        speaking = asyncio.ensure_future(self._speak(send))
        leaving = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(stopping.wait())]
        try:
            while not speaking.done():
                done, _ = await asyncio.wait(
                    (speaking, *leaving), timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if any(task in done for task in leaving):
                    break
                if not done:
                    await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            if speaking.done():
                await speaking
        finally:
            for task in (speaking, *leaving):
                task.cancel()
            await asyncio.gather(speaking, *leaving, return_exceptions=True)
        await send({"type": "http.response.body", "body": b""})

    async def _speak(self, send: Send) -> None:
        async for told in told_by(self._admission, self._request, self._caller, self._method):
            await send({"type": "http.response.body", "body": _event("next", encoded(told)), "more_body": True})
        await send({"type": "http.response.body", "body": _event("complete", b""), "more_body": True})


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def told_by(
    admission: Admission, request: GraphQLRequest, caller: Caller, method: str = "POST"
) -> AsyncIterator[dict[str, Any]]:
    """Every result of an operation as its client sees it; what keeps it from running is a result with errors."""
    teller = caller.teller
    try:
        admitted = admission.admit(request, caller)
        operation = admitted.operation
        if method == "GET" and not (operation.is_query or operation.is_subscription):
            yield {"errors": [{"message": "Only queries may be sent by GET.", "extensions": {"code": "BAD_REQUEST"}}]}
            return
        context = admission.open(caller, admitted)
        extensions = admission.extensions(caller, admitted)
        if not operation.is_subscription:
            yield teller.result(await admission.engine.execute(admitted.request, context), extensions)
            return
        stream = admission.engine.subscribe(admitted.request, context)
        try:
            async for result in stream:
                yield teller.result(result, extensions)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
    except Invalid as invalid:
        code = UNPARSABLE if invalid.errors[0].message.startswith("Syntax Error") else INVALID
        yield {"errors": [teller.error(error, code=code) for error in invalid.errors]}
    except Exception as error:
        yield {"errors": [teller.failure(error)]}
