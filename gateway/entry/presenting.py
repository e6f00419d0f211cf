"""What a caller is told of results and failures. Nothing unexpected passes: it is logged with the trace id, and the
client reads that id only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError

from gateway.entry.discretion import discreet
from gateway.entry.grouping import cause_of, grouped
from gateway.errors import ConfigurationError, GatewayError, InternalError
from gateway.execution.run.engine import Result
from gateway.logs.failures import FAILURES
from gateway.model.principal import ClientProfile, Principal

AliasOf = Callable[[str], str]
"""The public alias of a backend's name."""

INVALID = "GRAPHQL_VALIDATION_FAILED"
UNPARSABLE = "GRAPHQL_PARSE_FAILED"

_log = structlog.get_logger("gateway.http")


_said: set[str] = set()
MOST_SAID = 100


def _misconfigured(error: ConfigurationError, trace_id: str) -> None:
    """The operator's to mend: each mistake is said once, however many requests meet it; the others leave their id."""
    if error.message not in _said and len(_said) < MOST_SAID:
        _said.add(error.message)
        _log.error("the configuration cannot work", reason=error.message, trace_id=trace_id)
    else:
        FAILURES.unexpected(error, trace_id=trace_id)


class Presenter:
    """Tells one principal about errors: backends by their public alias, unless it is staff."""

    def __init__(self, principal: Principal, profile: ClientProfile, alias_of: AliasOf, trace_id: str) -> None:
        self._staff = principal.kind == "staff"
        self._open = profile.introspection or profile.detailed_errors
        self._detailed = profile.detailed_errors
        self._alias_of = alias_of
        self._trace_id = trace_id

    def errors(self, errors: Sequence[GraphQLError], *, code: str = INVALID) -> list[dict[str, Any]]:
        """GraphQL errors as the client sees them, one for each cause. `code` is for those that GraphQL itself makes."""
        shown = errors if self._open else discreet(errors)
        return [group.place(self._told(group.first, code)) for group in grouped(shown)]

    def _told(self, error: GraphQLError, code: str) -> dict[str, Any]:
        cause = cause_of(error)
        if cause is not None:
            return self.failure(cause)
        if _cannot_be_shown(error):
            return self.failure(error)
        return {"message": self._words(error, code), "extensions": {"code": code, **(error.extensions or {})}}

    def _words(self, error: GraphQLError, code: str) -> str:
        """What GraphQL says of a document describes the schema and the server: only for who may see both."""
        if self._open:
            return error.message
        return "The document is not valid." if code in (INVALID, UNPARSABLE) else "A value is not valid."

    def failure(self, error: BaseException) -> dict[str, Any]:
        """An exception as the client sees it: ours by their words, all others masked."""
        if isinstance(error, ConfigurationError):
            _misconfigured(error, self._trace_id)
            return self._masked(error)
        FAILURES.told(error, self._trace_id)
        if not isinstance(error, GatewayError) or isinstance(error, InternalError):
            return self._masked(error)
        extensions = {name: value for name, value in error.extensions().items() if value is not None}
        source = extensions.get("source")
        if isinstance(source, str) and not self._staff:
            extensions["source"] = self._alias_of(source)
        return {"message": error.message, "extensions": {**extensions, "traceId": self._trace_id}}

    def _masked(self, error: BaseException) -> dict[str, Any]:
        told: dict[str, Any] = {"code": "INTERNAL", "retryable": False, "traceId": self._trace_id}
        if self._detailed:
            told["exception"] = type(error).__name__
        return {"message": "Something went wrong on our side.", "extensions": told}

    def result(self, result: Result, extensions: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A result as the client sees it: without `data` where nothing could be executed."""
        told: dict[str, Any] = {}
        errors: Sequence[GraphQLError] = result.errors or ()
        if errors:
            told["errors"] = self.errors(errors, code="BAD_USER_INPUT")
        if not is_request_error(result):
            told["data"] = result.answer
        every = {**(result.extensions or {}), **(extensions or {})}
        if every:
            told["extensions"] = every
        return told


def _cannot_be_shown(error: GraphQLError) -> bool:
    """Whether a value of ours does not fit the schema: GraphQL quotes it, and it may be anybody's. What a client wrote
    is blamed at an argument or a value, or as one (graphql-core, `get_argument_values`)."""
    nodes = error.nodes or ()
    return (
        error.path is not None
        and bool(nodes)
        and all(isinstance(node, FieldNode) for node in nodes)
        and not error.message.startswith("Argument ")
    )


def is_request_error(result: Result) -> bool:
    """Whether nothing was executed: then there is an error that belongs to no field."""
    return result.answer is None and any(error.path is None for error in result.errors or ())
