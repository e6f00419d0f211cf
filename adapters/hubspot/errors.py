"""What HubSpot's refusals mean, and what it says of its limits."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gateway.errors import AdapterError, CredentialsRefused, RateLimited, RequestRefused, Unavailable
from gateway.ports.transport import Response, ThrottleSignal, asked_to_wait


class NotFound(RequestRefused):
    """The system that owns this fact does not have what was asked for."""


class ErrorBody(Struct, frozen=True, rename="camel"):
    category: str = ""
    policy_name: str = ""
    correlation_id: str = ""


BY_STATUS: Mapping[int, type[AdapterError]] = {
    401: CredentialsRefused,  # no token, a wrong one, an expired one
    403: CredentialsRefused,  # MISSING_SCOPES
    404: NotFound,
    423: Unavailable,  # locked for at least two seconds
    429: RateLimited,
    477: Unavailable,  # the account is being moved to another data centre
}

RETRY_SECONDS: Mapping[str, float] = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0}
"""Until a policy's window is over at the latest. DAILY ends at midnight in the account's time zone: no use waiting."""

_CODE = re.compile(r"[A-Z][A-Z_]{0,60}|[0-9a-f-]{1,40}")


def error_body(body: bytes) -> ErrorBody:
    """Empty where an edge server answered in place of the API."""
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except msgspec.MsgspecError:
        return ErrorBody()


def refusal(response: Response, source: str) -> AdapterError:
    """The answer's message may repeat an email, so only category and correlation id are kept, where they are such."""
    said = error_body(response.body)
    kind = Unavailable if response.status >= 500 else BY_STATUS.get(response.status, RequestRefused)
    signal = throttle(response)
    codes = (said.category or said.policy_name, said.correlation_id)
    return kind(
        source=source,
        retry_after=signal.retry_after if signal else None,
        detail=" ".join((f"HTTP {response.status}", *filter(_is_code, codes))),
    )


def _is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def throttle(response: Response) -> ThrottleSignal | None:
    """From the headers of any answer but a search's, which has none; and from a refusal's body."""
    limited = response.status == 429
    remaining = _number(response, "x-hubspot-ratelimit-remaining")
    if not limited and remaining is None:
        return None
    window = _number(response, "x-hubspot-ratelimit-interval-milliseconds")
    retry_after = asked_to_wait(response)
    if limited and retry_after is None:
        retry_after = RETRY_SECONDS.get(error_body(response.body).policy_name)
    return ThrottleSignal(
        limited=limited,
        retry_after=retry_after,
        remaining=remaining,
        capacity=_number(response, "x-hubspot-ratelimit-max"),
        window=None if window is None else window / 1000,
    )


def _number(response: Response, header: str) -> float | None:
    text = response.headers.get(header, "")
    return float(text) if text.isascii() and text.isdigit() else None
