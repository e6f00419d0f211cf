"""The faults by name: what a backend, or the way to it, can do to the gateway."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """Values are what a person types; comments say what the gateway meets."""

    NONE = "none"
    # the connection
    REFUSE = "refuse"  # nobody listens
    RESET = "reset"  # accepted, then RST
    CLOSE = "close"  # accepted, the request read, closed without a word
    HANG = "hang"  # the request read, never answered
    DNS = "dns"  # the name does not resolve (`FaultProxy.url`)
    TLS = "tls"  # https to something that does not speak it (`FaultProxy.url`)
    NOT_HTTP = "not-http"  # bytes that are no HTTP
    # the time it takes
    SLOW = "slow"  # the right answer, `FaultProxy.delay` seconds late
    SLOW_HEADERS = "slow-headers"  # one header line at a time, for ever
    SLOW_DRIP = "slow-drip"  # the right answer, a byte at a time
    # the status
    ERROR_500 = "500"  # with a text that is no JSON
    ERROR_502 = "502"  # a balancer's HTML page
    ERROR_503 = "503"
    HALF_500 = "half-500"  # every other request
    RATE_LIMITED = "429"  # without Retry-After
    RATE_LIMITED_FOR = "429-retry-after"  # with `FaultProxy.retry_after` seconds
    AUTH_EXPIRED = "auth-expired"  # 401
    REDIRECT = "redirect"  # 302 to `FaultProxy.redirect_to`
    # the body
    MALFORMED = "malformed"  # JSON with a piece missing
    WRONG_TYPES = "wrong-types"  # numbers where texts should be, and the other way round
    MISSING_KEYS = "missing-keys"  # innermost objects are empty
    NULLS = "nulls"  # every value of the innermost objects is null
    EMPTY = "empty"  # 200 and nothing
    TRUNCATED = "truncated"  # less than Content-Length says
    RESET_MID_BODY = "reset-mid-body"  # half of the body, then RST
    HUGE = "huge"  # 100 MB announced and sent
    HUGE_CHUNKED = "huge-chunked"  # 100 MB, not announced
    GZIP_BOMB = "gzip-bomb"  # 60 kB that unpack to 60 MB
    BAD_GZIP = "bad-gzip"  # said to be gzip, is not
    UNKNOWN_ENCODING = "unknown-encoding"  # a content coding nobody asked for
    HUGE_HEADERS = "huge-headers"  # one header of 200 kB
    # the facts
    STALE = "stale"  # the answer it gave the first time
