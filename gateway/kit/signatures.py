"""Whether a webhook's delivery is the vendor's: signature, token, age. Everything is compared in constant time, with
every secret that is valid during a rotation."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from gateway.errors import Unauthenticated
from gateway.ports.manifest import Secret

MOST_SIGNATURES = 8
"""Of one delivery; senders that rotate their keys send two."""


class SignatureText(Enum):
    """How the bytes of a signature are written."""

    BASE64 = "base64"
    HEX = "hex"


def require_signature(
    secret: Secret | None,
    signed: bytes,
    given: str | Sequence[str] | None,
    *,
    text: SignatureText = SignatureText.BASE64,
    digest: str = "sha256",
) -> None:
    """`given` must be HMAC(secret, `signed`) for one of the secrets; of several signatures one must be right, and of
    more than eight the rest is not looked at. Base64 is compared in its one spelling, hexadecimal without case. Raises
    Unauthenticated; also without a secret, because then nothing is accepted."""
    shown = ([given] if isinstance(given, str) else list(given or ()))[:MOST_SIGNATURES]
    if secret is None or not any(shown):
        raise Unauthenticated("the delivery is not signed")
    good = False
    for value in secret.values:
        made = _written(hmac.new(value.encode(), signed, digest).digest(), text)
        for each in shown:
            good |= hmac.compare_digest(made, _bytes(each.lower() if text is SignatureText.HEX else each))
    if not good:
        raise Unauthenticated("the delivery's signature is wrong")


def require_token(secret: Secret | None, given: str | None) -> None:
    """`given` must be one of the secrets, for vendors that sign nothing. Raises Unauthenticated."""
    if secret is None or not given:
        raise Unauthenticated("this delivery carries no valid token")
    good = False
    for value in secret.values:
        good |= hmac.compare_digest(value.encode(), _bytes(given))
    if not good:
        raise Unauthenticated("this delivery carries no valid token")


def require_recent(sent: datetime | None, received: datetime, *, within: float, ahead: float | None = None) -> None:
    """`sent` (aware, from what was signed) must lie at most `within` seconds before `received`, and at most `ahead`
    after it (None: as many). Raises Unauthenticated, also where nobody said when."""
    age = None if sent is None else (received - sent).total_seconds()
    if age is None or age > within or -age > (within if ahead is None else ahead):
        raise Unauthenticated("the delivery is too old")


def _written(made: bytes, text: SignatureText) -> bytes:
    return base64.b64encode(made) if text is SignatureText.BASE64 else made.hex().encode()


def _bytes(given: str) -> bytes:
    return given.encode("utf-8", "surrogatepass")
