"""The fault matrix: what one read must come to under each fault, whichever backend has it. The same for every role
(ERP, CRM, till, shop, loyalty): a fault of one is a null with a code, or an older answer that says so, no more.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gateway.testing.faults.kinds import Fault

UNAVAILABLE = "BACKEND_UNAVAILABLE"
TIMEOUT = "BACKEND_TIMEOUT"
INVALID = "BACKEND_INVALID"
RATE_LIMITED = "BACKEND_RATE_LIMITED"
CREDENTIALS = "BACKEND_CREDENTIALS"
CIRCUIT_OPEN = "BACKEND_CIRCUIT_OPEN"
OK = "ok"


class Expected(Struct, frozen=True):
    """`outcome` of the first read: `ok` or an error code. `attempts` arrive at the backend for it (retries included;
    None where none can arrive or where the library under it may try a second address). `opens`: when it goes on, the
    breaker opens within 20 reads."""

    outcome: str
    attempts: int | None
    opens: bool


MATRIX: Mapping[Fault, Expected] = {
    Fault.NONE: Expected(OK, 1, opens=False),
    Fault.REFUSE: Expected(UNAVAILABLE, None, opens=True),
    Fault.RESET: Expected(UNAVAILABLE, None, opens=True),
    Fault.CLOSE: Expected(UNAVAILABLE, 2, opens=True),
    Fault.HANG: Expected(TIMEOUT, 2, opens=True),
    Fault.DNS: Expected(UNAVAILABLE, None, opens=True),
    Fault.TLS: Expected(UNAVAILABLE, None, opens=True),
    Fault.NOT_HTTP: Expected(INVALID, 1, opens=True),
    Fault.SLOW: Expected(OK, 1, opens=False),
    Fault.SLOW_HEADERS: Expected(TIMEOUT, 2, opens=True),
    Fault.SLOW_DRIP: Expected(TIMEOUT, 2, opens=True),
    Fault.ERROR_500: Expected(UNAVAILABLE, 2, opens=True),
    Fault.ERROR_502: Expected(UNAVAILABLE, 2, opens=True),
    Fault.ERROR_503: Expected(UNAVAILABLE, 2, opens=True),
    Fault.HALF_500: Expected(OK, 2, opens=True),
    Fault.RATE_LIMITED: Expected(RATE_LIMITED, 1, opens=False),
    Fault.RATE_LIMITED_FOR: Expected(RATE_LIMITED, 1, opens=False),
    Fault.AUTH_EXPIRED: Expected(CREDENTIALS, 1, opens=True),
    Fault.REDIRECT: Expected(INVALID, 1, opens=True),
    Fault.MALFORMED: Expected(INVALID, 1, opens=True),
    Fault.WRONG_TYPES: Expected(INVALID, 1, opens=True),
    Fault.MISSING_KEYS: Expected(INVALID, 1, opens=True),
    Fault.NULLS: Expected(INVALID, 1, opens=True),
    Fault.EMPTY: Expected(INVALID, 1, opens=True),
    Fault.TRUNCATED: Expected(INVALID, 1, opens=True),
    Fault.RESET_MID_BODY: Expected(UNAVAILABLE, 2, opens=True),
    Fault.HUGE: Expected(INVALID, 1, opens=True),
    Fault.HUGE_CHUNKED: Expected(INVALID, 1, opens=True),
    Fault.GZIP_BOMB: Expected(INVALID, 1, opens=True),
    Fault.BAD_GZIP: Expected(INVALID, 1, opens=True),
    Fault.UNKNOWN_ENCODING: Expected(INVALID, 1, opens=True),
    Fault.HUGE_HEADERS: Expected(INVALID, 1, opens=True),
    Fault.STALE: Expected(OK, 1, opens=False),
}
