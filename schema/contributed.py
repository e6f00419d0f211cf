"""Root fields that a domain brings with it. A module of this package is found by being there; one of another package
contributes by being imported."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import strawberry

T = TypeVar("T")

_queries: list[type[Any]] = []


def query_fields(kind: type[T]) -> type[T]:
    """A class whose fields become fields of `Query`. To be used as a decorator, in place of `strawberry.type`."""
    made = strawberry.type(kind)
    _queries.append(made)
    return made


def withdraw(kind: type[Any]) -> None:
    """As if it had never contributed: for tests that bring fields of their own."""
    _queries.remove(kind)


def extended(root: type[Any]) -> type[Any]:
    """The root with all that was contributed. Raises TypeError for a field that two bring."""
    _discover()
    if not _queries:
        return root
    taken: dict[str, str] = {}
    for kind in (root, *_queries):
        for field in kind.__strawberry_definition__.fields:
            if field.python_name in taken:
                raise TypeError(f"`{field.python_name}` is a field of {taken[field.python_name]} and {kind.__name__}")
            taken[field.python_name] = kind.__name__
    description = root.__strawberry_definition__.description
    return strawberry.type(type(root.__name__, (root, *_queries), {}), description=description)


@cache
def _discover() -> None:
    package = import_module(__package__ or "schema")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
