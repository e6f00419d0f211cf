"""The two ways Odoo is spoken to: JSON-2 (19) and JSON-RPC (17, 18, and still 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from adapters.odoo.config import OdooConfig
from adapters.odoo.errors import OdooFault, from_fault, from_status
from adapters.odoo.shelf import Shelf
from gateway.errors import ConfigurationError, CredentialsRefused, InvalidAnswer, RequestRefused
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.model.written_numbers import whole_of
from gateway.ports.transport import Request, Response, Transport

DAY = 86_400.0


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One method call. `ids` are the records it is made on (None: a method of the model). `operation` names the port's
    operation for metrics."""

    model: str
    method: str
    arguments: Mapping[str, Any]
    operation: str
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
        headers = {
            "authorization": f"bearer {self._config.api_key.reveal()}",
            "content-type": "application/json",
        }
        if self._config.database:
            headers["x-odoo-database"] = self._config.database
        body = dict(ask.arguments)
        if ask.ids is not None:
            body["ids"] = list(ask.ids)
        response = await self._transport.send(
            Request(
                method="POST",
                path=f"/json/2/{ask.model}/{ask.method}",
                operation=ask.operation,
                headers=headers,
                body=msgspec.json.encode(body),
                max_response_bytes=ask.max_response_bytes,
            ),
            call,
        )
        if response.status != 200:
            raise from_status(response, ask.name)
        return response.body

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

    def __init__(self, config: OdooConfig, transport: Transport) -> None:
        if not (config.database and config.login):
            raise ConfigurationError("JSON-RPC needs `database` and `login`")
        self._config = config
        self._transport = transport
        self._user = Shelf(self._authenticate, DAY)

    async def call(self, ask: Ask, call: CallContext) -> bytes:
        user = await self._user.get(call)
        positional: list[Any] = [] if ask.ids is None else [list(ask.ids)]
        arguments: list[Any] = [
            self._config.database,
            user,
            self._config.api_key.reveal(),
            ask.model,
            ask.method,
            positional,
            ask.arguments,
        ]
        try:
            rpc = Rpc("object", "execute_kw", arguments, ask.operation, ask.name, ask.max_response_bytes)
            return await send_rpc(self._transport, rpc, call)
        except CredentialsRefused:
            self._user.expire()
            raise

    async def _authenticate(self, call: CallContext) -> int:
        arguments: list[Any] = [self._config.database, self._config.login, self._config.api_key.reveal(), {}]
        rpc = Rpc("common", "authenticate", arguments, "login", "common.authenticate")
        body = await send_rpc(self._transport, rpc, call)
        if body == b"false":
            raise CredentialsRefused(detail="login refused: check `database`, `login` and `api_key`")
        try:
            return msgspec.json.decode(body, type=int)
        except msgspec.MsgspecError as error:
            raise InvalidAnswer(detail="a login that is no user id") from error

    async def close(self) -> None:
        await self._user.close()


class Rpc(msgspec.Struct, frozen=True):
    """One JSON-RPC call. `asked` names the model and method in errors."""

    service: str
    method: str
    arguments: Sequence[Any]
    operation: str
    asked: str
    max_response_bytes: int = MEBIBYTE


async def send_rpc(transport: Transport, rpc: Rpc, call: CallContext) -> bytes:
    """Status 200 is not yet a success."""
    params = {"service": rpc.service, "method": rpc.method, "args": rpc.arguments}
    response = await transport.send(
        Request(
            method="POST",
            path="/jsonrpc",
            operation=rpc.operation,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}),
            max_response_bytes=rpc.max_response_bytes,
        ),
        call,
    )
    if response.status != 200:
        raise from_status(response, rpc.asked)
    return _unwrap(response, rpc.asked)


def _unwrap(response: Response, asked: str) -> bytes:
    try:
        answer = msgspec.json.decode(response.body, type=_RpcAnswer)
    except msgspec.MsgspecError as error:
        raise InvalidAnswer(detail=f"no JSON-RPC answer at {asked}") from error
    if answer.error is not None:
        raise from_fault(answer.error.data, asked)
    return bytes(answer.result)


class _Json2Version(msgspec.Struct):
    version_info: tuple[int | str, ...]


class _RpcVersion(msgspec.Struct):
    server_version_info: tuple[int | str, ...]


async def detect_version(transport: Transport, call: CallContext) -> int:
    """The running server's major version: `/json/version` of 19, else `common.version`. Needs no credential."""
    try:
        response = await transport.send(Request(method="GET", path="/json/version", operation="version"), call)
    except InvalidAnswer:  # a redirect, which is never followed: an older server without such an address
        response = None
    try:
        if response is not None and response.status == 200:
            return _major(msgspec.json.decode(response.body, type=_Json2Version).version_info[0])
        body = await send_rpc(transport, Rpc("common", "version", [], "version", "common.version"), call)
        return _major(msgspec.json.decode(body, type=_RpcVersion).server_version_info[0])
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise InvalidAnswer(detail="the server does not say its version") from error


def _major(written: int | str) -> int:
    return written if isinstance(written, int) else whole_of(written)


def supported(version: int) -> int:
    if not 17 <= version <= 19:
        raise RequestRefused(detail=f"Odoo {version} is not known to this adapter; 17 to 19 are")
    return version
