"""Which verifier a gateway has: what checks signatures is loaded only where an issuer is configured."""

from __future__ import annotations

from gateway.errors import Unauthenticated
from gateway.model.principal import Principal
from gateway.security.authentication import Revoked, Verifier
from gateway.settings import Settings


class NoIssuers:
    """Where no issuer is configured, no token is valid."""

    async def verify(self, bearer: str) -> Principal:
        raise Unauthenticated("The access token is not valid.")


def verifier_of(settings: Settings, revoked: Revoked) -> Verifier:
    """Raises ConfigurationError for an issuer that makes no sense."""
    if not settings.issuers:
        return NoIssuers()
    from gateway.security.tokens import TokenVerifier  # what checks signatures is a tenth of a worker's memory

    return TokenVerifier(settings.issuers, profiles=settings.profiles, base=settings.base, revoked=revoked)
