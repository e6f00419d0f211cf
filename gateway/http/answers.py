"""From what a caller is told to the bytes of an HTTP answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.entry.refusal import Header, Refusal
from gateway.errors import (
    AdapterError,
    ClientFault,
    Forbidden,
    GatewayError,
    GatewayOverloaded,
    GatewayStopping,
    RateLimited,
    StateUnavailable,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from gateway.http.media import MediaType, content_type
from gateway.http.wire import Reply
from gateway.logs.failures import FAILURES

_encode = msgspec.json.Encoder(enc_hook=str).encode

_STATUS: tuple[tuple[type[GatewayError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooManyRequests, 429),
    (ClientFault, 400),
    (Unavailable, 503),
    (RateLimited, 503),
    (StateUnavailable, 503),
    (GatewayOverloaded, 503),
    (GatewayStopping, 503),
    (AdapterError, 502),
)


def status_of(error: GatewayError) -> int:
    """The status of a request that failed as a whole: 4xx for the client's mistakes, and for nothing else."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def encoded(told: Mapping[str, Any]) -> bytes:
    return _encode(told)


def reply(told: Mapping[str, Any], media: MediaType, *, status: int = 200, headers: Sequence[Header] = ()) -> Reply:
    """A GraphQL answer. To clients that read `application/json`, a well-formed request is answered 200 whatever is
    wrong with its document, as before the specification."""
    return Reply(status, encoded(told), (content_type(media), *headers))


def refusal_reply(refusal: Refusal, media: MediaType | None, trace_id: str) -> Reply:
    """An answer to what never became a GraphQL request."""
    FAILURES.refused(refusal.code, refusal.status, trace_id)
    told = {"errors": [{"message": refusal.message, "extensions": {"code": refusal.code, "traceId": trace_id}}]}
    return reply(told, media or MediaType.JSON, status=refusal.status, headers=refusal.headers)
