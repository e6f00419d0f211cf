"""Every error the gateway knows, split first by *whose fault it is*. Below everything: imports nothing of the project.

    GatewayError
    |- ClientFault                      the frontend's: fix the request
    |  |- BadInput                      BAD_USER_INPUT        an argument's value makes no sense
    |  |- MalformedId                   MALFORMED_ID          not an id this gateway issued
    |  |- PageTooLarge                  PAGE_TOO_LARGE        more than the page limit
    |  |- InvalidCursor                 INVALID_CURSOR        forged, or of another query or person
    |  |- UnsupportedFilter             UNSUPPORTED_FILTER    the search system of record cannot answer it
    |  |- UnsupportedLanguage           UNSUPPORTED_LANGUAGE  no configured language matches
    |  |- ContextNotAllowed             CONTEXT_NOT_ALLOWED   outside what the client profile lists
    |  |- Unauthenticated               UNAUTHENTICATED       no valid credential
    |  |- Forbidden                     FORBIDDEN             a role is missing (never: "not yours")
    |  |- LimitExceeded                 LIMIT_EXCEEDED        a document or a body beyond the limits
    |  |- IdempotencyConflict           IDEMPOTENCY_CONFLICT  a key that was used for another request
    |  `- TooManyRequests               TOO_MANY_REQUESTS     the caller's own rate limit
    |- AdapterError                     a backend's: carries `source`, `domain`, `retryable`
    |  |- Unavailable                   BACKEND_UNAVAILABLE   refused, reset, 5xx, DNS, TLS
    |  |  |- DeadlineExceeded           BACKEND_TIMEOUT       no answer in time
    |  |  |- CircuitOpen                BACKEND_CIRCUIT_OPEN  known to be down: not asked
    |  |  `- Overloaded                 BACKEND_OVERLOADED    shed by our own limit: not asked
    |  |- RateLimited                   BACKEND_RATE_LIMITED  the vendor's own throttle
    |  |- InvalidAnswer                 BACKEND_INVALID       malformed, truncated, wrong types, too large
    |  |- OutcomeUnknown                OUTCOME_UNKNOWN       a write was sent, and nobody knows what became of it
    |  |- CredentialsRefused            BACKEND_CREDENTIALS   an operator must act
    |  |- RequestRefused                BACKEND_REFUSED       the vendor says our request is wrong
    |  `- PerKeyError                  about one key; trips no breaker (`per_key = True`)
    |     |- AmbiguousKey               AMBIGUOUS_KEY         two native records claim one business key
    |     |- UnsupportedPriceRule       UNSUPPORTED_PRICE_RULE  a price rule that cannot be evaluated here
    |     `- CurrencyNotSold            CURRENCY_NOT_SOLD     no price in the asked currency; never converted
    |- StateUnavailable                 STATE_UNAVAILABLE     ours: the gateway's own database is away or full
    |- GatewayOverloaded                GATEWAY_OVERLOADED    ours: too much is under way; not even looked at
    |- GatewayStopping                  GATEWAY_STOPPING      ours: an endless operation ends; another gateway goes on
    |- ConfigurationError               the operator's: `gateway check` prints it with the place
    |- BackupRefused                    the operator's: no backup was made, or none put back
    `- InternalError                    INTERNAL              ours; masked for every client

Errors are values as often as they are raised: a keyed port answers a failed key with an instance. Raising one instance
twice would grow its traceback for ever, so whoever raises a stored one raises `error.fresh()`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from datetime import datetime
from traceback import extract_tb
from typing import ClassVar, Self

from msgspec import Struct


class GatewayError(Exception):
    """Base. `message` is safe for any client: no internal name, no personal datum, no secret."""

    code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message

    def fresh(self) -> Self:
        """An equal error without a traceback, cause or context, to be raised in place of a stored one."""
        twin = copy.copy(self)
        twin.__traceback__ = None
        twin.__cause__ = None
        twin.__context__ = None
        return twin

    def extensions(self) -> dict[str, object]:
        """The `extensions` of a GraphQL error, as documented for frontend developers."""
        return {"code": self.code, "retryable": self.retryable}

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


def places_of(error: BaseException) -> list[str]:
    """Where it happened, innermost last, for the logs: not what it says, because the text of an exception that nobody
    expected, like the local variables of its traceback, may hold a customer's data or a credential."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)[-8:]]


