"""The shipped suite over the sandbox."""

from __future__ import annotations

import pytest

from adapters.adyen.manifest import MANIFEST
from adapters.adyen.sandbox import AdyenSandbox
from gateway.model.identity import NativeRef
from gateway.testing.conformance import ConformanceFacts, PaymentConformance, Served


class TestPayments(Served, PaymentConformance):
    under_test = MANIFEST

    @pytest.fixture
    def sandbox(self) -> AdyenSandbox:
        sandbox = AdyenSandbox()
        sandbox.store_card("cus_ada", "pm_ada1ada1")
        return sandbox

    @pytest.fixture
    def stated(self) -> ConformanceFacts:
        unknown = ("pi_3NobodyMadeThis", "cus_nobody", "ABCDEFGH12345678")
        return ConformanceFacts(shopper=NativeRef(self.named, "cus_ada"), unknown_ids=unknown)
