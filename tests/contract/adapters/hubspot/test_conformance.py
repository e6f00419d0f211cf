"""The shipped conformance suite over the sandbox."""

from __future__ import annotations

import pytest

from adapters.hubspot.manifest import MANIFEST
from gateway.ports.customer import ConsentPort
from gateway.ports.manifest import Manifest
from gateway.testing.conformance import BackendControl, ConformanceFacts, CustomerConformance
from gateway.testing.conformance.example import example_facts
from gateway.testing.conformance.facts import Adapter
from tests.contract.adapters.hubspot.connected import Connected


class TestCustomer(CustomerConformance):
    @pytest.fixture
    def adapter(self, crm: Connected) -> Adapter:
        return crm.adapter

    @pytest.fixture
    def backend(self, crm: Connected) -> BackendControl:
        return crm.control

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    def facts(self) -> ConformanceFacts:
        return example_facts("crm")


def test_implements_consents_too(crm: Connected) -> None:
    assert isinstance(crm.adapter, ConsentPort)
