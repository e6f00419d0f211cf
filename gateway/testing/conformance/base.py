"""What all suites share: the fixtures an integrator overrides, the gate by declared capabilities, and the rule that an
inherited test cannot be dropped in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar, cast

import msgspec
import pytest

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.operation import OperationSpec
from gateway.model.soundness import fault_of
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds one call may take; nothing is asserted about speed."""


class Conformance:
    """Inherit a port's suite, and override `adapter`, `manifest`, `facts` and `backend`. A test that cannot pass is
    overridden with `@pytest.mark.xfail(reason=...)`; any other override is refused when the class is made."""

    port: ClassVar[type] = Adapter

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in vars(cls):
            if name.startswith("test_") and any(name in vars(parent) for parent in cls.__mro__[1:]):
                _must_give_a_reason(cls, name)

    @pytest.fixture
    def adapter(self) -> Adapter:
        """The adapter under test, connected to a seeded backend."""
        raise NotImplementedError("override the `adapter` fixture")

    @pytest.fixture
    def manifest(self) -> Manifest:
        raise NotImplementedError("override the `manifest` fixture")

    @pytest.fixture
    def facts(self) -> ConformanceFacts:
        raise NotImplementedError("override the `facts` fixture")

    @pytest.fixture
    def backend(self) -> BackendControl:
        raise NotImplementedError("override the `backend` fixture")

    def test_implements_the_port(self, adapter: Adapter) -> None:
        assert isinstance(adapter, self.port)

    async def test_probe_answers_with_a_version(self, adapter: Adapter) -> None:
        assert (await adapter.probe(a_call())).version

    async def test_probe_of_a_backend_that_is_down_is_an_adapter_error(
        self, adapter: Adapter, backend: BackendControl
    ) -> None:
        async with backend.down():
            with pytest.raises(AdapterError):
                await adapter.probe(a_call())


def _must_give_a_reason(cls: type, name: str) -> None:
    raw: object = getattr(vars(cls)[name], "pytestmark", ())
    marks = cast("Sequence[pytest.Mark]", raw if isinstance(raw, list | tuple) else ())
    if not any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks):
        raise TypeError(
            f"{cls.__name__}.{name} overrides an inherited conformance test: "
            "mark it @pytest.mark.xfail(reason=...) so that the gap is seen"
        )


def a_call(*, fresh: bool = False) -> CallContext:
    return CallContext.within(PATIENCE, fresh=fresh)


def declared(manifest: Manifest, operation: str) -> OperationSpec:
    """What the manifest says of an operation; skips the test where it is not served."""
    spec = manifest.operations.get(operation)
    if spec is None:
        pytest.skip(f"{manifest.name} does not declare {operation}")
    return spec


def given(value: T | None, name: str) -> T:
    """A fact, or a skip that names it."""
    if value is None or value == ():
        pytest.skip(f"the facts do not give `{name}`")
    return value


def view(facts: ConformanceFacts, spec: OperationSpec) -> ContextView:
    """The context narrowed to what the operation declares: reading more raises UndeclaredContext."""
    return facts.context.only(spec.vary_on)


def assert_well_formed(answer: object, source: str) -> None:
    """Everywhere inside an answer: instants are aware UTC, amounts are decimal numbers without the tail of a float,
    facts name their source."""
    assert (fault := fault_of(answer)) is None, f"the gateway would refuse this answer: {fault}"
    for part in _parts(answer):
        if isinstance(part, datetime):
            assert part.utcoffset() == timedelta(0), f"not aware UTC: {part!r}"
        elif isinstance(part, Decimal):
            assert part.is_finite(), f"not a number: {part!r}"
        elif isinstance(part, Freshness):
            assert part.source == source, f"a fact from {part.source!r} instead of {source!r}"


def _parts(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _parts(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in cast("Mapping[object, object]", value).values():
            yield from _parts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[object]", value):
            yield from _parts(inner)


async def assert_cancellable(work: Any, backend: BackendControl) -> None:
    """Abandoning a call ends it at once, even while the backend keeps silent. `work` makes the coroutine."""
    before = backend.requests
    async with backend.stalled():
        task: asyncio.Task[object] = asyncio.ensure_future(work())
        async with asyncio.timeout(PATIENCE):
            while backend.requests == before and not task.done():  # noqa: ASYNC110  a backend signals nothing
                await asyncio.sleep(0.005)
            assert not task.done(), "the call ended although the backend is silent"
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
