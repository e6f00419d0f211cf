"""One cause is one error: what the executor lists once for each field that is null, a client is told once for all.

An outage of one backend under a listing is the same news two dozen times over, and three times as long as the data it
stands beside. The first place keeps its `path`; all of them stand in `extensions.paths`, up to a number.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from graphql import GraphQLError

from gateway.errors import AdapterError, StateUnavailable

MOST_PATHS = 20
MOST_LOCATIONS = 10
_LONGEST_CAUSE = 200


class CauseGroup:
    """The errors of one cause, in the order of the document."""

    __slots__ = ("_seen", "count", "first", "locations", "paths")

    def __init__(self, first: GraphQLError) -> None:
        self.first = first
        self.count = 0
        self.paths: list[list[str | int]] = []
        self.locations: list[dict[str, int]] = []
        self._seen: set[tuple[int, int]] = set()

    def add(self, error: GraphQLError) -> None:
        self.count += 1
        if error.path is not None and len(self.paths) < MOST_PATHS:
            self.paths.append(error.path)
        for place in error.locations or ():
            at = (place.line, place.column)
            if at not in self._seen and len(self._seen) < MOST_LOCATIONS:
                self._seen.add(at)
                self.locations.append({"line": place.line, "column": place.column})

    def place(self, told: dict[str, Any]) -> dict[str, Any]:
        """`told` with where it happened. `morePaths` counts those that are not listed."""
        if self.locations:
            told["locations"] = self.locations
        if self.first.path is not None:
            told["path"] = self.first.path
        if self.count > 1 and self.paths:
            told["extensions"] = {**told["extensions"], "paths": self.paths}
            if self.count > len(self.paths):
                told["extensions"]["morePaths"] = self.count - len(self.paths)
        return told


def grouped(errors: Sequence[GraphQLError]) -> list[CauseGroup]:
    groups: dict[Hashable, CauseGroup] = {}
    for error in errors:
        key = _cause_key(error)
        group = groups.get(key)
        if group is None:
            group = groups[key] = CauseGroup(error)
        group.add(error)
    return list(groups.values())


def _cause_key(error: GraphQLError) -> Hashable:
    """Equal for errors of one cause: a backend's wherever it shows, whichever of its facts are missed; a client's
    mistake in one place of its document. What is wrong with a document before it runs is said place by place, as
    GraphQL says it."""
    if error.path is None:
        return id(error)
    cause = cause_of(error)
    if isinstance(cause, AdapterError):
        return type(cause), cause.source, cause.message, cause.domain if cause.per_key else None
    if isinstance(cause, StateUnavailable):
        return type(cause)
    words = error.message if cause is None else getattr(cause, "message", None) or str(cause)
    place = error.locations[0] if error.locations else None
    return type(cause), words[:_LONGEST_CAUSE], None if place is None else (place.line, place.column)


def cause_of(error: GraphQLError) -> BaseException | None:
    """What was raised, through any number of wrappings; None for an error of GraphQL's own."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
