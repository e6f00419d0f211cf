"""A running system that the environment names takes the sandbox's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.hubspot.manifest import MANIFEST
from adapters.hubspot.sandbox import HubSpotSandbox
from gateway.model.customers import CustomerKeyKind
from gateway.ports.customer import CustomerPort
from gateway.testing import Hosted, connect
from gateway.testing.conformance.served import read_facts
from tests.contract.adapters.hubspot.connected import NOTHING, a_call, email


async def test_the_environment_names_a_running_system(
    sandbox: HubSpotSandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Hosted.by_environment(MANIFEST) is None
    monkeypatch.setenv("HUBSPOT_URL", url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.settings["access_token"])
    hosted = Hosted.by_environment(MANIFEST)
    assert hosted is not None
    async with connect(MANIFEST, hosted.target) as connected:
        assert isinstance(connected.adapter, CustomerPort)
        assert await connected.adapter.find_customers([email("ada@example.com")], NOTHING, a_call())


def test_facts_of_a_running_system_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "facts.toml"
    file.write_text(
        'context = {country = "GB", currency = "GBP", language = "en"}\n'
        'customer = {kind = "email", value = "ada@example.com"}\n'
        'price = ["MUG", {amount = "10.50", currency = "GBP"}]\n'
    )
    facts = read_facts(str(file))
    assert facts.partial
    assert facts.customer is not None
    assert facts.customer.kind is CustomerKeyKind.EMAIL
    assert read_facts("").partial
