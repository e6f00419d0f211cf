"""How the schema declares its fields: `@batched` fetches for all parents, `@computed` is pure, `attribute` reads.

A declaration keeps Strawberry's argument features and SDL; what differs is who calls the function. The GraphQL type is
given to the decorator, because it names views (`PriceView | None`) while the function answers model records and errors.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from inspect import iscoroutinefunction, signature
from operator import attrgetter
from typing import Any, TypeVar, cast

from graphql import GraphQLResolveInfo
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import (
    CLS_PARAMSPEC,
    INFO_PARAMSPEC,
    ROOT_PARAMSPEC,
    SELF_PARAMSPEC,
    ReservedName,
    StrawberryResolver,
)
from strawberry.types.info import Info

from gateway.execution.declare.authorise import FieldGuard, Grants
from gateway.execution.declare.selection import selected_names
from gateway.execution.memo.failures import raisable
from gateway.execution.memo.frames import frame
from gateway.execution.memo.stretch import check

BatchedResolver = Callable[..., "Awaitable[Sequence[object]] | Sequence[object]"]
NOTHING: frozenset[str] = frozenset()


class _Resolver(StrawberryResolver[Any]):
    """A resolver whose first parameters are ours, not arguments of the GraphQL field."""

    RESERVED_PARAMSPEC = (
        *(ReservedName(name) for name in ("parents", "record", "ctx", "selected")),
        SELF_PARAMSPEC,
        CLS_PARAMSPEC,
        ROOT_PARAMSPEC,
        INFO_PARAMSPEC,
    )

    @property
    def type(self) -> None:
        """The field's own annotation is the GraphQL type; the function's answer is Python's business."""
        return


