"""The two JSON halves of a signed token, read as strictly as a signature deserves: what two readers could understand
differently is not understood at all."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any, NoReturn

import msgspec

_SEGMENTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


class CompactJws(msgspec.Struct, frozen=True):
    """Not verified yet."""

    algorithm: str
    kid: str | None
    claims: dict[str, Any]


def read(token: str, *, longest: int) -> CompactJws:
    """Raises ValueError for whatever is not a JWT that this gateway could believe if its signature were right.

    Extensions a token calls critical are none of ours (RFC 7515, 4.1.11: an empty list is not allowed either), and a
    payload that is not base64url (RFC 7797) or another token is no set of claims.
    """
    if len(token) > longest or not _SEGMENTS.fullmatch(token):
        raise ValueError("not a compact JWS")
    first, second, _ = token.split(".")
    header, claims = _object(first), _object(second)
    if "crit" in header or "b64" in header:
        raise ValueError("a critical extension")
    if str(header.get("typ", "JWT")).lower() not in TOKEN_TYPES:
        raise ValueError("not an access token")
    if str(header.get("cty", "")).lower().removeprefix("application/") == "jwt":
        raise ValueError("a token inside a token")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not (kid is None or isinstance(kid, str)):
        raise ValueError("not a header of a JWS")
    for name in ("exp", "nbf", "iat"):
        at = claims.get(name, 0)
        if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
            raise ValueError(f"`{name}` is no time")
    return CompactJws(algorithm, kid, claims)


def _object(segment: str) -> dict[str, Any]:
    raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != segment:
        raise ValueError("not the one way to write this")
    found: object = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) != len(members):
        raise ValueError("a member stands twice")
    return read


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
