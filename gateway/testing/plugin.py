"""Fixtures for adapters' own tests: `pytest_plugins = ["gateway.testing.plugin"]` in the outermost conftest.py. They
work in both modes of pytest-asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest_asyncio

from gateway.ports.manifest import Manifest
from gateway.testing.connecting import Connected, Standing, attached


class Attach(Protocol):
    def __call__(self, manifest: Manifest, target: Standing, *args: Any, **keywords: Any) -> Connected: ...


@pytest_asyncio.fixture
async def attach() -> AsyncGenerator[Attach]:
    """`attach(MANIFEST, running(sandbox, url), ...)`, as `gateway.testing.attached`; closed after the test."""
    async with AsyncExitStack() as opened:

        def to(manifest: Manifest, target: Standing, *args: Any, **keywords: Any) -> Connected:
            connected = attached(manifest, target, *args, **keywords)
            opened.push_async_callback(connected.close)
            return connected

        yield to
