"""A compiled operation: places that need fetching, grouped by what is fetched at once, and the code between them.

References run one way, from a group to its sites and to the groups it feeds, so that a plan nobody uses is gone
without the collector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import FieldNode, GraphQLError

from gateway.errors import Forbidden
from gateway.execution.declare.batched import BatchedField
from gateway.execution.memo.response import ResponseTree
from gateway.execution.plan.meta import MetaArguments
from gateway.execution.read.arguments import Arguments

Root = Callable[[None], ResponseTree]
Filler = Callable[[Sequence[ResponseTree], Sequence[Any]], None]
"""Completes answers and puts them into the response objects that wait for them, one each."""


class GiveUp(Exception):
    """The fast path met something it has no rule for; graphql-core shall complete the operation."""


class Unplannable(Exception):
    """No plan can be made for this operation; `reason` is a short word for the metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Site:
    """One place of the document where a field is fetched, on objects of one type. `spot` numbers the objects, which the
    sites of one selection share, and `slot` is their field (in dictionaries: the response name) that waits. `refusal`
    is set where this caller may not select it: then it is in no group."""

    __slots__ = ("index", "nodes", "nullable", "path", "refusal", "slot", "spot", "template")

    def __init__(
        self, index: int, spot: int, slot: str, nodes: Sequence[FieldNode], nullable: bool, path: tuple[str, ...]
    ) -> None:
        self.index = index
        self.spot = spot
        self.slot = slot
        self.nodes = nodes
        self.nullable = nullable
        self.path = path
        self.refusal: Forbidden | None = None
        self.template: GraphQLError | None = None


class FetchGroup:
    """Sites that share one fetch: same field, same arguments, same number of fetches above them. A group waits for its
    feeders only, which it knows by their index. `level` is that number, `frame` the root field of a mutation it belongs
    to. `sole`: no other group of the plan fetches this field."""

    __slots__ = (
        "arguments",
        "dependents",
        "feeders",
        "field",
        "frame",
        "index",
        "level",
        "parent",
        "selected",
        "sites",
        "sole",
    )

    def __init__(
        self,
        index: int,
        field: BatchedField,
        arguments: Arguments,
        selected: frozenset[str],
        level: int,
        frame: str | None,
        parent: str,
    ) -> None:
        self.index = index
        self.field = field
        self.arguments = arguments
        self.selected = selected
        self.level = level
        self.frame = frame
        self.parent = parent
        self.sites: list[Site] = []
        self.sole = False
        self.feeders: set[int] = set()
        self.dependents: list[FetchGroup] = []


class Plan:
    """Shared by all requests for one operation with the same `@skip`/`@include` outcome and the same grants.

    `build(ctx, computed arguments ..., appends ...)` returns the maker of the root object and one filler per site (None
    for a refused one). The appends are two for each of the `spots`: of its response objects, and of their records.
    """

    __slots__ = (
        "build",
        "bytes",
        "computed",
        "frames",
        "groups",
        "private",
        "shaped",
        "sites",
        "source",
        "spots",
        "uses",
    )

    def __init__(
        self,
        build: Callable[..., tuple[Root, tuple[Filler | None, ...]]],
        source: str,
        sites: Sequence[Site],
        spots: int,
        groups: Sequence[FetchGroup],
        computed: Sequence[Arguments | MetaArguments],
        frames: Sequence[str] | None,
        private: bool,
        shaped: bool,
        size: int,
    ) -> None:
        self.build = build
        self.bytes = size
        """About what it takes in memory, beside its document; not less."""
        self.source = source
        self.sites = sites
        self.spots = spots
        self.groups = groups
        self.computed = computed
        self.frames = frames
        self.private = private
        self.shaped = shaped
        self.uses = 0
