"""Root fields, and members of interfaces, that a domain brings with it. A module of this package is found by being
there; one of another package contributes by being imported."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import strawberry

T = TypeVar("T")

_queries: list[type[Any]] = []
_mutations: list[type[Any]] = []
_subscriptions: list[type[Any]] = []
_members: list[type[Any]] = []


def mutation_fields(kind: type[T]) -> type[T]:
    """A class whose fields become fields of `Mutation`. To be used as a decorator, in place of `strawberry.type`."""
    made = strawberry.type(kind)
    _mutations.append(made)
    return made


def subscription_fields(kind: type[T]) -> type[T]:
    """A class whose fields become fields of `Subscription`. To be used as a decorator, in place of
    `strawberry.type`."""
    made = strawberry.type(kind)
    _subscriptions.append(made)
    return made


def member(kind: type[T]) -> type[T]:
    """A type that is reached through an interface only, so that no field names it."""
    _members.append(kind)
    return kind


def members() -> list[type[Any]]:
    _discover()
    return list(_members)


def query_fields(kind: type[T]) -> type[T]:
    """A class whose fields become fields of `Query`. To be used as a decorator, in place of `strawberry.type`."""
    made = strawberry.type(kind)
    _queries.append(made)
    return made


def withdraw(kind: type[Any]) -> None:
    """As if it had never contributed: for tests that bring fields of their own."""
    for kinds in (_queries, _mutations, _subscriptions, _members):
        if kind in kinds:
            kinds.remove(kind)


def extended(root: type[Any]) -> type[Any]:
    """The root with all that was contributed. Raises TypeError for a field that two bring."""
    _discover()
    return _with(root, _queries)


def mutations() -> type[Any] | None:
    """Everything that can be changed; None where nothing was contributed. Raises TypeError for a field that two
    bring."""
    _discover()
    return _with(_Mutation, _mutations) if _mutations else None


def subscriptions() -> type[Any] | None:
    """Everything that can be followed; None where nothing was contributed. Raises TypeError for a field that two
    bring."""
    _discover()
    return _with(_Subscription, _subscriptions) if _subscriptions else None


@strawberry.type(
    name="Subscription",
    description="What can be followed, over server-sent events (by POST where a cart's secret is borne) or a "
    "WebSocket. A credential that is not good any more ends it.",
)
class _Subscription:
    pass


@strawberry.type(
    name="Mutation",
    description="Everything that can be changed. Each takes one `input` and answers what it changed, `userErrors` "
    "(then it changed nothing) and `warnings`. One after the other, each seeing what the one before it wrote.",
)
class _Mutation:
    pass


def _with(root: type[Any], kinds: list[type[Any]]) -> type[Any]:
    if not kinds:
        return root
    taken: dict[str, str] = {}
    for kind in (root, *kinds):
        for field in kind.__strawberry_definition__.fields:
            if field.python_name in taken:
                raise TypeError(f"`{field.python_name}` is a field of {taken[field.python_name]} and {kind.__name__}")
            taken[field.python_name] = kind.__name__
    definition = root.__strawberry_definition__
    made = type(root.__name__, (root, *kinds), {})
    return strawberry.type(made, name=definition.name, description=definition.description)


@cache
def _discover() -> None:
    package = import_module(__package__ or "schema")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
