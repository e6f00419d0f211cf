"""The suite of writes: whatever is lost on the way, one movement of money is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest

from adapters.adyen.manifest import MANIFEST
from adapters.adyen.sandbox import AdyenSandbox
from gateway.model.identity import NativeRef
from gateway.model.payments import Authorise, Capture, DeleteMethod, Payment, Refund, Void
from gateway.ports.domain import WriteOperation
from gateway.ports.manifest import Manifest
from gateway.ports.payment import AUTHORISE, CAPTURE, DELETE_METHOD, REFUND, VOID
from gateway.testing.conformance import WriteConformance
from gateway.testing.connecting import Connected, Standing, connect
from gateway.testing.faults.proxy import FaultProxy
from tests.contract.adapters.adyen.connected import HERE, PATIENT, call, capture, card, eur, reference
from tests.contract.adapters.proxied import ProxiedOwner


class Served(WriteConformance):
    operation: ClassVar[WriteOperation[Any, Any]] = AUTHORISE
    path: ClassVar[str] = "POST /v72/payments"

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[AdyenSandbox]:
        sandbox = AdyenSandbox()
        await sandbox.start()
        yield sandbox
        await sandbox.stop()

    @pytest.fixture
    async def proxy(self, sandbox: AdyenSandbox) -> AsyncIterator[FaultProxy]:
        proxy = FaultProxy(sandbox.url)
        await proxy.start()
        yield proxy
        await proxy.stop()

    @pytest.fixture
    async def connected(self, sandbox: AdyenSandbox, proxy: FaultProxy) -> AsyncIterator[Connected]:
        target = Standing(proxy.url, sandbox.settings)
        async with connect(MANIFEST, target, name="psp", policies=PATIENT) as opened:
            yield opened

    @pytest.fixture
    def adapter(self, connected: Connected) -> Any:
        return connected.adapter

    @pytest.fixture
    def owner(self, sandbox: AdyenSandbox, proxy: FaultProxy) -> ProxiedOwner:
        kind = self.operation.method

        def count(reference: str) -> int:
            return sum(1 for effect in sandbox.effects if (effect.kind, effect.reference) == (kind, reference))

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    async def paid(self, adapter: Any) -> Payment:
        return await adapter.authorise(Authorise(reference(), "C", eur("100"), token=card()), HERE, call())


class TestAuthorise(Served):
    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda ref, number: Authorise(ref, "C", eur(str(number)), token=card())


class TestCapture(Served):
    operation = CAPTURE
    path = "/captures"

    @pytest.fixture
    def commands(self, paid: Payment) -> Callable[[str, int], Any]:
        return lambda ref, number: Capture(ref, paid.ref, eur(str(number)))


class TestVoid(Served):
    operation = VOID
    path = "/cancels"

    @pytest.fixture
    def commands(self, paid: Payment) -> Callable[[str, int], Any]:
        return lambda ref, number: Void(ref, paid.ref, eur(str(number)))


class TestRefund(Served):
    operation = REFUND
    path = "/refunds"

    @pytest.fixture
    async def commands(self, adapter: Any, sandbox: AdyenSandbox, paid: Payment) -> Callable[[str, int], Any]:
        await adapter.capture(capture(paid, "100"), HERE, call())
        sandbox.ledger.settle()
        return lambda ref, number: Refund(ref, paid.ref, eur(str(number)))


class TestDeleteMethod(Served):
    operation = DELETE_METHOD
    path = "DELETE /v72/storedPaymentMethods"

    @pytest.fixture
    def owner(self, sandbox: AdyenSandbox, proxy: FaultProxy) -> ProxiedOwner:
        def count(reference: str) -> int:
            return sum(1 for method in sandbox.ledger.deleted if method.startswith(reference))

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    def commands(self, sandbox: AdyenSandbox) -> Callable[[str, int], Any]:
        stored: set[str] = set()

        def command(ref: str, number: int) -> DeleteMethod:
            method = f"{ref}{number}"
            if method not in stored:
                stored.add(method)
                sandbox.store_card("SHOPPER7", method)
            return DeleteMethod(ref, NativeRef("psp", "SHOPPER7"), method)

        return command
