"""The two ways Odoo is spoken to: JSON-2 (19) and JSON-RPC (17, 18, and still 19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from adapters.odoo.config import OdooConfig
from adapters.odoo.errors import OdooFault, from_fault, from_status
from gateway.errors import ConfigurationError, CredentialsRefused, InvalidAnswer, RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.tables import Table
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.model.written_numbers import whole_of
from gateway.ports.transport import Request, Transport

DAY = 86_400.0
LOGIN, VERSION = ERRANDS = ("login", "version")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One method call. `ids` are the records it is made on (None: a method of the model)."""

    model: str
    method: str
    arguments: Mapping[str, Any]
    ids: Sequence[int] | None = None
    max_response_bytes: int = MEBIBYTE

    @property
    def name(self) -> str:
        return f"{self.model}.{self.method}"


class WireProtocol(Protocol):
    async def call(self, ask: Ask, call: CallContext) -> bytes:
        """The JSON text of the method's result; `null` where it returned nothing."""
        ...

    async def close(self) -> None: ...


class Json2:
    """`POST /json/2/<model>/<method>` with named arguments. Source: addons/rpc/controllers/json2.py, and seen on a real
    Odoo 19."""

    def __init__(self, config: OdooConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport

    async def call(self, ask: Ask, call: CallContext) -> bytes:
        headers = {"authorization": f"bearer {self._config.api_key.reveal()}"}
        if self._config.database:
            headers["x-odoo-database"] = self._config.database
        body = {**ask.arguments} if ask.ids is None else {**ask.arguments, "ids": list(ask.ids)}
        return await _posted(self._transport, f"/json/2/{ask.model}/{ask.method}", body, ask, call, headers=headers)

    async def close(self) -> None:
        return None


class _RpcError(msgspec.Struct):
    data: OdooFault


class _RpcAnswer(msgspec.Struct):
    """A method that returns nothing answers without `result`."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _RpcError | None = None


class JsonRpc:
    """`POST /jsonrpc`, service `object`, method `execute_kw`; the user's id comes from `common.authenticate`, asked
    once a day and again when a credential is refused."""

    def __init__(self, config: OdooConfig, transport: Transport, clock: Callable[[], datetime]) -> None:
        if not (config.database and config.login):
            raise ConfigurationError("JSON-RPC needs `database` and `login`")
        self._transport = transport
        self._database, self._login, self._key = config.database, config.login, config.api_key
        self._user = Table(self._authenticate, DAY, clock)
        self.close = self._user.close

    async def call(self, ask: Ask, call: CallContext) -> bytes:
        user = await self._user.get(call, kept_is_enough=True)
        positional = [] if ask.ids is None else [list(ask.ids)]
        arguments = [self._database, user, self._key.reveal(), ask.model, ask.method, positional, ask.arguments]
        try:
            return await _rpc(self._transport, "object", "execute_kw", arguments, ask, call)
        except CredentialsRefused:
            self._user.forget()
            raise

    async def _authenticate(self, call: CallContext) -> int:
        arguments: list[Any] = [self._database, self._login, self._key.reveal(), {}]
        body = await _common(self._transport, "authenticate", arguments, LOGIN, call)
        if body == b"false":
            raise CredentialsRefused(detail="login refused: check `database`, `login` and `api_key`")
        return decoded(body, int, "common.authenticate")


async def _common(transport: Transport, method: str, arguments: list[Any], errand: str, call: CallContext) -> bytes:
    ask = Ask(model="common", method=method, arguments={})
    return await _rpc(transport, "common", method, arguments, ask, call, errand)


async def _rpc(
    transport: Transport,
    service: str,
    method: str,
    arguments: list[Any],
    ask: Ask,
    call: CallContext,
    errand: str | None = None,
) -> bytes:
    """Status 200 is not yet a success."""
    params = {"service": service, "method": method, "args": arguments}
    body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
    answer = decoded(await _posted(transport, "/jsonrpc", body, ask, call, errand), _RpcAnswer, ask.name)
    if answer.error is not None:
        raise from_fault(answer.error.data, ask.name)
    return bytes(answer.result)


async def _posted(
    transport: Transport,
    path: str,
    body: Mapping[str, Any],
    ask: Ask,
    call: CallContext,
    errand: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    request = Request(
        method="POST",
        path=path,
        operation=errand,
        headers={"content-type": "application/json", **(headers or {})},
        body=msgspec.json.encode(body),
        max_response_bytes=ask.max_response_bytes,
    )
    response = await transport.send(request, call)
    if response.status != 200:
        raise from_status(response, ask.name)
    return response.body


class _Json2Version(msgspec.Struct):
    version_info: tuple[int | str, ...]


class _RpcVersion(msgspec.Struct):
    server_version_info: tuple[int | str, ...]


async def detect_version(transport: Transport, call: CallContext) -> int:
    """The running server's major version: `/json/version` of 19, else `common.version`. Needs no credential."""
    try:
        response = await transport.send(Request(method="GET", path="/json/version", operation=VERSION), call)
    except InvalidAnswer:  # a redirect, which is never followed: an older server without such an address
        response = None
    try:
        if response is not None and response.status == 200:
            return _major(decoded(response.body, _Json2Version, "version").version_info[0])
        body = await _common(transport, "version", [], VERSION, call)
        return _major(decoded(body, _RpcVersion, "common.version").server_version_info[0])
    except (ValueError, IndexError) as error:
        raise InvalidAnswer(detail="the server does not say its version") from error


def _major(written: int | str) -> int:
    return written if isinstance(written, int) else whole_of(written)


def supported(version: int) -> int:
    if not 17 <= version <= 19:
        raise RequestRefused(detail=f"Odoo {version} is not known to this adapter; 17 to 19 are")
    return version
