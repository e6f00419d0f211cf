"""What a data domain is, and what a read, a page and a write of one are. Each domain is declared once, in a file of its
own beside this one (or in a package of an integrator's): making the records declares it, and everything that lists
domains or operations (registry, caches, tags, ownership, `gateway check`) asks `domains`, `reads` and `writes` here.

A write operation has two methods: `method(command, context, call) -> result`, and `find(reference, context, call) ->
result | None` (None: no such record now). Every command bears a `reference`: 26 characters of A-Z and 0-9, from which
vendors' own keys are derived.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView, Priority

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
"""Names stand in tags (`price:SKU`), operations (`price.get_prices`) and sections (`[domains.price]`)."""


class Command(Protocol):
    """What is written. The same reference is the same write; a command with personal data in it is never stored."""

    @property
    def reference(self) -> str: ...


C = TypeVar("C", bound=Command)
W = TypeVar("W", bound=Struct)


class DataDomain:
    """A kind of data that a system of record can be named for. `optional`: a retailer may do without it, and whoever
    asks then gets nothing. `people`: its backends are searched for a customer's record. `fields`: what of it may have
    owners of its own (`[domains.x.fields]`). Raises TypeError for a second one of the same name."""

    __slots__ = ("fields", "name", "optional", "people")

    def __init__(self, name: str, *, optional: bool = True, people: bool = False, fields: Iterable[str] = ()) -> None:
        if not _NAME.fullmatch(name):
            raise TypeError(f"`{name}` is no name of a data domain: lower-case letters, digits and underscores")
        self.name = name
        self.optional = optional
        self.people = people
        self.fields = tuple(fields)
        _declare(_domains, name, self)

    def __repr__(self) -> str:
        return f"DataDomain({self.name!r})"


def _anybody(key: Any, backend: str, owner: str) -> bool:
    return True


def _whole(result: Any) -> Any:
    return result


def _nothing_more(answer: Any) -> tuple[str, ...]:
    return ()


class KeyedOperation(Generic[K, V]):
    """Many keys in, a mapping out: a key that is absent does not exist, an error is about that key alone.

    `port` is the Protocol that has `method`, `answer` the type of one answer. `names` of a key are what tags call it;
    `bears` are further names of what an answer is about, by which it may be known elsewhere. `understands(key, backend,
    owner)`: whether a key says to this backend what it says to the domain's owner. `personal`: answers are about a
    person, and leave this process for nobody. `essential`: whoever serves the domain has it."""

    __slots__ = ("answer", "bears", "domain", "essential", "method", "name", "names", "personal", "port", "understands")

    def __init__(
        self,
        domain: DataDomain,
        port: type,
        method: Callable[[Any, Sequence[K], ContextView, CallContext], Awaitable[Mapping[K, V | AdapterError]]],
        answer: type[V],
        *,
        names: Callable[[K], tuple[str, ...]],
        bears: Callable[[V], Iterable[str]] = _nothing_more,
        understands: Callable[[K, str, str], bool] = _anybody,
        personal: bool = False,
        essential: bool = False,
    ) -> None:
        self.domain = domain
        self.port = port
        self.method = _method_of(port, method)
        self.name = f"{domain.name}.{self.method}"
        self.answer = answer
        self.names = names
        self.bears = bears
        self.understands = understands
        self.personal = personal
        self.essential = essential
        _declare(_reads, self.name, self)


class PagedOperation(Generic[Q, R]):
    """One query in, one answer out. Otherwise as `KeyedOperation`; a page bears the tag of all pages of its domain."""

    __slots__ = ("answer", "domain", "essential", "method", "name", "personal", "port")

    def __init__(
        self,
        domain: DataDomain,
        port: type,
        method: Callable[[Any, Q, ContextView, CallContext], Awaitable[R]],
        answer: type[R],
        *,
        personal: bool = False,
        essential: bool = False,
    ) -> None:
        self.domain = domain
        self.port = port
        self.method = _method_of(port, method)
        self.name = f"{domain.name}.{self.method}"
        self.answer = answer
        self.personal = personal
        self.essential = essential
        _declare(_reads, self.name, self)


class WriteOperation(Generic[C, W]):
    """One command, one owner, never a stand-in. `result` is the type of the answer: ids, states and amounts, because
    the journal keeps it; `kept(result)` is what it keeps, where whoever asked is told more than that. `changes(result)`
    are the tags of what the write made stale. `compared(command)` is what tells a command from another under its
    reference: without short secrets, because the journal keeps a digest of it. `priority` is the write's own, whoever
    asked for it."""

    __slots__ = ("changes", "compared", "domain", "find", "kept", "method", "name", "port", "priority", "result")

    def __init__(
        self,
        domain: DataDomain,
        port: type,
        method: Callable[[Any, C, ContextView, CallContext], Awaitable[W]],
        find: Callable[[Any, str, ContextView, CallContext], Awaitable[W | None]],
        result: type[W],
        *,
        changes: Callable[[W], tuple[str, ...]],
        kept: Callable[[W], W] = _whole,
        compared: Callable[[C], C] = _whole,
        priority: Priority = Priority.CHECKOUT,
    ) -> None:
        self.domain = domain
        self.port = port
        self.method = _method_of(port, method)
        self.find = _method_of(port, find)
        self.result = result
        self.changes = changes
        self.kept = kept
        self.compared = compared
        self.priority = priority
        self.name = f"{domain.name}.{self.method}"
        _declare(_writes, self.name, self)


ReadOperation = KeyedOperation[Any, Any] | PagedOperation[Any, Any]

_domains: dict[str, DataDomain] = {}
_reads: dict[str, ReadOperation] = {}
_writes: dict[str, WriteOperation[Any, Any]] = {}
_D = TypeVar("_D")


def domains() -> Mapping[str, DataDomain]:
    """All data domains that are declared, by name."""
    _discover()
    return dict(sorted(_domains.items()))


def reads() -> Mapping[str, ReadOperation]:
    """All keyed and paged operations, by name (such as `price.get_prices`): what a manifest may declare."""
    _discover()
    return dict(sorted(_reads.items()))


def writes() -> Mapping[str, WriteOperation[Any, Any]]:
    """All write operations, by name."""
    _discover()
    return dict(sorted(_writes.items()))


def withdraw(domain: DataDomain) -> None:
    """As if it had never been declared: for tests that bring a domain of their own."""
    for declared in (_reads, _writes):
        for name in [name for name, operation in declared.items() if operation.domain is domain]:
            del declared[name]
    _domains.pop(domain.name, None)


@cache
def _discover() -> None:
    """Import this folder: a domain is there by having a file in it."""
    package = import_module(__package__ or "gateway.ports")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def _declare(declared: dict[str, _D], name: str, what: _D) -> None:
    if name in declared:
        raise TypeError(f"`{name}` is declared twice")
    declared[name] = what


def _method_of(port: type, method: Callable[..., Any]) -> str:
    """The name of a port's method. Raises TypeError for another port's."""
    name = method.__name__
    if getattr(port, name, None) is not method:
        raise TypeError(f"`{name}` is no method of {port.__name__}")
    return name
