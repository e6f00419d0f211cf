"""The fixtures of all suites from three that an integrator gives: the whole of an adapter's conformance module.

class Acme(Served):
    under_test = MANIFEST

    @pytest.fixture
    def sandbox(self) -> Sandbox: return create(example_seed())

    @pytest.fixture
    def stated(self) -> ConformanceFacts: return example_facts(self.named)

class TestPrices(Acme, PriceConformance): ...
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from gateway.ports.manifest import Manifest
from gateway.testing.conformance.drawn import drawn
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.connecting import Config, Connected, Hosted, Target, connect, spoiled, whole


class Served:
    """Inherit it before a suite. Where `{NAME}_URL` is set, the suites run against that system instead of the sandbox
    (`gateway.testing.Hosted`)."""

    under_test: ClassVar[Manifest]
    named: ClassVar[str] = "backend"
    """The configured name of the backend."""

    @pytest.fixture
    def sandbox(self) -> Target:
        """A sandbox that is not started yet, or a server that stands (`gateway.testing.Standing`)."""
        raise NotImplementedError("override the `sandbox` fixture")

    @pytest.fixture
    def config(self) -> Config:
        """Keys of the section beyond the sandbox's own settings, or the whole section as the adapter reads it."""
        return {}

    @pytest.fixture
    def stated(self) -> ConformanceFacts:
        """The facts; what is left out is drawn from the backend."""
        return ConformanceFacts()

    @pytest.fixture
    def hosted(self) -> Hosted | None:
        return Hosted.by_environment(self.under_test)

    @pytest_asyncio.fixture
    async def connected(
        self, sandbox: Target, config: Config, stated: ConformanceFacts, hosted: Hosted | None
    ) -> AsyncGenerator[Connected]:
        target: Target = sandbox if hosted is None else hosted.target
        section: Config | None = config if hosted is None else None
        async with connect(self.under_test, target, section, name=self.named, locations=stated.locations) as opened:
            yield opened

    @pytest.fixture
    def adapter(self, connected: Connected) -> Adapter:
        return connected.adapter

    @pytest.fixture
    def manifest(self) -> Manifest:
        return self.under_test

    @pytest.fixture
    def backend(self, connected: Connected) -> BackendControl:
        return connected.control

    @pytest.fixture
    def secrets(self, connected: Connected) -> tuple[str, ...]:
        return connected.secrets

    @pytest_asyncio.fixture
    async def drawn_facts(
        self, connected: Connected, stated: ConformanceFacts, hosted: Hosted | None
    ) -> ConformanceFacts:
        known = stated if hosted is None else read_facts(hosted.facts)
        return await drawn(connected.adapter, self.under_test, known)

    @pytest.fixture
    def facts(self, drawn_facts: ConformanceFacts) -> ConformanceFacts:
        return drawn_facts

    @pytest.fixture
    def impostor(self, unknown_caller: Adapter | None) -> Adapter | None:
        return unknown_caller

    @pytest_asyncio.fixture
    async def unknown_caller(self, connected: Connected) -> AsyncGenerator[Adapter | None]:
        environment = spoiled(self.under_test, connected.environment)
        backend = None if environment is None else self.under_test.create(environment)
        yield None if backend is None else whole(backend, self.named)
        if backend is not None:
            await backend.close()


def read_facts(path: str) -> ConformanceFacts:
    """Of a hosted system, from a TOML file, where there is one: always partial."""
    raw: Any = msgspec.toml.decode(Path(path).read_bytes()) if path else {}
    return replace(msgspec.convert(raw, ConformanceFacts, strict=False), partial=True)
