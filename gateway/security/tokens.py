"""Who is asking: a bearer token in, a `Principal` out. The first station behind the HTTP door.

Only signed JWTs of configured issuers count. Issuer, audience, algorithms and keys are pinned by the configuration and
nothing in the token chooses any of them; `iss`, `aud`, `exp` and `sub` must be there. Roles come from issuers of kind
`staff` alone, and an email or a phone number only when the issuer says it verified it.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast, get_args

from cachetools import TTLCache
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from msgspec import Struct

from gateway.errors import ConfigurationError, Unauthenticated
from gateway.model.principal import ClientProfile, Principal
from gateway.security import compact_jws
from gateway.security.authentication import Outdated, Revoked
from gateway.security.jwks import KeySet, from_file, from_url
from gateway.settings import IssuerSection

LEEWAY_SECONDS = 30
"""How far clocks may differ."""
MAXIMUM_TOKEN = 8_192
MAXIMUM_CLAIM = 255
REMEMBERED_SECONDS = 30.0
"""How long a verified token is not verified again: also the longest a withdrawn key goes on working for it."""

PrincipalKind = Literal["customer", "device", "staff", "service"]
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class _Issuer(Struct, frozen=True):
    section: IssuerSection
    keys: KeySet
    claims: jwt.JWTClaimsRegistry


class _Verified(Struct, frozen=True):
    principal: Principal
    expires_at: float
    token_id: str | None


async def _nothing_revoked(issuer: str, subject: str, token_id: str | None) -> bool:
    return False


class TokenVerifier:
    """Verifies against every configured issuer. `profiles` are the configured names: a token that names another one is
    refused, because what it may select would be unknown."""

    def __init__(
        self,
        issuers: Mapping[str, IssuerSection],
        *,
        profiles: Mapping[str, ClientProfile] | None = None,
        base: Path | None = None,
        revoked: Revoked | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._profiles = profiles
        self._revoked = revoked or _nothing_revoked
        self._issuers = [
            _Issuer(section, _keys(name, section, base or Path.cwd()), self._registry(section))
            for name, section in issuers.items()
        ]
        self._verified: TTLCache[bytes, _Verified] = TTLCache(4_096, REMEMBERED_SECONDS, timer=clock)

    async def verify(self, bearer: str) -> Principal:
        """The principal of a token. Raises Unauthenticated, always with the same words (Outdated for one that was good
        before); Unavailable when the issuer's
        keys could never be fetched."""
        digest = hashlib.sha256(bearer.encode("utf-8", "surrogatepass")).digest()
        verified = self._verified.get(digest)
        if verified is None or verified.expires_at <= self._clock() - LEEWAY_SECONDS:
            try:
                verified = await self._verify(bearer)
            except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
                raise Unauthenticated("The access token is not valid.") from error
            self._verified[digest] = verified
        principal = verified.principal
        if await self._revoked(principal.issuer or "", principal.subject or "", verified.token_id):
            raise Outdated("The access token is not valid.")
        return principal

    def _registry(self, section: IssuerSection) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": section.issuer},
            aud={"essential": True, "value": section.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def _verify(self, bearer: str) -> _Verified:
        unverified = compact_jws.read(bearer, longest=MAXIMUM_TOKEN)
        issuer = self._issuer_of(unverified.claims)
        key = await issuer.keys.find(unverified.kid)
        if key is None:
            raise ValueError("an unknown key")
        token = jwt.decode(bearer, key, algorithms=list(issuer.section.algorithms))
        try:
            issuer.claims.validate(token.claims)
        except ExpiredTokenError as error:
            raise Outdated("The access token is not valid.") from error
        return _Verified(
            self._principal(issuer.section, token.claims), float(token.claims["exp"]), _token_id(token.claims)
        )

    def _issuer_of(self, claims: Mapping[str, Any]) -> _Issuer:
        """Which configured issuer to verify against: only a choice of whom to ask, the claims are checked after."""
        audience: object = claims.get("aud")
        wanted = cast("list[object]", audience) if isinstance(audience, list) else [audience]
        for issuer in self._issuers:
            if claims.get("iss") == issuer.section.issuer and issuer.section.audience in wanted:
                return issuer
        raise ValueError("an unknown issuer or audience")

    def _principal(self, section: IssuerSection, claims: Mapping[str, Any]) -> Principal:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= MAXIMUM_CLAIM:
            raise ValueError("`sub` is not a usable string")
        profile = claims.get("client_profile")
        if profile is not None and (
            not isinstance(profile, str) or (self._profiles is not None and profile not in self._profiles)
        ):
            raise ValueError("an unknown client profile")
        phone = _verified(claims, "phone_number", "phone_number_verified")
        return Principal(
            subject=subject,
            issuer=section.issuer,
            kind=section.kind,
            roles=_roles(claims, section.roles_claim) if section.kind == "staff" else frozenset(),
            profile=profile or "anonymous",
            email=_verified(claims, "email", "email_verified"),
            phone=phone if phone is not None and _E164.fullmatch(phone) else None,
        )


def _keys(name: str, section: IssuerSection, base: Path) -> KeySet:
    place = f"issuers.{name}"
    unknown = [algorithm for algorithm in section.algorithms if algorithm not in ALGORITHMS]
    if unknown or not section.algorithms:
        raise ConfigurationError(f"not an asymmetric algorithm: {', '.join(unknown) or 'none'}", place=place)
    if section.kind not in get_args(PrincipalKind):
        raise ConfigurationError(f"`kind` must be one of {', '.join(get_args(PrincipalKind))}", place=place)
    if section.roles_claim and section.kind != "staff":
        raise ConfigurationError("only an issuer of kind `staff` gives roles", place=f"{place}.roles_claim")
    if bool(section.jwks_url) == bool(section.jwks_file):
        raise ConfigurationError("give either `jwks_url` or `jwks_file`", place=place)
    if section.jwks_file:
        return KeySet(from_file(base / section.jwks_file), name=name)
    return KeySet(from_url(section.jwks_url, allow_private_network=section.allow_private_network), name=name)


def _token_id(claims: Mapping[str, Any]) -> str | None:
    """`jti`, by which a token is revoked; some issuers number their tokens."""
    found = claims.get("jti")
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else _text(found)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAXIMUM_CLAIM else None


def _verified(claims: Mapping[str, Any], name: str, verified: str) -> str | None:
    return _text(claims.get(name)) if claims.get(verified) is True else None


def _roles(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """A list of roles under a claim's name, or under a path of names with dots (`realm_access.roles`)."""
    if not claim:
        return frozenset()
    found: object = claims.get(claim)
    if found is None:
        found = claims
        for name in claim.split("."):
            found = cast("Mapping[str, object]", found).get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, list):
        return frozenset()
    return frozenset(role for role in cast("list[object]", found) if isinstance(role, str))
