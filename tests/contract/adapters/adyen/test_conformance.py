"""The shipped suite over the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.adyen.manifest import MANIFEST
from adapters.adyen.sandbox import AdyenSandbox
from gateway.model.gift_cards import GiftCard
from gateway.model.identity import NativeRef
from gateway.testing.conformance import ConformanceFacts, GiftCardConformance, PaymentConformance, Served
from tests.contract.adapters.adyen.connected import BRANDS, NUMBER, gift_card
from tests.contract.adapters.adyen.connected import card as card_token


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


class TestGiftCards(Served, GiftCardConformance):
    under_test = MANIFEST

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"gift_cards": BRANDS}

    @pytest.fixture
    def sandbox(self) -> AdyenSandbox:
        sandbox = AdyenSandbox()
        sandbox.issue_gift_card(NUMBER, 2000, "GBP")
        return sandbox

    @pytest.fixture
    def stated(self) -> ConformanceFacts:
        return ConformanceFacts()

    @pytest.fixture
    def card(self) -> GiftCard:
        return gift_card()

    @pytest.fixture
    def token(self) -> str:
        return card_token()

    @pytest.fixture
    def worth(self, sandbox: AdyenSandbox) -> Callable[[], Decimal]:
        return lambda: Decimal(sandbox.ledger.values.cards[NUMBER].value).scaleb(-2)

    @pytest.fixture
    def settle(self, sandbox: AdyenSandbox) -> Callable[[], Awaitable[None]]:
        async def settled() -> None:
            sandbox.ledger.settle()

        return settled
