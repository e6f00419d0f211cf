"""One HTTP request to Square through the injected transport, decoded strictly, refusals raised."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from adapters.square.config import SquareConfig
from adapters.square.errors import refusal
from adapters.square.rows import Answer
from gateway.errors import InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.pages import cursor_pages
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.model.written_times import http_date
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request, Response, asked_to_wait

A = TypeVar("A", bound=Answer)

MAX_BYTES = 16 * MEBIBYTE
MAX_PAGES = 200
"""A runaway cursor is an invalid answer, not an endless loop."""

Body = Mapping[str, object]


class SquareClient:
    def __init__(self, env: AdapterEnvironment[SquareConfig]) -> None:
        self.their_time: datetime | None = None
        """Square's own time of day when it last answered, to the second below."""
        self._transport = env.transport
        self._clock = env.clock
        self._headers = {
            "authorization": f"Bearer {env.config.access_token.reveal()}",
            "square-version": env.config.square_version,
            "accept": "application/json",
            "content-type": "application/json",
        }

    async def post(self, path: str, body: Body, kind: type[A], call: CallContext) -> A:
        return self._read(await self._send("POST", path, msgspec.json.encode(body), call), kind)

    async def put(self, path: str, body: Body, kind: type[A], call: CallContext) -> A:
        return self._read(await self._send("PUT", path, msgspec.json.encode(body), call), kind)

    async def get(self, path: str, kind: type[A], call: CallContext) -> A:
        return self._read(await self._send("GET", path, None, call), kind)

    async def find(self, path: str, kind: type[A], call: CallContext) -> A | None:
        """Like `get`; None where Square has no such thing (404)."""
        response = await self._send("GET", path, None, call)
        return None if response.status == 404 else self._read(response, kind)

    def pages(self, path: str, body: Body, kind: type[A], call: CallContext) -> AsyncIterator[A]:
        """Every page of a search, in order. Ends by raising if the cursor never ends."""

        async def page(cursor: str | None) -> A:
            return await self.post(path, {**body, "cursor": cursor} if cursor else body, kind, call)

        return cursor_pages(page, lambda answer: answer.cursor, most=MAX_PAGES, what=path)

    async def _send(self, method: str, path: str, body: bytes | None, call: CallContext) -> Response:
        request = Request(method=method, path=path, headers=self._headers, body=body, max_response_bytes=MAX_BYTES)
        response = await self._transport.send(request, call)
        self.their_time = http_date(response.headers.get("date", ""), self._clock()) or self.their_time
        return response

    def _read(self, response: Response, kind: type[A]) -> A:
        if response.status != 200:
            try:
                errors = decoded(response.body, Answer).errors or ()
            except InvalidAnswer:
                errors = ()
            raise refusal(response.status, errors, asked_to_wait(response))
        answer = decoded(response.body, kind)
        if answer.errors:
            raise refusal(response.status, answer.errors)
        return answer
