"""What Vendure's refusals mean. It answers HTTP 200 to nearly everything, with `errors[].extensions.code`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import (
    AdapterError,
    CredentialsRefused,
    InvalidAnswer,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.kit.graphql import AnsweredError
from gateway.ports.transport import Response, asked_to_wait

BY_CODE: Mapping[str, type[AdapterError]] = {
    "FORBIDDEN": CredentialsRefused,
    "UNAUTHORIZED": CredentialsRefused,
    "CHANNEL_NOT_FOUND": CredentialsRefused,
    "USER_INPUT_ERROR": RequestRefused,
    "BAD_USER_INPUT": RequestRefused,
    "ENTITY_NOT_FOUND": RequestRefused,
    "GRAPHQL_PARSE_FAILED": RequestRefused,
    "GRAPHQL_VALIDATION_FAILED": RequestRefused,
    "INTERNAL_SERVER_ERROR": Unavailable,
}

BY_STATUS: Mapping[int, type[AdapterError]] = {
    401: CredentialsRefused,
    403: CredentialsRefused,
    429: RateLimited,
}


TELLING = frozenset({"GRAPHQL_VALIDATION_FAILED", "USER_INPUT_ERROR"})


class UnpricedVariant(InvalidAnswer):
    """One variant without a price in the asked currency, for which Vendure fails the whole query."""


class SilentDefaultChannel(CredentialsRefused):
    """The shop does not know the configured channel and answers from another one."""


def refusal(errors: Sequence[AnsweredError], source: str) -> AdapterError:
    """The first error decides. Its text may be translated, so only code and path are read; it may repeat a value that
    was sent, so only those that speak of the document or the configuration are kept for operators."""
    first = errors[0]
    code = first.code
    path = ".".join(map(str, first.path or ()))
    told = first.message[:200] if code in TELLING else ""
    detail = " ".join(part for part in (code or "no code", path, told) if part)
    if code == "INTERNAL_SERVER_ERROR" and first.path and first.path[-1] in ("price", "priceWithTax"):
        return UnpricedVariant(source=source, detail=detail)
    return BY_CODE.get(code, InvalidAnswer)(source=source, detail=detail)


def by_status(response: Response, source: str) -> AdapterError | None:
    """For answers that are not GraphQL: a proxy's, or a server that is starting."""
    status = response.status
    if status < 400:
        return None
    kind = Unavailable if status >= 500 else BY_STATUS.get(status, RequestRefused)
    return kind(source=source, retry_after=asked_to_wait(response), detail=f"HTTP {status}")
