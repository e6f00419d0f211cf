"""The two ways Odoo is spoken to: JSON-2 (19) and JSON-RPC (17, 18, and still 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adapters.odoo.config import OdooConfig
from adapters.odoo.errors import OdooFault, from_fault, from_status
from gateway.errors import ConfigurationError, CredentialsRefused, InvalidAnswer, RequestRefused
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.model.written_numbers import whole_of
from gateway.ports.transport import Request, Transport


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One method call. `ids` are the records it is made on (None: a method of the model), `made` those that `create`
    makes. `errand`: what it is for, if no operation."""

    model: str
    method: str
    arguments: Mapping[str, Any] = {}
    ids: Sequence[int] | None = None
    made: Sequence[Mapping[str, Any]] | None = None
    max_response_bytes: int = MEBIBYTE
    errand: str | None = None

    @property
    def name(self) -> str:
        return f"{self.model}.{self.method}"


_AUTHENTICATE = Ask(model="common", method="authenticate", errand="login")
_VERSION = Ask(model="common", method="version", errand="version")
ERRANDS = ("login", "version")


async def json2(transport: Transport, config: OdooConfig, ask: Ask, call: CallContext) -> bytes:
    """The JSON text of the method's result. `POST /json/2/<model>/<method>` with named arguments. Source:
    addons/rpc/controllers/json2.py, and seen on a real Odoo 19."""
    headers = {"authorization": f"bearer {config.api_key.reveal()}"}
    if config.database:
        headers["x-odoo-database"] = config.database
    body = {**ask.arguments} if ask.ids is None else {**ask.arguments, "ids": list(ask.ids)}
    if ask.made is not None:
        body["vals_list"] = ask.made
    return await _posted(transport, f"/json/2/{ask.model}/{ask.method}", body, ask, call, headers)


async def json_rpc(transport: Transport, config: OdooConfig, user: int, ask: Ask, call: CallContext) -> bytes:
    """The same by `POST /jsonrpc`, service `object`, method `execute_kw`; `null` where the method returned nothing.
    What is made has to be the first argument, not a named one: the answer's shape is taken from there."""
    first = ask.made if ask.ids is None else ask.ids
    positional = [] if first is None else [list(first)]
    said = [config.database, user, config.api_key.reveal(), ask.model, ask.method, positional, ask.arguments]
    return await _rpc(transport, "object", "execute_kw", said, ask, call)


async def authenticate(transport: Transport, config: OdooConfig, call: CallContext) -> int:
    """The user's id, which JSON-RPC wants with each call."""
    if not (config.database and config.login):
        raise ConfigurationError("JSON-RPC needs `database` and `login`")
    said = [config.database, config.login, config.api_key.reveal(), dict[str, Any]()]
    body = await _rpc(transport, "common", "authenticate", said, _AUTHENTICATE, call)
    if body == b"false":
        raise CredentialsRefused(detail="login refused: check `database`, `login` and `api_key`")
    return decoded(body, int, _AUTHENTICATE.name)


class _RpcError(msgspec.Struct):
    data: OdooFault


class _RpcAnswer(msgspec.Struct):
    """A method that returns nothing answers without `result`."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _RpcError | None = None


async def _rpc(
    transport: Transport, service: str, method: str, arguments: list[Any], ask: Ask, call: CallContext
) -> bytes:
    """Status 200 is not yet a success."""
    params = {"service": service, "method": method, "args": arguments}
    body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
    answer = decoded(await _posted(transport, "/jsonrpc", body, ask, call), _RpcAnswer, ask.name)
    if answer.error is not None:
        raise from_fault(answer.error.data, ask.name)
    return bytes(answer.result)


async def _posted(
    transport: Transport, path: str, body: object, ask: Ask, call: CallContext, headers: Mapping[str, str] | None = None
) -> bytes:
    request = Request(
        method="POST",
        path=path,
        operation=ask.errand,
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
        response = await transport.send(Request(method="GET", path="/json/version", operation=_VERSION.errand), call)
    except InvalidAnswer:  # a redirect, which is never followed: an older server without such an address
        response = None
    try:
        if response is not None and response.status == 200:
            return _major(decoded(response.body, _Json2Version, "version").version_info[0])
        body = await _rpc(transport, "common", "version", [], _VERSION, call)
        return _major(decoded(body, _RpcVersion, _VERSION.name).server_version_info[0])
    except (ValueError, IndexError) as error:
        raise InvalidAnswer(detail="the server does not say its version") from error


def _major(written: int | str) -> int:
    return written if isinstance(written, int) else whole_of(written)


def supported(version: int) -> int:
    if not 17 <= version <= 19:
        raise RequestRefused(detail=f"Odoo {version} is not known to this adapter; 17 to 19 are")
    return version
