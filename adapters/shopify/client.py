"""One shop's two GraphQL endpoints: sends a document through the injected transport, decodes the answer strictly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from adapters.shopify.config import ShopifyConfig
from adapters.shopify.cost import CostBook
from adapters.shopify.errors import Envelope, failure, refusal
from gateway.errors import ConfigurationError, InvalidAnswer
from gateway.model.context import CallContext
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request

API_VERSION = "2026-10"
MAX_BYTES = 8 << 20
A = TypeVar("A")

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ENVELOPE = msgspec.json.Decoder(Envelope, float_hook=Decimal)
STOREFRONT_HEADERS = {
    "private": "shopify-storefront-private-token",
    "public": "x-shopify-storefront-access-token",
}


class Document(Struct, frozen=True):
    """A GraphQL document with one operation. `api` is `admin` or `storefront`."""

    api: str
    name: str
    text: str


@lru_cache(maxsize=64)
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape, float_hook=Decimal)


class Client:
    def __init__(self, env: AdapterEnvironment, config: ShopifyConfig) -> None:
        self._transport = env.transport
        self._admin_headers = {"x-shopify-access-token": config.admin_token.reveal()}
        self._storefront_headers: Mapping[str, str] = {}
        self.has_storefront = config.storefront_token is not None
        if config.storefront_token is not None:
            header = STOREFRONT_HEADERS.get(config.storefront_token_kind)
            if header is None:
                raise ConfigurationError(
                    "must be `private` or `public`", place=f"backends.{env.name}.storefront_token_kind"
                )
            self._storefront_headers = {header: config.storefront_token.reveal()}
        self.costs = CostBook(config.query_cost_limit, config.cost_scale)

    async def ask(
        self,
        document: Document,
        variables: Mapping[str, Any],
        shape: type[A],
        *,
        operation: str,
        call: CallContext,
        points: float = 1.0,
    ) -> A:
        """The answer's `data` as `shape`. `operation` names the port's operation, `points` what the query is expected
        to cost (Storefront has no such budget). Raises AdapterError; an answer with any error is no answer."""
        admin = document.api == "admin"
        prefix = "/admin" if admin else ""
        headers = self._admin_headers if admin else self._storefront_headers
        response = await self._transport.send(
            Request(
                method="POST",
                path=f"{prefix}/api/{API_VERSION}/graphql.json",
                operation=operation,
                headers={**headers, "content-type": "application/json", "accept": "application/json"},
                body=_ENCODER.encode({"query": document.text, "operationName": document.name, "variables": variables}),
                max_response_bytes=MAX_BYTES,
                cost=points if admin else 0.0,
            ),
            call,
        )
        if error := refusal(response):
            raise error
        try:
            envelope = _ENVELOPE.decode(response.body)
            if error := failure(envelope):
                raise error
            return _decoder(shape).decode(envelope.data)
        except msgspec.ValidationError as error:
            raise InvalidAnswer(detail=f"{document.name}: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise InvalidAnswer(detail=f"{document.name}: no JSON") from None
