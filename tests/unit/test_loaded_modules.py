"""A worker's memory is mostly code, so it loads what its configuration needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
START = """
import asyncio, sys
from tests.bench.serve_gateway import factory, settings

async def start():
    application = factory(settings("http://127.0.0.1:1", 0))
    gateway = await application.start()
    await gateway.close()

asyncio.run(start())
print(*sys.modules, file=sys.stderr)
"""
"""One adapter, SQLite; no issuer, no limits, no Redis."""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    started = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(started.stderr.split())


@pytest.mark.parametrize(
    "unneeded",
    [
        "adapters",
        "gateway.demo",
        "gateway.testing",
        "cryptography",
        "joserfc",
        "sqlalchemy.dialects.postgresql",
        "limits",
        "phonenumbers",
    ],
)
def test_what_the_configuration_does_not_need_is_not_loaded(loaded: frozenset[str], unneeded: str) -> None:
    assert "gateway.app" in loaded
    assert unneeded not in loaded
