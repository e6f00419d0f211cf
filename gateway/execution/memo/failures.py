"""From an error value to a located GraphQL error, the same under both executors.

A stored error is never raised itself: its traceback would grow with every raise. And graphql-core mistakes attributes
named `source` and `positions` on a foreign exception for places in the document, so what is raised is a wrapper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from graphql import FieldNode, GraphQLError

from gateway.errors import GatewayError
from gateway.execution.memo.response import ResponseObject, ResponseTree, items_of


def raisable(error: Exception) -> GraphQLError:
    """A new exception that says what `error` says; `original` finds the error again."""
    return GraphQLError(_message(error), original_error=error)


def located(error: Exception, place: Located, path: list[str | int]) -> GraphQLError:
    """What graphql-core makes of a raised `raisable(error)` at this place."""
    template = place.template
    if template is None:
        template = place.template = GraphQLError("", list(place.nodes))
    message = _message(error)
    twin = GraphQLError.__new__(GraphQLError, message)
    twin.message, twin.path, twin.original_error, twin.cause = message, path, error, error
    twin.nodes, twin.source = template.nodes, template.source
    twin.positions, twin.locations = template.positions, template.locations
    extensions = getattr(error, "extensions", None)
    twin.extensions = cast("dict[str, Any]", extensions) if isinstance(extensions, dict) else {}
    return twin


def blamed(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """Errors of a document, or of values for its variables, as the client's own: whatever graphql-core or a scalar
    tripped over (`int` takes 4,300 digits and no more), it is the value that was wrong, and nothing of ours."""
    told: list[GraphQLError] = []
    for error in errors:
        cause = original(error)
        if not isinstance(cause, GraphQLError | GatewayError):
            error = GraphQLError("This is no value that can be read.", error.nodes)
        told.append(error)
    return told


def original(error: Exception) -> Exception:
    """The error a field answered or raised, below any number of GraphQL wrappers."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _message(error: Exception) -> str:
    message = getattr(error, "message", None)
    return str(error) if message is None else str(message)


class Located(Protocol):
    """A place of the document. `template` is the first error located there: finding line and column takes longer than
    all the rest."""

    nodes: Sequence[FieldNode]
    template: GraphQLError | None


class Failures:
    """Failed nullable fields of one response: noted by the object that holds them, located by one walk at the end."""

    __slots__ = ("_noted",)

    def __init__(self) -> None:
        self._noted: dict[tuple[int, str], tuple[Exception, Located]] = {}

    def __bool__(self) -> bool:
        return bool(self._noted)

    def note(self, holder: ResponseTree, slot: str, error: Exception, place: Located) -> None:
        """This field of `holder` is null because of `error`."""
        self._noted[id(holder), slot] = (error, place)

    def located(self, data: ResponseTree) -> list[GraphQLError]:
        """All of them in document order, as graphql-core would list them."""
        errors: list[GraphQLError] = []
        self._walk(data, [], errors)
        return errors

    def _walk(self, value: ResponseTree | list[Any], path: list[str | int], errors: list[GraphQLError]) -> None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ResponseObject | dict | list):
                    path.append(index)
                    self._walk(cast("ResponseTree", item), path, errors)
                    path.pop()
            return
        holder = id(value)
        for field, name, item in items_of(value):
            if item is None:
                noted = self._noted.get((holder, field))
                if noted is not None:
                    errors.append(located(*noted, [*path, name]))
            elif isinstance(item, ResponseObject | dict | list):
                path.append(name)
                self._walk(cast("ResponseTree", item), path, errors)
                path.pop()
