"""The shipped suites over the sandbox."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.hubspot.manifest import MANIFEST
from adapters.hubspot.sandbox import HubSpotSandbox, create
from gateway.testing.conformance import ConformanceFacts, ConsentConformance, CustomerConformance, Served
from gateway.testing.conformance.example import example_facts, example_seed


class HubSpot(Served):
    under_test = MANIFEST

    @pytest.fixture
    def sandbox(self) -> HubSpotSandbox:
        sandbox = create(example_seed())
        sandbox.limits.searches_per_second = sandbox.limits.per_ten_seconds = 10_000
        return sandbox

    @pytest.fixture
    def stated(self) -> ConformanceFacts:
        facts = example_facts(self.named)
        return replace(facts, axes={"customer.find_customers": {"kinds": 3}})


class TestCustomer(HubSpot, CustomerConformance): ...


class TestConsents(HubSpot, ConsentConformance): ...
