"""The suites in a package of somebody else's: no plugin, no configuration, pytest-asyncio in its strict mode."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import pytest
from gateway.testing import conformance as suites
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from msgspec.structs import replace


class Acme:
    @pytest.fixture
    def adapter(self):
        return ReferenceAdapter("acme", example_seed())

    @pytest.fixture
    def manifest(self):
        return MANIFEST

    @pytest.fixture
    def facts(self):
        facts = example_facts("acme")
        sku, amount = facts.price
        return replace(facts, price=(sku, replace(amount, amount=amount.amount + 1)))

    @pytest.fixture
    def backend(self, adapter):
        return suites.ReferenceControl(adapter)


class TestPrices(Acme, suites.PriceConformance): ...
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("acme")
    (folder / "test_acme.py").write_text(MODULE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False).stdout


def test_asynchronous_tests_run_and_only_the_wrong_fact_fails(said: str) -> None:
    assert "1 failed" in said, said
    assert "skipped" not in said


def test_a_failing_inherited_test_shows_its_two_values(said: str) -> None:
    assert "assert Money(amount=Decimal('10.50'), currency='GBP') == Money(amount=Decimal('11.50')" in said, said
