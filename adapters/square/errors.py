"""What Square's errors mean here. `client.py` raises what this module makes of a refusal.

Source: developer.squareup.com/docs/build-basics/general-considerations/handling-errors; codes as in the OpenAPI file's
`x-square-generic-error-codes`, which declares no error answers itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from adapters.square.rows import Error
from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    DeadlineExceeded,
    RateLimited,
    RequestRefused,
    Unavailable,
)

_TOKEN = re.compile(r"[A-Z][A-Z_]{0,60}|[a-z][a-z_]*(?:\[\d{0,4}\])?(?:\.[a-z_]+(?:\[\d{0,4}\])?)*")


class CursorRefused(RequestRefused):
    """The system that owns this list no longer knows the position."""


class KeyReused(Unavailable):
    """The system that owns this record was asked something else under the same key before, and may have done it."""


BY_CODE: Mapping[str, type[AdapterError]] = {
    "UNAUTHORIZED": CredentialsRefused,
    "ACCESS_TOKEN_EXPIRED": CredentialsRefused,
    "ACCESS_TOKEN_REVOKED": CredentialsRefused,
    "FORBIDDEN": CredentialsRefused,
    "INSUFFICIENT_SCOPES": CredentialsRefused,
    "APPLICATION_DISABLED": CredentialsRefused,
    "MERCHANT_SUBSCRIPTION_NOT_FOUND": CredentialsRefused,
    "INVALID_CURSOR": CursorRefused,
    "IDEMPOTENCY_KEY_REUSED": KeyReused,
    "RATE_LIMITED": RateLimited,
    "CONFLICT": Unavailable,  # as of a key whose first request is still under way
    "REQUEST_TIMEOUT": DeadlineExceeded,
    "GATEWAY_TIMEOUT": DeadlineExceeded,
    "INTERNAL_SERVER_ERROR": Unavailable,
    "BAD_GATEWAY": Unavailable,
    "SERVICE_UNAVAILABLE": Unavailable,
}

BY_CATEGORY: Mapping[str, type[AdapterError]] = {
    "AUTHENTICATION_ERROR": CredentialsRefused,
    "RATE_LIMIT_ERROR": RateLimited,
    "API_ERROR": Unavailable,
    "INVALID_REQUEST_ERROR": RequestRefused,
    "MERCHANT_SUBSCRIPTION_ERROR": CredentialsRefused,
}


def by_status(status: int) -> type[AdapterError]:
    """For an answer without a readable `errors` list."""
    if status in (401, 403):
        return CredentialsRefused
    if status == 429:
        return RateLimited
    if status in (408, 504):
        return DeadlineExceeded
    return Unavailable if status >= 500 else RequestRefused


def refusal(status: int, errors: Sequence[Error], retry_after: float | None = None) -> AdapterError:
    """The error to raise. Vendor texts may quote what was sent (a phone number), so `detail` has codes and fields
    only."""
    if not errors:
        return by_status(status)(detail=f"HTTP {status}", retry_after=retry_after)
    first = errors[0]
    kind = BY_CODE.get(first.code) or BY_CATEGORY.get(first.category) or by_status(status)
    codes = ", ".join(" ".join(_tokens(error.code, error.field)) for error in errors[:5])
    return kind(detail=f"HTTP {status}: {codes}".rstrip(": "), retry_after=retry_after)


def _tokens(*texts: str | None) -> Iterator[str]:
    """Those that are a code or the path of a field; whatever else stands there may be a customer's."""
    return (text for text in texts if text and _TOKEN.fullmatch(text))
