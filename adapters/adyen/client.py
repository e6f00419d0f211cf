"""One HTTP request to Adyen Checkout over the injected transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.adyen.config import AdyenConfig
from adapters.adyen.errors import refusal
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request, Response

A = TypeVar("A", bound=Struct)

VERSION = "v72"


class AdyenClient:
    def __init__(self, env: AdapterEnvironment[AdyenConfig]) -> None:
        self._env = env

    async def get(self, path: str, answer: type[A], call: CallContext, query: Mapping[str, str] | None = None) -> A:
        return await self._send(Request(method="GET", path=f"/{VERSION}{path}", query=query or {}), answer, call)

    async def post(
        self, path: str, body: Mapping[str, object], answer: type[A], call: CallContext, key: str | None = None
    ) -> A:
        """For our merchant account. `key`: asked again under it, Adyen answers what it answered first, for a week at
        least."""
        ours = {"merchantAccount": self._env.config.merchant_account, **body}
        return await self.submit(path, ours, answer, call, key)

    async def submit(
        self, path: str, body: Mapping[str, object], answer: type[A], call: CallContext, key: str | None = None
    ) -> A:
        """The one request that names no merchant account is what an action brought back."""
        headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
        request = Request(method="POST", path=f"/{VERSION}{path}", headers=headers, body=msgspec.json.encode(body))
        return await self._send(request, answer, call)

    async def delete(self, path: str, query: Mapping[str, str], call: CallContext) -> None:
        """It answers nothing, and knows no key."""
        await self._answered(Request(method="DELETE", path=f"/{VERSION}{path}", query=query), call)

    async def _send(self, request: Request, answer: type[A], call: CallContext) -> A:
        response = await self._answered(request, call)
        return decoded(response.body, answer, source=self._env.name)

    async def _answered(self, request: Request, call: CallContext) -> Response:
        headers = {**request.headers, "x-api-key": self._env.config.api_key.reveal()}
        response = await self._env.transport.send(replace(request, headers=headers), call)
        if response.status not in (200, 201, 204):
            raise refusal(response, self._env.name)
        return response
