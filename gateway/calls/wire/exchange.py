"""One HTTP attempt at one backend: the innermost station towards a backend, and what any client behind it must do.

Redirects are refused (one could carry a credential to another host), cookies are never kept (they would mix people),
the environment's proxies are not used, and a request is sent once: repeating it is the retry policy's to decide. One
pool of connections per backend, so that a sick one exhausts nothing of others.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Awaitable, Mapping
from typing import Protocol

from gateway.calls.wire.bodies import ACCEPTED_ENCODINGS
from gateway.calls.wire.errors import BadTransfer
from gateway.errors import Unavailable
from gateway.model.context import CallContext
from gateway.ports.transport import Request, Response
from gateway.runtime.addresses import AddressRefused

COMMON_HEADERS = {"accept-encoding": ACCEPTED_ENCODINGS, "user-agent": "commerce-gateway"}
CONNECT_SECONDS = 2.0
LONGEST_FIELD = 8_190
MOST_FIELDS = 128
SWITCHING_PROTOCOLS = 101
_DIGITS = 18
"""Of a length that can be one."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class SentRequest(Protocol):
    """A request that was sent. `answer` is to be awaited once, and may be cancelled; whatever becomes of it, `ended` is
    to be told then. What it raises is as of `Wire.exchange`."""

    @property
    def answer(self) -> Awaitable[Response]: ...

    def ended(self) -> None: ...


class Wire(Protocol):
    """One attempt. `seconds` is its own timeout, `cap` in bytes after decompression."""

    def begin(self, request: Request, call: CallContext, seconds: float, cap: int) -> SentRequest | None:
        """Sends it at once where a connection is kept that nobody uses; else None, and nothing was done. Raises
        NeverSent or RequestRefused."""
        ...

    async def exchange(self, request: Request, call: CallContext, seconds: float, cap: int) -> Response:
        """The same where a connection has to be waited for or made. Raises Unavailable, DeadlineExceeded, BadTransfer
        or RequestRefused, whose texts are for operators: none has a header or a body in it."""
        ...

    async def close(self) -> None: ...


def check_head(status: int, headers: Mapping[str, str], cap: int) -> None:
    """Raises BadTransfer for an answer whose body need not be read."""
    if status in _REDIRECTS:
        raise BadTransfer(detail=f"redirect ({status}) refused")
    if status == SWITCHING_PROTOCOLS:
        raise BadTransfer(detail="protocols are not switched")
    announced = headers.get("content-length")
    if announced and not (announced.isascii() and announced.isdigit()):
        raise BadTransfer(detail="the length of the body is no number")
    if announced and (len(announced) > _DIGITS or int(announced) > cap):
        raise BadTransfer(detail=f"body announces more than {cap} bytes")


def not_connected(error: BaseException) -> Unavailable:
    """For what kept a connection from being made."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressRefused):
            return Unavailable(detail=str(cause))
        cause = cause.__cause__ or cause.__context__
    return Unavailable(detail=f"no connection: {_reason(error)}")


def _reason(error: BaseException) -> str:
    """In words that hold nothing of what was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message or 'the certificate is not trusted'}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or type(error).__name__).replace('_', ' ').lower()}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "DNS: the host's name is not known"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nothing listens there"
    if isinstance(error, ConnectionResetError):
        return "reset by the other side"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{type(error).__name__}: {os.strerror(error.errno).lower()}"
    return type(error).__name__
