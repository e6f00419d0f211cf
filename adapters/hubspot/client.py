"""One HTTP request to HubSpot over the injected transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.errors import refusal
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request

A = TypeVar("A")

CONTACTS = "/crm/v3/objects/contacts"


class HubSpotClient:
    def __init__(self, env: AdapterEnvironment[HubSpotConfig]) -> None:
        self._env = env

    async def post(self, path: str, body: Mapping[str, object], answer: type[A], call: CallContext) -> A:
        headers = {"content-type": "application/json"}
        return await self._send(
            Request(method="POST", path=path, headers=headers, body=msgspec.json.encode(body)), answer, call
        )

    async def get(self, path: str, answer: type[A], call: CallContext, query: Mapping[str, str] | None = None) -> A:
        """Raises NotFound for what HubSpot does not have."""
        return await self._send(Request(method="GET", path=path, query=query or {}), answer, call)

    async def _send(self, request: Request, answer: type[A], call: CallContext) -> A:
        token = f"Bearer {self._env.config.access_token.reveal()}"
        headers = {**request.headers, "authorization": token}
        response = await self._env.transport.send(msgspec.structs.replace(request, headers=headers), call)
        if response.status not in (200, 207):
            raise refusal(response, self._env.name)
        return decoded(response.body, answer, source=self._env.name)
