"""Below the adapter: one GraphQL request to Vendure's admin or shop API over the injected transport. Credentials, the
guard against the silent default channel, and errors live here."""

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


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Every document but the login selects `activeChannel { token }`. `channel` is a Vendure channel
    token, empty for the default channel."""

    document: str
    operation: str
    variables: Mapping[str, object] = {}
    channel: str = ""
    language: str | None = None
    currency: str | None = None
    path: str = ADMIN
    max_response_bytes: int = MEBIBYTE


class VendureClient:
    """Safe for concurrent use; at most one login is under way."""

    def __init__(self, environment: AdapterEnvironment, config: VendureConfig) -> None:
        self._transport = environment.transport
        self._name = environment.name
        self._config = config
        self._session: str | None = None
        self._session_since = 0.0
        self._login = asyncio.Lock()

    async def send(self, query: Query, answer: type[T], call: CallContext) -> T:
        """The `data` of the answer. Raises AdapterError."""
        headers, session = await self._headers(query, call)
        try:
            data = await self._post(query, headers, call)
        except CredentialsRefused:
            if session is None or not await self._renew(session, call):
                raise
            headers, _ = await self._headers(query, call)
            data = await self._post(query, headers, call)
        self._check_channel(query, data)
        return self.decode(data, answer)

    async def _post(self, query: Query, headers: Mapping[str, str], call: CallContext) -> msgspec.Raw:
        response = await self._attempt(query, headers, call)
        return self._data(response)

    async def _attempt(self, query: Query, headers: Mapping[str, str], call: CallContext) -> Response:
        parameters = {"languageCode": query.language, "currencyCode": query.currency}
        return await self._transport.send(
            Request(
                method="POST",
                path=query.path,
                operation=query.operation,
                headers=headers,
                query={name: value for name, value in parameters.items() if value},
                body=request_body(query.document, query.variables),
                max_response_bytes=query.max_response_bytes,
            ),
            call,
        )

    def _data(self, response: Response) -> msgspec.Raw:
        try:
            answer = envelope(response.body, "not GraphQL", source=self._name)
        except InvalidAnswer as invalid:
            raise by_status(response, self._name) or invalid from None
        if not answer.refusals and (refused := by_status(response, self._name)):
            raise refused
        return answer.whole(lambda errors: refusal(errors, self._name), source=self._name)

    def decode(self, data: msgspec.Raw, answer: type[T]) -> T:
        return decoded(data, answer, source=self._name)

    def _check_channel(self, query: Query, data: msgspec.Raw) -> None:
        """A server with a single channel answers any channel token with that channel's prices, without an error."""
        if query.channel and self.decode(data, _Guard).active_channel.token != query.channel:
            raise SilentDefaultChannel(
                source=self._name,
                detail="no channel has the configured channel token; the server answered from its default channel",
            )

    # --- credentials ----------------------------------------------------------------------------------------------

    async def _headers(self, query: Query, call: CallContext) -> tuple[dict[str, str], str | None]:
        """Headers of a request, and the session in them. The shop API is read as an anonymous visitor."""
        headers = {"content-type": "application/json"}
        if query.channel:
            headers["vendure-token"] = query.channel
        if query.path == SHOP:
            return headers, None
        if self._config.api_key is not None:
            return {**headers, "vendure-api-key": self._config.api_key.reveal()}, None
        session = self._session
        if session is None:
            await self._renew(None, call)
            session = self._session
        return {**headers, "authorization": f"Bearer {session}"}, session

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
        query = Query(document=LOGIN, operation="login", variables=variables)
        response = await self._attempt(query, {"content-type": "application/json"}, call)
        outcome = self.decode(self._data(response), _LoginData).login
        if outcome.typename != "CurrentUser":
            raise CredentialsRefused(source=self._name, detail=f"login: {outcome.error_code or outcome.typename}")
        session = response.headers.get("vendure-auth-token")
        if not session:
            raise CredentialsRefused(
                source=self._name, detail="login gave no token: `bearer` is missing in the server's `tokenMethod`"
            )
        return session
