"""Calls to one Odoo, whichever protocol it speaks, decoded strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from adapters.odoo.config import OdooConfig
from adapters.odoo.protocols import DAY, Ask, Json2, JsonRpc, WireProtocol, detect_version, supported
from adapters.odoo.shelf import Shelf
from adapters.odoo.values import specification
from gateway.errors import InvalidAnswer
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.ports.transport import Transport

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")

Domain = Sequence[Any]


@lru_cache(maxsize=128)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=64)
def _page_of(row: type[msgspec.Struct]) -> Any:
    return msgspec.defstruct(f"{row.__name__}Page", [("length", int), ("records", tuple[row, ...])])


class OdooClient:
    """`version` and the JSON-RPC login are found once and kept for a day."""

    def __init__(self, config: OdooConfig, transport: Transport) -> None:
        self._config = config
        self.transport = transport
        self._version = Shelf(self._find_version, DAY)
        self._protocol: WireProtocol | None = None

    async def version(self, call: CallContext) -> int:
        if self._config.version != "auto":
            return int(self._config.version)
        return await self._version.get(call)

    async def _find_version(self, call: CallContext) -> int:
        return supported(await detect_version(self.transport, call))

    async def call(self, kind: type[T], ask: Ask, call: CallContext, context: Mapping[str, Any] | None = None) -> T:
        """The result as a `kind`. `context` adds to what every call says: the company, the language, UTC. A company
        that is not allowed is an AccessError and an unknown language a UserError, each for the whole call."""
        if self._protocol is None:
            version = await self.version(call)
            self._protocol = (Json2 if version >= 19 else JsonRpc)(self._config, self.transport)
        said = {"allowed_company_ids": [self._config.company], "lang": self._config.language, "tz": "UTC"}
        arguments = {**ask.arguments, "context": {**said, **(context or {})}}
        body = await self._protocol.call(msgspec.structs.replace(ask, arguments=arguments), call)
        try:
            return _decoder(kind).decode(body)
        except msgspec.MsgspecError as error:
            # The message names a path and types, never a value.
            raise InvalidAnswer(detail=f"{ask.name}: {error}") from error

    async def search(
        self,
        row: type[R],
        model: str,
        domain: Domain,
        call: CallContext,
        *,
        operation: str,
        order: str = "",
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
        max_response_bytes: int = MEBIBYTE,
    ) -> tuple[R, ...]:
        """`web_search_read` with the specification that fills `row`: relations come with the same call. Without
        `order`, the model's own."""
        asked = specification(row, await self.version(call))
        arguments: dict[str, Any] = {"domain": domain, "specification": asked}
        if order:
            arguments["order"] = order
        if limit is not None:
            arguments["limit"] = limit
        ask = Ask(
            model=model,
            method="web_search_read",
            arguments=arguments,
            operation=operation,
            max_response_bytes=max_response_bytes,
        )
        page: Any = await self.call(_page_of(row), ask, call, context)
        return page.records

    async def close(self) -> None:
        await self._version.close()
        if self._protocol is not None:
            await self._protocol.close()
