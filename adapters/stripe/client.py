"""One HTTP request to Stripe over the injected transport: forms in, JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from adapters.stripe.config import StripeConfig
from adapters.stripe.errors import refusal
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request, Response

A = TypeVar("A", bound=Struct)

VERSION = "2024-06-20"
"""Of the API, whatever the account's default is: what a name means is fixed by it."""
Form = Mapping[str, str | int]


class StripeClient:
    def __init__(self, env: AdapterEnvironment[StripeConfig]) -> None:
        self._env = env

    async def get(self, path: str, answer: type[A], call: CallContext, query: Mapping[str, str] | None = None) -> A:
        """Raises NotFound for what Stripe does not have."""
        response = await self._send(Request(method="GET", path=path, query=query or {}), call)
        if response.status != 200:
            raise refusal(response, self._env.name)
        return decoded(response.body, answer, source=self._env.name)

    async def post(self, path: str, form: Form, key: str, call: CallContext) -> Response:
        """Whatever comes back. `key`: asked again under it, Stripe answers what it answered first, for a day at
        least."""
        headers = {"content-type": "application/x-www-form-urlencoded", "idempotency-key": key}
        return await self._send(Request(method="POST", path=path, headers=headers, body=urlencode(form).encode()), call)

    async def _send(self, request: Request, call: CallContext) -> Response:
        token = f"Bearer {self._env.config.secret_key.reveal()}"
        headers = {**request.headers, "authorization": token, "stripe-version": VERSION}
        return await self._env.transport.send(replace(request, headers=headers), call)


def is_replayed(response: Response) -> bool:
    """It is an answer of before, and says how things stood then."""
    return response.headers.get("idempotent-replayed") == "true"
