"""Calls to one Odoo, whichever protocol it speaks, decoded strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

import msgspec

from adapters.odoo.config import OdooConfig
from adapters.odoo.protocols import Ask, authenticate, detect_version, json2, json_rpc, supported
from adapters.odoo.values import specification
from gateway.errors import CredentialsRefused, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.tables import Table
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.ports.transport import Transport

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")

Domain = Sequence[Any]
DAY = 86_400.0


@lru_cache(maxsize=64)
def _page_of(row: type[msgspec.Struct]) -> Any:
    return msgspec.defstruct(f"{row.__name__}Page", [("length", int), ("records", tuple[row, ...])])


class OdooClient:
    """`version` and the JSON-RPC login are found once and kept for a day; the login until a credential is refused."""

    def __init__(self, config: OdooConfig, transport: Transport, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._clock = clock
        self._said = {"allowed_company_ids": [config.company], "lang": config.language, "tz": "UTC"}
        self.transport = transport
        self._version = Table(self._find_version, DAY, clock)
        self._user = Table(partial(authenticate, transport, config), DAY, clock)

    def speaking(self, language: str, company: int) -> OdooClient:
        """Another one, as the same user in another language and for another company."""
        config = msgspec.structs.replace(self._config, language=language, company=company)
        return OdooClient(config, self.transport, self._clock)

    async def version(self, call: CallContext) -> int:
        if self._config.version != "auto":
            return int(self._config.version)
        return await self._version.get(call, kept_is_enough=True)

    async def _find_version(self, call: CallContext) -> int:
        return supported(await detect_version(self.transport, call))

    async def call(
        self,
        kind: type[T],
        model: str,
        method: str,
        arguments: Mapping[str, Any],
        call: CallContext,
        *,
        ids: Sequence[int] | None = None,
        context: Mapping[str, Any] | None = None,
        max_response_bytes: int = MEBIBYTE,
    ) -> T:
        """The result as a `kind`. `ids` are the records the method is called on (None: on the model). `context` adds to
        what every call says: the company, the language, UTC. A company that is not allowed is an AccessError and an
        unknown language a UserError, each for the whole call. `max_response_bytes`: where the operation's own does not
        do, as for tables."""
        told = {**arguments, "context": {**self._said, **(context or {})}}
        ask = Ask(model=model, method=method, arguments=told, ids=ids, max_response_bytes=max_response_bytes)
        return await self._answered(kind, ask, call)

    async def create(self, model: str, values: Mapping[str, Any], call: CallContext) -> int:
        """The id of a new record."""
        return (await self.create_all(model, (values,), call))[0]

    async def create_all(self, model: str, several: Sequence[Mapping[str, Any]], call: CallContext) -> list[int]:
        """The ids of new records, in their order: all of them are made, or none."""
        ask = Ask(model=model, method="create", arguments={"context": self._said}, made=several)
        made = await self._answered(list[int], ask, call)
        if len(made) != len(several):
            raise InvalidAnswer(detail=f"{ask.name}: {len(several)} records asked for, {len(made)} told")
        return made

    async def _answered(self, kind: type[T], ask: Ask, call: CallContext) -> T:
        if await self.version(call) >= 19:
            return decoded(await json2(self.transport, self._config, ask, call), kind, ask.name)
        user = await self._user.get(call, kept_is_enough=True)
        try:
            return decoded(await json_rpc(self.transport, self._config, user, ask, call), kind, ask.name)
        except CredentialsRefused:
            self._user.forget()
            raise

    async def search(
        self,
        row: type[R],
        model: str,
        domain: Domain,
        call: CallContext,
        *,
        order: str = "",
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
        max_response_bytes: int = MEBIBYTE,
    ) -> tuple[R, ...]:
        """`web_search_read` with the specification that fills `row`: relations come with the same call. Without
        `order`, the model's own."""
        arguments: dict[str, Any] = {"domain": domain, "specification": specification(row, await self.version(call))}
        if order:
            arguments["order"] = order
        if limit is not None:
            arguments["limit"] = limit
        page: Any = await self.call(
            _page_of(row),
            model,
            "web_search_read",
            arguments,
            call,
            context=context,
            max_response_bytes=max_response_bytes,
        )
        return page.records

    async def close(self) -> None:
        await self._version.close()
        await self._user.close()
