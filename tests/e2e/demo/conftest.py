"""The whole demo, once for all tests of this folder: six sandboxes and the gateway on real sockets."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio

from gateway.demo.answers import Answer, ask
from gateway.demo.run import RunningDemo, running_demo

sys.path.insert(0, str(Path(__file__).parent))


class Query(Protocol):
    async def __call__(self, text: str, token: str | None = None, **variables: Any) -> Answer: ...


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def demo() -> AsyncIterator[RunningDemo]:
    """It lives until its worker ends, and so sells nothing: the checkout's engine is one of its process."""
    async with running_demo(sells=False) as running:
        yield running


@pytest.fixture
def query(demo: RunningDemo) -> Query:
    """Asks the demo over its socket."""

    async def asked(text: str, token: str | None = None, **variables: Any) -> Answer:
        return await ask(demo.url, text, variables, token)

    return asked
