"""What Adyen's refusals mean. Source: docs.adyen.com/development-resources/error-codes, .../api-idempotency."""

from __future__ import annotations

import re

from msgspec import Struct

from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    InvalidAnswer,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.kit.decoding import decoded
from gateway.ports.transport import Response, asked_to_wait

IN_PROGRESS = "704"
"""The same key, asked before its first answer."""


class NotFound(RequestRefused):
    """The system that owns this fact does not have what was asked for."""


class ErrorBody(Struct, frozen=True, rename="camel"):
    error_code: str = ""
    error_type: str = ""


_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")


def refusal(response: Response, source: str) -> AdapterError:
    """The message may repeat what was sent, so only codes are kept. What Adyen calls transient, or is still at, may
    have its effect yet: that is no refusal."""
    try:
        said = decoded(response.body, ErrorBody)
    except InvalidAnswer:
        said = ErrorBody()
    detail = " ".join((f"HTTP {response.status}", *filter(_CODE.fullmatch, (said.error_type, said.error_code))))
    transient = response.headers.get("transient-error", "").lower() == "true"
    if response.status == 409 or said.error_code == IN_PROGRESS or (transient and response.status < 500):
        unknown = OutcomeUnknown(source=source)
        unknown.detail = detail
        return unknown
    kind: type[AdapterError] = RequestRefused
    if response.status in (401, 403):
        kind = CredentialsRefused
    elif response.status == 404:
        kind = NotFound
    elif response.status == 429:
        kind = RateLimited
    elif response.status >= 500:
        kind = Unavailable
    return kind(source=source, retry_after=asked_to_wait(response), detail=detail)
