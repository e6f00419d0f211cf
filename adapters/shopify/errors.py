"""What the vendor says went wrong, as the gateway's errors: by HTTP status, and by `errors[].extensions.code` inside a
200. Vendor texts go to `detail`, cut short and without what they quote: a query may hold an email."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    InvalidCursor,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.ports.transport import Response, ThrottleSignal, asked_to_wait, plain_throttle


class TooCostly(RequestRefused):
    """The query was more than one query may cost; nothing was read. `cost` is what the vendor computed, `rows` how many
    were asked, where that is not the number of keys."""

    def __init__(self, message: str = "", *, cost: float = 0.0, rows: int = 0, detail: str | None = None) -> None:
        super().__init__(message, detail=detail)
        self.cost = cost
        self.rows = rows


BY_STATUS: Mapping[int, type[AdapterError]] = {
    401: CredentialsRefused,
    402: Unavailable,
    403: CredentialsRefused,
    404: CredentialsRefused,
    423: Unavailable,
    429: RateLimited,
    430: RateLimited,
}
"""402: the shop is frozen for an unpaid bill; 404: no such shop or API version; 423: locked."""

BY_CODE: Mapping[str, type[AdapterError]] = {
    "THROTTLED": RateLimited,
    "ACCESS_DENIED": CredentialsRefused,
    "UNAUTHORIZED": CredentialsRefused,
    "SHOP_INACTIVE": Unavailable,
    "INTERNAL_SERVER_ERROR": Unavailable,
    "MAX_COST_EXCEEDED": TooCostly,
}


class _Throttle(Struct, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(Struct, rename="camel"):
    requested_query_cost: float
    throttle_status: _Throttle | None = None
    actual_query_cost: float | None = None


class _Extensions(Struct):
    cost: Cost | None = None


class _ErrorExtensions(Struct, rename="camel"):
    code: str = ""
    cost: float | None = None


class VendorError(Struct):
    message: str = ""
    extensions: _ErrorExtensions = field(default_factory=_ErrorExtensions)


class Envelope(Struct):
    """The outermost object of every answer. `errors` is a plain text when the request never reached GraphQL."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: msgspec.Raw = msgspec.Raw(b"null")
    extensions: _Extensions | None = None


class _Signals(Struct):
    errors: msgspec.Raw = msgspec.Raw(b"null")
    extensions: _Extensions | None = None


_SIGNALS = msgspec.json.Decoder(_Signals)


def _wait(cost: Cost | None) -> float | None:
    """Seconds until the bucket holds what the query asks for."""
    status = cost.throttle_status if cost else None
    if cost is None or status is None or status.restore_rate <= 0:
        return None
    return max(0.0, (cost.requested_query_cost - status.currently_available) / status.restore_rate)


def throttle(response: Response) -> ThrottleSignal | None:
    """`extensions.cost.throttleStatus` of any Admin answer; a refusal is a 200 with the code THROTTLED."""
    if response.status != 200:
        return plain_throttle(response)
    try:
        signals = _SIGNALS.decode(response.body)
    except msgspec.DecodeError:
        return None
    cost = signals.extensions.cost if signals.extensions else None
    errors = _listed(signals.errors)
    limited = isinstance(errors, list) and any(error.extensions.code == "THROTTLED" for error in errors)
    status = cost.throttle_status if cost else None
    if status is None:
        return ThrottleSignal(limited=True) if limited else None
    return ThrottleSignal(
        limited=limited,
        retry_after=_wait(cost) if limited else None,
        remaining=status.currently_available,
        capacity=status.maximum_available,
        restore_rate=status.restore_rate,
        cost=(cost.requested_query_cost if cost.actual_query_cost is None else cost.actual_query_cost)
        if cost
        else None,
    )


def _listed(errors: msgspec.Raw) -> list[VendorError] | str:
    """The errors of an answer; as text where they are no list."""
    if bytes(errors) == b"null":
        return []
    try:
        return msgspec.json.decode(errors, type=list[VendorError])
    except msgspec.DecodeError:
        return bytes(errors).decode("utf-8", "replace")


_QUOTED = re.compile(r"""(["'`]).*?\1|\S+@\S+|\+?\d{5,}""", re.DOTALL)

_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,60}")


def _unquoted(text: str) -> str:
    """A vendor's sentence without quoted words, emails, phones and ids."""
    return _QUOTED.sub("...", text)[:200]


def _told(code: str | None, message: str) -> str:
    """The message only beside a code that is one: a vendor who puts anything there puts anything anywhere."""
    if code and not _CODE.fullmatch(code):
        return "error"
    return f"{code or 'error'}: {_unquoted(message)}"


def refusal(response: Response) -> AdapterError | None:
    """The error an HTTP status stands for; None for 200."""
    if response.status == 200:
        return None
    kind = BY_STATUS.get(response.status, Unavailable if response.status >= 500 else RequestRefused)
    return kind(retry_after=asked_to_wait(response), detail=f"HTTP {response.status}")


def failure(envelope: Envelope) -> AdapterError | InvalidCursor | None:
    """The error an answer with status 200 stands for; None when it has none. Partial data is never served."""
    errors = _listed(envelope.errors)
    if isinstance(errors, str):
        return RequestRefused(detail=_unquoted(errors))
    if not errors:
        return None
    first = errors[0]
    if "invalid cursor" in first.message.lower():
        return InvalidCursor("The cursor does not belong to this list.")
    kind = BY_CODE.get(first.extensions.code, RequestRefused)
    detail = _told(first.extensions.code, first.message)
    if kind is TooCostly:
        return TooCostly(cost=first.extensions.cost or 0.0, detail=detail)
    cost = envelope.extensions.cost if envelope.extensions else None
    return kind(retry_after=_wait(cost) if kind is RateLimited else None, detail=detail)
