"""A worker's memory is mostly code, so it loads what its configuration needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
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
DEMO = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, Absent())
from importlib.metadata import entry_points

for group in ("commerce_gateway.adapters", "commerce_gateway.sandboxes"):
    for entry in entry_points(group=group):
        entry.load()
import gateway.demo.run
"""
"""What `make demo` loads, where what only tests need is not there."""


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


def only_for_tests() -> list[str]:
    """Top-level modules of the distributions that stand in the extra `dev` alone."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {requirement.partition(">")[0].partition("[")[0].lower() for requirement in extras["dev"]}
    homes = packages_distributions().items()
    return sorted(module for module, owners in homes if {owner.lower() for owner in owners} <= named)


def test_the_demo_and_every_sandbox_need_nothing_that_only_tests_need() -> None:
    absent = only_for_tests()
    assert {"pytest", "hypothesis", "stripe", "Adyen"} <= set(absent)
    subprocess.run([sys.executable, "-c", DEMO, *absent], cwd=ROOT, check=True)