def _whole(seconds: float | None) -> int | None:
    """Whole seconds, never too few."""
    if seconds is None or not math.isfinite(seconds):
        return None
    return max(1, math.ceil(seconds))


def _rebuild(kind: type[GatewayError], args: tuple[object, ...], state: dict[str, object]) -> GatewayError:
    twin = kind.__new__(kind)
    twin.args = args
    twin.__dict__.update(state)
    return twin


# --- the frontend's fault -----------------------------------------------------------------------------------------


class ClientFault(GatewayError):
    """The request is wrong; sending it again unchanged will fail again."""

    code = "BAD_USER_INPUT"


class BadInput(ClientFault):
    pass


class MalformedId(ClientFault):
    code = "MALFORMED_ID"


class PageTooLarge(ClientFault):
    code = "PAGE_TOO_LARGE"


class InvalidCursor(ClientFault):
    code = "INVALID_CURSOR"


class UnsupportedFilter(ClientFault):
    code = "UNSUPPORTED_FILTER"


class UnsupportedLanguage(ClientFault):
    code = "UNSUPPORTED_LANGUAGE"


class ContextNotAllowed(ClientFault):
    code = "CONTEXT_NOT_ALLOWED"


class Unauthenticated(ClientFault):
    code = "UNAUTHENTICATED"


class Forbidden(ClientFault):
    code = "FORBIDDEN"


class LimitExceeded(ClientFault):
    code = "LIMIT_EXCEEDED"


class IdempotencyConflict(ClientFault):
    """The same key was used for another request. The first one stands."""

    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "This key was used for another request; the first one stands.")


