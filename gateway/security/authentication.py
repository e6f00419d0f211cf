"""From a request's credentials to a principal: a bearer token says who, an API key says which frontend.

With both, the token's own `client_profile` prevails over the key's, so that a shared device cannot borrow a wider one.
No other header is ever looked at to find out who is asking.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from gateway.errors import Unauthenticated
from gateway.model.principal import ANONYMOUS, Principal
from gateway.security.api_keys import ApiKeys
from gateway.security.profiles import ANONYMOUS_PROFILE

Revoked = Callable[[str, str, str | None], Awaitable[bool]]
"""Whether a token was withdrawn before its time: issuer, subject and `jti` (None when it has none)."""


class Outdated(Unauthenticated):
    """A credential that was good: expired, or revoked. Nobody who guesses has one."""


class Verifier(Protocol):
    async def verify(self, bearer: str) -> Principal: ...


class Authentication:
    def __init__(self, verifier: Verifier, keys: ApiKeys) -> None:
        self._verifier = verifier
        self._keys = keys

    async def principal(self, authorization: str | None, api_key: str | None) -> Principal:
        """Anonymous without credentials. Raises Unauthenticated for any that is wrong, even beside a good one."""
        profile = None if api_key is None else self._keys.profile_of(api_key)
        if authorization is None:
            return ANONYMOUS if profile is None else Principal(profile=profile)
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Only bearer tokens are accepted.")
        principal = await self._verifier.verify(token)
        if profile is not None and principal.profile == ANONYMOUS_PROFILE:
            return msgspec.structs.replace(principal, profile=profile)
        return principal
