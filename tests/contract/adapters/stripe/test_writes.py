"""The suite of writes: whatever is lost on the way, one movement of money remains."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest

from adapters.stripe.manifest import MANIFEST
from adapters.stripe.sandbox import StripeSandbox
from gateway.model.identity import NativeRef
from gateway.model.payments import Authorise, Capture, DeleteMethod, EnsurePayer, Payment, Refund, Void
from gateway.ports.domain import WriteOperation
from gateway.ports.manifest import Manifest
from gateway.ports.payment import AUTHORISE, CAPTURE, DELETE_METHOD, ENSURE_PAYER, REFUND, VOID
from gateway.testing.conformance import LookedUpWriteConformance, WriteConformance
from gateway.testing.connecting import Connected, Standing, connect
from gateway.testing.faults.proxy import FaultProxy
from tests.contract.adapters.proxied import ProxiedOwner
from tests.contract.adapters.stripe.connected import HERE, PATIENT, call, gbp, reference


class Served:
    operation: ClassVar[WriteOperation[Any, Any]]
    path: ClassVar[str] = "/v1/payment_intents"

    @pytest.fixture
    def manifest(self) -> Manifest:
        return MANIFEST

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[StripeSandbox]:
        sandbox = StripeSandbox()
        sandbox.ledger.search_lag = 0.0
        await sandbox.start()
        yield sandbox
        await sandbox.stop()

    @pytest.fixture
    async def proxy(self, sandbox: StripeSandbox) -> AsyncIterator[FaultProxy]:
        proxy = FaultProxy(sandbox.url)
        await proxy.start()
        yield proxy
        await proxy.stop()

    @pytest.fixture
    async def connected(self, sandbox: StripeSandbox, proxy: FaultProxy) -> AsyncIterator[Connected]:
        target = Standing(proxy.url, sandbox.settings)
        async with connect(MANIFEST, target, name="psp", policies=PATIENT) as opened:
            yield opened

    @pytest.fixture
    def adapter(self, connected: Connected) -> Any:
        return connected.adapter

    @pytest.fixture
    def owner(self, sandbox: StripeSandbox, proxy: FaultProxy) -> ProxiedOwner:
        kind = self.operation.method

        def count(reference: str) -> int:
            return sum(1 for effect in sandbox.effects if (effect.kind, effect.reference) == (kind, reference))

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    async def paid(self, adapter: Any) -> Payment:
        return await adapter.authorise(Authorise(reference(), "C", gbp("100"), token="pm_card_visa"), HERE, call())


class TestAuthorise(Served, LookedUpWriteConformance):
    operation = AUTHORISE
    path = "POST /v1/payment_intents"

    @pytest.fixture
    def owner(self, sandbox: StripeSandbox, proxy: FaultProxy) -> ProxiedOwner:
        def count(reference: str) -> int:
            return sum(1 for intent in sandbox.ledger.intents.values() if intent.metadata["reference"] == reference)

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda ref, number: Authorise(ref, "C", gbp(str(number)), token="pm_card_visa")


class TestCapture(Served, WriteConformance):
    operation = CAPTURE
    path = "/capture"

    @pytest.fixture
    def commands(self, paid: Payment) -> Callable[[str, int], Any]:
        return lambda ref, number: Capture(ref, paid.ref, gbp(str(number)))


class TestVoid(Served, WriteConformance):
    operation = VOID
    path = "/cancel"

    @pytest.fixture
    def commands(self, paid: Payment) -> Callable[[str, int], Any]:
        return lambda ref, number: Void(ref, paid.ref, gbp(str(number)))


class TestRefund(Served, WriteConformance):
    operation = REFUND
    path = "/v1/refunds"

    @pytest.fixture
    async def commands(self, adapter: Any, paid: Payment) -> Callable[[str, int], Any]:
        await adapter.capture(Capture(reference(), paid.ref, gbp("100")), HERE, call())
        return lambda ref, number: Refund(ref, paid.ref, gbp(str(number)))


class TestEnsurePayer(Served, LookedUpWriteConformance):
    operation = ENSURE_PAYER
    path = "POST /v1/customers"

    @pytest.fixture
    def owner(self, sandbox: StripeSandbox, proxy: FaultProxy) -> ProxiedOwner:
        def count(reference: str) -> int:
            made = sandbox.ledger.people.customers.values()
            return sum(1 for customer in made if customer.metadata["reference"] == reference)

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    def commands(self) -> Callable[[str, int], Any]:
        return lambda ref, number: EnsurePayer(ref, f"{ref}{number}", "ada@example.com")


class TestDeleteMethod(Served, WriteConformance):
    operation = DELETE_METHOD
    path = "/detach"

    @pytest.fixture
    def owner(self, sandbox: StripeSandbox, proxy: FaultProxy) -> ProxiedOwner:
        def count(reference: str) -> int:
            return sum(1 for method in sandbox.ledger.people.detached if method.startswith(f"pm_{reference}"))

        return ProxiedOwner(proxy, count, self.path)

    @pytest.fixture
    def commands(self, sandbox: StripeSandbox) -> Callable[[str, int], Any]:
        def command(ref: str, number: int) -> DeleteMethod:
            method = f"pm_{ref}{number}"
            if method not in sandbox.ledger.people.methods:
                sandbox.store_card("cus_ada", method)
            return DeleteMethod(ref, NativeRef("psp", "cus_ada"), method)

        return command
