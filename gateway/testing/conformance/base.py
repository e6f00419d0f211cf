"""What all suites share: the fixtures an integrator overrides, the gate by declared capabilities, and the rule that an
inherited test cannot be dropped in silence."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar, cast

import pytest

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.operation import OperationSpec
from gateway.ports.backend import implements
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts

T = TypeVar("T")
P = TypeVar("P")

PATIENCE = 20.0
"""Seconds one call may take; nothing is asserted about speed."""


class Conformance:
    """Inherit a port's suite, and override `adapter`, `manifest`, `facts` and `backend`, or inherit `Served` beside it.
    A test that cannot pass is overridden with `@pytest.mark.xfail(reason=...)`; any other override is refused when the
    class is made."""

    port: ClassVar[type] = object

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in vars(cls):
            if name.startswith("test_") and any(name in vars(parent) for parent in cls.__mro__[1:]):
                _must_give_a_reason(cls, name)
        mark_asynchronous(cls)

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

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        """The credentials it was configured with, in plain: no error may say them."""
        return ()

    @pytest.fixture
    def impostor(self) -> Adapter | None:
        """The same adapter with credentials that nobody gave; None where it has none."""
        return None

    def test_implements_the_port(self, adapter: Adapter) -> None:
        assert implements(adapter, self.port)

    async def test_probe_answers_with_a_version(self, adapter: Adapter) -> None:
        assert (await adapter.probe(a_call())).version

    async def test_probe_of_a_backend_that_is_down_is_an_adapter_error(
        self, adapter: Adapter, backend: BackendControl
    ) -> None:
        async with backend.down():
            with pytest.raises(AdapterError):
                await adapter.probe(a_call())


def mark_asynchronous(cls: type) -> None:
    """Its own asynchronous tests run whichever mode pytest-asyncio is in where the suite is inherited."""
    for name, method in vars(cls).items():
        if name.startswith("test_") and inspect.iscoroutinefunction(method):
            pytest.mark.asyncio(method)


mark_asynchronous(Conformance)


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


def served(adapter: Adapter, port: type[P]) -> P:
    """The adapter as one port: the one place where suites look into it."""
    assert isinstance(adapter, port)
    return adapter


def declared(manifest: Manifest, operation: str) -> OperationSpec:
    """What the manifest says of an operation; an operation that is not served is an expected failure, by name."""
    spec = manifest.operations.get(operation)
    if spec is None:
        pytest.xfail(f"{manifest.name} does not declare {operation}")
    return spec


def given(value: T | None, name: str, facts: ConformanceFacts) -> T:
    """A fact; what is impossible here is an expected failure with its reason, what nobody said a failure."""
    if reason := facts.impossible.get(name):
        pytest.xfail(f"{name}: {reason}")
    if value is None or value == ():
        said = f"the facts do not give `{name}`"
        if facts.partial:
            pytest.skip(said)
        pytest.fail(f"{said}: state it, or say in `impossible` why it cannot be", pytrace=False)
    return value


def view(facts: ConformanceFacts, spec: OperationSpec) -> ContextView:
    """The context narrowed to what the operation declares: reading more raises UndeclaredContext."""
    return facts.context.only(spec.vary_on)


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


async def assert_counted(
    work: Any, operation: str, spec: OperationSpec, facts: ConformanceFacts, backend: BackendControl, **axes: int
) -> None:
    """One paged call makes no more requests than its manifest says, once identifiers are known. `work` makes the
    coroutine."""
    await work()
    before = backend.requests
    await work()
    made = backend.requests - before
    allowed = spec.requests(1, {**spec.axes, **axes, **facts.axes.get(operation, {})})
    assert made <= allowed, f"{operation} made {made} requests; declared are {allowed}"
