"""One GraphQL request to Vendure's admin or shop API over the injected transport. Credentials, the guard against the
silent default channel, and errors live here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from adapters.vendure.config import VendureConfig
from adapters.vendure.errors import SilentDefaultChannel, by_status, refusal
from gateway.errors import CredentialsRefused, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.graphql import envelope, request_body
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request, Response

ADMIN = "/admin-api"
SHOP = "/shop-api"
LOGIN_AGAIN_AFTER = 30.0
"""Seconds. Vendure says FORBIDDEN both to a session that has ended and to a missing permission; only the first is
helped by another login, so it is not tried more often than this."""

GUARD = "activeChannel { token }"
"""Every document but the login selects it."""
LOGIN = """mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    __typename
    ... on ErrorResult { errorCode }
  }
}"""

T = TypeVar("T")


class _Channel(msgspec.Struct, frozen=True):
    token: str


class _Guard(msgspec.Struct, frozen=True, rename="camel"):
    active_channel: _Channel


class _LoginOutcome(msgspec.Struct, frozen=True, rename="camel"):
    typename: str = msgspec.field(name="__typename")
    error_code: str = ""


class _LoginData(msgspec.Struct, frozen=True):
    login: _LoginOutcome


class VendureClient:
    """Safe for concurrent use; at most one login is under way."""

    def __init__(self, env: AdapterEnvironment[VendureConfig]) -> None:
        self._transport = env.transport
        self._name = env.name
        self._config = env.config
        self._session: str | None = None
        self._session_since = 0.0
        self._login = asyncio.Lock()

    async def ask(
        self,
        document: str,
        answer: type[T],
        call: CallContext,
        variables: Mapping[str, object] | None = None,
        *,
        channel: str | None = None,
        language: str | None = None,
        currency: str | None = None,
        path: str = ADMIN,
        guarded: bool = True,
        max_response_bytes: int = MEBIBYTE,
    ) -> T:
        """The `data` of the answer. `channel` is a Vendure channel token, empty for the default channel, None for the
        configured one. `guarded` False: a mutation, which cannot ask for the channel beside; a query has asked before.
        Raises AdapterError."""
        token = self._config.channel_token if channel is None else channel
        parameters = {"languageCode": language, "currencyCode": currency}
        request = Request(
            method="POST",
            path=path,
            headers=_JSON | ({"vendure-token": token} if token else {}),
            query={name: value for name, value in parameters.items() if value},
            body=request_body(document, variables or {}),
            max_response_bytes=max_response_bytes,
        )
        data = await self._admitted(request, call)
        if token and guarded and self._decoded(data, _Guard).active_channel.token != token:
            # A server with a single channel answers any channel token with that channel's prices, without an error.
            raise SilentDefaultChannel(
                source=self._name,
                detail="no channel has the configured channel token; the server answered from its default channel",
            )
        return self._decoded(data, answer)

    async def _admitted(self, request: Request, call: CallContext) -> msgspec.Raw:
        """With the credentials. The shop API is read as an anonymous visitor."""
        if request.path == SHOP:
            return await self._post(request, {}, call)
        if self._config.api_key is not None:
            return await self._post(request, {"vendure-api-key": self._config.api_key.reveal()}, call)
        if self._session is None:
            await self._renew(None, call)
        session = self._session
        try:
            return await self._post(request, _bearer(session), call)
        except CredentialsRefused:
            if not await self._renew(session, call):
                raise
        return await self._post(request, _bearer(self._session), call)

    async def _post(self, request: Request, credentials: Mapping[str, str], call: CallContext) -> msgspec.Raw:
        headers = {**request.headers, **credentials}
        return self._data(await self._transport.send(msgspec.structs.replace(request, headers=headers), call))

    def _data(self, response: Response) -> msgspec.Raw:
        try:
            answer = envelope(response.body, "not GraphQL", source=self._name)
        except InvalidAnswer as invalid:
            raise by_status(response, self._name) or invalid from None
        if not answer.refusals and (refused := by_status(response, self._name)):
            raise refused
        return answer.whole(lambda errors: refusal(errors, self._name), source=self._name)

    def _decoded(self, data: msgspec.Raw, answer: type[T]) -> T:
        return decoded(data, answer, source=self._name)

    async def _renew(self, failed: str | None, call: CallContext) -> bool:
        """Log in, unless another call has done so since `failed` was sent. False: another login would not help."""
        async with self._login:
            if self._session != failed:
                return True
            if failed is not None and time.monotonic() - self._session_since < LOGIN_AGAIN_AFTER:
                return False
            self._session = await self._log_in(call)
            self._session_since = time.monotonic()
            return True

    async def _log_in(self, call: CallContext) -> str:
        password = self._config.password
        variables = {"username": self._config.username, "password": password.reveal() if password else ""}
        request = Request(method="POST", path=ADMIN, headers=_JSON, body=request_body(LOGIN, variables))
        response = await self._transport.send(request, call)
        outcome = self._decoded(self._data(response), _LoginData).login
        if outcome.typename != "CurrentUser":
            raise CredentialsRefused(source=self._name, detail=f"login: {outcome.error_code or outcome.typename}")
        session = response.headers.get("vendure-auth-token")
        if not session:
            raise CredentialsRefused(
                source=self._name, detail="login gave no token: `bearer` is missing in the server's `tokenMethod`"
            )
        return session


_JSON: dict[str, str] = {"content-type": "application/json"}


def _bearer(session: str | None) -> Mapping[str, str]:
    return {"authorization": f"Bearer {session}"}
