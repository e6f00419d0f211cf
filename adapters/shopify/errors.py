"""What the vendor says went wrong, as the gateway's errors: by HTTP status, and by `errors[].extensions.code` inside a
200. Vendor texts go to `detail`, cut short and without what they quote: a query may hold an email."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    GatewayError,
    InvalidAnswer,
    InvalidCursor,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.kit.graphql import AnsweredError, envelope
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

_QUOTED = re.compile(r"""(["'`]).*?\1|\S+@\S+|\+?\d{5,}""", re.DOTALL)
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,60}")


class _Throttle(Struct, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(Struct, rename="camel"):
    """`extensions.cost` of any Admin answer."""

    requested_query_cost: float
    throttle_status: _Throttle | None = None
    actual_query_cost: float | None = None

    @property
    def wait(self) -> float | None:
        """Seconds until the bucket holds what the query asks for."""
        status = self.throttle_status
        if status is None or status.restore_rate <= 0:
            return None
        return max(0.0, (self.requested_query_cost - status.currently_available) / status.restore_rate)


def throttle(response: Response) -> ThrottleSignal | None:
    """`extensions.cost.throttleStatus` of any Admin answer; a refusal is a 200 with the code THROTTLED."""
    if response.status != 200:
        return plain_throttle(response)
    try:
        answer = envelope(response.body)
    except InvalidAnswer:
        return None
    cost = answer.extension("cost", Cost)
    limited = any(error.code == "THROTTLED" for error in answer.refusals)
    if cost is None or cost.throttle_status is None:
        return ThrottleSignal(limited=True) if limited else None
    return ThrottleSignal(
        limited=limited,
        retry_after=cost.wait if limited else None,
        remaining=cost.throttle_status.currently_available,
        capacity=cost.throttle_status.maximum_available,
        restore_rate=cost.throttle_status.restore_rate,
        cost=cost.requested_query_cost if cost.actual_query_cost is None else cost.actual_query_cost,
    )


def refusal(response: Response) -> AdapterError:
    """The error an HTTP status stands for."""
    kind = BY_STATUS.get(response.status, Unavailable if response.status >= 500 else RequestRefused)
    return kind(retry_after=asked_to_wait(response), detail=f"HTTP {response.status}")


def failure(errors: Sequence[AnsweredError], cost: Cost | None) -> GatewayError:
    """The error an answer with status 200 stands for. The message is told only beside a code that is one: a vendor who
    puts anything there puts anything anywhere; and without quoted words, emails, phones and ids."""
    first = errors[0]
    if "invalid cursor" in first.message.lower():
        return InvalidCursor("The cursor does not belong to this list.")
    told = not first.code or _CODE.fullmatch(first.code)
    detail = f"{first.code or 'error'}: {_QUOTED.sub('...', first.message)[:200]}" if told else "error"
    kind = BY_CODE.get(first.code, RequestRefused)
    if kind is TooCostly:
        return TooCostly(cost=first.extension("cost", float) or 0.0, detail=detail)
    return kind(retry_after=cost.wait if cost and kind is RateLimited else None, detail=detail)