class GatewayField(StrawberryField):
    """What the three kinds of field share: authorisation metadata, and a cost for the security limits."""

    guard: FieldGuard = FieldGuard()
    cost: int = 0
    fetches: bool = False
    function: Callable[..., Any] | None = None
    takes: frozenset[str] = NOTHING

    @property
    def is_basic_field(self) -> bool:
        """Guarded attributes need the context, so Strawberry may not short-cut them."""
        return self.function is None and not self.extensions and not self.guard

    @cached_property
    def is_async(self) -> bool:
        """Whether Strawberry awaits: never, a value or an awaitable is returned."""
        return False

    def get_result(self, source: Any, info: Info[Any, Any] | None, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if self.guard and info is not None:
            refusal = self.guard.refusal(Grants.of(info.context))
            if refusal is not None:
                raise raisable(refusal)
        return self.resolve(source, info, kwargs)

    def resolve(self, source: Any, info: Info[Any, Any] | None, arguments: dict[str, Any]) -> Any:
        return self.default_resolver(source, self.python_name)

    def __copy__(self) -> Any:
        twin = super().__copy__()
        twin.__dict__.update({name: value for name, value in self.__dict__.items() if name in _OWN})
        return twin


_OWN = frozenset({"guard", "cost", "function", "takes", "identify"})


class BatchedField(GatewayField):
    """A field whose function takes all parents and answers, in their order, a value, None or an error for each."""

    identify: Callable[[Any], Hashable] | None = None
    fetches = True

    @property
    def key_of(self) -> Callable[[Any], Hashable]:
        """What identifies a parent among the answers."""
        return self.identify or _identity

    def call(
        self, parents: Sequence[Any], ctx: Any, arguments: Mapping[str, Any], selected: frozenset[str]
    ) -> Awaitable[Sequence[object]] | Sequence[object]:
        function = cast("BatchedResolver", self.function)
        if "selected" in self.takes:
            return function(parents, ctx, selected=selected, **arguments)
        return function(parents, ctx, **arguments)

    def resolve(self, source: Any, info: Info[Any, Any] | None, arguments: dict[str, Any]) -> Any:
        if info is None:
            raise TypeError(f"{self.python_name} was resolved without an operation")
        raw = cast("GraphQLResolveInfo[Any]", info._raw_info)  # pyright: ignore # Strawberry's wrapper hides fragments
        memo = frame(raw)
        selected = selected_names(raw, memo) if "selected" in self.takes else NOTHING
        return memo.load(memo.cell(self, arguments, selected), source)


class ComputedField(GatewayField):
    """A pure function of the record, its arguments, and what the operation's context says about locale and the like."""

    def resolve(self, source: Any, info: Info[Any, Any] | None, arguments: dict[str, Any]) -> Any:
        if info is not None:
            check(getattr(info.context, "deadline", None))
        function = cast("Callable[..., Any]", self.function)
        if "ctx" in self.takes:
            return function(source, None if info is None else info.context, **arguments)
        return function(source, **arguments)


class StreamedField(GatewayField):
    """A subscription's root: an async generator of records, one event each."""

    def resolve(self, source: Any, info: Info[Any, Any] | None, arguments: dict[str, Any]) -> Any:
        function = cast("Callable[..., AsyncIterator[Any]]", self.function)
        return function(None if info is None else info.context, **arguments)


def batched(
    graphql_type: object,
    *,
    key: str | Callable[[Any], Hashable] | None = None,
    description: str | None = None,
    name: str | None = None,
    requires: Iterable[str] = (),
    pii: bool = False,
    cost: int = 1,
    deprecation_reason: str | None = None,
    directives: Sequence[object] = (),
) -> Callable[[BatchedResolver], BatchedField]:
    """A field that fetches: `async def price(parents, ctx, quantity: int = 1)` answers one value per parent.

    `key` says when two parents are the same (an attribute's name or a function); by default only when they are one
    object. Root fields get `parents == [None]`. A function that takes `selected: frozenset[str]` learns which fields of
    its answer are selected directly; answers then are kept per selection. `cost` is what security limits count per
    parent.
    """

    def declare(function: BatchedResolver) -> BatchedField:
        plain = _expect(function, "parents", "ctx")
        field = _field(BatchedField, plain, graphql_type, description, name, deprecation_reason, directives)
        _guard(field, requires, pii, cost)
        field.identify = attrgetter(key) if isinstance(key, str) else key
        return field

    return declare


def computed(
    graphql_type: object,
    *,
    description: str | None = None,
    name: str | None = None,
    requires: Iterable[str] = (),
    pii: bool = False,
    cost: int = 0,
    deprecation_reason: str | None = None,
    directives: Sequence[object] = (),
) -> Callable[[Callable[..., Any]], ComputedField]:
    """A field that is a pure, synchronous function of its record: `def formatted(record, ctx, locale: str | None)`.

    `ctx` may be left out; it is there for the commerce context (language, currency), never to fetch. `cost` is what
    security limits count for each value (of a list: for each entry), in points; a part of one where nothing is said.
    """

    def declare(function: Callable[..., Any]) -> ComputedField:
        plain = _expect(function, "record")
        if iscoroutinefunction(plain):
            raise TypeError(f"@computed {plain.__name__} must not be async: only @batched fields fetch")
        field = _field(ComputedField, plain, graphql_type, description, name, deprecation_reason, directives)
        _guard(field, requires, pii, cost)
        return field

    return declare


def attribute(
    *,
    description: str | None = None,
    name: str | None = None,
    requires: Iterable[str] = (),
    pii: bool = False,
    deprecation_reason: str | None = None,
    directives: Sequence[object] = (),
) -> Any:
    """An attribute of the record, `email: str | None = attribute(pii=True, description="...")`. Where nothing needs
    guarding, `strawberry.field(description="...")` does as well."""
    field = GatewayField(
        graphql_name=name, description=description, deprecation_reason=deprecation_reason, directives=directives
    )
    _guard(field, requires, pii, 0)
    return field


def streamed(
    graphql_type: object,
    *,
    description: str | None = None,
    name: str | None = None,
    requires: Iterable[str] = (),
    pii: bool = False,
    deprecation_reason: str | None = None,
) -> Callable[[Callable[..., AsyncIterator[Any]]], StreamedField]:
    """A subscription field: `async def order_changed(ctx, order_id: ID)` yields a record per event."""

    def declare(function: Callable[..., AsyncIterator[Any]]) -> StreamedField:
        plain = _expect(function, "ctx")
        field = _field(StreamedField, plain, graphql_type, description, name, deprecation_reason, ())
        field.is_subscription = True
        _guard(field, requires, pii, 0)
        return field

    return declare


FieldKind = TypeVar("FieldKind", bound=GatewayField)


def _field(
    kind: type[FieldKind],
    function: Callable[..., Any],
    graphql_type: object,
    description: str | None,
    name: str | None,
    deprecation_reason: str | None,
    directives: Sequence[object],
) -> FieldKind:
    field = kind(
        graphql_name=name,
        type_annotation=StrawberryAnnotation.from_annotation(graphql_type),
        description=description,
        deprecation_reason=deprecation_reason,
        directives=directives,
    )
    field.function = function
    field.takes = frozenset(signature(function).parameters)
    return field(_Resolver(function))


def _guard(field: GatewayField, requires: Iterable[str], pii: bool, cost: int) -> None:
    field.guard = FieldGuard(frozenset(requires), pii)
    field.cost = cost
    field.directives = [*field.directives, *field.guard.directives()]


def _expect(function: Callable[..., Any], *leading: str) -> Callable[..., Any]:
    """The function behind a `staticmethod`. Refuses one whose signature is not one we can call."""
    plain = function.__func__ if isinstance(function, staticmethod) else function
    names = list(signature(plain).parameters)
    if tuple(names[: len(leading)]) != leading:
        raise TypeError(f"{plain.__name__} must begin with the parameters {', '.join(leading)}, not {names}")
    if forbidden := {"info", "self", "root"} & set(names):
        raise TypeError(f"{plain.__name__} may not take {forbidden}: it is called for many parents at once")
    return plain


def _identity(parent: Any) -> Hashable:
    return None if parent is None else id(parent)