class TooManyRequests(ClientFault):
    """The caller's own rate limit. `retry_after` in seconds."""

    code = "TOO_MANY_REQUESTS"
    retryable = True

    def __init__(self, message: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def extensions(self) -> dict[str, object]:
        return {**super().extensions(), "retryAfter": _whole(self.retry_after)}


# --- a backend's fault --------------------------------------------------------------------------------------------


class AdapterError(GatewayError):
    """A backend's fault. `source` is the backend's configured *name* (shown to staff only; clients see its alias),
    `domain` the data domain, `retry_after` in seconds, `horizon` the aware instant from which on the answer may be
    another (a price rule that ends; None where unknown). `unsent`: no byte of the request left for the backend, so that
    a write certainly had no effect. `detail` is for operators and never leaves the logs: the vendor's own words,
    without a person's name (what else is personal or secret is taken out there, `gateway.logs`). `operation` is the
    port's, `reported` the trace id under which the log has it: both are filled in on the way."""

    code = "BACKEND_ERROR"
    unsent: bool = False
    per_key: ClassVar[bool] = False
    counts_against_backend: ClassVar[bool] = True

    def __init__(
        self,
        message: str = "",
        *,
        source: str | None = None,
        domain: str | None = None,
        retry_after: float | None = None,
        detail: str | None = None,
        horizon: datetime | None = None,
    ) -> None:
        super().__init__(message or self.__class__.__doc__ or self.code)
        self.source = source
        self.domain = domain
        self.retry_after = retry_after
        self.detail = detail
        self.horizon = horizon
        self.operation: str | None = None
        self.reported: str | None = None

    def located(self, source: str, domain: str, operation: str | None = None) -> Self:
        """Fill in where it happened, where the raiser did not know; returns itself."""
        self.source = self.source or source
        self.domain = self.domain or domain
        self.operation = self.operation or operation
        return self

    def extensions(self) -> dict[str, object]:
        return {
            **super().extensions(),
            "source": self.source,
            "domain": self.domain,
            "retryAfter": _whole(self.retry_after),
        }


class Unavailable(AdapterError):
    """The system that owns this fact cannot be reached."""

    code = "BACKEND_UNAVAILABLE"
    retryable = True


class DeadlineExceeded(Unavailable):
    """The system that owns this fact did not answer in time."""

    code = "BACKEND_TIMEOUT"


class CircuitOpen(Unavailable):
    """The system that owns this fact is known to be down."""

    code = "BACKEND_CIRCUIT_OPEN"
    unsent = True
    counts_against_backend = False


class Overloaded(Unavailable):
    """The system that owns this fact is too busy."""

    code = "BACKEND_OVERLOADED"
    unsent = True
    counts_against_backend = False


class RateLimited(AdapterError):
    """The system that owns this fact limits how often it may be asked."""

    code = "BACKEND_RATE_LIMITED"
    retryable = True
    counts_against_backend = False


class InvalidAnswer(AdapterError):
    """The system that owns this fact gave an answer that makes no sense."""

    code = "BACKEND_INVALID"


class OutcomeUnknown(AdapterError):
    """This was sent, and nothing came back. Do not send it again: ask what became of it."""

    code = "OUTCOME_UNKNOWN"
    counts_against_backend = False

    def __init__(self, message: str = "", *, check_after: float = 1.0, **where: str | None) -> None:
        super().__init__(message, source=where.get("source"), domain=where.get("domain"))
        self.check_after = check_after

    def extensions(self) -> dict[str, object]:
        return {**super().extensions(), "checkAfter": self.check_after}


class CredentialsRefused(AdapterError):
    """The system that owns this fact refused the gateway's credential."""

    code = "BACKEND_CREDENTIALS"


class RequestRefused(AdapterError):
    """The system that owns this fact refused the gateway's request."""

    code = "BACKEND_REFUSED"
    counts_against_backend = False


class PerKeyError(AdapterError):
    """About one key only; trips nothing."""

    per_key = True
    counts_against_backend = False


class AmbiguousKey(PerKeyError):
    """Two records claim this key, so neither is used."""

    code = "AMBIGUOUS_KEY"


class UnsupportedPriceRule(PerKeyError):
    """The price depends on a rule that cannot be evaluated outside its own system."""

    code = "UNSUPPORTED_PRICE_RULE"


class CurrencyNotSold(PerKeyError):
    """No price in this currency; prices are never converted."""

    code = "CURRENCY_NOT_SOLD"


# --- the operator's, and ours -------------------------------------------------------------------------------------


class Mistake(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the configuration. `place` is the key in the file, such as `backends.erp.url`;
    `value` what stands there, never a secret; `allowed` what may, where that is a short list; `nearest` what was
    probably meant. What is not `grave` lets the gateway serve, but not as somebody wanted it to."""

    message: str
    place: str | None = None
    value: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    grave: bool = True

    @property
    def text(self) -> str:
        """All of it in a line."""
        said = f"{self.place}: {self.message}" if self.place else self.message
        if self.nearest is not None:
            said += f"; did you mean `{self.nearest}`?"
        if self.allowed and len(self.allowed) <= 20:
            said += f" (allowed: {', '.join(self.allowed)})"
        return said


class ConfigurationError(GatewayError):
    """The configuration cannot work. `place` is the key in the file; `mistakes` are all that were found at once."""

    code = "CONFIGURATION"

    def __init__(self, message: str, *, place: str | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.mistakes: tuple[Mistake, ...] = (Mistake(message=message, place=place),)

    @classmethod
    def of(cls, mistakes: Iterable[Mistake]) -> ConfigurationError:
        """One error for one or more mistakes, a line each."""
        found = tuple(mistakes)
        error = cls("\n".join(mistake.text for mistake in found))
        error.place = found[0].place if len(found) == 1 else None
        error.mistakes = found
        return error


class Unreadable(ConfigurationError):
    """There is no configuration to speak of: no file, no leave to read it, or no TOML."""


class BackupRefused(GatewayError):
    """Of the embedded store no backup was made, or none was put back; the message says why, and what to do."""

    code = "BACKUP_REFUSED"


class StateUnavailable(GatewayError):
    """What the gateway itself keeps cannot be read or written at the moment."""

    code = "STATE_UNAVAILABLE"
    retryable = True

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "What the gateway itself keeps cannot be read or written at the moment.")


class GatewayOverloaded(GatewayError):
    """So much is under way that one more would make all of it late. `retry_after` in seconds."""

    code = "GATEWAY_OVERLOADED"
    retryable = True
    retry_after = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "The gateway is busy.")

    def extensions(self) -> dict[str, object]:
        return {**super().extensions(), "retryAfter": self.retry_after}


class GatewayStopping(GatewayError):
    """The end of what has no end of its own."""

    code = "GATEWAY_STOPPING"
    retryable = True

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "This gateway stops. Subscribe again.")


class InternalError(GatewayError):
    """Ours. Clients see only the trace id."""

    code = "INTERNAL"
