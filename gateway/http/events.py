"""GraphQL over server-sent events, in the distinct connections mode of graphql-sse: one operation, one stream.

Whatever a stream has begun to say ends with `complete`; when the gateway stops, what has no end is told so before, and
everything else is finished. Silent streams send a comment now and then, so that proxies do not take them for dead and a
client that went away is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from gateway.entry.admission import Admission, Caller
from gateway.entry.documents import Invalid
from gateway.entry.presenting import INVALID, UNPARSABLE
from gateway.entry.refusal import Header
from gateway.entry.requests import GraphQLRequest
from gateway.errors import ContextNotAllowed, GatewayStopping, TooManyRequests, Unauthenticated, Unavailable
from gateway.execution.run.engine import Result
from gateway.http.answers import encoded
from gateway.http.wire import SECURITY_HEADERS, Receive, Send

KEEP_ALIVE_SECONDS = 12.0
WATCH_SECONDS = 5.0
"""Between two looks whether who asked may still ask, while an answer goes on."""
_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *SECURITY_HEADERS,
)


class EventStream:
    """An answer that goes on."""

    status = 200

    def __init__(
        self,
        admission: Admission,
        request: GraphQLRequest,
        caller: Caller,
        method: str,
        again: Callable[[], Awaitable[object]],
    ) -> None:
        """`again` verifies the caller's credential anew; it raises what `Admission.caller` does."""
        self._admission = admission
        self._again = again
        self._request = request
        self._caller = caller
        self._method = method

    async def send(self, receive: Receive, send: Send, headers: Iterable[Header], stopping: asyncio.Event) -> None:
        """Until the operation ends, the client goes away, or the gateway stops."""
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        speaking = asyncio.ensure_future(self._speak(send, stopping))
        leaving = asyncio.ensure_future(_gone(receive))
        refused = asyncio.ensure_future(refusal_of(self._again))
        tasks = (speaking, leaving, refused)
        try:
            while not speaking.done():
                done, _ = await asyncio.wait(tasks, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if leaving in done:
                    break
                if refused in done and not speaking.done():
                    speaking.cancel()
                    await asyncio.gather(speaking, return_exceptions=True)
                    await self._refuse(send, refused.result())
                    break
                if not done:
                    await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            if speaking.done() and not speaking.cancelled():
                await speaking
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "http.response.body", "body": b""})

    async def _speak(self, send: Send, stopping: asyncio.Event) -> None:
        try:
            async with aclosing(told_by(self._admission, self._request, self._caller, stopping, self._method)) as every:
                async for told in every:
                    await self._say(send, told)
        except GatewayStopping as error:
            await self._say(send, {"errors": [self._caller.presenter.failure(error)]})
        await send({"type": "http.response.body", "body": _event("complete", b""), "more_body": True})

    async def _refuse(self, send: Send, error: Exception) -> None:
        await self._say(send, {"errors": [self._caller.presenter.failure(error)]})
        await send({"type": "http.response.body", "body": _event("complete", b""), "more_body": True})

    async def _say(self, send: Send, told: Mapping[str, Any]) -> None:
        await send({"type": "http.response.body", "body": _event("next", encoded(told)), "more_body": True})


def _event(name: str, data: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def refusal_of(again: Callable[[], Awaitable[object]]) -> Exception:
    """Returns once who asked may ask no longer, with why. That nobody can be asked at the moment is no reason."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            await again()
        except (Unauthenticated, ContextNotAllowed) as error:
            return error
        except (TooManyRequests, Unavailable):
            continue


class _Stop:
    """Interrupts the task it is made in, where that waits for the next of an endless stream, when the gateway stops."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._task = asyncio.current_task()
        self._event = asyncio.ensure_future(stopping.wait())
        self._event.add_done_callback(self._ring)
        self._waiting = False
        self._rang = False

    def _ring(self, event: asyncio.Future[Any]) -> None:
        if self._waiting and self._task is not None and not event.cancelled():
            self._rang = True
            self._task.cancel()

    async def next_of(self, stream: AsyncIterator[Result]) -> Result:
        """Raises GatewayStopping, or StopAsyncIteration at the stream's end."""
        if self._event.done():
            raise GatewayStopping
        self._waiting = True
        try:
            return await anext(stream)
        except asyncio.CancelledError:
            if self._rang and self._task is not None and self._task.uncancel() == 0:
                raise GatewayStopping from None
            raise
        finally:
            self._waiting = False

    def end(self) -> None:
        self._event.cancel()


async def _until(stopping: asyncio.Event, stream: AsyncIterator[Result]) -> AsyncGenerator[Result]:
    """What a stream says. Raises GatewayStopping when the gateway stops first."""
    stop = _Stop(stopping)
    try:
        while True:
            try:
                result = await stop.next_of(stream)
            except StopAsyncIteration:
                return
            yield result
    finally:
        stop.end()
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


async def told_by(
    admission: Admission, request: GraphQLRequest, caller: Caller, stopping: asyncio.Event, method: str = "POST"
) -> AsyncGenerator[dict[str, Any]]:
    """Every result of an operation as its client sees it; what keeps it from running is a result with errors. Raises
    GatewayStopping in the middle of what has no end of its own."""
    presenter = caller.presenter
    try:
        admitted = admission.admit(request, caller)
        operation = admitted.operation
        if method == "GET" and not (operation.is_query or operation.is_subscription):
            yield {"errors": [{"message": "Only queries may be sent by GET.", "extensions": {"code": "BAD_REQUEST"}}]}
            return
        context = admission.open(caller, admitted)
        extensions = admission.extensions(caller, admitted)
        if not operation.is_subscription:
            with admission.capacity:
                if admission.capacity.pressed:
                    await asyncio.sleep(0)
                result = await admission.engine.execute(admitted.request, context)
            yield presenter.result(result, extensions)
            return
        async with aclosing(_until(stopping, admission.engine.subscribe(admitted.request, context))) as results:
            async for result in results:
                yield presenter.result(result, extensions)
    except GatewayStopping:
        raise
    except Invalid as invalid:
        code = UNPARSABLE if invalid.errors[0].message.startswith("Syntax Error") else INVALID
        yield {"errors": presenter.errors(invalid.errors, code=code)}
    except Exception as error:
        yield {"errors": [presenter.failure(error)]}
