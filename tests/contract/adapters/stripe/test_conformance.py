"""The shipped suite over the sandbox."""

from __future__ import annotations

import pytest

from adapters.stripe.manifest import MANIFEST
from adapters.stripe.sandbox import StripeSandbox
from gateway.model.identity import NativeRef
from gateway.testing.conformance import ConformanceFacts, PaymentConformance, Served


class TestPayments(Served, PaymentConformance):
    under_test = MANIFEST

    @pytest.fixture
    def sandbox(self) -> StripeSandbox:
        sandbox = StripeSandbox()
        sandbox.store_card("cus_ada", "pm_ada1ada1")
        return sandbox

    @pytest.fixture
    def stated(self) -> ConformanceFacts:
        unknown = ("pi_3NobodyMadeThis", "cus_nobody", "ABCDEFGH12345678")
        return ConformanceFacts(shopper=NativeRef(self.named, "cus_ada"), unknown_ids=unknown)
