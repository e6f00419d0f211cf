"""What Stripe's refusals mean. Source: docs.stripe.com/api/errors, docs.stripe.com/error-codes."""

from __future__ import annotations

import re

from msgspec import Struct

from adapters.stripe.intents import WireIntent
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


class NotFound(RequestRefused):
    """The system that owns this fact does not have what was asked for."""


class WireError(Struct, frozen=True):
    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None
    payment_intent: WireIntent | None = None


class ErrorBody(Struct, frozen=True):
    error: WireError = WireError()


_CODE = re.compile(r"[a-z][a-z0-9_\[\].]{0,60}")


def error_of(response: Response) -> WireError:
    """Empty where something else answered in place of the API."""
    try:
        return decoded(response.body, ErrorBody).error
    except InvalidAnswer:
        return WireError()


def refusal(response: Response, source: str) -> AdapterError:
    """The message may repeat what was sent, so only codes are kept. In flight or of other parameters, a key leaves
    open what became of it: that is no refusal."""
    said = error_of(response)
    codes = filter(_CODE.fullmatch, (said.type, said.code or "", said.decline_code or "", said.param or ""))
    detail = " ".join((f"HTTP {response.status}", *codes))
    if response.status == 409 or said.type == "idempotency_error":
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
    elif response.status >= 500 or response.status == 424:
        kind = Unavailable
    return kind(source=source, retry_after=asked_to_wait(response), detail=detail)
